"""Submitting and signing a return as documents: certified by the filler, sealed and signed by the principal.

Rendering and signing happen before; the step of the return, the number of the seal and the rows of the files are
one short transaction after. Without an authority of the county a return is submitted and signed as a record only.
"""

import base64
import functools
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace

from django.utils import timezone

from accounts.audit import AuditDraft, audited
from accounts.models import StoredFile, User
from accounts.storage import FileMissing, read_bytes
from accounts.workflow import NotPermitted, StalePage, StepRefused
from monitoring.actions.common import PageToken, find_return
from monitoring.actions.filing import submit_return
from monitoring.actions.reviewing import sign_return, signature_note
from monitoring.build import content_now
from monitoring.models import FrozenReturn, MonthlyReturn, ReturnState
from monitoring.permissions import may_prepare, may_sign
from monitoring.texts import current_text
from reports.actions.certificates import OpenKey, key_of_person, key_of_seal
from reports.actions.seals import enter_use, hand_of, seal_in_use
from reports.actions.storing import Shelf
from reports.documents.final import FILLER, FINAL_FORMS, PRINCIPAL, SEAL, FinalForm
from reports.documents.form_facts import FormFactsInvalid
from reports.documents.monthly_return import ReturnForms, final_record
from reports.documents.wording import long_date
from reports.models import FormCode, Seal, SealedDocument
from reports.queries.trust import authority_of
from reports.rendering import FONT_FILES, static_file
from reports.sealing.appearance import round_seal, seal_of_picture, signature
from reports.sealing.codes import new_code, sha256, short_code
from reports.sealing.drawing import Drawing, Letters
from reports.sealing.facts import Box, SealingProblem
from schools.models import ReportingMonth, Role, School
from schools.permissions import capacity, signing_school

PDF = "application/pdf"
REASONS = {FILLER: "填表人核对并送签", SEAL: "加盖学校电子章", PRINCIPAL: "校长核对并签字"}


@dataclass(frozen=True)
class Certified:
    """A form that the filler has certified, not stored yet."""

    form: FormCode
    final: FinalForm
    pdf: bytes


@functools.cache
def _letters(first: str) -> Letters:
    names = [first, *(name for name in ("font:song-regular", "font:song-bold") if name != first)]
    return Letters([static_file(FONT_FILES[name]).read_bytes() for name in names])


# --- submitting --------------------------------------------------------------------------------------------------


def submit_signed(
    school: School, month: ReportingMonth, *, actor: User, seen: PageToken, password: str, site: str
) -> FrozenReturn:
    """送校长签字, with the final bytes of each form certified by the filler."""
    if authority_of(school.county_id) is None:
        return submit_return(school, month, actor=actor, seen=seen)
    monthly_return = find_return(school, month)
    if not may_prepare(actor, monthly_return or MonthlyReturn(school=school)):
        raise NotPermitted("月报由本校填报员送校长签字。")
    certified, digest, key = _certified(school, month, monthly_return, actor, password, site)
    shelf = Shelf(school.county_id, actor)
    files = [_put(shelf, item.pdf, item.final, f"{item.final.title}（待签）") for item in certified]
    try:
        with _audited(school, actor, Role.CLERK, "return.submit") as entry:
            text = submit_return(school, month, actor=actor, seen=seen)
            if text.hash != digest:
                raise StalePage("您打开这一页后，本月异动有变化，没有送签。请刷新后重新核对。")
            for item, file in zip(certified, files, strict=True):
                file.save(force_insert=True)
                _enter(item, file, text, key, actor)
            entry.about(text.edition.monthly_return)
    except BaseException:
        shelf.take_back()
        raise
    return text


def _certified(
    school: School,
    month: ReportingMonth,
    monthly_return: MonthlyReturn | None,
    actor: User,
    password: str,
    site: str,
) -> tuple[list[Certified], str, OpenKey]:
    content = content_now(school, month, monthly_return)
    edition = monthly_return.edition_number if monthly_return else 1
    digest = content.digest(edition)
    key = _open(lambda: key_of_person(actor, password))
    note = f"{signing_school(school).name}校长" if signing_school(school) != school else ""
    forms = ReturnForms(content, replace(final_record(edition, digest), signed_for=note))
    return [_certify(form, forms, key, actor, site) for form in FormCode], digest, key


def _certify(form: FormCode, forms: ReturnForms, key: OpenKey, actor: User, site: str) -> Certified:
    from reports.sealing import sign

    try:
        final = FINAL_FORMS[form](forms, new_code())
    except FormFactsInvalid as invalid:
        raise StepRefused(f"{form.label}现在不能生成：{invalid}。请先核对月报的检查项。") from invalid
    prepared = sign.prepare(final.sheets.pdf, final.codes(site), final.fields())
    pdf = sign.sign(
        prepared,
        FILLER,
        key.signer,
        drawing=_signature_drawing(actor, final.box(FILLER), ""),
        reason=REASONS[FILLER],
        address=f"{site}/v/{final.code}",
        certify=True,
    )
    return Certified(form, final, pdf)


def _enter(item: Certified, file: StoredFile, text: FrozenReturn, key: OpenKey, actor: User) -> None:
    monthly_return = text.edition.monthly_return
    SealedDocument.objects.create(
        county_id=monthly_return.school.county_id,
        school=monthly_return.school,
        form=item.form,
        title=item.final.title,
        month=monthly_return.period.month.month,
        edition_number=text.edition.number,
        frozen=text,
        text_hash=text.hash,
        code=item.final.code,
        short=short_code(item.final.code),
        pages=item.final.pages,
        certified_file=file,
        certified_at=text.frozen_at,
        filler=actor,
        filler_name=actor.name,
        filler_certificate=key.row,
    )


