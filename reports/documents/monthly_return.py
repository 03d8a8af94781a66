"""A return and the record of its signatures as facts of Annex 1 and Annex 2."""

import datetime as dt
from dataclasses import dataclass
from typing import Literal, cast

from django.utils import timezone

from accounts.wording import cn_date
from monitoring.build import content_now, content_of
from monitoring.content import DetailRow, ReturnContent
from monitoring.models import Edition, FrozenReturn, MonthlyReturn, ReturnState
from monitoring.readings import Line, PrintedLine
from monitoring.texts import current_text
from reports.documents.columns import columns_for
from reports.documents.form_facts import (
    GRADES,
    Annex1Facts,
    Annex1Row,
    Annex2Facts,
    Annex2Row,
    FormHead,
)
from reports.documents.wording import (
    GRADE_NAMES,
    ReadingRule,
    annex1_footnotes,
    annex1_title,
    annex2_footnotes,
    annex2_title,
    edition_text,
    signed,
)
from schools.models import ReportingMonth, School
from schools.queries import setting
from schools.settings import ANNEX2_COLUMNS, annex2_layout

HASH_GROUPS = 3
CHANGES = (("transfer_in", "转入"), ("transfer_out", "转出"), ("absent", "未在校"), ("other", "其他"))


@dataclass(frozen=True)
class SignatureRecord:
    """What is printed about an edition: names, days, which copy this is. Empty names until signed."""

    edition: int
    copy_note: str
    is_draft: bool
    filler: str = ""
    filler_signed_on: dt.date | None = None
    principal: str = ""
    principal_signed_on: dt.date | None = None
    signed_for: str = ""
    text_hash: str = ""


@dataclass(frozen=True)
class ReturnForms:
    """One text of a return, ready to print."""

    content: ReturnContent
    record: SignatureRecord


def forms_now(school: School, month: ReportingMonth, monthly_return: MonthlyReturn | None) -> ReturnForms:
    """The return as it stands: live figures, the submitted text, or the signed one."""
    content = content_now(school, month, monthly_return)
    if monthly_return is None:
        return ReturnForms(content, SignatureRecord(1, "草稿，未签字", is_draft=True))
    if content.text is None:
        number = monthly_return.edition_number
        return ReturnForms(content, SignatureRecord(number, "草稿，未签字", is_draft=True))
    text = current_text(monthly_return) or content.text
    return ReturnForms(content, _record(text, text.edition, monthly_return))


def final_record(edition: int, digest: str) -> SignatureRecord:
    """For the text that is signed: names are written by the signatures themselves."""
    return SignatureRecord(edition, edition_text(edition), is_draft=False, text_hash=_grouped(digest))


def forms_of_edition(edition: Edition) -> ReturnForms | None:
    """A signed edition, whatever has become of it; None while it is not signed."""
    if edition.frozen is None:
        return None
    return ReturnForms(content_of(edition.frozen), _record(edition.frozen, edition, edition.monthly_return))


def annex1_facts(forms: ReturnForms) -> Annex1Facts:
    """附件1: nine grades and 合计."""
    content = forms.content
    lines = {line.grade: line for line in content.printed_lines}
    rows = tuple(_annex1_row(grade, lines.get(grade), content) for grade in GRADES)
    head = _head(forms, annex1_title(content.school.county.name), _annex1_notes(content))
    return Annex1Facts(head=head, rows=rows, total=_row(0, content.printed_total))


def annex2_facts(forms: ReturnForms) -> Annex2Facts:
    """附件2: the bureau's columns; counted rows, then those that do not count."""
    content = forms.content
    layout = annex2_layout(setting(content.school.county_id, ANNEX2_COLUMNS))
    head = _head(
        forms, annex2_title(content.school.county.name), annex2_footnotes(cast("ReadingRule", content.rule))
    )
    return Annex2Facts(
        head=head,
        columns=columns_for(layout),
        rows=tuple(_annex2_row(row, content.month) for row in content.rows),
        counted_note=_counted_note(content),
    )


def file_name(forms: ReturnForms, form: Literal[1, 2], kind: str) -> str:
    """学校_2026-11_月报表（一）_第1版.pdf: no word about children."""
    content = forms.content
    name = {1: "月报表（一）", 2: "月报信息表（二）"}[form]
    mark = "草稿" if forms.record.is_draft else edition_text(forms.record.edition)
    return f"{content.school}_{content.month.slug}_{name}_{mark}.{kind}"


