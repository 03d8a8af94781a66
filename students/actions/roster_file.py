"""A roster file from start to end without a page: what the command does, with the same reading and the same writing."""

import hashlib
from dataclasses import dataclass, field
from typing import Any, Final

from django.utils import timezone

from accounts.audit import audited
from accounts.models import User
from accounts.tabular import FileProblem, read_tables
from accounts.text import shown_filename
from accounts.wording import GRADE_NUMERALS
from accounts.workflow import StepRefused
from schools.models import School
from students.actions.roster import write_preview
from students.actions.roster_preview import fill_counts
from students.models import RosterImport, RosterState, Sex
from students.roster_import.compare import ELSEWHERE
from students.roster_import.preview import Preview, compared_again, make_preview, packed_bytes
from students.roster_import.problems import Problem
from students.roster_import.reading import row_problem

CAPACITY: Final = "命令 import_roster"
NOBODY_SAYS: Final = (
    "本校还没有填报员，留守、残疾、困难等特殊情况没有导入。建好填报员账号后再导入一次即可补上。"
)


@dataclass(slots=True)
class Report:
    """What product.md §11 promises as JSON."""

    file: str
    status: str = "file_rejected"
    rows: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    students: list[dict[str, Any]] = field(default_factory=list)
    errors: list[dict[str, str]] = field(default_factory=list)
    warnings: list[dict[str, str]] = field(default_factory=list)
    message: str = ""


def import_roster_file(
    content: bytes,
    filename: str,
    school: School,
    *,
    recorder: User | None,
    dry_run: bool = False,
    all_or_nothing: bool = False,
) -> Report:
    """Store the valid rows. New children of later months are booked as 补录，待核, in the name of *recorder*."""
    report = Report(shown_filename(filename))
    try:
        preview = make_preview(read_tables(content, filename), school)
    except FileProblem as problem:
        return refused_file(report, problem.code, problem.message)
    report.rows = preview.reading.total
    if preview.file_problems:
        report.errors = [_line(problem) for problem in preview.file_problems]
        report.rejected = report.rows
        report.message = "文件没有导入：" + preview.file_problems[0].message
        return report
    unsaid = recorder is None and _drop_circumstances(preview, school)
    rejected = _answer(preview, recorder)
    _count(report, preview, rejected)
    if unsaid:
        report.warnings.append({"sheet": "", "cell": "", "code": "no_clerk", "message": NOBODY_SAYS})
    if all_or_nothing and report.rejected:
        _store_nothing(report, "有错的行，按 --all-or-nothing 整个文件都没有导入。")
    elif not dry_run and not preview.changes_nothing:
        _store(preview, report, content, school, recorder)
    if dry_run:
        report.message = f"试运行，没有写入。{report.message}"
    return report


def refused_file(report: Report, code: str, message: str) -> Report:
    report.errors = [{"sheet": "", "cell": "", "code": code, "message": message}]
    report.message = message
    return report


def _drop_circumstances(preview: Preview, school: School) -> bool:
    """Somebody must stand for such a statement: without a clerk they wait for the next import."""
    found = False
    for child in preview.reading.children:
        for key in ("special", "words", "card"):
            found |= child.pop(key, None) is not None
    if found:
        _, preview.plan = compared_again(preview, school)
    return found


def _answer(preview: Preview, recorder: User | None) -> list[Problem]:
    """Answer every question as the command does; rows that only a person can answer for are refused."""
    today = timezone.localdate().isoformat()
    refused = []
    for item in preview.open_questions:
        why = _unanswerable(item, recorder)
        if why is None:
            preview.choices.children[str(item["i"])] = {"do": "added", "on": today, "to_check": "yes"}
        else:
            preview.choices.children[str(item["i"])] = {"do": "skip"}
            child = preview.reading.children[item["i"]]
            refused.append(row_problem(preview.reading.sheets, child, *why))
    return refused


def _unanswerable(item: dict[str, Any], recorder: User | None) -> tuple[str, str, str] | None:
    if item["kind"] == "elsewhere":
        return "elsewhere", ELSEWHERE, "请走“转学对接”，不能用名册导入。"
    if item.get("no_id"):
        return "no_id", "没有证件号码", "请填身份证号；确实没有的，请在页面上按“暂无证件”登记并写明原因。"
    if recorder is None:
        return (
            "no_clerk",
            "本校还没有填报员，不能登记新来的学生",
            "请先建填报员账号，或用 --clerk 指定登记人。",
        )
    return None


