"""What a press of each button carries: the form as its page offers it, and what a person types or picks."""

import datetime as dt
import io
import uuid
from collections.abc import Callable
from html.parser import HTMLParser

from django.core import signing
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageDraw

from accounts.queries import account_stamp
from accounts.tabular.export import write_table
from schools.bulk.accounts import ACCOUNT_COLUMNS
from schools.bulk.schools import SCHOOL_COLUMNS
from students.identity import make_id_number
from students.views.movement_pages import CHILD_SALT
from tests.access_addresses import address_of
from tests.access_world import SEPTEMBER, picture
from tests.cast import PASSWORD, make_klass
from tests.roster_files import child, short_file


class Forms(HTMLParser):
    """POST forms of a page as a browser would send them: {action: {name: [values]}}."""

    def __init__(self, page: str, address: str) -> None:
        super().__init__()
        self.address, self.forms = address, {}
        self._form: dict[str, list[str]] | None = None
        self._select, self._options, self._text = "", [], ""
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        name = given.get("name") or ""
        if tag == "form" and (given.get("method") or "").lower() == "post":
            self._form = self.forms.setdefault(given.get("action") or self.address, {})
        elif self._form is None:
            return
        elif tag == "input" and name:
            self._input(name, given)
        elif tag == "select":
            self._select, self._options = name, []
        elif tag == "option" and self._select:
            self._options.append((given.get("value") or "", "selected" in given))
        elif tag == "textarea":
            self._text = name
            self._form.setdefault(name, [""])

    def _input(self, name, given):
        kind, value = given.get("type") or "text", given.get("value") or ""
        if kind in ("radio", "checkbox"):
            if "checked" in given or (kind == "radio" and name not in self._form):
                self._form[name] = [value or "on"]
        elif kind not in ("submit", "file"):
            self._form.setdefault(name, []).append(value)

    def handle_data(self, data):
        if self._form is not None and self._text:
            self._form[self._text] = [data]

    def handle_endtag(self, tag):
        if tag == "form":
            self._form = None
        elif tag == "textarea":
            self._text = ""
        elif tag == "select" and self._form is not None and self._select:
            chosen = [value for value, selected in self._options if selected]
            named = [value for value, _ in self._options if value]
            self._form[self._select] = chosen if any(chosen) else named[:1]
            self._select = ""


# Where the button stands, if not on the page of its own address.
FOUND_ON = {
    "accounts:other-sessions-end": "accounts:profile",
    "accounts:session-end": "accounts:profile",
    "monitoring:return-accept": "monitoring:return-review",
    "monitoring:return-pull-back": "monitoring:return-detail",
    "monitoring:return-begin-optional": "monitoring:return-detail",
    "monitoring:staged-withdraw": "monitoring:correction-detail",
    "reports:child-reveal": "reports:child",
    "reports:remind": "reports:board-month",
    "reports:certificate-allow": "reports:certificate-list",
    "reports:seal-custodian": "reports:seal-detail",
    "reports:signature-forget": "reports:signature-detail",
    "reports:signature-strokes": "reports:signature-detail",
    "schools:account-sessions-end": "schools:account-detail",
    "schools:account-unlock": "schools:account-detail",
    "schools:holiday-remove": "schools:calendar-year",
    "schools:klass-close": "schools:school-detail",
    "schools:post-end": "schools:account-detail",
    "students:evidence-attach": "students:evidence-list",
    "students:evidence-withdraw": "students:evidence-list",
    "students:guardian-remove": "reports:child",
    "students:rollover-commit": "students:rollover-preview",
    "students:rollover-undo": "students:rollover-preview",
    "students:roster-answers": "students:roster-detail",
    "students:roster-compare": "students:roster-detail",
    "students:roster-discard": "students:roster-detail",
    "students:transfer-cancel": "students:transfer-detail",
    "students:transfer-confirm": "students:transfer-detail",
    "students:transfer-refuse": "students:transfer-detail",
}

