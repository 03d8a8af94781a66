"""Where a problem is mended and where a name leads; an address the person may not open is left out."""

from django.urls import NoReverseMatch, reverse

from monitoring.content import DetailRow
from monitoring.problems import Problem
from monitoring.views.found import ReturnPage

# Codes of checks whose figures are looked at by name.
_BY_NAME = frozenset({"H1", "H4", "H5", "H6"})


def address(name: str, *args: object) -> str:
    """The address of a page of another part of the site; "" where that part is not installed."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


def detail_url(page: ReturnPage) -> str:
    return reverse("monitoring:return-detail", args=[page.school.pk, page.month.month])


def figure_url(page: ReturnPage, grade: int, column: str, edition: int | None = None) -> str:
    if edition is not None:
        return reverse(
            "monitoring:edition-figure", args=[page.school.pk, page.month.month, edition, grade, column]
        )
    return reverse("monitoring:return-figure", args=[page.school.pk, page.month.month, grade, column])


def child_url(student_id: int) -> str:
    return address("reports:child", student_id)


def mend_row(page: ReturnPage, row: DetailRow) -> tuple[str, str]:
    """(address, verb) for what a row still lacks; only for the clerk while the return can be changed."""
    if not page.is_editable or not (row.reason_missing or row.evidence_pending):
        return "", ""
    if row.absence_id:
        url = address("students:absence-detail", row.absence_id)
        return (url, "补填原因" if row.reason_missing else "上传证明") if url else ("", "")
    if (row.movement_id or 0) > 0:
        url = address("students:movement-detail", row.movement_id)
        return (url, "上传证明") if url else ("", "")
    return "", ""


def mend(page: ReturnPage, problem: Problem) -> tuple[str, str]:
    """(address, verb) of the place where a problem is mended; the clerk's verbs only for the clerk."""
    if problem.code == "H7":
        url = reverse("monitoring:return-remark", args=[page.school.pk, page.month.month, problem.grade])
        return (url, "写备注") if page.is_editable else ("", "")
    if problem.code == "H9":
        return "#marks", "去答复"
    if problem.code == "W3":
        return address("students:transfer-list"), "看对接"
    if problem.absence_id and page.is_editable:
        verb = "去补填" if problem.code == "H8" else "写跟踪情况"
        if url := address("students:absence-detail", problem.absence_id):
            return url, verb
    if (problem.movement_id or 0) > 0 and page.is_editable:
        url = address("students:movement-detail", problem.movement_id)
        if url:
            return url, "去补"
    if problem.column and problem.code[0] in "HW" and problem.grade:
        return figure_url(page, problem.grade, problem.column), "看名单"
    if problem.code in _BY_NAME and problem.grade:
        return figure_url(page, problem.grade, "closing"), "看名单"
    return "", ""
