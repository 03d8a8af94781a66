"""Public verification of signed forms: upload the file, type the code, or scan it. No login, nothing kept."""

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import County
from accounts.sandbox import FileProblem
from reports.models import SealedDocument
from reports.queries.standing import Answer, standing_of
from reports.rate import is_allowed
from reports.sealing.codes import dashed, typed_code
from reports.verifying import MAX_BYTES, MESSAGES, Verdict, find_by_code, recorded_signatures, verify_file

LOOKUPS, UPLOADS, MINUTE = 30, 10, 60
TOO_OFTEN = "查得太频繁，请一分钟后再试。"
LOOKS = {Answer.VALID: "", Answer.WAITING: "look", Answer.REPLACED: "look"}
CODE_TITLES = {
    Answer.VALID: "这个编号是真的，对应的表现行有效",
    Answer.WAITING: "这个编号是真的，表已签章，县局还没有接收",
    Answer.RETURNED: "这个编号是真的，但表已退回，签章不再有效",
    Answer.REPLACED: "这个编号是真的，但表已被新版取代",
    Answer.ALTERED: "这个编号对应的表需重新签章，不能使用",
}


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def verify(request: HttpRequest) -> HttpResponse:
    """The page with its two ways in, and the answer about an uploaded file."""
    if request.method != "POST":
        return _typed(request) if request.GET.get("code") else _page(request)
    if not is_allowed(request, "verify-file", times=UPLOADS, seconds=MINUTE):
        return _too_often(request)
    uploaded = request.FILES.get("file")
    if uploaded is None:
        return _page(request, file_error="还没有选文件。请选择系统下载的 PDF 原件。", status=422)
    if uploaded.size is not None and uploaded.size > MAX_BYTES:
        size = f"{uploaded.size / 1024 / 1024:.1f}"
        return _page(request, file_error=f"文件 {size} MB，超过 10 MB，不像本系统的表。", status=422)
    try:
        verdict = verify_file(uploaded.read())
    except FileProblem as problem:
        return _page(request, file_error=problem.message, status=422)
    return _page(request, **_file_answer(verdict))


@login_not_required
@require_safe
def verify_code(request: HttpRequest, code: str) -> HttpResponse:
    """Behind the QR code: what the books say about the form with this code, to compare with the paper."""
    if not is_allowed(request, "verify-code", times=LOOKUPS, seconds=MINUTE):
        return _too_often(request)
    cleaned = typed_code(code)
    document = find_by_code(cleaned) if cleaned else None
    if document is None:
        return _page(
            request,
            answer=Answer.UNKNOWN,
            label=str(Answer.UNKNOWN),
            look="must",
            headline="查无此件",
            message="没有这个验证码的签章文件。请核对有没有抄错；表上没有签章的是草稿，查不到。",
            asked_at=timezone.now(),
            typed=code[:40],
            status=404,
        )
    standing = standing_of(document)
    return _page(
        request,
        answer=standing.answer,
        label=standing.label,
        look=LOOKS.get(standing.answer, "must"),
        headline=CODE_TITLES[standing.answer],
        message=standing.note,
        asked_at=timezone.now(),
        signatures=recorded_signatures(document),
        paper=_paper_hint(request, document),
        **_facts(document),
    )


def _typed(request: HttpRequest) -> HttpResponse:
    text = request.GET["code"]
    code = typed_code(text)
    if not code:
        return _page(
            request,
            code_error="验证码是 10 位字母和数字，印在每页下方，例如 7K3M-9QPD-2F。请核对后再输。",
            typed=text[:40],
            status=422,
        )
    return HttpResponseRedirect(reverse("reports:verify-code", args=[code]))


def _file_answer(verdict: Verdict) -> dict[str, Any]:
    answer = verdict.answer
    return {
        "answer": answer,
        "label": verdict.standing.label,
        "look": LOOKS.get(answer, "must"),
        "headline": MESSAGES[answer].partition("。")[0],
        "message": verdict.message.partition("。")[2],
        "asked_at": timezone.now(),
        "signatures": verdict.signatures,
        "sha256": verdict.sha256,
        "from_file": True,
        **(_facts(verdict.document) if verdict.document else {}),
    }


def _facts(document: SealedDocument) -> dict[str, Any]:
    """Form, school, month, edition: no figure and no child's name."""
    edition = document.frozen.edition
    return {
        "document": document,
        "title": document.title,
        "school": document.school.name,
        "month": f"{document.month.year}年{document.month.month}月，第{document.edition_number}版",
        "short": dashed(document.short),
        "accepted_at": edition.accepted_at,
        "bureau": document.county.bureau_name,
        "is_demo": document.county.is_demo,
    }


def _paper_hint(request: HttpRequest, document: SealedDocument) -> str:
    """Which page of how many the code stands on, and the short hash that must be printed there."""
    page, _, pages = request.GET.get("p", "").partition("/")
    check = "-".join(document.text_hash[4 * n : 4 * n + 4] for n in range(3)).upper()
    if (
        page.isascii()
        and page.isdigit()
        and pages == str(document.pages)
        and 1 <= int(page) <= document.pages
    ):
        return f"您扫的是第 {int(page)} 页（共 {document.pages} 页），这一页下方应印有“校验 {check}”。"
    return f"这份表共 {document.pages} 页，每页下方应印有“校验 {check}”。"


def _page(request: HttpRequest, *, status: int = 200, **shown: Any) -> HttpResponse:
    county = County.objects.order_by("pk").first()
    context = {
        "bureau": county.bureau_name if county else "",
        "max_mb": MAX_BYTES // 1024 // 1024,
        "typed": "",
        **shown,
    }
    return render(request, "reports/verify.html", context, status=status)


def _too_often(request: HttpRequest) -> HttpResponse:
    response = _page(request, file_error=TOO_OFTEN, status=429)
    response["Retry-After"] = str(MINUTE)
    return response