# What a person types or picks; everything else is what the page offers.
TYPED: dict[str, Callable] = {
    "accounts:login": lambda world: {"username": world.people["clerk"].username, "password": PASSWORD},
    "accounts:password-change": lambda world: {
        "new_password": "another horse staple", "new_password_again": "another horse staple",
    },
    "monitoring:mark-answer": lambda world: {"answer": "right", "text": "没有错"},
    "monitoring:return-remark": lambda world: {"text": "自己写的备注"},
    "monitoring:return-reopen": lambda world: {"reason": "漏报了一名学生"},
    "monitoring:return-send-back-bureau": lambda world: {"reason": "请核对", **no_marks()},
    "monitoring:return-send-back-principal": lambda world: {"reason": "请核对", **no_marks()},
    "monitoring:staged-add": lambda world: new_child(world) | {
        "grade": "2", "happened_on": "2025-08-31", "reason_code": "missed", "said": "报表时漏了",
    },
    "monitoring:staged-void": lambda world: {"reason": "多报了"},
    "reports:board-accept": lambda world: {
        "pick": "{0.pk}.{0.revision}".format(world.found(SEPTEMBER, world.other_school)), "password": PASSWORD,
    },
    "reports:child-reveal": lambda world: {"value": "id_number", "reason": "paper", "password": PASSWORD},
    "reports:offline-upload": lambda world: {"file": roster_file()},
    "reports:certificate-revoke": lambda world: {"reason": "离任", "password": PASSWORD},
    "reports:key-import": lambda world: {"p12": upload(b"no key", "a.p12"), "password": PASSWORD, "p12_password": "x"},
    "reports:seal-custodian": lambda world: {
        "custodian": str(world.people["home_teacher"].pk), "waiver": "",
    },
    "reports:seal-end": lambda world: {"reason": "章丢了", "password": PASSWORD},
    "reports:seal-restart": lambda world: {"reason": "换章", "password": PASSWORD},
    "reports:seal-scan": lambda world: {"picture": upload(drawing("red"), "章.png"), "password": PASSWORD},
    "reports:signature-scan": lambda world: {"picture": upload(b"no picture", "签名.png"), "password": PASSWORD},
    "reports:signature-strokes": lambda world: {
        "strokes": '{"strokes": [[[1, 2], [3, 4], [5, 6], [7, 8], [9, 8], [9, 6], [9, 4], [9, 2]]], "aspect": 2.5}',
    },
    "reports:verify": lambda world: {"file": paper()},
    "schools:account-appoint": lambda world: {"role": "home_teacher", "school": str(world.school.pk)},
    "schools:account-create": lambda world: {
        "name": "又一人", "username": "one.more", "role": "home_teacher", "school": str(world.school.pk),
    },
    "schools:account-import": lambda world: {"file": upload(people_file(world), "人员.xlsx")},
    "schools:account-rename": lambda world: {"name": "改名了"},
    "schools:account-sessions-end": lambda world: {"seen_stamp": account_stamp(world.account)},
    "schools:account-unlock": lambda world: {"seen_stamp": account_stamp(world.account)},
    "schools:holiday-create": lambda world: {
        "name": "清明", "first_day": "2026-04-05", "last_day": "2026-04-06",
    },
    "schools:month-edit": lambda world: {"due_on": "2026-04-30"},
    "schools:school-close": lambda world: {
        "closed_on": "2025-10-09", "reason": "撤并", "last_signed_by": "",
    },
    "schools:school-create": lambda world: {
        "name": "平顺县新学校", "code": "3114990001", "short_name": "新学校", "opened_on": "2025-09-01",
        "kind": "nine_year", "first_grade": "1", "last_grade": "9", "parent": "",
    },
    "schools:school-import": lambda world: {"file": upload(schools_file(world), "学校.xlsx")},
    "schools:setting-edit": lambda world: {"value": "6"},
    "schools:township-create": lambda world: {"name": "新镇"},
    "schools:township-rename": lambda world: {"name": "改名镇"},
    "students:absence-edit": lambda world: {"follow_up": "家访"},
    "students:absence-end": lambda world: {"returned_on": "2025-10-08"},
    "students:absence-void": lambda world: {"reason": "记错了"},
    "students:absence-start": lambda world: {"first_day": "2025-10-08", "reason_code": "aversion"},
    "students:circumstance-add": lambda world: {"valid_from": "2025-09-01", "detail": ""},
    "students:circumstance-end": lambda world: {"valid_to": "2025-10-01"},
    "students:circumstance-void": lambda world: {"reason": "记错了"},
    "students:evidence-attach": lambda world: {"kind": "请假条", "papers": paper()},
    "students:guardian-add": lambda world: {
        "name": "马母", "relation": "母亲", "phone": "19900000002",
    },
    "students:guardian-edit": lambda world: {"name": "马爸爸", "phone": "19900000003"},
    "students:movement-arrive": lambda world: {
        "kind": "added", "school": str(world.school.pk), "name": "来的人", "id_number": new_child(world)["id_number"],
    },
    "students:movement-arrive-book": lambda world: new_child(world) | {
        "school": str(world.school.pk), "kind": "added", "grade": "2", "happened_on": "2025-10-08", "reason_code": "missed",
        "token": str(uuid.UUID(int=11)),
    },
    "students:movement-depart": lambda world: {
        "happened_on": "2025-10-08", "reason_code": "moved", "counterpart_text": "山西省长治市某校",
    },
    "students:movement-regrade": lambda world: {"happened_on": "2025-10-08"},
    "students:movement-undo": lambda world: {"reason": "记错了"},
    "students:placement-end": lambda world: {"valid_to": "2025-10-01"},
    "students:placement-set": lambda world: {"kind": "special_school", "valid_from": "2025-10-01"},
    "students:placement-void": lambda world: {"reason": "记错了"},
    "students:roster-upload": lambda world: {"file": roster_file(), "school": str(world.school.pk)},
    "students:student-correct": lambda world: {"name": "马思奇", "reason": "写错了"},
    "students:student-edit": lambda world: {"address": "新地址"},
    "students:student-klass": lambda world: {"klass": str(make_klass(world.school, 3, 2).pk)},
    "students:student-search": lambda world: {"q": "马思齐"},
    "students:transfer-begin-in": lambda world: {
        "child": their_child(world), "grade": "2", "reason_code": "moved",
    },
    "students:transfer-begin-out": lambda world: {
        "to_school": str(world.other_school.pk), "last_attended_on": "2025-10-08", "reason_code": "moved",
    },
    "students:transfer-cancel": lambda world: {"reason": "不转了"},
    "students:transfer-confirm": lambda world: {"arrived_on": "2025-10-09"},
    "students:transfer-confirm-many": lambda world: {
        "pick": str(world.transfer.pk), f"t{world.transfer.pk}-arrived_on": "2025-10-09",
        f"t{world.transfer.pk}-seen_revision": str(world.transfer.revision),
    },
    "students:transfer-refuse": lambda world: {"reason": "不同意"},
}  # fmt: skip


