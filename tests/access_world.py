"""A small county in which every address leads to something; one for all tests of a module."""

import datetime as dt
import io
from contextlib import contextmanager

import pytest
import time_machine
from django.db import transaction
from django.test import Client
from PIL import Image

from accounts.models import User
from monitoring.actions.common import find_return, page_token
from monitoring.actions.correction import stage_add
from monitoring.actions.filing import answer_mark, submit_return
from monitoring.actions.reviewing import Mark, accept_return, reopen_return, send_back_as_bureau, sign_return
from monitoring.build import content_now
from monitoring.models import CellMark
from monitoring.models.marks import MarkAnswer
from reports.actions.authority import set_up_authority
from reports.actions.certificates import key_of_person, revoke_certificate
from reports.actions.seals import seal_in_use
from schools.models import Holiday, ReportingMonth, Requirement, Role, SchoolYear, Term, Township
from students.actions.absences import start_absence
from students.actions.booking import Fact
from students.actions.evidence import attach_proof
from students.actions.movements import record_arrival
from students.actions.rollover import commit_rollover
from students.actions.roster_preview import save_answers, upload_roster
from students.actions.transfers import begin_transfer_in
from students.models import (
    AbsenceKind,
    CircumstanceKind,
    Guardian,
    MovementKind,
    Placement,
    PlacementKind,
    RosterImport,
    SpecialCircumstance,
)
from students.roster_import.preview import Choices
from tests.cast import (
    PASSWORD,
    appoint,
    enrol,
    fill,
    make_county,
    make_klass,
    make_school,
    make_student,
    make_user,
)
from tests.reports.sealing.rooms import seal, submit
from tests.roster_files import child, short_file

NOW = "2025-10-09 09:00+08:00"
SEPTEMBER, OCTOBER, NOVEMBER = dt.date(2025, 9, 1), dt.date(2025, 10, 1), dt.date(2025, 11, 1)

ROLES = (
    "anonymous",
    "clerk",
    "other_clerk",
    "class_teacher",
    "home_teacher",
    "principal",
    "other_principal",
    "central_school",
    "reviewer",
    "aid_officer",
    "leader",
    "township",
    "inspector",
    "administrator",
    "auditor",
)


