"""What a row of the list of children says, on screen and in an export."""

import datetime as dt
from typing import Any

from django.utils import timezone

from accounts.wording import cn_date, grade_name
from schools.queries import settings_of
from schools.settings import DROPOUT_DAYS, SUSPECTED_DAYS
from students.models import UNEXCUSED_KINDS, Absence, Enrolment

EXPORT_HEADERS = (
    "学校",
    "年级",
    "班级",
    "姓名",
    "性别",
    "出生年月",
    "就读方式",
    "状态",
    "入校日期",
    "离校日期",
)


def shown_rows(enrolments: list[Enrolment], county_id: int) -> list[dict[str, Any]]:
    """What the rows say; two queries however many there are."""
    values, today = settings_of(county_id), timezone.localdate()
    spells = {
        (spell.student_id, spell.school_id): spell
        for spell in Absence.objects.filter(
            student_id__in=[each.student_id for each in enrolments if each.left_on is None],
            returned_on__isnull=True,
            voided_at__isnull=True,
        )
    }
    thresholds = (int(values[SUSPECTED_DAYS.key]), int(values[DROPOUT_DAYS.key]))
    return [
        {
            "enrolment": each,
            "student": each.student,
            "place": str(each.klass or grade_name(each.grade)),
            **_state_of(each, spells.get((each.student_id, each.school_id)), today, thresholds),
        }
        for each in enrolments
    ]


def _state_of(
    enrolment: Enrolment, spell: Absence | None, today: dt.date, thresholds: tuple[int, int]
) -> dict[str, str]:
    if enrolment.left_on is not None:
        word = "毕业或升学" if enrolment.graduated else "已离校"
        return {"state": f"{word} {cn_date(enrolment.left_on)}", "look": "done"}
    if spell is None:
        return {"state": "在籍", "look": ""}
    if spell.first_day > today:
        return {"state": f"{spell.get_kind_display()} {cn_date(spell.first_day)}起", "look": "wait"}
    label = spell.label_on(today, *thresholds)
    is_dropping = spell.kind in UNEXCUSED_KINDS and label != spell.get_kind_display()
    return {"state": f"{label} 第 {spell.days_on(today)} 天", "look": "now" if is_dropping else "wait"}


def exported_row(row: dict[str, Any]) -> list[object]:
    enrolment, student = row["enrolment"], row["student"]
    return [
        enrolment.school.name,
        grade_name(enrolment.grade),
        str(enrolment.klass or ""),
        student.name,
        student.get_sex_display(),
        f"{student.birth_date:%Y-%m}",
        student.get_boarding_display(),
        row["state"],
        enrolment.joined_on,
        enrolment.left_on,
    ]
