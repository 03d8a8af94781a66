"""Certificates in the hands of the administrator, and a person's own signature."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import UserRequest, go
from accounts.sandbox import TransferableError
from accounts.workflow import NotPermitted, StepRefused
from reports.actions import certificates, seals
from reports.actions.authority import current_revocation_list
from reports.models import Certificate, HandSignature
from reports.permissions import may_keep_certificates
from reports.queries.trust import authority_of, certificates_of, current_certificate
from reports.sealing_forms import P12Form, PictureForm, RevokeForm, StrokesForm

ROWS_A_PAGE = 50
LARGEST_P12 = 100_000


@require_safe
def certificate_list(request: UserRequest) -> HttpResponse:
    """Every certificate of the county, newest first."""
    _require_administrator(request)
    text = request.GET.get("q", "").strip()[:60]
    rows = certificates_of(request.user.county_id, text)
    page = Paginator(rows, ROWS_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "page_obj": page,
        "rows": list(page),
        "text": text,
        "authority": authority_of(request.user.county_id),
    }
    return render(request, "reports/certificate_list.html", context)


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def certificate_revoke(request: UserRequest, pk: int) -> HttpResponse:
    """吊销, with a reason; signatures made before stay valid."""
    _require_administrator(request)
    certificate = get_object_or_404(certificates_of(request.user.county_id), pk=pk)
    form = RevokeForm(request.POST or None, request=request)
    if request.method == "POST" and form.is_valid():
        try:
            certificates.revoke_certificate(
                certificate,
                actor=request.user,
                reason=form.cleaned_data["reason"],
                blocks=form.cleaned_data["blocks"],
            )
        except StepRefused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, f"{certificate.subject}的证书已吊销。")
            return go(request, "reports:certificate-list")
    context = {"certificate": certificate, "form": form}
    return render(request, "reports/certificate_revoke.html", context)


@require_POST
def certificate_allow(request: UserRequest, pk: int) -> HttpResponse:
    """允许补发: the next signature gets a new certificate."""
    _require_administrator(request)
    certificate = get_object_or_404(certificates_of(request.user.county_id), pk=pk)
    try:
        certificates.allow_renewal(certificate, actor=request.user)
    except StepRefused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, f"{certificate.subject}下次签字时会补发证书。")
    return go(request, "reports:certificate-list")


@require_safe
def root_certificate(request: UserRequest) -> HttpResponse:
    """The county's root, for PDF readers; a certificate is public by nature."""
    authority = authority_of(request.user.county_id)
    if authority is None:
        raise NotPermitted("本县还没有建立证书机构。")
    headers = {"Content-Disposition": 'attachment; filename="root.crt"'}
    return HttpResponse(
        authority.root_certificate, content_type="application/x-x509-ca-cert", headers=headers
    )


@require_safe
def revocation_list(request: UserRequest) -> HttpResponse:
    """The certificates that count no longer (CRL)."""
    content = current_revocation_list(request.user.county_id)
    headers = {"Content-Disposition": 'attachment; filename="county.crl"'}
    return HttpResponse(content, content_type="application/pkix-crl", headers=headers)


@require_safe
def signature_detail(request: UserRequest) -> HttpResponse:
    """我的签字: how it is drawn, and which certificate signs. Nothing here gives the drawing out again."""
    context = {
        "hand": HandSignature.objects.filter(user=request.user).first(),
        "certificate": current_certificate(request.user),
        "former": Certificate.objects.filter(holder=request.user, is_current=False)[:20],
        "strokes_form": StrokesForm(),
        "authority": authority_of(request.user.county_id),
    }
    return render(request, "reports/signature_detail.html", context)


@require_POST
def signature_strokes(request: UserRequest) -> HttpResponse:
    """Written on the page with finger or mouse."""
    form = StrokesForm(request.POST)
    try:
        if not form.is_valid():
            raise StepRefused("还没有写。请在框内写下姓名。")
        seals.keep_strokes(request.user, form.cleaned_data["strokes"])
    except (StepRefused, TransferableError) as problem:
        messages.error(request, str(problem))
    else:
        messages.success(request, "手写签名已存，下次签字就用它。")
    return go(request, "reports:signature-detail")


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def signature_scan(request: UserRequest) -> HttpResponse:
    """A signature on white paper; the paper is taken out."""
    form = PictureForm(request.POST or None, request.FILES or None, request=request)
    if request.method == "POST" and form.is_valid():
        picture = form.cleaned_data["picture"]
        try:
            seals.keep_scan(request.user, picture.read(), picture.name)
        except (StepRefused, TransferableError) as problem:
            form.add_error("picture", str(problem))
        else:
            messages.success(request, "手写签名已存，下次签字就用它。")
            return go(request, "reports:signature-detail")
    return render(request, "reports/signature_scan.html", {"form": form})


@require_POST
def signature_forget(request: UserRequest) -> HttpResponse:
    """Print the name in type again."""
    seals.forget_signature(request.user)
    messages.success(request, "手写签名已删除，以后用印刷体签名。")
    return go(request, "reports:signature-detail")


@sensitive_post_parameters("password", "p12_password")
@require_http_methods(["GET", "HEAD", "POST"])
def key_import(request: UserRequest) -> HttpResponse:
    """A certificate of a licensed authority in place of the county's own."""
    form = P12Form(request.POST or None, request.FILES or None, request=request)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["p12"]
        try:
            if file.size > LARGEST_P12:
                raise StepRefused("这个文件太大，不是 .p12 证书文件。请重新选择。")
            row = certificates.import_p12(
                request.user,
                file.read(),
                p12_password=form.cleaned_data["p12_password"],
                login_password=form.key_password,
            )
        except (StepRefused, TransferableError) as problem:
            form.add_error("p12", str(problem))
        else:
            messages.success(request, f"证书已导入：{row.subject}。下次签字就用它。")
            return go(request, "reports:signature-detail")
    return render(request, "reports/key_import.html", {"form": form})


def _require_administrator(request: UserRequest) -> None:
    if not may_keep_certificates(request.user):
        raise NotPermitted("证书由管理员管理。")
