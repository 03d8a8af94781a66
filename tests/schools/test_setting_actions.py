"""Settings: typed, with history and reason; the columns of Annex 2."""

import pytest

from accounts.models import AuditEntry
from accounts.workflow import NotPermitted, StalePage, StepRefused
from reports.documents.columns import DEFAULT_LAYOUT, columns_for
from schools.actions.settings import set_setting
from schools.checks import FieldsRefused
from schools.models import CountySetting, Role
from schools.queries import setting, setting_history
from schools.settings import (
    ABSENT_RULE,
    ANNEX2_COLUMNS,
    ANNEX2_FIELDS,
    DUE_DAYS,
    FULL_ID_ON_PAPER,
    SETTINGS,
    annex2_layout,
    checked_value,
    value_in_words,
)
from tests.cast import make_county, make_user


def change(county, spec, value, actor, **values):
    return set_setting(county, spec, value, actor=actor, **{"reason": "平教〔2026〕8号", **values})


def test_a_setting_keeps_its_history(county, administrator):
    change(county, DUE_DAYS, 6, administrator, seen_id=0)
    change(county, DUE_DAYS, 5, administrator)

    assert setting(county.pk, DUE_DAYS) == 5
    assert [row.value for row in setting_history(county.pk, "due_days")] == [5, 6]
    entry = AuditEntry.objects.filter(verb="setting.set").last()
    assert entry.changes == {DUE_DAYS.label: ["6", "5"]} and "8号" in entry.summary
    assert setting(make_county().pk, DUE_DAYS) == 4


@pytest.mark.parametrize(
    ("spec", "value"),
    [
        (DUE_DAYS, 21),
        (DUE_DAYS, -1),
        (DUE_DAYS, "4"),
        (DUE_DAYS, True),
        (DUE_DAYS, None),
        (FULL_ID_ON_PAPER, 1),
        (ABSENT_RULE, "both"),
        (ANNEX2_COLUMNS, "name"),
        (ANNEX2_COLUMNS, [["name"]]),
        (ANNEX2_COLUMNS, [["name", "姓名"], ["salary", "工资"], ["kind", "类别"]]),
        (ANNEX2_COLUMNS, [["name", "姓名"], ["name", "姓名"], ["kind", "类别"]]),
        (ANNEX2_COLUMNS, [["name", " "], ["kind", "类别"]]),
        (ANNEX2_COLUMNS, [["name", "名" * 21], ["kind", "类别"]]),
        (ANNEX2_COLUMNS, [["name", "姓名"]]),
        (ANNEX2_COLUMNS, []),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused(spec, value, county, administrator):
    with pytest.raises(FieldsRefused) as error:
        change(county, spec, value, administrator)

    assert set(error.value.fields) == {"value"}
    assert not CountySetting.objects.exists()


def test_every_default_is_a_value_of_its_kind():
    for spec in SETTINGS.values():
        assert spec.default is None or checked_value(spec, spec.default) == spec.default
        assert value_in_words(spec, spec.default)


def test_a_setting_needs_a_reason_and_a_change(county, administrator):
    with pytest.raises(FieldsRefused) as error:
        change(county, DUE_DAYS, 6, administrator, reason=" ")
    assert set(error.value.fields) == {"reason"}
    with pytest.raises(StepRefused, match="和现在的一样"):
        change(county, DUE_DAYS, 4, administrator)


def test_a_stale_page_changes_nothing(county, administrator):
    change(county, DUE_DAYS, 6, administrator, seen_id=0)

    with pytest.raises(StalePage):
        change(county, DUE_DAYS, 7, administrator, seen_id=0)
    assert setting(county.pk, DUE_DAYS) == 6


def test_settings_belong_to_the_administrator_the_layout_also_to_the_reviewer(
    county, reviewer, principal, administrator
):
    with pytest.raises(NotPermitted):
        change(county, DUE_DAYS, 6, reviewer)
    with pytest.raises(NotPermitted):
        change(county, ANNEX2_COLUMNS, list(ANNEX2_FIELDS)[:8], principal)
    with pytest.raises(NotPermitted):
        change(county, DUE_DAYS, 6, make_user(make_county(), Role.ADMINISTRATOR))

    change(county, ANNEX2_COLUMNS, [list(pair) for pair in ANNEX2_FIELDS[:8]], reviewer)

    assert annex2_layout(setting(county.pk, ANNEX2_COLUMNS)) == list(ANNEX2_FIELDS[:8])


def test_paper_and_setting_share_one_list_of_columns():
    assert DEFAULT_LAYOUT == ANNEX2_FIELDS
    assert [column.key for column in columns_for(annex2_layout(None))] == [key for key, _ in ANNEX2_FIELDS]
