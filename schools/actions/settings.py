"""County settings: a new row for every value, so that the history is the table itself."""

from typing import Any

from accounts.models import County, User
from accounts.workflow import StalePage, StepRefused
from schools.actions.common import acting, require
from schools.checks import FieldsRefused
from schools.models import CountySetting
from schools.permissions import may_change_setting
from schools.queries import setting, setting_history
from schools.settings import SettingProblem, SettingSpec, checked_value, value_in_words


def set_setting(
    county: County,
    spec: SettingSpec,
    value: Any,
    *,
    actor: User | None,
    reason: str,
    seen_id: int | None = None,
) -> CountySetting:
    """Put a value in force from now on. *seen_id* is the newest row when the page was opened (0: none)."""
    require(
        actor is None or (actor.county_id == county.pk and may_change_setting(actor, spec.key)),
        "参数由县局管理员设定。",
    )
    try:
        value = checked_value(spec, value)
    except SettingProblem as error:
        raise FieldsRefused("参数没有改。", {"value": [str(error)]}) from error
    if not reason.strip():
        raise FieldsRefused("参数没有改。", {"reason": ["请写明为什么改，以后查得到。"]})
    with acting(actor, "setting.set", county.pk) as entry:
        # The county's row is the lock: two changes of one setting follow one another.
        County.objects.select_for_update().get(pk=county.pk)
        newest = setting_history(county.pk, spec.key).first()
        if seen_id is not None and seen_id != (newest.pk if newest else 0):
            raise StalePage(f"您打开这一页后，“{spec.label}”已被别人改过，这次没有保存。请刷新后再看。")
        before = setting(county.pk, spec)
        if value == before:
            raise StepRefused("和现在的一样，不用保存。")
        row = CountySetting(
            county=county, key=spec.key, value=value, set_by=actor, reason=reason.strip()[:200]
        )
        row.save(force_insert=True)
        entry.about(row)
        entry.change(spec.label, value_in_words(spec, before), value_in_words(spec, value))
        entry.summary = f"{spec.label}：{reason.strip()}"
    return row