class AccessWorld:
    """People of every role, and one thing of every kind at the school of ``clerk``; ``other_…`` are of another one."""

    child_name, arrived_name, reason = "马思齐", "新来的", "核对"

    def __init__(self) -> None:
        county = self.county = make_county(first_year=2025, years=1)
        here = Township.objects.create(county=county, name="柏坪镇")
        there = Township.objects.create(county=county, name="云岭镇")
        school = self.school = make_school(county, township=here)
        self.other_school = make_school(county, township=there)
        self.klass = make_klass(school, 3)
        self.empty_klass = make_klass(school, 4)
        self.children = fill(school, 2)
        self.other_children = fill(self.other_school, 2)
        self._people(county, here)
        self.student = make_student(county, self.child_name, roll_number="G140499201603124321")
        enrol(self.student, school, 3, klass=self.klass)
        self.counted = self.arrival("到校的", dt.date(2025, 9, 1))
        self.file(SEPTEMBER)
        self.sign(SEPTEMBER)
        self.accept(SEPTEMBER)
        self._facts(self.people["clerk"])
        self._things_of_the_child(self.people["clerk"])
        self._calendar()
        self.file(OCTOBER)
        self.sign(OCTOBER)
        self.send_back(OCTOBER)
        self._clients: dict[str, Client] = {}
        self._cookies = {}
        self._clients["anonymous"], self._cookies["anonymous"] = (
            Client(raise_request_exception=False),
            Client().cookies,
        )
        for role, user in list(self.people.items()):
            self.admit(role, user)

    def _people(self, county, township) -> None:
        places = {
            "clerk": self.school, "principal": self.school, "home_teacher": self.school, "class_teacher": self.klass,
            "other_clerk": self.other_school, "other_principal": self.other_school,
            "central_school": township, "township": township,
        }  # fmt: skip
        self.people = {
            role: make_user(county, Role(role.removeprefix("other_")), places.get(role), name=f"人{role}")
            for role in ROLES
            if role != "anonymous"
        }
        # Whose account others rename, close and reset.
        self.account = make_user(county, Role.CLERK, self.school, name="新填报员")
        self.post = appoint(self.account, Role.HOME_TEACHER, self.school)

    def _facts(self, clerk) -> None:
        self.movement = self.arrival(self.arrived_name, dt.date(2025, 9, 20), self.klass)
        self.absence = start_absence(
            self.children[5][0],
            AbsenceKind.TRUANCY,
            first_day=dt.date(2025, 9, 25),
            reason_code="aversion",
            reason_text=self.reason,
            actor=clerk,
        )
        other = self.people["other_clerk"]
        self.transfer = begin_transfer_in(
            self.children[1][0],
            self.other_school,
            grade=1,
            reason_code="moved",
            reason_text=self.reason,
            actor=other,
        )

    def arrival(self, name, day, klass=None, school=None):
        return record_arrival(
            make_student(self.county, name), school or self.school, MovementKind.ADDED, grade=klass.grade if klass else 2, klass=klass,
            fact=Fact(day, "missed", self.reason), actor=self.people["other_clerk" if school else "clerk"],
        )  # fmt: skip

    def _things_of_the_child(self, clerk) -> None:
        self.guardian = Guardian.objects.create(
            student=self.student, name="马父", relation="父亲", phone="19900000001"
        )
        self.circumstance = SpecialCircumstance.objects.create(
            student=self.student, kind=CircumstanceKind.P1, valid_from=SEPTEMBER, recorded_by=clerk
        )
        self.placement = Placement.objects.create(
            student=self.student, kind=PlacementKind.INCLUSIVE, valid_from=SEPTEMBER, recorded_by=clerk
        )
        self.evidence = attach_proof(self.movement, "情况说明", picture(), "依据.png", actor=clerk)
        self.roster = upload_roster(
            short_file([child(1)]), "名册.xlsx", self.school, actor=clerk, in_child=False
        )

    def _calendar(self) -> None:
        year = SchoolYear.objects.get(county=self.county)
        self.term = Term.objects.create(
            school_year=year, number=1, first_day=SEPTEMBER, last_day=dt.date(2026, 1, 20)
        )
        new_year = dt.date(2026, 1, 1)
        self.holiday = Holiday.objects.create(
            county=self.county, name="元旦", first_day=new_year, last_day=new_year
        )

    def admit(self, role, user) -> None:
        """Sign *user* in; ``client(role)`` is the browser."""
        client = Client(raise_request_exception=False)
        client.force_login(user)
        self.people[role] = user
        self._clients[role], self._cookies[role] = client, client.cookies.copy()

    def client(self, role) -> Client:
        """The browser of *role*, signed in as at the beginning, whatever was pressed in it before."""
        client = self._clients[role]
        client.cookies = self._cookies[role].copy()
        return client

    # --- the monthly return, step by step -------------------------------------------------------------------------

    def month(self, day) -> ReportingMonth:
        return ReportingMonth.objects.get(county=self.county, month=day)

    def found(self, day, school=None):
        return find_return(school or self.school, self.month(day))

    def file(self, day, school=None) -> None:
        school, found = school or self.school, self.found(day, school)
        content = content_now(school, self.month(day), found)
        seen = page_token(found, found.period if found else None, content)
        clerk = self.people["clerk" if school == self.school else "other_clerk"]
        submit_return(school, self.month(day), actor=clerk, seen=seen)

    def sign(self, day, school=None) -> None:
        found = self.found(day, school)
        principal = self.people["principal" if found.school == self.school else "other_principal"]
        sign_return(found, actor=principal, seen_revision=found.revision)

    def accept(self, day, school=None) -> None:
        found = self.found(day, school)
        accept_return(found, actor=self.people["reviewer"], seen_revision=found.revision)

    def send_back(self, day) -> None:
        found = self.found(day)
        send_back_as_bureau(
            found, actor=self.people["reviewer"], seen_revision=found.revision, reason=self.reason,
            marks=[Mark(3, "transfer_out", self.reason)],
        )  # fmt: skip
        self.mark = CellMark.objects.get(monthly_return=found)

    def correct(self, day) -> None:
        """Re-open an accepted month, with one change waiting."""
        found = self.found(day)
        reopen_return(found, actor=self.people["reviewer"], seen_revision=found.revision, reason=self.reason)
        self.staged = stage_add(
            self.found(day), make_student(self.county, "漏报的"), MovementKind.ADDED, grade=2,
            happened_on=dt.date(2025, 8, 31), reason_code="missed", summary=self.reason, actor=self.people["clerk"],
        )  # fmt: skip

    # Stages: what has happened when the button is pressed. Without one, October was sent back by the bureau.

    def answered(self) -> None:
        mark = CellMark.objects.get(pk=self.mark.pk)
        answer_mark(mark, answer=MarkAnswer.RIGHT, text=self.reason, actor=self.people["clerk"])

    def submitted(self) -> None:
        self.answered()
        self.file(OCTOBER)

    def signed(self) -> None:
        self.submitted()
        self.sign(OCTOBER)

    def correcting(self) -> None:
        self.correct(SEPTEMBER)

    def closed_account(self) -> None:
        User.objects.filter(pk=self.account.pk).update(is_active=False)

    def answered_roster(self) -> None:
        row = RosterImport.objects.get(pk=self.roster.pk)
        arrival = Choices(children={"0": {"do": "added", "on": "2025-10-08"}})
        save_answers(row, arrival, actor=self.people["clerk"], seen_revision=row.revision)

    def second_browser(self) -> None:
        Client().force_login(self.people["clerk"])

    def sealing_room(self) -> None:
        """The county's own authority, a certificate and a seal."""
        set_up_authority(self.county, offline_password="in the safe")
        self.certificate = key_of_person(self.people["principal"], PASSWORD).row
        self.seal = seal_in_use(self.school)

    def blocked_certificate(self) -> None:
        self.sealing_room()
        admin = self.people["administrator"]
        revoke_certificate(self.certificate, actor=admin, reason="钥匙丢了", blocks=True)

    def sealed(self) -> None:
        """A return with signatures and seal, whose code anybody may look up."""
        self.sealing_room()
        submit(self.other_school, self.month(SEPTEMBER), self.people["other_clerk"])
        found = self.found(SEPTEMBER, self.other_school)
        self.document = seal(found, self.people["other_principal"])[0]

    def clean(self) -> None:
        """A return with nothing to look at waits for the bureau."""
        for step in (self.file, self.sign):
            step(SEPTEMBER, self.other_school)

    def rolled_over(self) -> None:
        commit_rollover(self.county, to_year=2026, actor=self.people["reviewer"])

    def optional(self) -> None:
        """A month that may be filed and that nobody has begun."""
        ReportingMonth.objects.filter(pk=self.month(NOVEMBER).pk).update(requirement=Requirement.OPTIONAL)


def picture(colour="white") -> bytes:
    """A small PNG, as a phone would send it."""
    buffer = io.BytesIO()
    Image.new("RGB", (40, 30), colour).save(buffer, "PNG")
    return buffer.getvalue()


@contextmanager
def rolled_back():
    """A savepoint; what happens inside is undone."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker):
    """Every test of the module works inside savepoints of this one transaction."""
    with (
        django_db_blocker.unblock(),
        time_machine.travel(NOW, tick=True),
        rolled_back(),
    ):
        yield AccessWorld()
