"""The words of the offline sheet: kinds of facts, columns, the stamp that says where and when a file is from."""

import base64
import hashlib
import uuid
from dataclasses import dataclass
from typing import Final, Literal

from django.core import signing
from django.utils.crypto import salted_hmac

from schools.models import School
from students.codes import REASONS
from students.models import AbsenceKind, MovementKind, Student

VERSION: Final = 1
SHEET_HELP, SHEET_FACTS, SHEET_ROLL, SHEET_KNOWN, SHEET_LISTS = "说明", "异动", "名册", "已登记", "清单"
STAMP_LABEL: Final = "文件编号"
_STAMP_SALT: Final = "reports.offline-sheet"
_KEY_SALT: Final = "reports.offline-child"
KEY_LENGTH: Final = 10

type Group = Literal["leave", "transfer", "regrade", "arrive", "absent", "back"]


@dataclass(frozen=True)
class FactWord:
    """One choice of the column 类别: what it books and whose reasons it takes."""

    label: str
    group: Group
    kind: str


FACT_WORDS: Final = {
    word.label: word
    for word in (
        FactWord("转往本县学校", "transfer", "transfer_out"),
        FactWord("转出到县外", "leave", MovementKind.TRANSFER_OUT.value),
        FactWord("死亡", "leave", MovementKind.DEATH.value),
        FactWord("出国（境）", "leave", MovementKind.ABROAD.value),
        FactWord("删除", "leave", MovementKind.REMOVED.value),
        FactWord("留级", "regrade", MovementKind.RETAINED.value),
        FactWord("跳级", "regrade", MovementKind.SKIPPED.value),
        FactWord("转入（从县外）", "arrive", MovementKind.TRANSFER_IN.value),
        FactWord("新生入学", "arrive", MovementKind.NEW_PUPIL.value),
        FactWord("补录", "arrive", MovementKind.ADDED.value),
        FactWord("升入", "arrive", MovementKind.PROMOTED_IN.value),
        FactWord("旷课", "absent", AbsenceKind.TRUANCY.value),
        FactWord("未报到", "absent", AbsenceKind.NOT_REGISTERED.value),
        FactWord("长假", "absent", AbsenceKind.LONG_LEAVE.value),
        FactWord("休学", "absent", AbsenceKind.SUSPENSION.value),
        FactWord("专门学校", "absent", AbsenceKind.SPECIAL_SCHOOL.value),
        FactWord("借读", "absent", AbsenceKind.GUEST_ELSEWHERE.value),
        FactWord("返校", "back", "back"),
    )
}


@dataclass(frozen=True)
class Column:
    """A column of the sheet 异动. *groups*: the facts that need it (must) or may have it."""

    key: str
    label: str
    hint: str
    width: int
    must: frozenset[Group] = frozenset()
    may: frozenset[Group] = frozenset()


_HERE: Final[frozenset[Group]] = frozenset({"leave", "transfer", "regrade", "absent", "back"})
_REASONED: Final[frozenset[Group]] = frozenset({"leave", "transfer", "regrade", "arrive", "absent"})
COLUMNS: Final = (
    Column("word", "类别", "从列表里选", 16, _HERE | _REASONED),
    Column("day", "日期", "发生的日期，写 2025-10-08；未在校写首日，返校写返校日", 13, _HERE | _REASONED),
    Column("child", "学生", "在册学生从列表里选；新来的学生空着", 36, _HERE),
    Column("reason", "原因", "先选类别，再从列表里选", 20, _REASONED),
    Column("note", "说明", "原因选“其他”时必填", 24, may=_REASONED),
    Column(
        "place", "来源或去向", "县外学校或地点；转往本县学校从列表里选", 28,
        frozenset({"transfer"}), frozenset({"leave", "arrive"}),
    ),
    Column("follow_up", "跟踪情况", "未在校：谁联系过、下一步做什么", 24, may=frozenset({"absent"})),
    Column("grade", "年级", "新来的学生、转往本县学校", 10, frozenset({"arrive"}), frozenset({"transfer"})),
    Column("klass", "班级", "例如 三（1）班；未分班空着", 12, may=frozenset({"arrive", "regrade"})),
    Column("name", "姓名", "新来的学生，与户口簿一致", 12, frozenset({"arrive"})),
    Column("id_number", "身份证号", "新来的学生；没有的空着", 22, may=frozenset({"arrive"})),
    Column("no_id_reason", "没有身份证号的原因", "例如 户口正在办理", 20, may=frozenset({"arrive"})),
    Column("sex", "性别", "有身份证号的可以不填", 8, may=frozenset({"arrive"})),
    Column("birth", "出生日期", "有身份证号的可以不填", 13, may=frozenset({"arrive"})),
)  # fmt: skip
COLUMN_OF: Final = {column.key: column for column in COLUMNS}
PLACE_KINDS: Final = frozenset(
    {
        MovementKind.TRANSFER_OUT.value,
        MovementKind.ABROAD.value,
        MovementKind.TRANSFER_IN.value,
        MovementKind.PROMOTED_IN.value,
    }
)


def reasons_of(word: FactWord) -> dict[str, str]:
    """{code: label} that this fact takes; nothing for 返校."""
    return REASONS.get(word.kind, {})


@dataclass(frozen=True)
class Stamp:
    """Which school, which month, which download."""

    school_id: int
    month: str
    serial: str
    version: int = VERSION

    def text(self) -> str:
        """Signed: a file that says another school or month is no file of ours."""
        return signing.dumps(
            [self.version, self.school_id, self.month, self.serial], salt=_STAMP_SALT, compress=True
        )

    @classmethod
    def read(cls, text: str) -> "Stamp | None":
        try:
            version, school_id, month, serial = signing.loads(text, salt=_STAMP_SALT)
        except (signing.BadSignature, ValueError, TypeError):
            return None
        return cls(school_id, month, serial, version)


def row_key(school: School, student: Student) -> str:
    """Names a child of this school on the sheet without saying anything about the child."""
    digest = salted_hmac(_KEY_SALT, f"{school.pk}:{student.uuid}", algorithm="sha256").digest()
    return base64.b32encode(digest).decode()[:KEY_LENGTH]


def fact_token(stamp: Stamp, *parts: object) -> uuid.UUID:
    """The same line of the same file is the same fact, however often it is sent in."""
    text = "|".join(map(str, (stamp.serial, stamp.school_id, stamp.month, *parts)))
    return uuid.UUID(bytes=hashlib.sha256(text.encode()).digest()[:16], version=4)
