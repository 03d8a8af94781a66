"""Builds the month's offline sheet: the roll filled in, a sheet 异动 with lists to choose from, what is known already."""

import datetime as dt
import io
import secrets
from typing import Any

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from accounts.wording import cn_month, grade_name
from monitoring.actions.common import find_return
from monitoring.build import content_now
from monitoring.content import ReturnContent
from reports.offline_words import (
    COLUMNS,
    FACT_WORDS,
    SHEET_FACTS,
    SHEET_HELP,
    SHEET_KNOWN,
    SHEET_LISTS,
    SHEET_ROLL,
    STAMP_LABEL,
    Stamp,
    reasons_of,
    row_key,
)
from schools.models import ReportingMonth, School
from students.models import Absence, Enrolment, Student
from students.queries import roll_of

ROWS_TO_FILL = 300
FIRST_ROW = 3  # index of the first line to fill in; the heading stands above it
HELP = (
    "一、在“异动”表里逐行登记本月还没有登记的事，没有就空着。类别、学生、原因、学校都从下拉列表里选。",
    "二、在册学生从“学生”的下拉列表里选：姓名、班级、出生日期和一个编号。编号请不要改，系统靠它认人；表里没有身份证号。",
    "三、新来的学生空着“学生”，填姓名、身份证号、年级。身份证号列已设为文本，照户口簿录入 18 位。",
    "四、“名册”和“已登记”两张表只供查看，改了也不会带进系统。",
    "五、填好后在系统“离线表”里上传，先看核对结果，再确认登记。同一份文件上传几次，都只登记一次。",
    "六、不要改表名、标题行和文件编号，不要加密码。",
)


def build_sheet(school: School, month: ReportingMonth, *, today: dt.date) -> bytes:
    """The workbook as bytes."""
    stamp = Stamp(school.pk, f"{month.month:%Y-%m}", secrets.token_hex(8))
    roll = list(roll_of(school).order_by("grade", "klass__number", "student__pinyin", "pk"))
    absences = {
        spell.student_id: spell
        for spell in Absence.objects.filter(school=school, returned_on__isnull=True, voided_at__isnull=True)
    }
    content = content_now(school, month, find_return(school, month))
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        sheets = _Sheets(book)
        lists = _others(school)
        sheets.write_help(school, month, stamp, today, content)
        sheets.write_facts(school, month, len(roll), len(lists))
        sheets.write_roll(school, roll, absences)
        sheets.write_known(content)
        sheets.write_lists(lists)
    return out.getvalue()


def child_label(school: School, enrolment: Enrolment) -> str:
    """张若溪 三（1）班 2016-03-12 #ABCDE23456: tells namesakes apart, and its end names the child."""
    student: Student = enrolment.student
    place = enrolment.klass or grade_name(enrolment.grade)
    return f"{student.name} {place} {student.birth_date:%Y-%m-%d} #{row_key(school, student)}"


def _others(school: School) -> list[str]:
    """Names of the county's other schools."""
    others = School.objects.filter(county_id=school.county_id, closed_on__isnull=True).exclude(pk=school.pk)
    return list(others.order_by("township_id", "name").values_list("name", flat=True))


