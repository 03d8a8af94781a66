"""Schools from a spreadsheet: every row checked against the county and against the other rows."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from accounts.models import County
from schools.bulk.table import Column, Row, RowProblem
from schools.checks import CODE, grades_of, kind_of
from schools.models import DEFAULT_GRADES, School, SchoolKind

YES: Final = frozenset({"是", "1", "√", "对", "Y", "y", "yes"})
NO: Final = frozenset({"", "否", "0", "×", "N", "n", "no", "无"})

SCHOOL_COLUMNS: Final = (
    Column(
        "code", "标识码", ("学校标识码", "学校代码", "代码"), is_required=True, help="10 位数字，列设为文本"
    ),
    Column("name", "名称", ("学校名称", "学校全称", "学校"), is_required=True, help="公章上的全称"),
    Column("short_name", "简称", ("学校简称",), help="可不填"),
    Column(
        "kind",
        "类别",
        ("学校类别", "办学类型", "类型"),
        is_required=True,
        help="小学、初级中学、九年一贯制学校、教学点、特殊教育学校",
    ),
    Column("township", "乡镇", ("所属乡镇", "所在乡镇"), is_required=True, help="还没有的乡镇会一起建立"),
    Column("grades", "年级", ("年级范围", "开设年级"), help="如 1-6；不填按类别"),
    Column("is_central", "中心校", ("是否中心校",), help="是 或 否"),
    Column(
        "parent", "所属中心校", ("所属学校", "主管学校", "上级学校"), help="名称或标识码，可以在同一个文件里"
    ),
    Column("signed_by_parent", "由所属学校校长签字", ("所属学校签字", "代签"), help="是 或 否"),
    Column(
        "opened_on",
        "开办日期",
        ("建校日期", "办学日期"),
        help="如 2010-09-01；不填按日历的第一天",
        is_date=True,
    ),
)


@dataclass
class SchoolLine:
    """A row and what it means; complete only where ``problems`` is empty. The parent is a code."""

    row: Row
    code: str = ""
    name: str = ""
    short_name: str = ""
    kind: str = ""
    township: str = ""
    grades: tuple[int, int] = (1, 6)
    is_central: bool = False
    parent_code: str = ""
    signed_by_parent: bool = False
    opened_on: dt.date | None = None
    problems: list[RowProblem] = field(default_factory=list)

    @property
    def parent_text(self) -> str:
        return self.row.text("parent")

    @property
    def kind_text(self) -> str:
        return self.row.text("kind")

    def refuse(self, key: str, message: str) -> None:
        self.problems.append(
            RowProblem(
                self.row.addresses.get(key, f"第{self.row.number}行"),
                self.row.text(key),
                message,
                self.row.number,
            )
        )


def school_lines(rows: list[Row], county: County) -> list[SchoolLine]:
    """All rows with everything that is wrong with them, all at once."""
    lines = [_line(row) for row in rows]
    known = list(School.objects.filter(county=county).only("code", "name", "parent_id", "closed_on"))
    _refuse_doubles(lines, known)
    _find_parents(lines, known)
    return lines


def _line(row: Row) -> SchoolLine:
    line = SchoolLine(row, code=row.text("code"), name=row.text("name"), short_name=row.text("short_name"))
    for key, message in row.unreadable.items():
        line.refuse(key, message)
    for key, message in _text_problems(row):
        if key not in row.unreadable:
            line.refuse(key, message)
    line.township = row.text("township")
    kind = kind_of(row.text("kind"))
    if kind is None:
        line.refuse("kind", "类别不认识。请从小学、初级中学、九年一贯制学校、教学点、特殊教育学校里选。")
    line.kind = kind or SchoolKind.PRIMARY
    grades = grades_of(row.text("grades"), line.kind)
    if grades is None:
        line.refuse("grades", "年级看不懂。请写成 1-6 这样，在 1 到 9 之间，从低到高。")
    line.grades = grades or DEFAULT_GRADES[SchoolKind(line.kind)]
    line.is_central = _yes(line, "is_central")
    line.signed_by_parent = _yes(line, "signed_by_parent")
    line.opened_on = _day(line)
    return line


def _text_problems(row: Row) -> Iterator[tuple[str, str]]:
    code = row.text("code")
    if not CODE.fullmatch(code):
        lost = "开头的 0 可能丢了，请把这一列设为文本。" if code.isdigit() and len(code) < 10 else ""
        yield "code", f"标识码要是 10 位数字。{lost}请照学籍系统里的学校标识码填写。"
    if len(row.text("name")) < 2:
        yield "name", "学校名称没有填全。请写公章上的全称。"
    for key, label, longest in (("name", "名称", 60), ("short_name", "简称", 20), ("township", "乡镇", 40)):
        if len(row.text(key)) > longest:
            yield key, f"{label}有 {len(row.text(key))} 个字，最多 {longest} 个字。请缩短。"
    if not row.text("township"):
        yield "township", "没有填乡镇。"


def _yes(line: SchoolLine, key: str) -> bool:
    text = line.row.text(key)
    if text not in YES | NO:
        line.refuse(key, "只能填“是”或“否”。")
    return text in YES


def _day(line: SchoolLine) -> dt.date | None:
    text = line.row.text("opened_on").replace("/", "-").replace(".", "-")
    if not text or "opened_on" in line.row.unreadable:
        return None
    try:
        return dt.datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=dt.UTC).date()
    except ValueError:
        line.refuse("opened_on", "日期看不懂。请写成 2010-09-01 这样。")
        return None


def _refuse_doubles(lines: list[SchoolLine], known: list[School]) -> None:
    stored = {school.code: school.name for school in known}
    first: dict[str, SchoolLine] = {}
    for line in lines:
        if line.code in stored:
            line.refuse(
                "code", f"标识码已被 {stored[line.code]} 使用。已有的学校请在学校页上改，这里删去这一行。"
            )
        elif line.code in first:
            line.refuse(
                "code", f"和 {first[line.code].row.addresses['code']} 是同一个标识码。请留下正确的一行。"
            )
        first.setdefault(line.code, line)


def _find_parents(lines: list[SchoolLine], known: list[School]) -> None:
    """The parent by code or by full name, stored or in the same file; one level only."""
    stored = [
        (school.code, school.name, school.parent_id is not None or school.closed_on is not None)
        for school in known
    ]
    in_file = [(line.code, line.name, bool(line.row.text("parent"))) for line in lines]
    for line in lines:
        text = line.row.text("parent")
        if not text:
            if line.signed_by_parent:
                line.refuse("signed_by_parent", "由所属学校校长签字的，要填所属中心校。")
            continue
        found = {code: dependent for code, name, dependent in (*stored, *in_file) if text in (code, name)}
        if not found:
            line.refuse("parent", "没有这所学校。请核对名称或标识码，或把它也写进这个文件。")
        elif len(found) > 1:
            line.refuse("parent", "有几所学校叫这个名字。请改写标识码。")
        else:
            line.parent_code, dependent = next(iter(found.items()))
            if line.parent_code == line.code:
                line.refuse("parent", "所属中心校不能是学校自己。")
            elif dependent:
                line.refuse("parent", "这所学校自己属于别的学校，或已撤并，不能再带教学点。")