# --- signing -----------------------------------------------------------------------------------------------------


def sign_and_seal(
    monthly_return: MonthlyReturn, *, actor: User, seen_revision: int, password: str, site: str
) -> None:
    """签字盖章: seal and principal approve what the filler has certified, then the return is signed."""
    documents = documents_to_sign(monthly_return)
    if not documents:
        sign_return(monthly_return, actor=actor, seen_revision=seen_revision)
        return
    if not may_sign(actor, monthly_return):
        raise NotPermitted("这份月报由校长签字。")
    if monthly_return.state != ReturnState.SUBMITTED or monthly_return.revision != seen_revision:
        raise StalePage("您打开这一页后，内容已被修改，这次操作没有执行。请刷新后重新核对。")
    school = signing_school(monthly_return.school)
    seal = seal_in_use(school)
    keys = (_open(lambda: key_of_seal(school)), _open(lambda: key_of_person(actor, password)))
    note = signature_note(monthly_return)
    shelf = Shelf(monthly_return.school.county_id, actor)
    try:
        files = []
        for document in documents:
            pdf = _sealed(document, seal, keys, actor, note, site)
            label = f"{document.title} 第{document.edition_number}版"
            files.append(shelf.put(pdf, label=label, content_type=PDF, pages=document.pages))
        with _audited(monthly_return.school, actor, Role.PRINCIPAL, "return.sign") as entry:
            sign_return(monthly_return, actor=actor, seen_revision=seen_revision)
            for document, file in zip(documents, files, strict=True):
                file.save(force_insert=True)
                _close(document, file, seal, keys, actor, note)
            entry.about(monthly_return)
            entry.change("documents", None, [file.sha256 for file in files])
    except BaseException:
        shelf.take_back()
        raise


def documents_to_sign(monthly_return: MonthlyReturn) -> list[SealedDocument]:
    """What the filler has certified of the text that waits for the principal."""
    text = current_text(monthly_return)
    if text is None:
        return []
    rows = SealedDocument.objects.filter(frozen=text, sealed_at__isnull=True)
    return list(rows.select_related("certified_file", "school", "filler", "frozen"))


def _sealed(
    document: SealedDocument, seal: Seal, keys: tuple[OpenKey, OpenKey], actor: User, note: str, site: str
) -> bytes:
    from reports.sealing import sign

    try:
        pdf = read_bytes(document.certified_file)
    except FileMissing as missing:
        raise StepRefused(
            "送签时生成的文件不在了或已损坏，没有签章。请填报员撤回后重新送签，并告诉管理员。"
        ) from missing
    if sha256(pdf) != document.certified_file.sha256 or document.text_hash != document.frozen.hash:
        raise StepRefused("送签时的文件与月报内容不符，没有签章。请填报员撤回后重新送签，并告诉管理员。")
    address = f"{site}/v/{document.code}"
    boxes = sign.field_boxes(pdf)
    pdf = sign.sign(
        pdf, SEAL, keys[0].signer, drawing=_seal_drawing(seal), reason=REASONS[SEAL], address=address
    )
    return sign.sign(
        pdf,
        PRINCIPAL,
        keys[1].signer,
        drawing=_signature_drawing(actor, boxes[PRINCIPAL], note),
        reason=REASONS[PRINCIPAL],
        address=address,
    )


def _close(
    document: SealedDocument,
    file: StoredFile,
    seal: Seal,
    keys: tuple[OpenKey, OpenKey],
    actor: User,
    note: str,
) -> None:
    now = timezone.now()
    closed = SealedDocument.objects.filter(pk=document.pk, sealed_at__isnull=True).update(
        sealed_file=file,
        sealed_sha256=file.sha256,
        sealed_at=now,
        signer_name=actor.name,
        signed_for=note,
        signer_certificate=keys[1].row,
        seal=seal,
        seal_certificate=keys[0].row,
    )
    if not closed:
        raise StalePage("这份月报刚刚已签字。")
    enter_use(document, seal=seal, sha256=file.sha256, asked_by=document.filler, used_by=actor, used_at=now)


# --- what both share ---------------------------------------------------------------------------------------------


def _seal_drawing(seal: Seal) -> Drawing:
    if seal.has_picture:
        return seal_of_picture(base64.b64decode(seal.picture))
    return round_seal(seal.name, _letters("font:song-bold"))


def _signature_drawing(user: User, box: Box, note: str) -> Drawing:
    return signature(
        user.name,
        long_date(timezone.localdate()),
        note,
        _letters("font:song-regular"),
        width=box.width,
        height=box.height,
        hand=hand_of(user),
    )


def _open(key: Callable[[], OpenKey]) -> OpenKey:
    try:
        return key()
    except SealingProblem as problem:
        raise StepRefused(problem.message) from problem


def _put(shelf: Shelf, pdf: bytes, final: FinalForm, label: str) -> StoredFile:
    return shelf.put(pdf, label=label, content_type=PDF, pages=final.pages)


def _audited(school: School, actor: User, role: Role, verb: str) -> AbstractContextManager[AuditDraft]:
    return audited(
        actor,
        verb,
        county_id=school.county_id,
        capacity=capacity(actor, role, school) or capacity(actor, role),
        school_id=school.pk,
    )
