"""Papers of a fact: the list, the upload, one paper, taking it back."""

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts.http import UserRequest, go, refusal
from accounts.sandbox import FileProblem
from accounts.step_views import refusal_text
from accounts.storage import FileMissing
from accounts.uploads import MAX_FILE_BYTES
from accounts.wording import cn_date, cn_datetime, file_size
from accounts.workflow import StepRefused
from students.actions.evidence import attach_proof, fact_of, may_attach, open_proof, withdraw_proof
from students.codes import circumstance_label
from students.forms.evidence import ProofForm
from students.models import Absence, Evidence, Movement, Transfer
from students.permissions import require
from students.proofs import (
    Fact,
    circumstances_visible_to,
    evidence_visible_to,
    fact_kind,
    live_evidence,
    locked_by,
    missing_proofs,
    proof_choices,
    required_proofs,
)
from students.queries import absences_visible_to, movements_visible_to, transfers_visible_to

EXTENSIONS = {"application/pdf": "pdf", "image/jpeg": "jpg", "image/png": "png"}
# A paper is somebody else's file: it gets an origin of its own, and no script, form or frame.
PAPER_POLICY = "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; object-src 'self'; frame-ancestors 'none'; sandbox"


@require_safe
def evidence_list(request: UserRequest, kind: str, pk: int) -> HttpResponse:
    """Which papers are required, which are there; the form to add more."""
    return _list_page(request, _fact(request, kind, pk))


@require_POST
def evidence_attach(request: UserRequest, kind: str, pk: int) -> HttpResponse:
    """Each file is stored or refused by itself: one bad photo does not lose the others."""
    fact = _fact(request, kind, pk)
    require(may_attach(fact, request.user), "证明材料由登记这件事的学校填报员上传。")
    form = ProofForm(request.POST, request.FILES, kinds=proof_choices(fact))
    if not form.is_valid():
        return _list_page(request, fact, form=form)
    stored, refused = 0, []
    for file in form.cleaned_data["papers"]:
        try:
            # One byte more than allowed is enough to know; the rest is not read into memory.
            content = file.read(MAX_FILE_BYTES + 1)
            attach_proof(fact, form.cleaned_data["kind"], content, file.name or "", actor=request.user)
            stored += 1
        except FileProblem as problem:
            refused.append(problem.message)
        except StepRefused as problem:
            refused.append(refusal_text(problem))
    if not refused:
        messages.success(request, f"已存 {stored} 份材料。")
        return go(request, "students:evidence-list", kind, pk)
    if stored:
        refused[-1] += f"其他 {stored} 个文件已存好。"
        fact.refresh_from_db()
    for sentence in refused:
        form.add_error("papers", sentence)
    return _list_page(request, fact, form=form)


@require_safe
def evidence_show(request: UserRequest, pk: int) -> HttpResponse:
    """One paper, for eyes that may see it; every look is written down."""
    evidence = get_object_or_404(_papers(request), pk=pk)
    try:
        content = open_proof(evidence, actor=request.user)
    except FileMissing as missing:
        return refusal(request, 503, str(missing), title="文件打不开")
    response = HttpResponse(content, content_type=evidence.file.content_type)
    name = f"paper-{evidence.pk}.{EXTENSIONS.get(evidence.file.content_type, 'bin')}"
    response["Content-Disposition"] = f'inline; filename="{name}"'
    response["Content-Security-Policy"] = PAPER_POLICY
    response["X-Content-Type-Options"] = "nosniff"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["Cache-Control"] = "no-store"
    return response


@require_POST
def evidence_withdraw(request: UserRequest, pk: int) -> HttpResponse:
    """Take a paper back, until a return names it."""
    evidence = get_object_or_404(_papers(request), pk=pk)
    fact = fact_of(evidence)
    try:
        withdraw_proof(evidence, actor=request.user)
    except StepRefused as refused:
        messages.error(request, refusal_text(refused))
    else:
        messages.success(request, f"已撤下“{evidence.kind}”。")
    return go(request, "students:evidence-list", fact_kind(fact), fact.pk)


def _papers(request: UserRequest) -> QuerySet[Evidence]:
    return (
        evidence_visible_to(request.user)
        .filter(withdrawn_at__isnull=True)
        .select_related(
            "file",
            "movement__school__county",
            "movement__student",
            "absence__school__county",
            "absence__student",
            "transfer__from_school__county",
            "transfer__to_school__county",
            "transfer__student",
            "circumstance__student",
        )
    )


def _fact(request: UserRequest, kind: str, pk: int) -> Fact:
    """The fact named by the address, if this person may see it."""
    user = request.user
    found: Fact
    match kind:
        case "movement":
            found = get_object_or_404(movements_visible_to(user).select_related("school", "student"), pk=pk)
        case "absence":
            found = get_object_or_404(absences_visible_to(user).select_related("school", "student"), pk=pk)
        case "transfer":
            transfers = transfers_visible_to(user).select_related("from_school", "to_school", "student")
            found = get_object_or_404(transfers, pk=pk)
        case "circumstance":
            found = get_object_or_404(circumstances_visible_to(user).select_related("student"), pk=pk)
        case _:
            raise Http404
    return found


def _list_page(request: UserRequest, fact: Fact, *, form: ProofForm | None = None) -> HttpResponse:
    missing = missing_proofs(fact)
    required = required_proofs(fact)
    editable = may_attach(fact, request.user) and getattr(fact, "voided_at", None) is None
    lock = locked_by(fact)
    kinds = proof_choices(fact)
    suggested = next((kind for kind in required if kind in missing), kinds[0])
    context = {
        "fact": fact,
        "student": fact.student,
        "heading": _heading(fact),
        "needs": [{"label": kind, "is_there": kind not in missing, "note": ""} for kind in required],
        "is_pending": bool(getattr(fact, "evidence_pending", False)),
        "is_complete": bool(required) and not missing,
        "proofs": [
            _shown(each, fact, can_withdraw=editable and lock is None) for each in live_evidence(fact)
        ],
        "form": (form or ProofForm(kinds=kinds, suggested=suggested)) if editable else None,
        "attach_url": reverse("students:evidence-attach", args=[fact_kind(fact), fact.pk]),
        "lock": lock if editable else None,
    }
    return render(request, "students/evidence_list.html", context)


def _shown(evidence: Evidence, fact: Fact, *, can_withdraw: bool) -> dict[str, Any]:
    """One line of components/proofs.html."""
    file = evidence.file
    facts = [
        evidence.kind,
        f"{file.page_count} 页" if file.page_count else "",
        file_size(file.size),
        f"{file.uploaded_by.name} {cn_datetime(file.uploaded_at)} 存",
    ]
    is_own = getattr(evidence, f"{fact_kind(fact)}_id") == fact.pk
    return {
        "kind_of_file": EXTENSIONS.get(file.content_type, "").upper(),
        "name": file.label,
        "facts": " · ".join(filter(None, facts)),
        "error": "",
        "url": reverse("students:evidence-show", args=[evidence.pk]),
        "delete_url": reverse("students:evidence-withdraw", args=[evidence.pk])
        if can_withdraw and is_own
        else "",
    }


def _heading(fact: Fact) -> str:
    """What the papers prove, in words."""
    if isinstance(fact, Movement):
        return f"{cn_date(fact.happened_on)} {fact.get_kind_display()}"
    if isinstance(fact, Absence):
        return f"{cn_date(fact.first_day)}起 {fact.get_kind_display()}"
    if isinstance(fact, Transfer):
        return f"县内转学：{fact.origin_words} → {fact.to_school}"
    return circumstance_label(fact.get_kind_display(), fact.kind, fact.detail)
