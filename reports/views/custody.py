"""用印登记簿, and the school's seal in the hands of its principal."""

from collections.abc import Callable

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import UserRequest, go
from accounts.sandbox import TransferableError
from accounts.workflow import NotPermitted, StepRefused
from reports.actions import seals
from reports.documents.seal_register import register_number, seal_register_pdf
from reports.models import Seal
from reports.permissions import may_keep_seal, may_see_register, schools_with_register_for
from reports.queries.register import seal_uses_visible_to
from reports.queries.standing import standing_of
from reports.queries.trust import current_certificate
from reports.sealing_forms import CustodianForm, PictureForm, ReasonForm, RegisterFilter
from reports.views.downloads import download
from schools.models import School

ROWS_A_PAGE = 50


@require_safe
def seal_register(request: UserRequest) -> HttpResponse:
    """Every use of the seals of the schools that the person may see, newest first."""
    schools = schools_with_register_for(request.user)
    some = list(schools[:2])
    if not some:
        raise NotPermitted("用印登记簿由学校、中心校、基教股、督导和审计员查看。")
    form = RegisterFilter(request.GET or None, schools=schools)
    asked = form.cleaned_data if form.is_valid() else {}
    uses = seal_uses_visible_to(request.user, asked.get("school"), asked.get("month"))
    page = Paginator(uses, ROWS_A_PAGE).get_page(request.GET.get("page"))
    rows = [
        {
            "use": use,
            "number": register_number(use),
            "state": standing_of(use.document, recomputed=False),
        }
        for use in page
    ]
    context = {
        "form": form,
        "rows": rows,
        "page_obj": page,
        # Who sees one school only need not choose it.
        "school": asked.get("school") or (some[0] if len(some) == 1 else None),
        "month": asked.get("month"),
    }
    return render(request, "reports/seal_register.html", context)


@require_safe
def seal_register_file(request: UserRequest, school_pk: int, year: int, month: int) -> HttpResponse:
    """A month of one school's book, to be printed and signed."""
    school = _school(request, school_pk)
    form = RegisterFilter({"month": f"{year:04d}-{month:02d}"}, schools=School.objects.none())
    if not form.is_valid():
        raise Http404
    day = form.cleaned_data["month"]
    uses = list(seal_uses_visible_to(request.user, school, day).order_by("year", "number"))
    return download(seal_register_pdf(school, day, uses), f"{school}_用印登记簿_{day:%Y-%m}.pdf")


@require_safe
def seal_detail(request: UserRequest, school_pk: int) -> HttpResponse:
    """The seal in use, who keeps it, and those before it. Its picture is not shown to anybody."""
    school = _school(request, school_pk)
    keeps = may_keep_seal(request.user, school)
    rows = list(Seal.objects.filter(school=school).select_related("custodian", "ended_by"))
    current = next((seal for seal in rows if seal.ended_on is None), None)
    context = {
        "school": school,
        "current": current,
        "former": [seal for seal in rows if seal.ended_on is not None],
        "certificate": current_certificate(school),
        "keeps": keeps,
        "custodian_form": CustodianForm(school=school) if keeps and current else None,
    }
    return render(request, "reports/seal_detail.html", context)


@require_POST
def seal_custodian(request: UserRequest, school_pk: int) -> HttpResponse:
    school, seal = _kept(request, school_pk)
    form = CustodianForm(request.POST, school=school)
    if not form.is_valid():
        messages.error(request, "保管人没有选。请从本校人员里选一位。")
        return go(request, "reports:seal-detail", school.pk)
    try:
        seals.name_custodian(
            seal, form.cleaned_data["custodian"], actor=request.user, waiver=form.cleaned_data["waiver"]
        )
    except StepRefused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, f"电子章保管人：{form.cleaned_data['custodian'].name}。")
    return go(request, "reports:seal-detail", school.pk)


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def seal_scan(request: UserRequest, school_pk: int) -> HttpResponse:
    """Use the picture of the carved seal: only the red ink is kept."""
    school = _keeper(request, school_pk)
    form = PictureForm(request.POST or None, request.FILES or None, request=request)
    if request.method == "POST" and form.is_valid():
        picture = form.cleaned_data["picture"]
        try:
            seals.use_scanned_seal(school, picture.read(), picture.name, actor=request.user)
        except (StepRefused, TransferableError) as problem:
            form.add_error("picture", str(problem))
        else:
            messages.success(request, "已启用扫描的印模，下次签章就用它。")
            return go(request, "reports:seal-detail", school.pk)
    return render(request, "reports/seal_scan.html", {"school": school, "form": form})


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def seal_restart(request: UserRequest, school_pk: int) -> HttpResponse:
    """A new seal drawn from the school's name; the one before ends today."""
    school = _keeper(request, school_pk)
    return _with_reason(
        request,
        school,
        title="启用新章",
        submit="启用新章",
        act=lambda reason: seals.use_drawn_seal(school, actor=request.user, because=reason),
        done="新章已启用，原章已停用；以前盖的章照旧有效。",
    )


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def seal_end(request: UserRequest, school_pk: int) -> HttpResponse:
    """停用: the school cannot seal until it starts a new one."""
    school, seal = _kept(request, school_pk)
    return _with_reason(
        request,
        school,
        title="停用电子章",
        submit="停用电子章",
        act=lambda reason: seals.end_seal(seal, actor=request.user, because=reason),
        done="电子章已停用，启用新章前不能签章。",
    )


def _with_reason(
    request: UserRequest, school: School, *, title: str, submit: str, act: Callable[[str], object], done: str
) -> HttpResponse:
    form = ReasonForm(request.POST or None, request=request)
    if request.method == "POST" and form.is_valid():
        try:
            act(form.cleaned_data["reason"])
        except StepRefused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, done)
            return go(request, "reports:seal-detail", school.pk)
    context = {"school": school, "form": form, "title": title, "submit": submit}
    return render(request, "reports/seal_reason.html", context)


def _school(request: UserRequest, pk: int) -> School:
    school = get_object_or_404(schools_with_register_for(request.user), pk=pk)
    if not may_see_register(request.user, school):
        raise Http404
    return school


def _keeper(request: UserRequest, pk: int) -> School:
    school = _school(request, pk)
    if not may_keep_seal(request.user, school):
        raise NotPermitted("电子章由本校校长管理。")
    return school


def _kept(request: UserRequest, pk: int) -> tuple[School, Seal]:
    school = _keeper(request, pk)
    return school, get_object_or_404(
        Seal.objects.select_related("school", "custodian"), school=school, ended_on=None
    )
