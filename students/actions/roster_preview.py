"""Before a roster import is confirmed: upload, columns by hand, answers, comparing again, giving up."""

import datetime as dt
import hashlib
from contextlib import AbstractContextManager
from typing import Any, Final

from django.db.models import F
from django.utils import timezone

from accounts.audit import AuditDraft, audited
from accounts.models import User
from accounts.tabular import read_tables
from accounts.tabular.model import Workbook
from accounts.text import shown_filename
from accounts.workflow import StalePage, StepRefused
from schools.models import Role, School
from schools.permissions import capacity
from students.actions.booking import check_date
from students.models import CircumstanceKind, RosterImport, RosterState
from students.permissions import may_record, require
from students.roster_import.preview import (
    ARRIVALS,
    Choices,
    Options,
    Preview,
    compared_again,
    make_preview,
    pack,
    packed_bytes,
    unpack,
    unpacked_bytes,
)
from students.roster_import.reading import Mapping

KEPT_DAYS: Final = 30
IMPORTS_HERE: Final = "名册由本校填报员导入。"
MOVED_ON: Final = "您打开这一页后，这次导入已被处理过，刚才的操作没有执行。请看最新状态。"
_OPEN: Final = (RosterState.UNMAPPED, RosterState.PREVIEWED)
_MISSING_ANSWERS: Final = ("here", "gone", "")


def upload_roster(
    content: bytes, filename: str, school: School, *, actor: User, in_child: bool = True
) -> RosterImport:
    """Read, compare and keep for the preview. Nothing of the roll is changed. FileProblem for unreadable files."""
    require(may_record(actor, school), IMPORTS_HERE)
    workbook = read_tables(content, filename, in_child=in_child)
    preview = make_preview(workbook, school)
    row = RosterImport(
        school=school,
        uploaded_by=actor,
        label=shown_filename(filename)[:120],
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
        file=packed_bytes(content),
    )
    fill_counts(row, preview)
    with _audit(actor, "roster.upload", school) as entry:
        purge_old_files(school.county_id)
        row.save(force_insert=True)
        entry.about(row)
        entry.summary = f"上传名册“{row.label}”，{row.row_count} 行，等核对"
        entry.change("sha256", None, row.sha256)
    return row


def fill_counts(row: RosterImport, preview: Preview) -> None:
    """Counts and state of the row follow its preview."""
    plan = preview.plan
    row.row_count = preview.reading.total
    row.new_count = plan.count("new", "ask", "elsewhere")
    row.changed_count = plan.count("changed")
    row.same_count = plan.count("same")
    row.missing_count = len(plan.missing)
    row.error_count = preview.bad_row_count
    row.state = RosterState.UNMAPPED if preview.reading.unsure else RosterState.PREVIEWED
    row.preview = pack(preview)


def preview_of(row: RosterImport) -> Preview:
    """StepRefused when the file is no longer kept."""
    if not row.preview:
        raise StepRefused(f"这个文件已过 {KEPT_DAYS} 天保存期，内容已删除。请重新上传。")
    return unpack(row.preview)


def file_of(row: RosterImport) -> bytes:
    """The file as it was uploaded."""
    if not row.file:
        raise StepRefused(f"这个文件已过 {KEPT_DAYS} 天保存期，内容已删除。请重新上传。")
    return unpacked_bytes(row.file)


def workbook_of(row: RosterImport) -> Workbook:
    """Read the kept file again, in a limited child as at the first time."""
    return read_tables(file_of(row), row.label)


def choose_columns(row: RosterImport, mapping: Mapping, *, actor: User, seen_revision: int) -> None:
    """A person has said which column is what: read the file again by that."""
    _read_again(row, Options(mapping=mapping), actor, seen_revision, "roster.columns", "手工指定栏目")


def drop_leading_g(row: RosterImport, *, actor: User, seen_revision: int) -> None:
    """学籍号 in the column of ID numbers: take them without the G and read again."""
    options = preview_of(row).options
    options.drop_g = True
    _read_again(row, options, actor, seen_revision, "roster.drop_g", "身份证号去掉开头的 G")


def _read_again(
    row: RosterImport, options: Options, actor: User, seen_revision: int, verb: str, summary: str
) -> None:
    require(may_record(actor, row.school), IMPORTS_HERE)
    preview = make_preview(workbook_of(row), row.school, options)
    with _audit(actor, verb, row.school) as entry:
        store_preview(row, preview, seen_revision)
        entry.about(row)
        entry.summary = summary


def compare_again(row: RosterImport, *, actor: User, seen_revision: int) -> None:
    """Show the difference against what is stored now; answers stay where the same row still asks."""
    require(may_record(actor, row.school), IMPORTS_HERE)
    preview = preview_of(row)
    _, preview.plan = compared_again(preview, row.school)
    _drop_unfit_answers(preview)
    with _audit(actor, "roster.compare", row.school) as entry:
        store_preview(row, preview, seen_revision)
        entry.about(row)
        entry.summary = "重新核对"


