"""The small county of the access matrix with marked values in it, and what every page says of them."""

import io
import logging
import re
from dataclasses import dataclass, field

import openpyxl
import pypdf
import pytest
import time_machine
from django.apps import apps
from django.db import connection
from django.urls import reverse

from accounts.models import AccessLogEntry, AuditEntry
from schools.models import School
from students.models import CircumstanceKind, Guardian, SpecialCircumstance, Student
from tests.access_addresses import arguments, prepare
from tests.access_matrix import DENIED, DONE, HIDDEN, MATRIX
from tests.access_presses import form_of
from tests.access_world import NOW, ROLES, SEPTEMBER, AccessWorld, rolled_back

MARKUP = "<b id=xss>{{7*7}}"
FORMULA = "=1+1"
PHONE, ADDRESS, HOUSEHOLD = "19955554444", "金丝雀村七号", "金丝雀户籍地"
GUARDIAN_NUMBER, CARD_NUMBER = "140499198001012345", "14049920160312432152"
DISABILITY_BASIS, POVERTY_BASIS = "残疾金丝雀", "贫困金丝雀"


class PlantedWorld(AccessWorld):
    """Names and reasons are markup and formulas; numbers, contacts and circumstances are there to be looked for."""

    child_name, arrived_name, reason = f"马{MARKUP}", FORMULA, f"因{MARKUP}"

    def _people(self, county, township) -> None:
        super()._people(county, township)
        for user in (*self.people.values(), self.account):
            user.name = f"人{MARKUP}"
            user.save()
        township.name = f"镇{MARKUP}"
        township.save()
        School.objects.filter(pk=self.school.pk).update(name=f"校{MARKUP}", short_name=f"校{MARKUP}")
        self.school.refresh_from_db()

    def _things_of_the_child(self, clerk) -> None:
        super()._things_of_the_child(clerk)
        Guardian.objects.filter(pk=self.guardian.pk).delete()
        for child in (self.student, self.movement.student, self.absence.student, self.transfer.student):
            child.address, child.household_place = ADDRESS, HOUSEHOLD
            child.save()
            guardian = Guardian(
                student=child, name=f"父{MARKUP}", relation="父亲", works_at=f"厂{MARKUP}", phone=PHONE,
                id_number=GUARDIAN_NUMBER,
            )  # fmt: skip
            guardian.save()
        self.guardian = Guardian.objects.get(student=self.student)
        SpecialCircumstance.objects.filter(pk=self.circumstance.pk).update(basis=POVERTY_BASIS + MARKUP)
        disability = SpecialCircumstance(
            student=self.student, kind=CircumstanceKind.DISABILITY, detail="52", card_number=CARD_NUMBER,
            basis=DISABILITY_BASIS, valid_from=SEPTEMBER, recorded_by=clerk,
        )  # fmt: skip
        disability.save()
        self.disability = disability


# Other faces of an address: arguments in place of the usual ones, and what stands behind the question mark.
FACES = (
    ("reports:return-form", {"form": 2, "kind": "pdf"}, ""),
    ("reports:return-form", {"form": 2, "kind": "xlsx"}, ""),
    ("reports:return-form", {"kind": "xlsx"}, ""),
    ("reports:return-preview", {"form": 2}, ""),
    ("reports:summary-file", {"by": "grade", "form": "pdf"}, ""),
    ("reports:child", {}, "?show=readings"),
    ("students:student-list", {}, "?state=all"),
    ("students:student-list", {}, "?state=absent"),
    ("students:student-export", {}, "?state=all"),
    ("students:movement-list", {}, "?state=all"),
    ("students:absence-list", {}, "?tab=all"),
    ("students:transfer-list", {}, "?tab=elsewhere"),
    *(("students:roster-detail", {}, f"?view={tab}") for tab in ("new", "changed", "missing", "same", "errors", "notes")),
)  # fmt: skip