class _Sheets:
    """The sheets of one workbook, with their looks."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        base = {"font_name": "宋体", "font_size": 11, "valign": "vcenter"}
        box = {**base, "border": 1, "num_format": "@"}
        looks: dict[str, dict[str, Any]] = {
            "title": {**base, "bold": True, "font_size": 16},
            "line": {**base, "text_wrap": True, "valign": "top"},
            "hint": {**base, "font_size": 9, "font_color": "#5B6B75", "text_wrap": True, "valign": "top"},
            "head": {**box, "bold": True, "bg_color": "#E6EEF0", "align": "center", "text_wrap": True},
            "text": box,
            "open": {**box, "locked": False},
            "day": {**box, "num_format": "yyyy-mm-dd", "locked": False},
            "shown_day": {**box, "num_format": "yyyy-mm-dd"},
            "number": {**box, "num_format": "0", "align": "center"},
        }
        self.formats = {name: book.add_format(look) for name, look in looks.items()}
        names = (SHEET_HELP, SHEET_FACTS, SHEET_ROLL, SHEET_KNOWN, SHEET_LISTS)
        self.sheets: dict[str, Worksheet] = {name: book.add_worksheet(name) for name in names}
        self.sheets[SHEET_LISTS].hide()
        self.sheets[SHEET_FACTS].activate()

    def write_help(
        self, school: School, month: ReportingMonth, stamp: Stamp, today: dt.date, content: ReturnContent
    ) -> None:
        sheet = self.sheets[SHEET_HELP]
        sheet.set_column(0, 0, 14)
        sheet.set_column(1, 7, 12)
        sheet.write_string(0, 0, f"{school.name} {cn_month(month.month)}离线表", self.formats["title"])
        for row, (label, text) in enumerate(
            (
                ("学校", school.name),
                ("月份", cn_month(month.month)),
                ("下载日期", f"{today:%Y-%m-%d}"),
                (STAMP_LABEL, stamp.text()),
            ),
            start=2,
        ):
            sheet.write_string(row, 0, label, self.formats["head"])
            sheet.merge_range(row, 1, row, 7, text, self.formats["text"])
        for row, line in enumerate(HELP, start=7):
            sheet.set_row(row, 32)
            sheet.merge_range(row, 0, row, 7, line, self.formats["line"])
        self._write_lines(sheet, 7 + len(HELP) + 1, content)

    def _write_lines(self, sheet: Worksheet, top: int, content: ReturnContent) -> None:
        """The month's figures as the system has them at the download."""
        sheet.write_string(top, 0, "下载时的月报数字", self.formats["line"])
        for column, head in enumerate(("年级", "上月", "本月", "转入", "转出", "未在校", "其他")):
            sheet.write_string(top + 1, column, head, self.formats["head"])
        for row, line in enumerate([*content.printed_lines, content.printed_total], start=top + 2):
            sheet.write_string(row, 0, grade_name(line.grade) if line.grade else "合计", self.formats["text"])
            figures = (
                line.opening,
                line.closing,
                line.transfer_in,
                line.transfer_out,
                line.absent,
                line.other,
            )
            for column, figure in enumerate(figures, start=1):
                sheet.write_number(row, column, figure, self.formats["number"])

    def write_facts(self, school: School, month: ReportingMonth, children: int, others: int) -> None:
        sheet = self.sheets[SHEET_FACTS]
        sheet.write_string(
            0, 0, f"{school.name} {cn_month(month.month)}：要登记的异动和未在校", self.formats["title"]
        )
        sheet.set_row(1, 40)
        for number, column in enumerate(COLUMNS):
            sheet.set_column(number, number, column.width)
            sheet.write_string(1, number, column.hint, self.formats["hint"])
            sheet.write_string(2, number, column.label, self.formats["head"])
            look = "day" if column.key in {"day", "birth"} else "open"
            for row in range(FIRST_ROW, FIRST_ROW + ROWS_TO_FILL):
                sheet.write_blank(row, number, None, self.formats[look])
        sheet.freeze_panes(FIRST_ROW, 1)
        self._offer(sheet, "word", f"={SHEET_LISTS}!$A$1:${_last_column()}$1")
        self._offer(sheet, "reason", _reasons_formula())
        self._offer(sheet, "sex", ["男", "女"])
        self._offer(sheet, "grade", [grade_name(grade) for grade in school.grades], "warning")
        if children:
            self._offer(sheet, "child", f"={SHEET_ROLL}!$F$2:$F${children + 1}", "warning")
        if others:
            self._offer(sheet, "place", f"={SHEET_LISTS}!$A$30:$A${29 + others}", "information")

    def _offer(self, sheet: Worksheet, key: str, source: str | list[str], error_type: str = "stop") -> None:
        number = next(index for index, column in enumerate(COLUMNS) if column.key == key)
        sheet.data_validation(
            FIRST_ROW,
            number,
            FIRST_ROW + ROWS_TO_FILL - 1,
            number,
            {
                "validate": "list",
                "source": source,
                "error_type": error_type,
                "error_title": "请从列表里选",
                "error_message": "这一格请从下拉列表里选。",
                "show_error": error_type != "information",
            },
        )

    def write_roll(self, school: School, roll: list[Enrolment], absences: dict[int, Absence]) -> None:
        sheet = self.sheets[SHEET_ROLL]
        heads = (("姓名", 14), ("性别", 6), ("班级", 12), ("出生日期", 13), ("现在", 22), ("登记时选用", 44))
        for column, (head, width) in enumerate(heads):
            sheet.set_column(column, column, width)
            sheet.write_string(0, column, head, self.formats["head"])
        sheet.freeze_panes(1, 1)
        for row, enrolment in enumerate(roll, start=1):
            student = enrolment.student
            spell = absences.get(student.pk)
            state = f"{spell.get_kind_display()} 自 {spell.first_day:%Y-%m-%d}" if spell else "在校"
            sheet.write_string(row, 0, student.name, self.formats["text"])
            sheet.write_string(row, 1, student.get_sex_display(), self.formats["text"])
            sheet.write_string(
                row, 2, str(enrolment.klass or grade_name(enrolment.grade)), self.formats["text"]
            )
            sheet.write_datetime(row, 3, student.birth_date, self.formats["shown_day"])
            sheet.write_string(row, 4, state, self.formats["text"])
            sheet.write_string(row, 5, child_label(school, enrolment), self.formats["text"])

    def write_known(self, content: ReturnContent) -> None:
        """What this month's return counts already, so that nobody enters it again."""
        sheet = self.sheets[SHEET_KNOWN]
        for column, (head, width) in enumerate((("姓名", 14), ("年级", 10), ("类别", 18), ("日期", 13))):
            sheet.set_column(column, column, width)
            sheet.write_string(0, column, head, self.formats["head"])
        for row, line in enumerate(content.rows, start=1):
            sheet.write_string(row, 0, line.student_name, self.formats["text"])
            sheet.write_string(row, 1, grade_name(line.grade), self.formats["text"])
            sheet.write_string(row, 2, line.kind, self.formats["text"])
            if isinstance(line.happened_on, dt.date):
                sheet.write_datetime(row, 3, line.happened_on, self.formats["shown_day"])

    def write_lists(self, others: list[str]) -> None:
        """Row 1: the kinds; below each its reasons; from row 30 the other schools."""
        sheet = self.sheets[SHEET_LISTS]
        for column, word in enumerate(FACT_WORDS.values()):
            sheet.write_string(0, column, word.label)
            for row, reason in enumerate(reasons_of(word).values(), start=1):
                sheet.write_string(row, column, reason)
        for row, name in enumerate(others, start=29):
            sheet.write_string(row, 0, name)


def _last_column() -> str:
    return "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[len(FACT_WORDS) - 1]


def _reasons_formula() -> str:
    """The reasons below the chosen kind."""
    heads = f"{SHEET_LISTS}!$A$1:${_last_column()}$1"
    column = f"MATCH($A{FIRST_ROW + 1},{heads},0)-1"
    return f"=OFFSET({SHEET_LISTS}!$A$2,0,{column},COUNTA(OFFSET({SHEET_LISTS}!$A$2,0,{column},27,1)),1)"