def form_of(world, name: str, address: str, role: str) -> dict[str, object]:
    """The form of this address as *role* finds it, filled in."""
    page = FOUND_ON.get(name, name)
    shown = world.client(role).get(address_of(world, page))
    forms = Forms(text_of(shown), address_of(world, page)).forms
    offered = forms.get(address, {}).items()
    sent = {key: values if len(values) > 1 else values[0] for key, values in offered if values}
    for key, value in sent.items():
        if "password" in key and value == "":
            sent[key] = PASSWORD
        elif "reason" in key and value == "":
            sent[key] = "核对"
    return sent | TYPED.get(name, lambda world: {})(world)


def text_of(response) -> str:
    """A page, or nothing for a file or a refusal."""
    is_page = response.status_code == 200 and response["Content-Type"].startswith("text/html")
    return response.content.decode() if is_page else ""


def their_child(world) -> str:
    """As the page before has found it: bound to the clerk's school and person."""
    child, clerk = world.other_children[2][0], world.people["clerk"]
    named = {"child": str(child.uuid), "school": world.school.pk, "user": clerk.pk}
    return signing.dumps(named, salt=CHILD_SALT)


def no_marks() -> dict[str, str]:
    return {f"mark-{number}-{part}": "" for number in range(5) for part in ("grade", "column", "text")}


def new_child(world) -> dict[str, str]:
    number = make_id_number("140499", dt.date(2017, 5, 6), 777)
    return {
        "name": "来的人",
        "id_type": "1",
        "id_number": number,
        "sex": "1",
        "birth_date": "2017-05-06",
        "ethnicity": "01",
        "boarding": "1",
    }


def people_file(world) -> bytes:
    return write_table("人", [column.title for column in ACCOUNT_COLUMNS], [])


def schools_file(world) -> bytes:
    return write_table("学校", [column.title for column in SCHOOL_COLUMNS], [])


def upload(content: bytes, filename: str) -> SimpleUploadedFile:
    return SimpleUploadedFile(filename, content)


def roster_file():
    return upload(short_file([child(2)]), "名册二.xlsx")


def drawing(colour: str) -> bytes:
    """A ring on white paper: the ink of a seal."""
    sheet, buffer = Image.new("RGB", (400, 400), "white"), io.BytesIO()
    ImageDraw.Draw(sheet).ellipse((60, 60, 340, 340), outline=colour, width=12)
    sheet.save(buffer, "PNG")
    return buffer.getvalue()


def paper():
    return upload(picture("black"), "材料.png")
