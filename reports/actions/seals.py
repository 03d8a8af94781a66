"""Seals: the one in use, its picture and custodian, its end; and the numbers of the book of its use."""

import base64
import datetime as dt
import json

from django.db.models import F
from django.utils import timezone

from accounts.audit import audited
from accounts.models import User
from accounts.sandbox import SandboxError, run_limited
from accounts.uploads import inspect_proof
from accounts.workflow import NotPermitted, StepRefused
from reports.models import HandSignature, Seal, SealCounter, SealedDocument, SealUse
from reports.permissions import may_keep_seal
from reports.sealing import appearance
from reports.sealing.appearance import checked_strokes
from schools.models import Role, School
from schools.permissions import capacity, holds_role

SCAN_SECONDS = 20
SCAN_MEMORY_MB = 512


def seal_in_use(school: School) -> Seal:
    """The school's seal; drawn from its name when first needed."""
    found = Seal.objects.filter(school=school, ended_on__isnull=True).select_related("custodian").first()
    if found is not None:
        return found
    if Seal.objects.filter(school=school).exists():
        raise StepRefused(f"{school.name}的电子章已停用，没有签章。请校长在“电子章”里启用新章。")
    with audited(None, "seal.start", county_id=school.county_id, school_id=school.pk) as entry:
        seal, _ = Seal.objects.get_or_create(
            school=school,
            ended_on=None,
            defaults={"name": school.name, "started_on": timezone.localdate()},
        )
        entry.about(seal)
        entry.summary = f"启用电子章“{seal.name}”"
    return seal


def use_scanned_seal(school: School, content: bytes, filename: str, *, actor: User) -> Seal:
    """Replace the seal by one whose picture is a scan; the background is taken out in the limited child."""
    _require_keeper(actor, school)
    picture = _looked_through(content, filename, appearance.seal_of_scan)
    return _start_anew(school, actor, picture=picture, because="换用扫描印模")


def use_drawn_seal(school: School, *, actor: User, because: str) -> Seal:
    """Start a new seal drawn from the school's name: after a loss, a new name, or a bad scan."""
    _require_keeper(actor, school)
    if not because.strip():
        raise StepRefused("启用新章要写明原因，例如“学校更名”“原章遗失”。")
    return _start_anew(school, actor, picture=None, because=because.strip())


def end_seal(seal: Seal, *, actor: User, because: str) -> None:
    """停用: nothing can be sealed until a new one is started."""
    _require_keeper(actor, seal.school)
    if not because.strip():
        raise StepRefused("停用要写明原因。")
    with audited(actor, "seal.end", county_id=seal.school.county_id, school_id=seal.school_id) as entry:
        _end(seal, actor, because.strip())
        entry.about(seal)
        entry.summary = f"停用电子章：{because.strip()}"


def name_custodian(seal: Seal, custodian: User, *, actor: User, waiver: str = "") -> None:
    """保管人: neither who signs nor who fills in, unless a small school says why."""
    school = seal.school
    _require_keeper(actor, school)
    both = holds_role(custodian, Role.PRINCIPAL, school) or holds_role(custodian, Role.CLERK, school)
    if both and not waiver.strip():
        raise StepRefused(
            f"{custodian.name}是本校校长或填报员。保管人应另设；人手不足的小规模学校请写明由其兼任的理由。"
        )
    with audited(
        actor, "seal.custodian", county_id=school.county_id, school_id=school.pk,
        capacity=capacity(actor, Role.PRINCIPAL, school),
    ) as entry:  # fmt: skip
        before = seal.custodian.name if seal.custodian else None
        Seal.objects.filter(pk=seal.pk).update(
            custodian=custodian, custodian_waiver=waiver.strip()[:200] if both else ""
        )
        entry.about(seal)
        entry.change("custodian", before, custodian.name)
        entry.summary = f"电子章保管人：{custodian.name}{'（兼任）' if both else ''}"


def enter_use(
    document: SealedDocument, *, seal: Seal, sha256: str, asked_by: User, used_by: User, used_at: dt.datetime
) -> SealUse:
    """The next line of the book. Callers stand inside the transaction that seals: no number is lost or doubled."""
    year = timezone.localdate().year
    SealCounter.objects.get_or_create(seal=seal, year=year)
    SealCounter.objects.filter(seal=seal, year=year).update(last=F("last") + 1)
    number = SealCounter.objects.get(seal=seal, year=year).last
    return SealUse.objects.create(
        seal=seal,
        year=year,
        number=number,
        document=document,
        purpose=f"{document.school.name} {document.month.year}年{document.month.month}月"
        f"{document.get_form_display()} 第{document.edition_number}版",
        document_sha256=sha256,
        asked_by=asked_by,
        asked_by_name=asked_by.name,
        used_by=used_by,
        used_by_name=used_by.name,
        custodian_name=seal.custodian.name if seal.custodian else "",
        used_at=used_at,
    )


