"""Head and foot that the forms of a school share, as text."""

from datetime import date

from reports.documents.form_facts import FormHead, SummaryHead
from reports.documents.wording import edition_text, long_date


def head_lines(head: FormHead, *, annex: str) -> dict[str, object]:
    """What stands around the table of a school's form."""
    return {
        "annex": annex,
        "title": head.title,
        "author": head.school_name,
        "keywords": _joined(edition_text(head.edition), head.serial, head.text_hash, head.verify_path),
        "school_name": head.school_name,
        "principal": head.principal,
        "principal_signed_on": _day(head.principal_signed_on),
        "filler": head.filler,
        "filler_signed_on": _day(head.filler_signed_on),
        "time_label": head.time_label,
        "copy_note": head.copy_note,
        "is_draft": head.is_draft,
        # Names are written by the signatures themselves, into fields prepared at these places.
        "for_signature": bool(head.verify_code),
        "foot": school_foot(head),
    }


def summary_head_lines(head: SummaryHead) -> dict[str, object]:
    """What stands around the table of a county list."""
    return {
        "title": head.title,
        "author": head.bureau_name,
        "keywords": head.text_hash,
        "bureau_name": head.bureau_name,
        "time_label": head.time_label,
        "copy_note": head.copy_note,
        "is_draft": head.is_draft,
        "for_signature": False,
        "foot": _joined(f"截止日 {long_date(head.cut_off)}", _labelled("校验", head.text_hash)),
    }


def school_foot(head: FormHead) -> str:
    """Which version of which text this sheet is; printed at the foot of each page."""
    return _joined(
        _labelled("编号", head.serial),
        edition_text(head.edition),
        f"截止日 {long_date(head.cut_off)}",
        _labelled("校验", head.text_hash),
        _labelled("验证码", head.verify_code),
        _labelled("验证", head.verify_url or ""),
    )


def _day(day: date | None) -> str:
    return long_date(day) if day else ""


def _labelled(label: str, text: str) -> str:
    return f"{label} {text}" if text else ""


def _joined(*parts: str) -> str:
    return "　".join(part for part in parts if part)
