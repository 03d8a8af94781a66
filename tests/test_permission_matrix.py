"""The permission matrix of the design, cell by cell: addresses and fields give each role what its row says."""

import csv
from pathlib import Path

import pytest

from schools.models import Role
from students.actions.reveal import may_search_number
from students.permissions import child_access
from students.queries import current_enrolment
from tests.access_matrix import DONE, MATRIX
from tests.access_world import ROLES

pytestmark = pytest.mark.django_db

with Path(__file__).with_name("permission_matrix.csv").open(encoding="utf-8") as file:
    ROWS = {(row.pop("resource"), row.pop("action")): row for row in csv.DictReader(file)}
COLUMNS = tuple(next(iter(ROWS.values())))

# Each of these presses or pages is one of the row's ways.
ADDRESSES = {
    ("schools", "view"): ["schools:school-detail get"],
    ("schools", "edit"): ["schools:school-edit post", "schools:school-close post"],
    ("student.basic", "list/view name, sex, grade, class"): ["reports:child get"],
    ("student.basic", "create/edit"): [
        "students:student-edit post",
        "students:student-correct post",
        "students:student-klass post",
        "students:guardian-edit post",
    ],
    ("student.sensitive", "edit disability/poverty"): [
        "students:circumstance-add post",
        "students:circumstance-end post",
        "students:circumstance-void post",
        "students:placement-set post",
    ],
    ("student", "name behind an alert"): ["reports:alert-reveal post"],
    ("roster_change", "propose transfer in/out, suspend, resume, absent"): ["students:absence-start post"],
    ("roster_change", "confirm inside the school"): ["reports:return-sign post"],
    ("roster_change", "approve"): ["monitoring:return-accept post"],
    ("roster_change", "view with papers"): ["students:movement-detail get", "students:evidence-show get"],
    ("monthly_return", "view"): ["monitoring:return-detail get", "monitoring:return-annex2 get"],
    ("monthly_return", "draft/edit while draft or returned"): [
        "monitoring:return-remark post",
        "monitoring:mark-answer post",
    ],
    ("monthly_return", "submit to principal"): ["reports:return-submit post"],
    ("monthly_return", "sign+seal / send back to clerk"): [
        "reports:return-sign post",
        "monitoring:return-send-back-principal post",
    ],
    ("monthly_return", "accept / return"): [
        "monitoring:return-accept post",
        "monitoring:return-send-back-bureau post",
    ],
    ("monthly_return", "reopen an accepted one"): ["monitoring:return-reopen post"],
    ("monthly_return", "print/PDF of own form"): ["reports:return-form get", "reports:return-preview get"],
    ("export", "roster of own scope without sensitive fields"): ["students:student-export get"],
    ("export", "county summary (totals)"): ["reports:summary-month get", "reports:summary-file get"],
    ("users", "invite/disable teachers of own school"): [
        "schools:account-create post",
        "schools:account-close post",
    ],
    ("users", "unlock, reset 2FA, end sessions"): ["schools:account-sessions-end post"],
    ("users", "list accounts, last login, roles"): ["schools:account-list get", "schools:account-detail get"],
    ("system", "settings, backup, restore, migrations"): ["schools:setting-edit post"],
}

# Fields of a child's page, by the attribute of ChildAccess that opens them.
FIELDS = {
    ("student.id_no", "see masked 1404**********0019"): "is_present",
    ("student.id_no", "reveal full"): "reveal_number",
    ("student.contact", "guardian phone, address"): "contacts",
    ("student.disability", "view"): "disability",
    ("student.poverty", "view (poverty, orphan, family)"): "poverty",
    ("audit_log", "who looked at my school’s children"): "readings",
}

# Rows whose pages come with later issues, or that are commands.
LATER = {
    "recovery_case", "ht_plan", "ht_visit", "ht_photo", "subsidy_ledger", "subsidy_payment", "register", "spot_check",
}  # fmt: skip
NO_PAGE = {
    ("student", "search by ID number (POST only)"),  # below: one page searches by name too
    ("monthly_return", "comment (pre-check)"),  # done: marks stand in a send-back, reminders on the board
    ("export", "roster with ID numbers"),
    ("export", "approve an export with sensitive fields"),
    ("audit_log", "all events, export"),
    ("audit_log", "verify chain"),  # a command
    ("audit_log", "edit or delete"),  # triggers refuse it
    ("users", "invite/disable principals, bureau staff"),  # tests/schools/test_people.py: by role appointed
    ("users", "grant a role to oneself"),  # tests/schools/test_people.py
    ("system", "emergency reading of children’s data (break-glass, 4 h)"),
    ("dashboard", "open"),  # 我的待办 is everybody's; what stands on it is scoped
}

# Where the pages differ from the row, and why.
DIFFERENT = {
    # product.md §1: the administrator sets up schools and accounts before anybody else is there.
    ("schools", "edit"): {"administrator": True},
    # The bureau and the administrator staff every school, not only its principal.
    ("users", "invite/disable teachers of own school"): {"reviewer": True, "administrator": True},
    # The auditor's reading of these logs has no child's page: it comes with the pages of the audit log.
    ("audit_log", "who looked at my school’s children"): {"auditor": False},
}


def may_by_row(row):
    """Roles with the row's work in this issue: assigned children (A) come with cases, totals (g) are no page of a child."""
    cells = ROWS[row]
    return {
        role: DIFFERENT.get(row, {}).get(role, cells[role][:1] in {"S", "K", "T", "*"}) for role in COLUMNS
    }


def test_every_row_is_looked_at():
    known = {*ADDRESSES, *FIELDS, *NO_PAGE}
    assert {row for row in ROWS if row not in known and row[0] not in LATER} == set()
    assert known <= set(ROWS)


def test_the_file_names_the_roles_of_the_program():
    assert set(COLUMNS) == set(Role.values)


@pytest.mark.parametrize(
    ("row", "address"), [(row, address) for row, found in ADDRESSES.items() for address in found], ids=str
)
def test_addresses_open_to_the_roles_of_their_row(row, address):
    letters = dict(zip(ROLES, MATRIX[tuple(address.split())], strict=True))
    assert {role: letters[role] == DONE for role in COLUMNS} == may_by_row(row)


@pytest.mark.parametrize("row", FIELDS, ids=str)
def test_fields_open_to_the_roles_of_their_row(world, row):
    place = current_enrolment(world.student)
    got = {
        role: getattr(child_access(world.people[role], place.school, place.klass), FIELDS[row])
        for role in COLUMNS
    }
    assert got == may_by_row(row)


def test_numbers_are_searched_by_the_roles_of_the_row(world):
    row = ("student", "search by ID number (POST only)")
    expected = may_by_row(row) | {"aid_officer": False}  # comes with the ledger of aid
    assert {role: may_search_number(world.people[role]) for role in COLUMNS} == expected
