"""Papers of a fact: attach, withdraw. Bytes are on the disk before their row is in the database."""

import re
import uuid as uuids
from contextlib import AbstractContextManager

from django.utils import timezone

from accounts.audit import AuditDraft, audited, log_access
from accounts.models import StoredFile, User
from accounts.storage import read_bytes, remove_bytes, write_bytes
from accounts.text import shown_filename
from accounts.uploads import inspect_proof
from accounts.workflow import StalePage, StepRefused
from schools.models import Role, School
from schools.permissions import capacity
from students.actions.people import note_change
from students.models import Absence, Evidence, Movement, SpecialCircumstance, Transfer
from students.permissions import as_reader, may_record, may_record_absence, require
from students.proofs import (
    Fact,
    fact_kind,
    live_evidence,
    locked_by,
    missing_proofs,
    proof_choices,
    required_proofs,
)
from students.queries import current_enrolment

RECORDS_HERE = "证明材料由登记这件事的学校填报员上传和撤下。"
MOST_FILES = 20
LOOKED_AT = "证明材料"
# An ID number or a phone in a file name must not reach lists, logs or titles.
_LONG_NUMBER = re.compile(r"\d{7,}[xX\uff38\uff58]?")


def attach_proof(fact: Fact, kind: str, content: bytes, filename: str, *, actor: User) -> Evidence:
    """Store one paper of *fact*. FileProblem or StepRefused say what is wrong with it."""
    school = school_of(fact, actor)
    require(may_attach(fact, actor), RECORDS_HERE)
    if kind not in proof_choices(fact):
        raise StepRefused(f"“{kind}”不是这件事能用的材料名称。请从列表里选。")
    if getattr(fact, "voided_at", None) is not None:
        raise StepRefused("这一条已作废，不用再传材料。")
    inspected = inspect_proof(content, filename)
    label = _LONG_NUMBER.sub("＊", shown_filename(filename))
    _refuse_repeated(fact, inspected.sha256, label)
    uuid = uuids.uuid4()
    try:
        write_bytes(uuid, inspected.content)
    except OSError as error:
        raise StepRefused(f"“{label}”没有保存：服务器磁盘写不进去。请过一会儿再传，并告诉管理员。") from error
    stored = StoredFile(
        uuid=uuid,
        county_id=school.county_id,
        label=label,
        content_type=inspected.content_type,
        size=len(inspected.content),
        page_count=inspected.page_count,
        sha256=inspected.sha256,
        uploaded_by=actor,
    )
    try:
        return _insert(stored, fact, kind, school, actor)
    except BaseException:
        remove_bytes(uuid)
        raise


def withdraw_proof(evidence: Evidence, *, actor: User) -> None:
    """Take a paper back, until a return names it. The bytes stay: the row says that they were withdrawn."""
    fact = fact_of(evidence)
    school = school_of(fact, actor)
    require(may_attach(fact, actor), RECORDS_HERE)
    period = locked_by(fact)
    if period is not None:
        raise StepRefused(
            f"{period.month}月报已送签，表里写了这份材料，不能撤下。月报撤回或退回后可以；也可以再传一份正确的。"
        )
    with _audit(actor, "evidence.withdraw", school) as entry:
        live = Evidence.objects.filter(pk=evidence.pk, withdrawn_at__isnull=True)
        if not live.update(withdrawn_at=timezone.now()):
            raise StalePage("这份材料已经撤下了。")
        entry.about(evidence, student_id=fact.student_id)
        entry.change("kind", evidence.kind, None)
        _mark(fact)
        _note(fact, school)


def open_proof(evidence: Evidence, *, actor: User) -> bytes:
    """The plain bytes, after it was written down who looks. Callers fetch it scoped."""
    log_access(
        actor,
        LOOKED_AT,
        student_id=fact_of(evidence).student_id,
        reason=evidence.kind,
        capacity=as_reader(actor),
    )
    return read_bytes(evidence.file)


def fact_of(evidence: Evidence) -> Fact:
    fact = evidence.movement or evidence.transfer or evidence.absence or evidence.circumstance
    assert fact is not None  # noqa: S101 -- the constraint evidence_of_one_fact
    return fact


def may_attach(fact: Fact, user: User) -> bool:
    """The clerk of the school of the fact; for an absence also the class teacher; either school of a transfer."""
    if isinstance(fact, Movement):
        return may_record(user, fact.school)
    if isinstance(fact, Transfer):
        return may_record(user, fact.from_school) or may_record(user, fact.to_school)
    enrolment = current_enrolment(fact.student)
    if isinstance(fact, Absence):
        here = enrolment is not None and enrolment.school_id == fact.school_id
        return may_record_absence(user, fact.school, enrolment.klass if enrolment and here else None)
    return enrolment is not None and may_record(user, enrolment.school)


def school_of(fact: Fact, user: User) -> School:
    """Whose trail the change belongs to."""
    if isinstance(fact, Movement | Absence):
        return fact.school
    if isinstance(fact, Transfer):
        return fact.to_school if may_record(user, fact.to_school) else fact.from_school
    enrolment = current_enrolment(fact.student)
    require(enrolment is not None, RECORDS_HERE)
    assert enrolment is not None  # noqa: S101 -- narrows the type after require
    return enrolment.school


def _insert(stored: StoredFile, fact: Fact, kind: str, school: School, actor: User) -> Evidence:
    with _audit(actor, "evidence.attach", school) as entry:
        stored.save(force_insert=True)
        evidence = Evidence.objects.create(file=stored, kind=kind, **{fact_kind(fact): fact})
        entry.about(evidence, student_id=fact.student_id)
        entry.change("kind", None, kind)
        entry.change("sha256", None, stored.sha256)
        _mark(fact)
        _note(fact, school)
    return evidence


def _refuse_repeated(fact: Fact, sha256: str, label: str) -> None:
    present = list(live_evidence(fact).values_list("file__sha256", "kind"))
    same = next((kind for known, kind in present if known == sha256), None)
    if same is not None:
        raise StepRefused(f"“{label}”已经传过了（{same}），没有再存一份。")
    if len(present) >= MOST_FILES:
        raise StepRefused(f"“{label}”没有保存：一件事最多 {MOST_FILES} 份材料。请把几页合成一个 PDF。")


def _mark(fact: Fact) -> None:
    """待补证明 goes when the papers are complete, and comes back when one is taken back."""
    if isinstance(fact, Transfer):
        for half in Movement.objects.filter(pair=fact.pair, voided_at__isnull=True):
            _mark(half)
        return
    if isinstance(fact, SpecialCircumstance):
        return
    pending = bool(missing_proofs(fact))
    if pending and not required_proofs(fact):
        return  # nothing is required: taking a paper back does not begin to nag
    facts = type(fact)._default_manager.filter(pk=fact.pk)
    if isinstance(fact, Movement) and fact.pair is not None:
        facts = Movement.objects.filter(pair=fact.pair, school=fact.school_id)
    facts.exclude(evidence_pending=pending).update(evidence_pending=pending)


def _note(fact: Fact, school: School) -> None:
    """Papers are printed on the return: of a transfer on those of both schools."""
    for each in (fact.from_school, fact.to_school) if isinstance(fact, Transfer) else (school,):
        note_change(each)


def _audit(actor: User, verb: str, school: School) -> AbstractContextManager[AuditDraft]:
    role = Role.CLERK if may_record(actor, school) else Role.CLASS_TEACHER
    return audited(
        actor, verb, county_id=school.county_id, capacity=capacity(actor, role, school), school_id=school.pk
    )
