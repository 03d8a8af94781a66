"""Schools and townships: open, edit, close (ledger.md, schools' life)."""

import dataclasses
import datetime as dt
from collections import defaultdict
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from accounts.models import County, User
from accounts.workflow import StalePage, StepRefused
from schools.actions.common import acting, fields_of, require
from schools.checks import FACT_LABELS, FieldsRefused, SchoolFacts, school_problems
from schools.guards import SCHOOL_CLOSING, SCHOOL_EDIT
from schools.models import Klass, School, Township
from schools.permissions import may_edit_schools

NOT_YOURS = "学校和乡镇由基教股维护。"
FACTS = [fact.name for fact in dataclasses.fields(SchoolFacts)]


def open_school(county: County, facts: SchoolFacts, *, actor: User | None) -> School:
    """A new school or teaching point; *actor* is None for the command."""
    require(actor is None or (actor.county_id == county.pk and may_edit_schools(actor)), NOT_YOURS)
    school = School(county=county, **_values(facts))
    _refuse_bad(school, facts)
    with acting(actor, "school.open", county.pk) as entry:
        _save(school)
        entry.about(school, school_id=school.pk)
        entry.summary = f"建立 {school.name}（{school.code}）"
    return school


def edit_school(school: School, facts: SchoolFacts, *, actor: User, seen_revision: int) -> None:
    """Change a school if nobody has changed it since the page was opened."""
    require(actor.county_id == school.county_id and may_edit_schools(actor), NOT_YOURS)
    before = {name: getattr(school, name) for name in FACTS}
    changed = {name: value for name, value in _values(facts).items() if before[name] != value}
    if not changed:
        raise StepRefused("没有改动，不用保存。")
    with acting(actor, "school.edit", school.county_id, school) as entry:
        if objections := [*_klasses_outside(school, facts), *SCHOOL_EDIT.objections(school, facts)]:
            raise StepRefused("这样改会和已有的名册或月报对不上，没有保存。", objections)
        _refuse_parent_of_points(school, facts)
        edited = School(
            pk=school.pk, county_id=school.county_id, closed_on=school.closed_on, **_values(facts)
        )
        edited._state.adding = False
        _refuse_bad(edited, facts)
        _write_if_unchanged(school, seen_revision, **changed)
        entry.about(school, school_id=school.pk)
        for name, value in changed.items():
            entry.change(FACT_LABELS[name], _word(before[name]), _word(value))
            setattr(school, name, value)


def close_school(
    school: School,
    *,
    actor: User,
    seen_revision: int,
    closed_on: dt.date,
    reason: str,
    last_signed_by: School | None = None,
) -> None:
    """撤并: needs an empty roll and no open item; the last return closes at 0.

    *last_signed_by* is the school whose principal signs the last return where the own principal has left.
    """
    require(actor.county_id == school.county_id and may_edit_schools(actor), NOT_YOURS)
    _refuse_bad_closing(school, closed_on, reason, last_signed_by)
    with acting(actor, "school.close", school.county_id, school) as entry:
        # First the row, then the questions: what is asked afterwards cannot change unseen by a second closing.
        values: dict[str, Any] = {"closed_on": closed_on}
        if last_signed_by is not None:
            values |= {"parent": last_signed_by, "signed_by_parent": True}
        _write_if_unchanged(school, seen_revision, **values)
        if objections := [*_open_points(school), *SCHOOL_CLOSING.objections(school, closed_on)]:
            raise StepRefused(f"{school.name} 还不能撤并。", objections)
        Klass.objects.filter(school=school, closed_on__isnull=True).update(closed_on=closed_on)
        entry.about(school, school_id=school.pk)
        entry.change("撤并日期", None, closed_on)
        if last_signed_by is not None:
            entry.change("末次月报签字", "本校校长", f"{last_signed_by.name}校长")
        entry.summary = f"撤并：{reason.strip()}"
    for name, value in values.items():
        setattr(school, name, value)


def create_township(county: County, name: str, *, actor: User | None) -> Township:
    require(actor is None or (actor.county_id == county.pk and may_edit_schools(actor)), NOT_YOURS)
    township = Township(county=county, name=name)
    with acting(actor, "township.create", county.pk) as entry:
        _save_township(township)
        entry.about(township)
        entry.summary = f"建立乡镇 {name}"
    return township


