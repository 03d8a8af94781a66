"""Members of the family: add, edit, remove. The child's revision guards them all."""

from django.utils import timezone

from accounts.models import User
from accounts.wording import mask_id, mask_phone
from accounts.workflow import StalePage, StepRefused
from students.actions.people import audit_by_clerk, claim, enrolment_here, note_change
from students.models import Guardian, Student

MOST = 6
FIELDS = frozenset({"name", "relation", "is_guardian", "phone", "id_number", "works_at"})
MASKS = {"phone": mask_phone, "id_number": mask_id}


def add_guardian(student: Student, *, actor: User, seen_revision: int, **said: object) -> Guardian:
    """One more member of the family, after those there are."""
    enrolment = enrolment_here(student, actor)
    with audit_by_clerk(actor, "guardian.add", enrolment.school) as entry:
        claim(student, seen_revision)
        present = Guardian.objects.filter(student=student, removed_at__isnull=True)
        if present.count() >= MOST:
            raise StepRefused(f"最多登记 {MOST} 位家庭成员。请先移除不再联系的。")
        last = present.last()
        guardian = Guardian(student=student, position=last.position + 1 if last else 1)
        changed = _fill(guardian, said)
        guardian.save(force_insert=True)
        entry.about(guardian, student_id=student.pk)
        for name, (before, after) in changed.items():
            entry.change(name, before, after)
        note_change(enrolment.school)
    return guardian


def edit_guardian(guardian: Guardian, *, actor: User, seen_revision: int, **said: object) -> None:
    """Change what is said; a number left blank is not in *said* and stays."""
    enrolment = enrolment_here(guardian.student, actor)
    with audit_by_clerk(actor, "guardian.edit", enrolment.school) as entry:
        claim(guardian.student, seen_revision)
        guardian.refresh_from_db()
        if guardian.removed_at is not None:
            raise StalePage("这位家庭成员已被移除，修改没有保存。请刷新后再看。")
        changed = _fill(guardian, said)
        guardian.save()
        entry.about(guardian, student_id=guardian.student_id)
        for name, (before, after) in changed.items():
            entry.change(name, before, after)
        note_change(enrolment.school)


def remove_guardian(guardian: Guardian, *, actor: User, seen_revision: int) -> None:
    """No longer shown; the row stays for the past."""
    enrolment = enrolment_here(guardian.student, actor)
    with audit_by_clerk(actor, "guardian.remove", enrolment.school) as entry:
        claim(guardian.student, seen_revision)
        removed = Guardian.objects.filter(pk=guardian.pk, removed_at__isnull=True)
        if not removed.update(removed_at=timezone.now()):
            raise StalePage("这位家庭成员已被移除。")
        entry.about(guardian, student_id=guardian.student_id)
        entry.change("name", guardian.name, None)
        note_change(enrolment.school)


def _fill(guardian: Guardian, said: dict[str, object]) -> dict[str, tuple[object, object]]:
    """Set what differs; from → to of each, numbers masked."""
    if set(said) - FIELDS:
        raise ValueError(sorted(set(said) - FIELDS))
    changed: dict[str, tuple[object, object]] = {}
    for name, value in said.items():
        before = getattr(guardian, name)
        if before == value:
            continue
        mask = MASKS.get(name)
        changed[name] = (mask(before), mask(str(value))) if mask else (before, value)
        setattr(guardian, name, value)
    return changed