def save_answers(row: RosterImport, answers: Choices, *, actor: User, seen_revision: int) -> None:
    """Keep what was chosen on one page of the preview; earlier answers of other pages stay."""
    require(may_record(actor, row.school), IMPORTS_HERE)
    preview = preview_of(row)
    _check_answers(preview, answers, row.school)
    choices = preview.choices
    words_before = dict(choices.words)
    choices.children.update(answers.children)
    choices.missing.update(answers.missing)
    choices.words.update(answers.words)
    if choices.words != words_before:
        _, preview.plan = compared_again(preview, row.school)
        _drop_unfit_answers(preview)
    with _audit(actor, "roster.answers", row.school) as entry:
        store_preview(row, preview, seen_revision)
        entry.about(row)
        entry.summary = f"选择：学生 {len(answers.children)} 名，文件里没有的 {len(answers.missing)} 名"


def _check_answers(preview: Preview, answers: Choices, school: School) -> None:
    """Only answers that the rows in question allow."""
    items = {str(item["i"]): item for item in preview.plan.items}
    for index, answer in answers.children.items():
        item = items.get(index)
        if item is None:
            raise StalePage(MOVED_ON)
        _check_answer(item, answer, preview.reading.children[item["i"]]["name"], school)
    known = {str(row["student"]) for row in preview.plan.missing}
    words = {word for child in preview.reading.children for word in child.get("words", ())}
    kinds = {*CircumstanceKind.values, ""}
    if (
        answers.missing.keys() - known
        or set(answers.missing.values()) - {*_MISSING_ANSWERS}
        or answers.words.keys() - words
        or set(answers.words.values()) - kinds
    ):
        raise StalePage(MOVED_ON)


def _allowed(item: dict[str, Any]) -> set[str]:
    """Answers that make sense for a row."""
    if item["kind"] == "ask":
        return {"register", "skip", ""} if item.get("base") else {*ARRIVALS, "skip", ""}
    return {"elsewhere": {"transfer", "skip", ""}, "changed": {"rename", ""}}.get(item["kind"], set())


def _drop_unfit_answers(preview: Preview) -> None:
    """A row that asks something else now is asked again."""
    items = {str(item["i"]): item for item in preview.plan.items}
    preview.choices.children = {
        index: answer
        for index, answer in preview.choices.children.items()
        if index in items and answer.get("do", "") in _allowed(items[index])
    }


def _check_answer(item: dict[str, Any], answer: dict[str, str], name: str, school: School) -> None:
    do = answer.get("do", "")
    if do not in _allowed(item):
        raise StalePage(MOVED_ON)
    if do in ARRIVALS:
        try:
            check_date(dt.date.fromisoformat(answer.get("on", "")), school)
        except ValueError:
            raise StepRefused(f"{name} 的到校日期不是日期。请按 2026-09-01 的写法填写。") from None
    if item.get("no_id") and do in {*ARRIVALS, "register"} and not answer.get("reason", "").strip():
        raise StepRefused(f"{name} 没有证件号码，请写明暂无证件的原因。")
    if do == "rename" and not answer.get("reason", "").strip():
        raise StepRefused(f"{name} 要改姓名，请写明依据（如户口簿）。")
    if len(answer.get("reason", "")) > 100:
        raise StepRefused(f"{name} 的原因或依据超过 100 个字。请缩短。")


def store_preview(row: RosterImport, preview: Preview, seen_revision: int) -> None:
    """Compare-and-set on state and revision, then the new preview."""
    take_revision(row, seen_revision)
    fill_counts(row, preview)
    row.save(update_fields=[*_COUNTED, "state", "preview"])


_COUNTED: Final = (
    "row_count",
    "new_count",
    "changed_count",
    "same_count",
    "missing_count",
    "error_count",
)


def take_revision(row: RosterImport, seen_revision: int, **values: Any) -> None:
    """The next step belongs to whoever saw the newest revision of an open import."""
    unchanged = RosterImport.objects.filter(pk=row.pk, revision=seen_revision, state__in=_OPEN)
    if not unchanged.update(revision=F("revision") + 1, **values):
        raise StalePage(MOVED_ON)
    row.revision = seen_revision + 1


def discard_roster(row: RosterImport, *, actor: User, seen_revision: int) -> None:
    """Give the file up; nothing was written. File and preview go at once."""
    require(may_record(actor, row.school), IMPORTS_HERE)
    with _audit(actor, "roster.discard", row.school) as entry:
        take_revision(
            row,
            seen_revision,
            state=RosterState.DISCARDED,
            decided_by=actor,
            decided_at=timezone.now(),
            file=None,
            preview=None,
        )
        entry.about(row)
        entry.summary = f"放弃导入“{row.label}”，名册没有改动"


def purge_old_files(county_id: int) -> int:
    """Empty files and previews older than thirty days; the counts stay."""
    before = timezone.now() - dt.timedelta(days=KEPT_DAYS)
    old = RosterImport.objects.filter(school__county_id=county_id, uploaded_at__lt=before).exclude(
        file__isnull=True, preview__isnull=True
    )
    if not old.exists():
        return 0
    with audited(None, "roster.purge", county_id=county_id) as entry:
        count = old.update(file=None, preview=None)
        entry.summary = f"删除 {count} 份保存满 {KEPT_DAYS} 天的名册文件"
    return count


def _audit(actor: User, verb: str, school: School) -> AbstractContextManager[AuditDraft]:
    return audited(
        actor,
        verb,
        county_id=school.county_id,
        capacity=capacity(actor, Role.CLERK, school),
        school_id=school.pk,
    )