def rename_township(township: Township, name: str, *, actor: User, seen_name: str) -> None:
    """Schools stay where they are; only the name changes."""
    require(actor.county_id == township.county_id and may_edit_schools(actor), NOT_YOURS)
    if name == township.name:
        raise StepRefused("名称没有改，不用保存。")
    with acting(actor, "township.rename", township.county_id) as entry:
        renamed = Township(pk=township.pk, county_id=township.county_id, name=name)
        renamed._state.adding = False
        _refuse_invalid_township(renamed)
        if not Township.objects.filter(pk=township.pk, name=seen_name).update(name=name):
            raise StalePage("您打开这一页后，乡镇名称已被别人改过，这次没有保存。请刷新后再看。")
        entry.about(township)
        entry.change("乡镇", seen_name, name)
    township.name = name


def _values(facts: SchoolFacts) -> dict[str, Any]:
    return {name: getattr(facts, name) for name in FACTS}


def _refuse_bad(school: School, facts: SchoolFacts) -> None:
    fields: dict[str, list[str]] = defaultdict(list)
    for name, sentence in school_problems(facts):
        fields[name].append(sentence)
    if facts.township.county_id != school.county_id:
        fields["township"].append("乡镇不在本县。")
    if facts.parent is not None and facts.parent.county_id != school.county_id:
        fields["parent"].append("所属中心校不在本县。")
    if not fields:
        try:
            school.full_clean()
        except ValidationError as error:
            fields |= fields_of(error)
    if fields:
        raise FieldsRefused(f"{school.name}没有保存。", dict(fields))


def _save(school: School) -> None:
    try:
        with transaction.atomic():
            school.save(force_insert=True)
    except IntegrityError as error:  # somebody opened the same code in this moment
        sentence = f"标识码 {school.code} 已被别的学校使用。"
        raise FieldsRefused(f"{school.name}没有保存。", {"code": [sentence]}) from error


def _save_township(township: Township) -> None:
    _refuse_invalid_township(township)
    try:
        with transaction.atomic():
            township.save(force_insert=True)
    except IntegrityError as error:
        raise FieldsRefused("乡镇没有保存。", {"name": ["已有同名乡镇。"]}) from error


def _refuse_invalid_township(township: Township) -> None:
    try:
        township.full_clean()
    except ValidationError as error:
        fields = fields_of(error)
        raise FieldsRefused(
            "乡镇没有保存。", {"name": [text for texts in fields.values() for text in texts]}
        ) from error


def _write_if_unchanged(school: School, seen_revision: int, **values: Any) -> None:
    try:
        with transaction.atomic():
            unchanged = School.objects.filter(pk=school.pk, revision=seen_revision, closed_on__isnull=True)
            written = unchanged.update(revision=F("revision") + 1, **values)
    except IntegrityError as error:
        raise FieldsRefused(f"{school.name}没有保存。", {"code": ["标识码已被别的学校使用。"]}) from error
    if not written:
        raise StalePage(f"您打开这一页后，{school.name} 已被别人改过，这次没有保存。请刷新后重新核对。")
    school.revision = seen_revision + 1


def _klasses_outside(school: School, facts: SchoolFacts) -> list[str]:
    klasses = Klass.objects.filter(school=school, closed_on__isnull=True, is_multigrade=False).exclude(
        grade__gte=facts.first_grade, grade__lte=facts.last_grade
    )
    return [f"还有{klass}，请先撤销这个班，再改年级范围。" for klass in klasses]


def _refuse_parent_of_points(school: School, facts: SchoolFacts) -> None:
    if facts.parent is not None and school.points.filter(closed_on__isnull=True).exists():
        raise FieldsRefused(
            f"{school.name}没有保存。", {"parent": ["学校自己带着教学点，不能再属于别的学校。"]}
        )


def _open_points(school: School) -> list[str]:
    names = school.points.filter(closed_on__isnull=True).values_list("name", flat=True)
    return [f"{name} 还属于这所学校，请先给它换一所中心校。" for name in names]


def _refuse_bad_closing(
    school: School, closed_on: dt.date, reason: str, last_signed_by: School | None
) -> None:
    fields: dict[str, list[str]] = defaultdict(list)
    if closed_on < school.opened_on:
        fields["closed_on"].append(f"撤并日期不能早于开办日期 {school.opened_on:%Y-%m-%d}。")
    if closed_on > timezone.localdate():
        fields["closed_on"].append("撤并日期在今天之后。请在学校停办后办理。")
    if not reason.strip():
        fields["reason"].append("撤并要写明依据，如批文名称和文号。")
    if last_signed_by is not None and (
        last_signed_by.county_id != school.county_id
        or last_signed_by.pk == school.pk
        or last_signed_by.closed_on is not None
    ):
        fields["last_signed_by"].append("末次月报要由本县另一所在办的学校代签。")
    if fields:
        raise FieldsRefused(f"{school.name}没有撤并。", dict(fields))


def _word(value: object) -> object:
    if isinstance(value, Township | School):
        return value.name
    return value
