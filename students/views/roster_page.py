"""What the preview of a roster import shows: tabs, lists of one tab, panels beside it. Reads the preview only."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.urls import reverse

from accounts.wording import class_label, grade_name
from students.forms.roster import ARRIVAL_WORDS, unknown_words
from students.models import RosterImport, RosterState
from students.roster_import.preview import Preview
from students.roster_import.problems import Problem

PANEL_ROWS: Final = 6
TABS: Final = {
    "errors": "有错",
    "new": "新增",
    "changed": "有变更",
    "missing": "文件里没有",
    "same": "未变",
    "notes": "提醒",
}
PROPOSALS: Final = {
    "grade": "导入不改年级，请登记留级或跳级",
    "sex": "请在学生页更正",
    "birth_date": "请在学生页更正",
}


@dataclass(slots=True)
class ErrorLine:
    """A problem with the link that shows its place in the file."""

    problem: Problem
    key: str
    has_peek: bool


class Page:
    """The lists of a preview, each only as far as it is shown."""

    def __init__(self, row: RosterImport, preview: Preview) -> None:
        self.row, self.preview = row, preview
        self.reading, self.plan = preview.reading, preview.plan

    def counts(self) -> dict[str, int]:
        plan = self.plan
        return {
            "errors": len(self.preview.errors),
            "new": plan.count("new", "ask", "elsewhere"),
            "changed": plan.count("changed"),
            "missing": len(plan.missing),
            "same": plan.count("same"),
            "notes": len(self.preview.to_confirm) + len(self.preview.warnings) + self._said(),
        }

    def _said(self) -> int:
        reading = self.reading
        return reading.correction_count + len(reading.notices) + len(reading.ignored)

    def first_tab(self) -> str:
        counts = self.counts()
        order = ("errors", "new", "changed", "missing", "same", "notes")
        return next((name for name in order if counts[name]), "same")

    def tabs(self, current: str) -> list[dict[str, Any]]:
        counts = self.counts()
        return [
            {
                "label": label,
                "count": counts[name],
                "url": f"{self.address()}?view={name}",
                "current": name == current,
                "urgent": name == "errors" and bool(counts[name]),
            }
            for name, label in TABS.items()
        ]

    def address(self) -> str:
        return reverse("students:roster-detail", args=[self.row.uuid])

    def lines(self, tab: str) -> Sequence[Any]:
        if tab == "errors":
            return [self._error_line(problem) for problem in self.preview.errors]
        if tab == "notes":
            return [*self.preview.to_confirm, *self.preview.warnings]
        if tab == "missing":
            return self.plan.missing
        kinds = {"new": {"new", "ask", "elsewhere"}, "changed": {"changed"}, "same": {"same"}}[tab]
        found = [item for item in self.plan.items if item["kind"] in kinds]
        if tab == "new":  # questions first
            found.sort(key=lambda item: (item["kind"] == "new", item["kind"] != "ask"))
        return found

    def shown(self, tab: str, lines: Sequence[Any]) -> list[Any]:
        """The lines of one page, ready for the template."""
        if tab in {"errors", "notes"}:
            return list(lines)
        if tab == "missing":
            return [
                {**row, "answer": self.preview.choices.missing.get(str(row["student"]), "")} for row in lines
            ]
        return [self._item(item) for item in lines]

    def _item(self, item: dict[str, Any]) -> dict[str, Any]:
        child = self.reading.children[item["i"]]
        answer = self.preview.answer(item)
        return {
            **item,
            "name": child["name"],
            "klass": klass_of(child),
            "row": child["at"][1],
            "answer": {"do": "", "on": "", "reason": "", **answer},
            "changes": [_change(change) for change in item.get("changes", ())],
            "is_base": bool(item.get("base")),
            "no_id": bool(item.get("no_id")),
            "note": item.get("note", ""),
            "answered": dict(ARRIVAL_WORDS).get(answer.get("do", ""), ""),
        }

    def _error_line(self, problem: Problem) -> ErrorLine:
        key = f"{problem.sheet}:{problem.row}"
        return ErrorLine(problem, key, key in self.reading.peeks)

    def peek(self, key: str, lines: Sequence[ErrorLine]) -> dict[str, Any] | None:
        """The place in the file of the chosen error, else of the first one on the page."""
        shown = [line for line in lines if line.has_peek]
        chosen = next((line for line in shown if line.key == key), shown[0] if shown else None)
        if chosen is None:
            return None
        stored = self.reading.peeks[chosen.key]
        bad = "".join(character for character in chosen.problem.cell if character.isalpha())
        rows = [
            {
                "number": number,
                "cells": [
                    {"text": text, "bad": number == chosen.problem.row and column == bad}
                    for column, text in zip(stored["columns"], cells, strict=True)
                ],
            }
            for number, cells in stored["rows"]
        ]
        place = chosen.problem.cell or f"第 {chosen.problem.row} 行"
        return {"place": place, "columns": stored["columns"], "rows": rows}

    def panels(self, current: str) -> list[dict[str, Any]]:
        """The other lists, shortened, under the first one."""
        counts = self.counts()
        return [
            {
                "tab": tab,
                "title": TABS[tab],
                "count": counts[tab],
                "rows": self.shown(tab, self.lines(tab)[:PANEL_ROWS]),
                "more": counts[tab] > PANEL_ROWS,
                "url": f"{self.address()}?view={tab}",
            }
            for tab in ("changed", "missing", "new")
            if counts[tab] and tab != current
        ]

    def steps(self) -> list[dict[str, str]]:
        reading = self.reading
        is_done = self.row.state == RosterState.CONFIRMED
        columns = f"认出 {reading.recognised} 栏，{len(reading.unused)} 栏不用" if reading.recognised else ""
        bad = self.preview.bad_row_count
        left_out = f"有错的 {bad} 行{'没有' if is_done else '不会'}导入" if bad else ""
        if reading.unsure:
            return _steps("now", "", "还有栏目没有对上", "")
        return _steps("done", "done" if is_done else "now", columns, left_out)

    def words(self) -> list[dict[str, Any]]:
        return [
            {"index": index, "word": word, "kind": self.preview.choices.words.get(word, "")}
            for index, word in enumerate(unknown_words(self.preview))
        ]

    def gone(self) -> list[dict[str, Any]]:
        """Missing children whom the person marked as left: still to be registered."""
        answers = self.preview.choices.missing
        return [row for row in self.plan.missing if answers.get(str(row["student"])) == "gone"]

    def offers_drop_g(self) -> bool:
        return not self.preview.options.drop_g and any(
            problem.code == "id_is_roll_number" and "G" in problem.why for problem in self.preview.errors
        )


def first_steps() -> list[dict[str, str]]:
    """Before a file is chosen."""
    labels = ("选文件", "对栏目", "核对", "完成")
    return [{"label": label, "small": "", "look": "now" if label == labels[0] else ""} for label in labels]


def _steps(columns: str, check: str, columns_small: str, check_small: str) -> list[dict[str, str]]:
    return [
        {"label": "选文件", "small": "", "look": "done"},
        {"label": "对栏目", "small": columns_small, "look": columns},
        {"label": "核对", "small": check_small, "look": check},
        {"label": "完成", "small": "", "look": "now" if check == "done" else ""},
    ]


def _change(change: list[str]) -> dict[str, Any]:
    key, label, before, after, mode = change
    hint = PROPOSALS.get(key, "没有改动，请在学生页办理") if mode == "propose" else ""
    is_text = not any(map(str.isdigit, before))
    return {"label": label, "before": before, "after": after, "mode": mode, "hint": hint, "is_text": is_text}


def klass_of(child: dict[str, Any]) -> str:
    number = child.get("class_no")
    if number and child.get("multigrade"):
        return f"{grade_name(child['grade'])} 复式（{number}）班"
    return class_label(child["grade"], number)
