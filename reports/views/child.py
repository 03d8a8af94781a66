"""The child's page: who, where, what happened; and the reading of one masked value."""

import datetime as dt
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from accounts.audit import log_access
from accounts.http import UserRequest, refusal
from accounts.models import AccessLogEntry
from accounts.wording import cn_date, cn_datetime, grade_name, mask_id, mask_phone
from accounts.workflow import NotPermitted, StepRefused
from reports.child_history import events_of
from reports.child_timeline import READINGS, TABS, timeline
from schools.models import Role
from schools.permissions import holds_role
from schools.queries import settings_of
from schools.settings import DROPOUT_DAYS, SUSPECTED_DAYS
from students.actions.reveal import Hidden, TooMany, hidden_values, reveal
from students.codes import ETHNICITIES, circumstance_label, reason_label
from students.forms.reveal import RevealForm
from students.models import (
    UNEXCUSED_KINDS,
    Absence,
    Enrolment,
    Evidence,
    Guardian,
    Placement,
    SpecialCircumstance,
    Transfer,
    TransferState,
)
from students.models.circumstances import DISABILITY_KINDS, POVERTY_KINDS
from students.permissions import ChildAccess, as_reader, child_access
from students.proofs import required_proofs
from students.queries import (
    circumstances_in_force,
    current_enrolment,
    enrolments_visible_to,
    latest_live_movement,
    open_absence,
    students_visible_to,
)

PAGE_READ = "学生页"
LOOKED_DAYS = 30
MOST_LOOKS = 10


@require_safe
def child(request: UserRequest, pk: int) -> HttpResponse:
    """One child on one page. That it was read is written down, without what it said."""
    page = ChildPage(request, pk)
    page.note_reading()
    return page.answer()


@sensitive_post_parameters()
@require_POST
def child_reveal(request: UserRequest, pk: int) -> HttpResponse:
    """The answer to this press shows one full value, once; the page itself never does."""
    page = ChildPage(request, pk)
    allowed = page.hidden
    if not allowed:
        raise NotPermitted("您的岗位不能查看这名学生的完整号码。")
    form = RevealForm(request.POST, labels={each.key: each.label for each in allowed}, request=request)
    if not form.is_valid():
        return page.answer(form)
    said = form.cleaned_data
    value = next(each for each in allowed if each.key == said["value"])
    try:
        page.shown[value.key] = reveal(
            page.student,
            value,
            allowed,
            reason=said["reason"],
            reason_text=said["reason_text"],
            actor=request.user,
        )
    except TooMany as too_many:
        response = refusal(request, 429, str(too_many), title="看得太多了")
        response["Retry-After"] = str(too_many.retry_after)
        return response
    except StepRefused as refused:
        form.add_error(None, str(refused))
        return page.answer(form)
    return page.answer()


