"""全县汇总表 on paper: the columns of Annex 1, one line per school or grade."""

from reports.documents.form_facts import FIGURE_KEYS, SummaryFacts, SummaryRow, figures_of
from reports.documents.head import summary_head_lines
from reports.documents.wording import NOT_FILED, TOTAL_NAME, figure_text
from reports.rendering import render_pdf

TEMPLATE = "reports/pdf/county_summary.html"
LABEL_TITLES = {"school": "学校", "grade": "年级"}


def county_summary_pdf(facts: SummaryFacts) -> bytes:
    """The list as PDF; equal facts give equal bytes."""
    return render_pdf(TEMPLATE, county_summary_paper(facts))


def county_summary_paper(facts: SummaryFacts) -> dict[str, object]:
    """Everything the template prints, as text."""
    return {
        "head": summary_head_lines(facts.head),
        "by": facts.by,
        "label_title": LABEL_TITLES[facts.by],
        "coverage_text": facts.coverage_text,
        "lines": [_line(row) for row in facts.rows],
        "total": {"name": TOTAL_NAME, "figures": _figures(facts.total), "remark": facts.total.remark},
        "notes": facts.head.footnotes,
    }


def _line(row: SummaryRow) -> dict[str, object]:
    figures = _figures(row) if row.filed else [NOT_FILED] * len(FIGURE_KEYS)
    return {"name": row.label, "figures": figures, "remark": row.remark}


def _figures(row: SummaryRow) -> list[str]:
    return [figure_text(key, number) for key, number in zip(FIGURE_KEYS, figures_of(row), strict=True)]