def _record(text: FrozenReturn, edition: Edition, monthly_return: MonthlyReturn) -> SignatureRecord:
    is_signed = edition.signed_at is not None and edition.frozen_id == text.pk
    return SignatureRecord(
        edition=edition.number,
        copy_note=_copy_note(edition, monthly_return) if is_signed else "草稿，待校长签字",
        is_draft=not is_signed,
        filler=text.filler_name,
        filler_signed_on=timezone.localdate(text.frozen_at),
        principal=edition.signed_by_name if is_signed else "",
        principal_signed_on=timezone.localdate(edition.signed_at) if is_signed else None,
        signed_for=edition.signed_for if is_signed else "",
        text_hash=_grouped(text.hash),
    )


def _copy_note(edition: Edition, monthly_return: MonthlyReturn) -> str:
    """What kind of copy a signed edition is today."""
    number = edition_text(edition.number)
    if edition.in_force:
        return f"已签字，{number}，现行有效"
    if edition.discarded_at is not None:
        return f"{number}，更正已作废"
    if edition.accepted_at is not None:
        return f"{number}，旧版，已被取代"
    is_current = edition.number == monthly_return.edition_number
    if is_current and monthly_return.state in (ReturnState.SIGNED, ReturnState.ACCEPTED):
        return f"已签字，{number}"
    return f"{number}，签字已失效"


def _head(forms: ReturnForms, title: str, footnotes: tuple[str, ...]) -> FormHead:
    content, record = forms.content, forms.record
    if record.signed_for:
        footnotes = (*footnotes, f"本校由{record.signed_for}签字，加盖该校公章。")
    return FormHead(
        title=title,
        school_name=content.school.name,
        time_label=content.month.label,
        cut_off=content.text.cut_off if content.text else content.month.cut_off,
        edition=record.edition,
        copy_note=record.copy_note,
        is_draft=record.is_draft,
        principal=record.principal,
        principal_signed_on=record.principal_signed_on,
        filler=record.filler,
        filler_signed_on=record.filler_signed_on,
        footnotes=footnotes,
        text_hash=record.text_hash,
    )


def _annex1_notes(content: ReturnContent) -> tuple[str, ...]:
    """Reading, corrections of earlier months by grade (they may cancel out), the promoted base."""
    month = content.month.month.month if content.promoted else 0
    reading, *more = annex1_footnotes(cast("ReadingRule", content.rule), month)
    return tuple(note for note in (reading, _correction_note(content.lines), *more) if note)


def _correction_note(lines: list[Line]) -> str:
    parts = [
        f"{GRADE_NAMES[line.grade - 1]} {signed(line.opening_correction)}"
        for line in lines
        if line.opening_correction
    ]
    return f"上月学生数含以前月份更正：{'，'.join(parts)}。" if parts else ""


def _annex1_row(grade: int, line: PrintedLine | None, content: ReturnContent) -> Annex1Row:
    if line is None:
        return Annex1Row(grade=grade, offered=False)
    return _row(grade, line, content.remarks.get(grade, ""))


def _row(grade: int, line: PrintedLine, remark: str = "") -> Annex1Row:
    return Annex1Row(
        grade=grade,
        opening=line.opening,
        closing=line.closing,
        transfer_in=line.transfer_in,
        transfer_out=line.transfer_out,
        absent=line.absent,
        other=line.other,
        remark=remark,
    )


def _annex2_row(row: DetailRow, month: ReportingMonth) -> Annex2Row:
    """The words of the row; the form numbers its lines itself."""
    values = {key: text for key, text in row.printed.items() if key != "seq"}
    values["happened_on"] = cn_date(row.happened_on, today=month.month)
    return Annex2Row(values=values, counted=row.counted)


def _counted_note(content: ReturnContent) -> str:
    """计入表（一）9 行：转入 2　转出 3 …, where any row counts."""
    if not content.counted:
        return ""
    total = content.printed_total
    said = [
        f"{name} {signed(getattr(total, key)) if key == 'other' else getattr(total, key)}"
        for key, name in CHANGES
    ]
    return f"计入表（一）{len(content.counted)} 行：{'　'.join(said)}，各年级各栏与表（一）一致"


def _grouped(text_hash: str) -> str:
    """5T8C-2WHN-6RK4: enough of the hash to compare two copies by eye."""
    return "-".join(text_hash[4 * n : 4 * n + 4] for n in range(HASH_GROUPS)).upper()
