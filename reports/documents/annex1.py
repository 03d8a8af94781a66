"""附件1 《控辍保学动态监测月报表（一）》 on paper."""

from reports.documents.form_facts import FIGURE_KEYS, Annex1Facts, Annex1Row, figures_of
from reports.documents.head import head_lines
from reports.documents.wording import GRADE_NAMES, NOT_OFFERED, SEAL_NOTE, TOTAL_NAME, figure_text
from reports.rendering import render_pdf

TEMPLATE = "reports/pdf/annex1.html"


def annex1_pdf(facts: Annex1Facts) -> bytes:
    """The form as PDF; equal facts give equal bytes."""
    return render_pdf(TEMPLATE, annex1_paper(facts))


def annex1_paper(facts: Annex1Facts) -> dict[str, object]:
    """Everything the template prints, as text; screens include the same sheet with it."""
    return {
        "head": head_lines(facts.head, annex="附件1"),
        "lines": [_line(row) for row in facts.rows],
        "total": {"name": TOTAL_NAME, "figures": _figures(facts.total), "remark": facts.total.remark},
        "notes": (SEAL_NOTE, *facts.head.footnotes),
    }


def _line(row: Annex1Row) -> dict[str, object]:
    figures = _figures(row) if row.offered else [NOT_OFFERED] * len(FIGURE_KEYS)
    return {"name": GRADE_NAMES[row.grade - 1], "figures": figures, "remark": row.remark}


def _figures(row: Annex1Row) -> list[str]:
    return [figure_text(key, number) for key, number in zip(FIGURE_KEYS, figures_of(row), strict=True)]
