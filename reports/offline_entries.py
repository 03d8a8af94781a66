"""The lines of an offline sheet as facts to book, or problems at their cells. Writes nothing."""

import datetime as dt
import re
from collections.abc import Iterable
from typing import Any

from accounts.tabular import is_blank
from accounts.tabular.model import CellValue
from accounts.wording import cn_full_date
from reports.offline_entry import Entry, Knowledge
from reports.offline_rows import Line, parse_day
from reports.offline_words import (
    COLUMN_OF,
    COLUMNS,
    FACT_WORDS,
    KEY_LENGTH,
    PLACE_KINDS,
    SHEET_FACTS,
    FactWord,
    fact_token,
    reasons_of,
    row_key,
)
from schools.models import Klass
from students.identity import birth_date_of, sex_of
from students.models import IdType, Student
from students.roster_import.grades import parse_class, parse_grade
from students.roster_import.numbers import parse_id
from students.roster_import.problems import Problem, ValueProblem, shown_value
from students.roster_import.values import parse_name, parse_sex, text_of

_KEY = re.compile(rf"#([A-Z2-7]{{{KEY_LENGTH}}})\s*$")
_LONGEST = {"note": 200, "place": 100, "follow_up": 200, "no_id_reason": 100}


class Reader(Knowledge):
    """Turns lines into entries."""

    def read(self, lines: Iterable[Line]) -> tuple[list[Entry], list[Problem]]:
        """Entries of the good lines, problems of the others, all at once."""
        entries, problems = [], []
        for line in lines:
            reading = _Reading(self, line)
            entry = reading.entry()
            problems += reading.problems
            if entry is not None and not reading.problems:
                entries.append(entry)
        return entries, problems


