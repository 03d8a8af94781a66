"""Accounts from a spreadsheet: one person may stand in several rows, one for each post."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Final

from accounts.models import County, User
from accounts.text import TextProblem, clean_name
from accounts.wording import MOBILE_LENGTH, mask_id, mask_phone
from schools.bulk.table import Column, Row, RowProblem
from schools.checks import Post, is_personal_number, username_problem
from schools.models import CLASS_ROLES, COUNTY_ROLES, TOWNSHIP_ROLES, Klass, Role, School, Township
from schools.permissions import LONELY_ROLES
from schools.queries import klass_called

ROLE_WORDS: Final = {role.label: role for role in Role} | {
    "学校填报员": Role.CLERK,
    "学籍管理员": Role.CLERK,
    "中心校长": Role.CENTRAL_SCHOOL,
    "审核员": Role.REVIEWER,
    "领导": Role.LEADER,
    "系统管理员": Role.ADMINISTRATOR,
}
ACCOUNT_COLUMNS: Final = (
    Column("name", "姓名", ("用户姓名", "教师姓名"), is_required=True),
    Column(
        "username",
        "账号",
        ("用户名", "登录名", "登录账号"),
        is_required=True,
        help="小写字母、数字、点、横线、下划线",
    ),
    Column(
        "role",
        "角色",
        ("岗位", "身份", "职务"),
        is_required=True,
        help="如 填报员、校长、班主任、中心校、基教股",
    ),
    Column("school", "学校", ("学校名称", "单位", "所在学校"), help="名称、简称或标识码"),
    Column("township", "乡镇", ("所属乡镇",), help="中心校、乡镇干部要填"),
    Column("klass", "班级", ("任教班级",), help="班主任要填，如 三（2）班"),
)


@dataclass
class AccountLine:
    """A row, the post it gives, and everything that is wrong with it."""

    row: Row
    name: str = ""
    username: str = ""
    post: Post | None = None
    problems: list[RowProblem] = field(default_factory=list)

    def refuse(self, key: str, message: str) -> None:
        cell = self.row.addresses.get(key, f"第{self.row.number}行")
        value = self.row.text(key)
        if key == "username" and is_personal_number(value):
            value = mask_id(value) if len(value) > MOBILE_LENGTH else mask_phone(value)
        self.problems.append(RowProblem(cell, value, message, self.row.number))


@dataclass
class Person:
    """Rows with one user name: one account with one or more posts."""

    name: str
    username: str
    posts: list[Post]


class _Places:
    """The county's places by everything they are called, read once."""

    def __init__(self, county: County) -> None:
        self.schools: dict[str, list[School]] = defaultdict(list)
        schools = list(School.objects.filter(county=county, closed_on__isnull=True).select_related("parent"))
        for school in schools:
            for called in {school.code, school.name, school.short_name} - {""}:
                self.schools[called].append(school)
        self.townships = {township.name: township for township in Township.objects.filter(county=county)}
        self.klasses: dict[int, list[Klass]] = defaultdict(list)
        for klass in Klass.objects.filter(school__in=schools, closed_on__isnull=True).select_related(
            "school"
        ):
            self.klasses[klass.school_id].append(klass)


def account_lines(rows: list[Row], county: County) -> list[AccountLine]:
    """All rows with everything that is wrong with them, all at once."""
    places = _Places(county)
    lines = [_line(row, places) for row in rows]
    _refuse_doubles(lines)
    return lines


def people_of(lines: list[AccountLine]) -> list[Person]:
    """One person for each user name, in the order of the file."""
    people: dict[str, Person] = {}
    for line in lines:
        if line.post is not None:
            person = people.setdefault(line.username, Person(line.name, line.username, []))
            person.posts.append(line.post)
    return list(people.values())


def _line(row: Row, places: _Places) -> AccountLine:
    line = AccountLine(row, username=row.text("username").lower())
    for key, message in row.unreadable.items():
        line.refuse(key, message)
    line.name = _name(line)
    if "username" not in row.unreadable:
        if not line.username:
            line.refuse("username", "没有填账号。")
        elif sentence := username_problem(line.username):
            line.refuse("username", sentence)
    role = ROLE_WORDS.get(row.text("role"))
    if role is None:
        line.refuse("role", "角色不认识。请从填报员、班主任、送教教师、校长、中心校、基教股等里选。")
    else:
        line.post = _post(line, role, places)
    return line


def _name(line: AccountLine) -> str:
    try:
        name = clean_name(line.row.text("name"), max_length=60)
    except TextProblem as problem:
        line.refuse("name", problem.message)
        return ""
    if not name:
        line.refuse("name", "没有填姓名。")
    return name


def _post(line: AccountLine, role: Role, places: _Places) -> Post | None:
    if role in COUNTY_ROLES:
        return Post(role)
    if role in TOWNSHIP_ROLES:
        township = places.townships.get(line.row.text("township"))
        if township is None:
            line.refuse("township", f"{role.label}要填本县已有的乡镇。")
            return None
        return Post(role, township=township)
    school = _school(line, role, places)
    if school is None or role not in CLASS_ROLES:
        return Post(role, school=school) if school else None
    klass = (
        klass_called(line.row.text("klass"), places.klasses[school.pk]) if line.row.text("klass") else None
    )
    if klass is None:
        names = "、".join(str(klass) for klass in places.klasses[school.pk]) or "还没有班，请先建班"
        line.refuse("klass", f"{school} 没有这个班。现有：{names}。")
        return None
    return Post(role, school=school, klass=klass)


def _school(line: AccountLine, role: Role, places: _Places) -> School | None:
    found = places.schools.get(line.row.text("school"), [])
    if len(found) == 1:
        return found[0]
    if found:
        line.refuse("school", "有几所学校叫这个名字。请改写标识码。")
    else:
        line.refuse("school", f"{role.label}要填本县在办的学校，名称、简称或标识码都可以。")
    return None


def _refuse_doubles(lines: list[AccountLine]) -> None:
    taken = dict(
        User.objects.filter(username__in={line.username for line in lines}).values_list("username", "name")
    )
    by_username: dict[str, list[AccountLine]] = defaultdict(list)
    for line in lines:
        if line.username in taken:
            line.refuse("username", "账号已有人用。给已有的账号加岗位，请在账号页上办；否则换一个账号。")
        elif line.username:
            _refuse_beside(line, by_username[line.username])
        by_username[line.username].append(line)


def _refuse_beside(line: AccountLine, before: list[AccountLine]) -> None:
    """Rows of one user name must be one person with different posts that go together."""
    if not before:
        return
    first = before[0]
    where = first.row.addresses.get("username", f"第{first.row.number}行")
    if first.name != line.name:
        line.refuse(
            "username",
            f"和 {where} 是同一个账号，姓名却不同（{first.name}、{line.name}）。一人一号，请换一个账号。",
        )
        return
    posts = [other.post for other in before if other.post]
    if line.post in posts:
        line.refuse("role", f"和 {where} 是同一个人的同一个岗位。请删去一行。")
    roles = {post.role for post in (*posts, line.post) if post}
    if len(roles) > 1 and roles & LONELY_ROLES:
        line.refuse("role", "管理员、审计员不能兼任别的岗位：管账号和管审计的人看不到学生资料。")