def _count(report: Report, preview: Preview, refused: list[Problem]) -> None:
    errors = preview.errors + refused
    taken = [item for item in preview.plan.items if preview.is_taken(item)]
    written = [item for item in taken if preview.writes(item)]
    report.updated = sum(item["kind"] == "changed" for item in written)
    report.created = len(written) - report.updated
    report.rejected = preview.bad_row_count + len(refused)
    report.unchanged = report.rows - report.created - report.updated - report.rejected
    report.students = [_student(preview.reading.children[item["i"]], item) for item in taken]
    report.errors = [_line(problem) for problem in errors]
    report.warnings = _warnings(preview)
    if not taken and report.rejected:
        report.status = "rejected"
    else:
        report.status = "partly" if report.rejected else "accepted"
    report.message = _summary(report, preview)


def _summary(report: Report, preview: Preview) -> str:
    if preview.changes_nothing and not report.rejected:
        return f"文件与名册完全一致，{report.rows} 行都没有变化，名册没有改动。"
    return (
        f"共 {report.rows} 行：新增 {report.created}，变更 {report.updated}，不变 {report.unchanged}，"
        f"有错未导入 {report.rejected}；名册里有而文件没有的 {len(preview.plan.missing)} 人，没有改动。"
    )


def _student(child: dict[str, Any], item: dict[str, Any]) -> dict[str, Any]:
    """The child as it stands after the import: names and grades that are only proposed stay as stored."""
    kept = {change[0]: change[2] for change in item.get("changes", ()) if change[4] in {"ask", "propose"}}
    grade = GRADE_NUMERALS.index(kept["grade"][0]) + 1 if "grade" in kept else child["grade"]
    return {
        "name": kept.get("name", child["name"]),
        "sex": kept.get("sex", Sex(child["sex"]).label),
        "id_number": child.get("id_number", ""),
        "birth_date": kept.get("birth_date", child["birth_date"]),
        "grade": grade,
        "class_no": child.get("class_no"),
    }


def _warnings(preview: Preview) -> list[dict[str, str]]:
    reading = preview.reading
    lines = [_line(problem) for problem in (*preview.to_confirm, *preview.warnings)]
    for item in preview.plan.items:
        for key, label, before, after, mode in item.get("changes", ()):
            if mode in {"ask", "propose"}:
                child = reading.children[item["i"]]
                why = f"{label}名册是“{before}”，文件是“{after}”，没有改动"
                remedy = "需要的话请在学生页或“学籍异动”办理。"
                problem = row_problem(reading.sheets, child, f"{key.partition('.')[0]}_differs", why, remedy)
                lines.append(_line(problem))
    for sheet, cell, label, before, after in reading.corrections:
        message = f"表“{sheet}” {cell} {label}：“{before}”已按“{after}”导入。"
        lines.append({"sheet": sheet, "cell": cell, "code": "corrected", "message": message})
    for code, texts in (("notice", reading.notices), ("ignored_row", reading.ignored)):
        lines += [{"sheet": "", "cell": "", "code": code, "message": text} for text in texts]
    return lines


def _line(problem: Problem) -> dict[str, str]:
    return {
        "sheet": problem.sheet,
        "cell": problem.cell or (str(problem.row) if problem.row else ""),
        "code": problem.code,
        "message": problem.message,
    }


def _store_nothing(report: Report, why: str) -> None:
    report.status = "rejected"
    report.created = report.updated = 0
    report.students = []
    report.message = f"{report.rejected} 行{why}" if why.startswith("有错") else why


def _store(preview: Preview, report: Report, content: bytes, school: School, recorder: User | None) -> None:
    """One transaction, one audit entry in the name of the command."""
    row = RosterImport(
        school=school,
        label=report.file[:120],
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
        file=packed_bytes(content),
    )
    fill_counts(row, preview)
    row.state, row.decided_at = RosterState.CONFIRMED, timezone.now()
    try:
        with audited(
            None, "roster.import", county_id=school.county_id, capacity=CAPACITY, school_id=school.pk
        ) as entry:
            outcome = write_preview(preview, school, recorder=recorder, entry=entry)
            row.created_count, row.updated_count = outcome.created, outcome.updated
            row.skipped_count = outcome.skipped
            row.save(force_insert=True)
            entry.about(row)
            entry.change("sha256", None, row.sha256)
            entry.change("recorded_by", None, recorder.name if recorder else None)
    except StepRefused as refusal:
        _store_nothing(report, " ".join([str(refusal), *refusal.problems]))
        report.errors.append({"sheet": "", "cell": "", "code": "refused", "message": report.message})