@dataclass
class Visit:
    """One page or press: what came back, and what was written down about it."""

    name: str
    method: str
    role: str
    address: str
    sent: str
    response: object
    text: str
    cells: list = field(default_factory=list)
    trail: str = ""

    @property
    def is_page(self) -> bool:
        return self.response["Content-Type"].startswith("text/html")


class Crawl:
    """Every cell of the matrix that shows something, one of each kind that refuses, and every press by who may."""

    def __init__(self, world) -> None:
        self.world, self.visits, self.log = world, [], []
        handler = logging.Handler(logging.INFO)
        handler.emit = lambda record: self.log.append(handler.format(record))
        logging.getLogger().addHandler(handler)
        try:
            for (name, method), letters in sorted(MATRIX.items()):
                with rolled_back():
                    self._address(name, method, letters)
            for name, other, query in FACES:
                with rolled_back():
                    self._address(name, "get", MATRIX[name, "get"], other, query)
        finally:
            logging.getLogger().removeHandler(handler)

    def _address(self, name, method, letters, other=None, query="") -> None:
        address = prepare(self.world, name)
        if other:
            address = reverse(name, kwargs=arguments(self.world, name) | other)
        address += query
        allowed = [role for role, letter in zip(ROLES, letters, strict=True) if letter == DONE]
        refused = [ROLES[letters.index(letter)] for letter in (DENIED, HIDDEN) if letter in letters]
        if method == "post":
            allowed = allowed[:1]
        data = form_of(self.world, name, address, allowed[0]) if method == "post" and allowed else None
        for role in (*allowed, *refused):
            self._visit(name, method, role, address, data)

    def _visit(self, name, method, role, address, data) -> None:
        for value in (data or {}).values():
            if hasattr(value, "seek"):
                value.seek(0)
        with rolled_back():
            trail = AuditEntry.objects.count(), AccessLogEntry.objects.count()
            response = getattr(self.world.client(role), method)(address, data)
            response.content  # noqa: B018 -- read while the savepoint stands
            wrote = rows_of(AuditEntry)[trail[0] :] + rows_of(AccessLogEntry)[trail[1] :]
        text, cells = text_of(response)
        self.visits.append(
            Visit(name, method, role, address, str(data or ""), response, text, cells, "\n".join(wrote))
        )

    @property
    def pages(self):
        return [visit for visit in self.visits if visit.is_page]


def text_of(response) -> tuple[str, list]:
    """What a person reads of an answer; of workbooks also the cells."""
    content = b"".join(response) if response.streaming else response.content
    kind = response.get("Content-Type", "")
    if kind.startswith("application/pdf"):
        return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages), []
    if "spreadsheetml" in kind:
        book = openpyxl.load_workbook(io.BytesIO(content))
        cells = [
            cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None
        ]
        return "\n".join(str(cell.value) for cell in cells), cells
    return content.decode(errors="replace"), []


def rows_of(model) -> list[str]:
    """The table as it is stored, a text a row."""
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT * FROM "{model._meta.db_table}" ORDER BY "{model._meta.pk.column}"')
        return ["|".join(map(plain, row)) for row in cursor.fetchall()]


def plain(value) -> str:
    if isinstance(value, bytes | memoryview):
        return bytes(value).decode("latin-1")
    return str(value)


def whole_database() -> str:
    return "\n".join(row for model in apps.get_models() for row in rows_of(model))


def numbers() -> set[str]:
    """Every number of a person that is stored."""
    found = {GUARDIAN_NUMBER, CARD_NUMBER}
    for student in Student.objects.all():
        found |= {student.id_number, student.roll_number}
    return {number for number in found if number}


RESIDENT_NUMBER = re.compile(r"(?<!\d)140499\d{11}[\dXx](?!\d)")


@pytest.fixture(scope="module")
def crawl(django_db_setup, django_db_blocker):
    with (
        django_db_blocker.unblock(),
        time_machine.travel(NOW, tick=True),
        rolled_back(),
    ):
        yield Crawl(PlantedWorld())