class ChildPage:
    """What one person sees of one child; 404 for a child out of sight."""

    def __init__(self, request: UserRequest, pk: int) -> None:
        self.request, self.user = request, request.user
        self.student = get_object_or_404(students_visible_to(self.user).select_related("county"), pk=pk)
        now = current_enrolment(self.student)
        self.access: ChildAccess = child_access(
            self.user, now.school if now else None, now.klass if now else None
        )
        # A pupil of the past: where the child is now is nobody's business here.
        self.enrolment = now if self.access.is_present and now else self._latest_here()
        self.today = timezone.localdate()
        self.shown: dict[str, str] = {}
        self.guardians = self._guardians()
        self.hidden: list[Hidden] = hidden_values(self.student, self.guardians, self.access)
        self.circumstances = self._circumstances()
        self.proved = set(
            Evidence.objects.filter(
                circumstance__in=self.circumstances, withdrawn_at__isnull=True
            ).values_list("circumstance_id", flat=True)
        )

    @property
    def on_roll(self) -> bool:
        return self.enrolment is not None and self.enrolment.left_on is None

    def note_reading(self) -> None:
        read = [PAGE_READ]
        kinds = {each.kind for each in self.circumstances}
        placed = self.access.disability and Placement.objects.filter(student=self.student).exists()
        if kinds & DISABILITY_KINDS or placed:
            read.append("残疾情况")
        if kinds & POVERTY_KINDS:
            read.append("困难情况")
        for what in read:
            log_access(self.user, what, student_id=self.student.pk, capacity=as_reader(self.user))

    def answer(self, form: RevealForm | None = None) -> HttpResponse:
        tab = self.request.GET.get("show", "")
        tab = tab if tab in TABS and (tab != READINGS or self.access.readings) else ""
        events = events_of(self.student, self.user, self.access)
        spell = open_absence(self.student) if self.access.is_present else None
        context = {
            "student": self.student,
            "enrolment": self.enrolment,
            "access": self.access,
            "on_roll": self.on_roll,
            "place": self._place(),
            "age": self._age(),
            "ethnicity": ETHNICITIES.get(self.student.ethnicity, self.student.ethnicity),
            "facts": self._facts(),
            "guardians": [self._guardian(each) for each in self.guardians],
            "circumstances": [self._circumstance(each) for each in self.circumstances],
            "placement": self._placement(),
            "absence": self._absence(spell) if spell else None,
            "transfer": self._transfer(),
            "undoable": self._undoable(),
            "form": form or self._reveal_form(),
            "form_is_open": form is not None,
            "tabs": [
                (key, label, key == tab)
                for key, label in TABS.items()
                if key != READINGS or self.access.readings
            ],
            "timeline": timeline(events, tab),
            "looks": self._looks() if self.access.readings else None,
        }
        return render(self.request, "reports/child.html", context)

    def _latest_here(self) -> Enrolment | None:
        visible = enrolments_visible_to(self.user).filter(student=self.student)
        return visible.select_related("school", "klass").order_by("-pk").first()

    def _guardians(self) -> list[Guardian]:
        if not self.access.is_present:
            return []
        return list(Guardian.objects.filter(student=self.student, removed_at__isnull=True))

    def _circumstances(self) -> list[SpecialCircumstance]:
        kinds = self.access.kinds
        if not kinds:
            return []
        return list(circumstances_in_force().filter(student=self.student, kind__in=kinds))

    def _place(self) -> str:
        if self.enrolment is None:
            return ""
        return str(self.enrolment.klass or grade_name(self.enrolment.grade))

    def _age(self) -> int:
        born = self.student.birth_date
        return self.today.year - born.year - ((self.today.month, self.today.day) < (born.month, born.day))

    def _facts(self) -> list[dict[str, str]]:
        """Masked values with the full one beside when it has just been revealed."""
        if not self.access.is_present:
            return []
        student = self.student
        number = mask_id(student.id_number) if student.id_number else f"暂无证件（{student.no_id_reason}）"
        facts = [
            self._fact("id_number", "证件号码", number),
            self._fact("roll_number", "学籍号", mask_id(student.roll_number)),
        ]
        if self.access.contacts:
            facts.append({"label": "户籍", "value": student.household_place or "—", "full": ""})
            address = student.address or "—"
            if self.access.contacts_need_reason and student.address:
                address = "已登记，查看要选原因"
            facts.append(self._fact("address", "现住", address))
        return facts

    def _fact(self, key: str, label: str, value: str) -> dict[str, str]:
        return {"label": label, "value": value, "full": self.shown.get(key, "")}

    def _guardian(self, guardian: Guardian) -> dict[str, Any]:
        contacts = self.access.contacts
        return {
            "guardian": guardian,
            "phone": self._fact(
                f"{guardian.pk}-phone", "电话", mask_phone(guardian.phone) if contacts else ""
            ),
            "id_number": self._fact(
                f"{guardian.pk}-id_number",
                "身份证号",
                mask_id(guardian.id_number) if guardian.id_number else "",
            ),
        }

    def _circumstance(self, each: SpecialCircumstance) -> dict[str, Any]:
        return {
            "each": each,
            "label": circumstance_label(each.get_kind_display(), each.kind, each.detail),
            "card": mask_id(each.card_number[:18]) if each.card_number else "",
            "needs_proof": bool(required_proofs(each)) and each.pk not in self.proved,
        }

    def _placement(self) -> Placement | None:
        if not self.access.disability:
            return None
        return Placement.objects.filter(
            student=self.student, valid_to__isnull=True, voided_at__isnull=True
        ).first()

    def _absence(self, spell: Absence) -> dict[str, Any]:
        values = settings_of(self.student.county_id)
        label = spell.label_on(self.today, int(values[SUSPECTED_DAYS.key]), int(values[DROPOUT_DAYS.key]))
        days = spell.days_on(self.today)
        said = [
            "：".join(filter(None, [reason_label(spell.kind, spell.reason_code), spell.reason_text])),
            f"包联教师 {spell.responsible_teacher}" if spell.responsible_teacher else "",
            spell.follow_up,
            f"预计 {cn_date(spell.expected_back_on)} 返校" if spell.expected_back_on else "",
        ]
        is_dropping = spell.kind in UNEXCUSED_KINDS and label != spell.get_kind_display()
        return {
            "spell": spell,
            "pending": spell.evidence_pending and self.access.absences,
            "badge": f"{label} 第 {days} 天" if days > 0 else f"{label} {cn_date(spell.first_day)}起",
            "look": "now" if is_dropping else "wait",
            "sentence": f"{cn_date(spell.first_day)}起{spell.get_kind_display()}。"
            + "，".join(filter(None, said))
            + ("。" if any(said) else "还没有写原因。"),
        }

    def _transfer(self) -> Transfer | None:
        if not self.access.is_present:
            return None
        waiting = Transfer.objects.filter(student=self.student, state=TransferState.WAITING)
        return waiting.select_related("from_school", "to_school").first()

    def _undoable(self) -> Any:
        """The latest live fact, for the clerk of the school that booked it."""
        latest = latest_live_movement(self.student)
        if latest is None or not holds_role(self.user, Role.CLERK, latest.school):
            return None
        return latest

    def _reveal_form(self) -> RevealForm | None:
        if not self.hidden:
            return None
        return RevealForm(labels={each.key: each.label for each in self.hidden}, request=self.request)

    def _looks(self) -> list[dict[str, str]]:
        """Who looked in the last 30 days, the newest first; one person's looks of one day are one line."""
        since = timezone.now() - dt.timedelta(days=LOOKED_DAYS)
        entries = AccessLogEntry.objects.filter(student_id=self.student.pk, at__gte=since).order_by("-pk")
        looks: list[dict[str, str]] = []
        seen: set[tuple[int, dt.date, str]] = set()
        for entry in entries[:200]:
            key = (entry.user_id, timezone.localtime(entry.at).date(), entry.what)
            if key in seen or len(looks) >= MOST_LOOKS:
                continue
            seen.add(key)
            said = f"{cn_datetime(entry.at)} {entry.what}" + (
                f"，原因：{entry.reason}" if entry.reason else ""
            )
            who = f"{entry.user_name}（{entry.capacity}）" if entry.capacity else entry.user_name
            looks.append({"who": who, "said": said})
        return looks