# --- signatures written by hand ----------------------------------------------------------------------------------


def keep_strokes(user: User, text: str) -> None:
    """What was written with finger or mouse. SealingProblem says what is wrong with it."""
    try:
        sent = json.loads(text)
    except ValueError:
        sent = {}
    sent = sent if isinstance(sent, dict) else {}
    hand = checked_strokes(sent.get("strokes"), sent.get("aspect"))
    _keep(user, {"strokes": hand.strokes, "aspect": hand.aspect}, is_scan=False)


def keep_scan(user: User, content: bytes, filename: str) -> None:
    """A signature on white paper, scanned or photographed."""
    picture = _looked_through(content, filename, appearance.signature_of_scan)
    _keep(user, {"picture": base64.b64encode(picture).decode()}, is_scan=True)


def forget_signature(user: User) -> None:
    """The name is printed in type again."""
    with audited(user, "hand_signature.forget", county_id=user.county_id) as entry:
        HandSignature.objects.filter(user=user).delete()
        entry.about(user)
        entry.summary = "删除手写签名"


def hand_of(user: User) -> appearance.HandSignature | None:
    """How *user*'s signature is drawn; None: in type."""
    kept = HandSignature.objects.filter(user=user).first()
    if kept is None:
        return None
    drawn = json.loads(kept.drawn)
    if "picture" in drawn:
        return appearance.HandSignature(picture=base64.b64decode(drawn["picture"]))
    return appearance.HandSignature(strokes=drawn["strokes"], aspect=drawn["aspect"])


def _keep(user: User, drawn: dict[str, object], *, is_scan: bool) -> None:
    with audited(user, "hand_signature.keep", county_id=user.county_id) as entry:
        kept = HandSignature.objects.filter(user=user).first() or HandSignature(user=user)
        kept.drawn, kept.is_scan = json.dumps(drawn), is_scan
        kept.save()
        entry.about(user)
        entry.summary = "存入手写签名"


def _looked_through(content: bytes, filename: str, cut: object) -> bytes:
    """Checked like any upload, then cut out in a limited child."""
    inspected = inspect_proof(content, filename)
    if inspected.content_type == "application/pdf":
        raise StepRefused("这里要图片（JPG 或 PNG），不收 PDF。请拍照，或把扫描件存成图片。")
    try:
        picture: bytes = run_limited(cut, inspected.content, seconds=SCAN_SECONDS, memory_mb=SCAN_MEMORY_MB)  # type: ignore[call-overload]  # a function of bytes
    except SandboxError as error:
        raise StepRefused("图片处理不了，请换一张再试。") from error
    return picture


def _start_anew(school: School, actor: User, *, picture: bytes | None, because: str) -> Seal:
    with audited(
        actor, "seal.start", county_id=school.county_id, school_id=school.pk,
        capacity=capacity(actor, Role.PRINCIPAL, school),
    ) as entry:  # fmt: skip
        before = Seal.objects.filter(school=school, ended_on__isnull=True).first()
        if before is not None:
            _end(before, actor, because)
        seal = Seal(
            school=school,
            name=school.name,
            started_on=timezone.localdate(),
            has_picture=picture is not None,
            picture=base64.b64encode(picture).decode() if picture else "",
            custodian=before.custodian if before else None,
            custodian_waiver=before.custodian_waiver if before else "",
        )
        seal.save(force_insert=True)
        entry.about(seal)
        entry.summary = f"启用电子章“{seal.name}”：{because}"
    return seal


def _end(seal: Seal, actor: User, because: str) -> None:
    ended = Seal.objects.filter(pk=seal.pk, ended_on__isnull=True).update(
        ended_on=timezone.localdate(), ended_because=because[:200], ended_by=actor
    )
    if not ended:
        raise StepRefused("这枚章已经停用了。")


def _require_keeper(actor: User, school: School) -> None:
    if not may_keep_seal(actor, school):
        raise NotPermitted("电子章由本校校长管理。")
