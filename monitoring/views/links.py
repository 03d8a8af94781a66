"""Where a problem is mended and where a name leads; an address the person may not open is left out."""

from django.urls import reverse

from monitoring.content import DetailRow
from monitoring.problems import Problem
from monitoring.views.found import ReturnPage

# Codes of checks whose figures are looked at by name.
_BY_NAME = frozenset({"H1", "H4", "H5", "H6"})


def detail_url(page: ReturnPage) -> str:
    return reverse("monitoring:return-detail", args=[page.school.pk, page.month.month])


def figure_url(page: ReturnPage, grade: int, column: str, edition: int | None = None) -> str:
    if edition is not None:
        return reverse(
            "monitoring:edition-figure", args=[page.school.pk, page.month.month, edition, grade, column]
        )
    return reverse("monitoring:return-figure", args=[page.school.pk, page.month.month, grade, column])


def child_url(page: ReturnPage, student_id: int) -> str:
    """The child's page; none for the principal of a parent school, who signs but does not keep its children."""
    return reverse("reports:child", args=[student_id]) if page.opens_children else ""


def record_url(page: ReturnPage) -> str:
    """Where movements are recorded; "" for whoever cannot."""
    return reverse("students:movement-list") if page.is_editable else ""


def mend_row(page: ReturnPage, row: DetailRow) -> tuple[str, str]:
    """(address, verb) for what a row still lacks; only for the clerk while the return can be changed."""
    if not page.is_editable:
        return "", ""
    if row.reason_missing and row.absence_id:
        return reverse("students:absence-edit", args=[row.absence_id]), "补填原因"
    if row.evidence_pending:
        return _papers(row.movement_id, row.absence_id), "上传证明"
    return "", ""


def _papers(movement_id: int | None, absence_id: int | None) -> str:
    """Where proofs of a fact are uploaded; "" for a fact that still waits with a correction."""
    if absence_id:
        return reverse("students:evidence-list", args=["absence", absence_id])
    return reverse("students:evidence-list", args=["movement", movement_id]) if (movement_id or 0) > 0 else ""


def mend(page: ReturnPage, problem: Problem) -> tuple[str, str]:
    """(address, verb) of the place where a problem is mended; the clerk's verbs only for the clerk."""
    if problem.code == "H7":
        url = reverse("monitoring:return-remark", args=[page.school.pk, page.month.month, problem.grade])
        return (url, "写备注") if page.is_editable else ("", "")
    if problem.code == "H9":
        return "#marks", "去答复"
    if page.is_editable and (url_and_verb := _mend_fact(problem)):
        return url_and_verb
    if problem.column and problem.code[0] in "HW" and problem.grade:
        return figure_url(page, problem.grade, problem.column), "看名单"
    if problem.code in _BY_NAME and problem.grade:
        return figure_url(page, problem.grade, "closing"), "看名单"
    return "", ""


def _mend_fact(problem: Problem) -> tuple[str, str] | None:
    if problem.code == "W3":
        return reverse("students:transfer-list"), "看对接"
    if problem.code in ("H8", "W1") and problem.absence_id:
        url = reverse("students:absence-edit", args=[problem.absence_id])
        return url, "去补填" if problem.code == "H8" else "写跟踪情况"
    if problem.code == "W2" and (url := _papers(problem.movement_id, problem.absence_id)):
        return url, "上传证明"
    return None
