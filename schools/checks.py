"""What a school, a class or a user name must look like; the same for forms, bulk files and commands (no database)."""

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from accounts.text import TextProblem, clean_text
from accounts.workflow import StepRefused
from schools.models import DEFAULT_GRADES, Klass, Role, School, SchoolKind, Township

CODE: Final = re.compile(r"\d{10}")
USERNAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{2,29}")
_PHONE_OR_ID: Final = re.compile(r"1\d{10}|\d{15}|\d{17}[\dx]")
KIND_WORDS: Final = {
    "小学": SchoolKind.PRIMARY,
    "完全小学": SchoolKind.PRIMARY,
    "初级中学": SchoolKind.JUNIOR,
    "初中": SchoolKind.JUNIOR,
    "九年一贯制学校": SchoolKind.NINE_YEAR,
    "九年一贯制": SchoolKind.NINE_YEAR,
    "九年制": SchoolKind.NINE_YEAR,
    "教学点": SchoolKind.TEACHING_POINT,
    "特殊教育学校": SchoolKind.SPECIAL,
    "特教": SchoolKind.SPECIAL,
    "特教学校": SchoolKind.SPECIAL,
}
_GRADE_NAMES: Final = {
    name: grade for grade in range(1, 10) for name in ("一二三四五六七八九"[grade - 1], str(grade))
}
_GRADES: Final = re.compile(
    r"([一二三四五六七八九1-9])(?:年级)?(?:[-–—－~～至到]([一二三四五六七八九1-9])(?:年级)?)?"
)


class FieldsRefused(StepRefused):
    """Refused for what was filled in; ``fields`` says where, for forms that show it beside the control."""

    def __init__(self, message: str, fields: dict[str, list[str]]) -> None:
        super().__init__(message, [sentence for sentences in fields.values() for sentence in sentences])
        self.fields = fields


@dataclass(frozen=True, kw_only=True)
class SchoolFacts:
    """Everything that is said about a school when it is opened or edited."""

    code: str
    name: str
    kind: str
    township: Township
    first_grade: int
    last_grade: int
    opened_on: dt.date
    short_name: str = ""
    parent: School | None = None
    is_central: bool = False
    signed_by_parent: bool = False


@dataclass(frozen=True)
class Post:
    """A role and its place; the place is empty for roles of the county."""

    role: str
    school: School | None = None
    klass: Klass | None = None
    township: Township | None = None

    @property
    def label(self) -> str:
        place = f"{self.school}{self.klass}" if self.klass else str(self.school or self.township or "全县")
        return f"{Role(self.role).label} · {place}"


# Names of SchoolFacts in the order of the forms, with what people call them.
FACT_LABELS: Final = {
    "code": "学校标识码",
    "name": "学校名称",
    "short_name": "简称",
    "kind": "类别",
    "township": "乡镇",
    "first_grade": "最低年级",
    "last_grade": "最高年级",
    "parent": "所属中心校",
    "is_central": "中心校",
    "signed_by_parent": "由所属学校校长签字",
    "opened_on": "开办日期",
}


def school_problems(facts: SchoolFacts) -> Iterator[tuple[str, str]]:
    """(field, sentence) for everything that cannot stand."""
    if not CODE.fullmatch(facts.code):
        yield "code", f"标识码“{facts.code}”不是 10 位数字。请照学籍系统里的学校标识码填写。"
    if len(facts.name) < 2:
        yield "name", "学校名称没有填全。请写公章上的全称。"
    if facts.kind not in SchoolKind.values:
        yield (
            "kind",
            f"类别“{facts.kind}”不认识。请从小学、初级中学、九年一贯制学校、教学点、特殊教育学校里选。",
        )
    if not 1 <= facts.first_grade <= facts.last_grade <= 9:
        yield "last_grade", "年级要在一年级到九年级之间，最低年级不高于最高年级。"
    yield from _parent_problems(facts)


def _parent_problems(facts: SchoolFacts) -> Iterator[tuple[str, str]]:
    if facts.signed_by_parent and facts.parent is None:
        yield "parent", "由所属学校校长签字的，要先选所属中心校。"
    if facts.parent is None:
        return
    if facts.parent.code == facts.code:
        yield "parent", "所属中心校不能是学校自己。"
    elif facts.parent.parent_id is not None:
        yield "parent", f"{facts.parent.name} 自己也属于别的学校，不能再带教学点。请选它所属的中心校。"
    if facts.parent.closed_on is not None:
        yield "parent", f"{facts.parent.name} 已撤并，不能作为所属中心校。"


def is_personal_number(text: str) -> bool:
    """A mobile phone or an ID number, by its shape."""
    return _PHONE_OR_ID.fullmatch(text.lower()) is not None


def username_problem(username: str) -> str | None:
    """User names are handed out on paper: short, plain, and nobody's phone or ID number."""
    if is_personal_number(username):
        return "账号不要用手机号或身份证号。请换成单位和岗位的拼音，如 bp_tianbao。"
    if not USERNAME.fullmatch(username):
        return f"账号“{username}”不合要求。请用 3 到 30 个小写字母、数字、点、横线或下划线。"
    return None


def kind_of(text: str) -> str | None:
    """The kind that a word in a file means; its identifier counts too."""
    if text in SchoolKind.values:
        return text
    return KIND_WORDS.get(text)


def grades_of(text: str, kind: str | None = None) -> tuple[int, int] | None:
    """'1-6', '一至六年级', '七年级' → first and last; blank → the default of the kind."""
    plain = "".join(text.split())
    if not plain:
        return DEFAULT_GRADES.get(SchoolKind(kind)) if kind else None
    found = _GRADES.fullmatch(plain)
    if found is None:
        return None
    first = _GRADE_NAMES[found[1]]
    last = _GRADE_NAMES[found[2]] if found[2] else first
    return (first, last) if first <= last else None


def plain_text(value: str, label: str, longest: int) -> str:
    """Cleaned text within its length; TextProblem names the field."""
    try:
        return clean_text(value, max_length=longest)
    except TextProblem as problem:
        raise TextProblem(problem.code, f"{label}{problem.message}") from None
