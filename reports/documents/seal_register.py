"""用印登记簿 on paper, a school and month at a time."""

import datetime as dt
from collections.abc import Sequence

from django.utils import timezone

from reports.models import SealUse
from reports.rendering import render_pdf
from reports.sealing.codes import dashed
from schools.models import School

TEMPLATE = "reports/pdf/seal_register.html"
MAX_LINES = 2000


def seal_register_pdf(school: School, month: dt.date, uses: Sequence[SealUse]) -> bytes:
    """One line a use, in the order of the numbers, with room for the custodian and the principal to sign."""
    label = f"{month.year}年{month.month}月"
    title = f"{school.name}电子章用印登记簿"
    context = {
        "head": {
            "title": title,
            "author": school.name,
            "keywords": label,
            "time_label": label,
            "for_signature": False,
            "is_draft": False,
            "foot": f"{title}　{label}　共 {len(uses)} 次",
        },
        "lines": [_line(use) for use in uses[:MAX_LINES]],
        "count": len(uses),
    }
    return render_pdf(TEMPLATE, context)


def register_number(use: SealUse) -> str:
    """2026-0012"""
    return f"{use.year}-{use.number:04d}"


def _line(use: SealUse) -> dict[str, str]:
    return {
        "number": register_number(use),
        "at": f"{timezone.localtime(use.used_at):%m-%d %H:%M}",
        "purpose": use.purpose,
        "code": dashed(use.document.short),
        "hash": use.document_sha256[:16],
        "asked_by": use.asked_by_name,
        "used_by": use.used_by_name,
        "custodian": use.custodian_name or "—",
    }
