"""What stands beside the facts on a child's page: circumstances, papers, corrections, readings."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.urls import reverse
from django.utils import timezone

from accounts.models import AccessLogEntry, AuditEntry
from accounts.wording import cn_date, cn_full_date
from reports.child_timeline import CIRCUMSTANCES, PAPERS, READINGS, Event
from students.actions.reveal import REVEALED
from students.codes import circumstance_label
from students.models import Evidence, IdType, Placement, Sex, SpecialCircumstance, Student
from students.proofs import fact_kind

MOST_READINGS = 100

AUDITED = ("student.change_klass", "student.correct_identity", "student.edit")
FIELDS = {
    "name": "姓名",
    "sex": "性别",
    "birth_date": "出生日期",
    "id_type": "证件类型",
    "id_number": "证件号码",
    "no_id_reason": "无证件原因",
    "roll_number": "学籍号",
    "ethnicity": "民族",
    "boarding": "就读方式",
    "address": "现住址",
    "household_place": "户口所在地",
}
WORDS: dict[str, dict[str, str]] = {
    "sex": {value: str(label) for value, label in Sex.choices},
    "id_type": {value: str(label) for value, label in IdType.choices},
}
# Numbers are masked in the trail and shown so; of these only that they changed.
UNSAID = frozenset({"address", "household_place", "ethnicity", "boarding"})


def audit_entry_words(entry: AuditEntry) -> tuple[str, str]:
    """What was done, and who did it and why."""
    changes = {name: pair for name, pair in entry.changes.items() if isinstance(pair, list)}
    who = f"{entry.actor_name}（{entry.capacity}）" if entry.capacity else entry.actor_name
    if entry.verb == "student.change_klass":
        before, after = changes.get("klass", ["", ""])
        return f"调班：{before} → {after}", who
    said = "；".join(_difference(name, *pair) for name, pair in changes.items() if name in FIELDS)
    verb = "更正身份信息" if entry.verb == "student.correct_identity" else "修改"
    return f"{verb}：{said}" if said else verb, " · ".join(filter(None, [entry.summary, who]))


def _difference(name: str, before: Any, after: Any) -> str:
    if name in UNSAID:
        return FIELDS[name]
    words = WORDS.get(name, {})
    old, new = (words.get(str(value), str(value or "空")) for value in (before, after))
    return f"{FIELDS[name]} {old} → {new}"


def circumstance_events(circumstances: Iterable[SpecialCircumstance]) -> Iterator[Event]:
    for each in circumstances:
        label = circumstance_label(each.get_kind_display(), each.kind, each.detail)
        url = reverse("students:evidence-list", args=[fact_kind(each), each.pk])
        said = [each.basis, f"{each.recorded_by.name} {cn_date(each.recorded_at)} 登记"]
        if each.voided_at:
            said = [f"{cn_date(each.voided_at)} 作废", *said]
        yield Event(
            each.valid_from,
            f"特殊情况：{label}{'（已作废）' if each.voided_at else ''}",
            " · ".join(filter(None, said)),
            tab=CIRCUMSTANCES,
            url="" if each.voided_at else url,
            order=each.recorded_at.timestamp(),
        )
        if each.valid_to and each.valid_to <= timezone.localdate() and not each.voided_at:
            since = f"自 {cn_full_date(each.valid_from)}"
            yield Event(each.valid_to, f"特殊情况结束：{label}", since, tab=CIRCUMSTANCES)


def placement_events(placements: Iterable[Placement]) -> Iterator[Event]:
    for each in placements:
        said = [each.basis, f"{each.recorded_by.name} {cn_date(each.recorded_at)} 登记"]
        yield Event(
            each.valid_from,
            f"安置：{each.get_kind_display()}{'（已作废）' if each.voided_at else ''}",
            " · ".join(filter(None, said)),
            tab=CIRCUMSTANCES,
            order=each.recorded_at.timestamp(),
        )


def paper_events(papers: Iterable[Evidence]) -> Iterator[Event]:
    for paper in papers:
        moment = timezone.localtime(paper.file.uploaded_at)
        withdrawn = "（已撤下）" if paper.withdrawn_at else ""
        yield Event(
            moment.date(),
            f"上传材料：{paper.kind}{withdrawn}",
            paper.file.uploaded_by.name,
            look="doc",
            tab=PAPERS,
            url="" if withdrawn else reverse("students:evidence-show", args=[paper.pk]),
            order=moment.timestamp(),
        )


def trail_events(student: Student) -> Iterator[Event]:
    """Changes of class and identity stand in the audit trail only."""
    for entry in AuditEntry.objects.filter(student_id=student.pk, verb__in=AUDITED):
        what, second = audit_entry_words(entry)
        moment = timezone.localtime(entry.at)
        yield Event(moment.date(), what, second, look="doc", order=moment.timestamp())


def reading_events(student: Student) -> Iterator[Event]:
    entries = AccessLogEntry.objects.filter(student_id=student.pk, what__in=REVEALED).order_by("-pk")
    for entry in entries[:MOST_READINGS]:
        moment = timezone.localtime(entry.at)
        yield Event(
            moment.date(),
            f"查看完整{entry.what}：{entry.user_name}",
            " · ".join(filter(None, [f"{moment:%H:%M}", entry.capacity, entry.reason])),
            look="look",
            tab=READINGS,
            order=moment.timestamp(),
        )