class _Reading:
    """One line."""

    def __init__(self, reader: Reader, line: Line) -> None:
        self.reader, self.line = reader, line
        self.problems: list[Problem] = []

    def entry(self) -> Entry | None:
        word = self._word()
        if word is None:
            return None
        self._refuse_blanks(word)
        day = self._day("day")
        entry = Entry(self.line.row, word, day or self.reader.today, None, "", note=self._text("note"))
        if word.group == "arrive":
            self._newcomer(entry)
        else:
            entry.student = self._child()
            entry.who = str(entry.student or "")
        if word.group != "back":
            entry.reason = self._reason(word, entry.note)
        self._place(word, entry)
        entry.follow_up = self._text("follow_up") if word.group == "absent" else ""
        if word.group in ("arrive", "transfer"):
            entry.grade = self._grade()
        if word.group in ("arrive", "regrade"):
            entry.klass = self._klass(entry.grade)
        if self.problems or day is None:
            return None
        entry.token = fact_token(self.reader.stamp, word.kind, word.group, day, self._named(entry))
        return entry

    def _named(self, entry: Entry) -> str:
        """Whom the line is about, for the token that keeps it from being booked twice."""
        if entry.student is not None:
            return row_key(self.reader.school, entry.student)
        return str(entry.person["id_number"] or entry.person["name"])

    def raw(self, key: str) -> CellValue:
        return self.line.values.get(key)

    def wrong(self, key: str, why: str, remedy: str, code: str = "offline") -> None:
        """Note what is wrong with a cell: where, the value as read, why, what to do."""
        kind = "id" if key == "id_number" else ""
        self.problems.append(
            Problem(
                "error", code, SHEET_FACTS, self.line.row, self.line.cells[key], "", COLUMN_OF[key].label,
                shown_value(self.raw(key), kind=kind), why, remedy,
            )
        )  # fmt: skip

    def _take(self, key: str, parse: Any) -> Any:
        """A value by one of the readers of the roster import; None where it cannot stand."""
        try:
            return parse(self.raw(key))
        except ValueProblem as problem:
            named = {"{cell}": self.line.cells[key], "{column}": re.sub(r"\d", "", self.line.cells[key])}
            remedy = problem.remedy
            for mark, value in named.items():
                remedy = remedy.replace(mark, value)
            self.wrong(key, problem.why, remedy, problem.code)
            return None

    def _text(self, key: str) -> str:
        if is_blank(self.raw(key)):
            return ""
        return self._take(key, lambda raw: text_of(raw, longest=_LONGEST.get(key, 200))) or ""

    def _word(self) -> FactWord | None:
        text = self._text("word")
        if not text:
            if not self.problems:
                self.wrong(
                    "word", "没有选类别", f"请在 {self.line.cells['word']} 从列表里选一个；不登记的行请清空。"
                )
            return None
        word = FACT_WORDS.get(text.replace("(", "（").replace(")", "）").replace(" ", ""))
        if word is None:
            self.wrong(
                "word",
                "不在类别列表里",
                f"请在 {self.line.cells['word']} 从列表里选：{'、'.join(FACT_WORDS)}。",
            )
        return word

    def _refuse_blanks(self, word: FactWord) -> None:
        for column in COLUMNS:
            filled = not is_blank(self.raw(column.key))
            needed = word.group in column.must or (column.key == "place" and word.kind in PLACE_KINDS)
            if needed and not filled:
                self.wrong(
                    column.key,
                    f"登记{word.label}要填{column.label}",
                    f"请补填 {self.line.cells[column.key]}。",
                )
            elif filled and word.group not in column.must | column.may:
                self.wrong(
                    column.key,
                    f"登记{word.label}不填{column.label}",
                    f"请清空 {self.line.cells[column.key]}，或改类别。",
                )

    def _day(self, key: str) -> dt.date | None:
        if is_blank(self.raw(key)):
            return None
        written = self._take(key, parse_day)
        if written is None:
            return None
        if len(written.days) != 1:
            self.wrong(key, "看不出是哪一天", f"请在 {self.line.cells[key]} 按 2025-10-08 的写法填写。")
            return None
        day: dt.date = written.days[0]
        if day > self.reader.today:
            self.wrong(key, "在今天之后", f"请在 {self.line.cells[key]} 填已经发生的日期。")
            return None
        return day

    def _child(self) -> Student | None:
        text = self._text("child")
        if not text:
            return None
        if found := _KEY.search(text.upper()):
            student = self.reader.by_key.get(found[1])
            if student is None:
                self.wrong("child", "编号不是本校学生的", f"请在 {self.line.cells['child']} 从列表里重新选。")
            return student
        named = [place.student for place in self.reader.on_roll if place.student.name == text]
        if len(named) == 1:
            return named[0]
        why = f"名册上有 {len(named)} 人叫这个名字" if named else "本校名册上没有这个名字"
        self.wrong("child", why, f"请在 {self.line.cells['child']} 从列表里选带班级和出生日期的那一个。")
        return None

    def _reason(self, word: FactWord, note: str) -> str:
        text = self._text("reason")
        if not text:
            return ""
        labels = reasons_of(word)
        code = next((code for code, label in labels.items() if label == text), "")
        if not code:
            self.wrong(
                "reason",
                f"不是{word.label}的原因",
                f"请在 {self.line.cells['reason']} 从列表里选：{'、'.join(labels.values())}。",
            )
        elif code == "other" and not note:
            self.wrong("note", "原因选了“其他”", f"请在 {self.line.cells['note']} 写一句是什么原因。")
        return code

    def _place(self, word: FactWord, entry: Entry) -> None:
        text = self._text("place")
        if not text:
            return
        known = self.reader.schools.get(text)
        if word.group == "transfer":
            entry.to_school = known
            if known is None:
                self.wrong(
                    "place",
                    "对不上本县的学校",
                    f"请在 {self.line.cells['place']} 从列表里选；县外的请把类别改成“转出到县外”。",
                )
        elif known is not None and word.kind == "transfer_out":
            self.wrong(
                "place", "是本县学校", f"请把 {self.line.cells['word']} 改成“转往本县学校”，由对方确认。"
            )
        elif known is not None and word.kind == "transfer_in":
            self.wrong(
                "place", "是本县学校", "县内转入要由原学校确认，请在系统里办“转学对接”，并清空这一行。"
            )
        else:
            entry.place = text

    def _grade(self) -> int | None:
        if is_blank(self.raw("grade")):
            return None
        grade = self._take("grade", parse_grade)
        if grade is None:
            return None
        if not isinstance(grade, int):
            self.wrong("grade", "看不出是几年级", f"请在 {self.line.cells['grade']} 只填年级，例如 三年级。")
            return None
        return grade

    def _klass(self, grade: int | None) -> Klass | None:
        if is_blank(self.raw("klass")):
            return None
        cell = self._take("klass", parse_class)
        if cell is None:
            return None
        wanted = cell.grade or grade
        fitting = [
            klass
            for klass in self.reader.klasses
            if klass.number == cell.number
            and klass.is_multigrade == cell.multigrade
            and (cell.multigrade or wanted is None or klass.grade == wanted)
        ]
        if len(fitting) == 1:
            return fitting[0]
        existing = "、".join(str(klass) for klass in self.reader.klasses if wanted in (None, klass.grade))
        self.wrong(
            "klass",
            "对不上本校的班级",
            f"请改 {self.line.cells['klass']}，本校有：{existing or '还没有设班'}；未分班请空着。",
        )
        return None

    def _newcomer(self, entry: Entry) -> None:
        name = self._take("name", parse_name) or ""
        number = self._take("id_number", lambda raw: parse_id(raw, today=self.reader.today)) or ""
        reason = self._text("no_id_reason")
        sex, born = self._take("sex", parse_sex) or "", self._day("birth")
        entry.who = name
        if number:
            self._agree(number, sex, born)
            sex, born = sex_of(number), birth_date_of(number)
        elif "id_number" not in self._wrong_keys():
            for key, value in (("no_id_reason", reason), ("sex", sex), ("birth", born)):
                if not value and key not in self._wrong_keys():
                    self.wrong(
                        key,
                        "没有身份证号的，这一格必填",
                        f"请补填 {self.line.cells[key]}，或在 {self.line.cells['id_number']} 填身份证号。",
                    )
        entry.person = {
            "name": name,
            "sex": sex,
            "birth_date": born,
            "id_number": number,
            "no_id_reason": "" if number else reason,
            "id_type": IdType.RESIDENT if number else IdType.OTHER,
        }

    def _agree(self, number: str, sex: str, born: dt.date | None) -> None:
        from_number = birth_date_of(number)
        if born and born != from_number:
            self.wrong(
                "birth", f"与身份证号中的 {cn_full_date(from_number)} 不一致", "以户口簿为准，改其中一处。"
            )
        if sex and sex != sex_of(number):
            self.wrong("sex", "与身份证号不一致", "以户口簿为准，改其中一处。")

    def _wrong_keys(self) -> set[str]:
        labels = {problem.label for problem in self.problems}
        return {column.key for column in COLUMNS if column.label in labels}
