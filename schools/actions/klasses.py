"""Classes of a school, 复式班 included."""

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from accounts.workflow import StepRefused
from schools.actions.common import acting, fields_of, require
from schools.checks import FieldsRefused
from schools.guards import KLASS_CLOSING
from schools.models import Klass, Membership, School
from schools.permissions import may_edit_klasses

NOT_YOURS = "班级由本校填报员、校长或基教股维护。"


def create_klass(
    school: School, *, grade: int, number: int, actor: User | None, is_multigrade: bool = False
) -> Klass:
    """A class; a 复式班 is named by its lowest grade and stays when its children move up."""
    require(
        actor is None or (actor.county_id == school.county_id and may_edit_klasses(actor, school)), NOT_YOURS
    )
    klass = Klass(school=school, grade=grade, number=number, is_multigrade=is_multigrade)
    _refuse_bad(klass)
    with acting(actor, "klass.create", school.county_id, school) as entry:
        try:
            with transaction.atomic():
                klass.save(force_insert=True)
        except IntegrityError as error:
            raise FieldsRefused("班级没有建立。", {"number": ["这个班已经有了。"]}) from error
        entry.about(klass, school_id=school.pk)
        entry.summary = f"建立 {school}{klass}"
    return klass


def close_klass(klass: Klass, *, actor: User, closed_on: dt.date | None = None) -> None:
    """A class without children; the posts of its class teachers end with it."""
    school = klass.school
    require(actor.county_id == school.county_id and may_edit_klasses(actor, school), NOT_YOURS)
    today = closed_on or timezone.localdate()
    with acting(actor, "klass.close", school.county_id, school) as entry:
        if not Klass.objects.filter(pk=klass.pk, closed_on__isnull=True).update(closed_on=today):
            raise StepRefused(f"{klass} 已经撤销了。")
        if objections := KLASS_CLOSING.objections(klass):
            raise StepRefused(f"{klass} 还不能撤销。", objections)
        ended = Membership.objects.filter(klass=klass, ended_on__isnull=True).update(ended_on=today)
        entry.about(klass, school_id=school.pk)
        entry.summary = f"撤销 {school}{klass}" + (f"，{ended} 位班主任的任职同时结束" if ended else "")
    klass.closed_on = today


def _refuse_bad(klass: Klass) -> None:
    fields: dict[str, list[str]] = {}
    school = klass.school
    if school.closed_on is not None:
        fields["grade"] = [f"{school.name} 已撤并，不能再建班。"]
    elif klass.grade not in school.grades:
        fields["grade"] = [f"{school.name} 没有这个年级。请先改学校的年级范围，或换一个年级。"]
    if not 1 <= klass.number <= 60:
        fields["number"] = [f"班号“{klass.number}”不合适。请填 1 到 60。"]
    if not fields:
        try:
            klass.full_clean()
        except ValidationError as error:
            fields = {"number": [text for texts in fields_of(error).values() for text in texts]}
    if fields:
        raise FieldsRefused("班级没有建立。", fields)
