"""The forms of the roster import: the file, the columns by hand, the answers on a page of the preview."""

import re
from typing import Any, Final

from django import forms
from django.db.models import QuerySet
from django.http import QueryDict

from accounts.tabular.model import Sheet
from accounts.text import clean_text
from schools.models import School
from students.models import CircumstanceKind
from students.roster_import.fields import FIELDS, GRADE_SOURCES
from students.roster_import.preview import ARRIVALS, Choices, Preview
from students.roster_import.reading import Mapping

ARRIVAL_WORDS: Final = (("transfer_in", "转入（县外转来）"), ("new_pupil", "新生入学"), ("added", "补录"))
MISSING_WORDS: Final = (("", "还没选"), ("here", "仍在校，文件漏了"), ("gone", "已离校，去登记异动"))
COLUMN_CHOICES: Final = (
    ("", "不用"),
    *((field.key, field.label) for field in FIELDS.values() if field.key != "serial"),
)
KIND_CHOICES: Final = (("", "不导入这一项"), *CircumstanceKind.choices)
_NUMBER: Final = re.compile(r"\d{1,9}")


class RosterUploadForm(forms.Form):
    """One file for one school."""

    school = forms.ModelChoiceField(label="学校", queryset=School.objects.none(), empty_label=None)
    file = forms.FileField(
        label="名册文件",
        help_text="从学籍系统导出的“学生花名册”，不用改格式。收 .xlsx、.xls、.csv，不超过 10 MB、5 万行。",
        allow_empty_file=True,
        error_messages={
            "required": "还没有选文件。请选从学籍系统导出的名册。",
            "invalid": "没有收到文件。请重新选择。",
        },
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.xls,.csv,.et,.txt"}),
    )

    def __init__(self, *args: Any, schools: QuerySet[School], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen: forms.ModelChoiceField = self.fields["school"]  # type: ignore[assignment]  # as declared above
        chosen.queryset = schools
        places = list(schools[:2])
        if len(places) == 1:
            chosen.initial = places[0]
            chosen.widget = forms.HiddenInput()


class RosterConfirmForm(forms.Form):
    """What the person has to say before the good rows are written; only what applies is asked."""

    leave_out_errors = forms.BooleanField(required=False)
    warnings_checked = forms.BooleanField(required=False)

    def __init__(self, *args: Any, preview: Preview, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._ask("leave_out_errors", preview.bad_row_count, "有错的 {} 行不导入，先导入其余的")
        self._ask("warnings_checked", len(preview.to_confirm), "“要核对”的 {} 处已经核对，照这样导入")

    def _ask(self, name: str, count: int, label: str) -> None:
        if not count:
            del self.fields[name]
            return
        self.fields[name].label = label.format(count)
        self.fields[name].required = True
        self.fields[name].error_messages["required"] = "还没有勾选。请先勾选，或改好文件再传。"


class RosterColumnsForm(forms.Form):
    """Which row holds the headings and which column is what; the columns are made from the sheet."""

    row = forms.IntegerField(
        label="标题在第几行",
        min_value=1,
        widget=forms.NumberInput(attrs={"class": "w-s"}),
        error_messages={"required": "请写标题在第几行。", "invalid": "请写数字，例如 3。"},
    )

    def __init__(
        self, *args: Any, sheet: Sheet, columns: list[int], guesses: dict[str, int], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.sheet = sheet
        by_column = {column: key for key, column in guesses.items()}
        for column in columns:
            self.fields[f"column-{column}"] = forms.ChoiceField(
                choices=COLUMN_CHOICES,
                required=False,
                initial=by_column.get(column, ""),
                label=f"第 {column + 1} 栏",
            )

    def clean_row(self) -> int:
        row: int = self.cleaned_data["row"]
        last = self.sheet.first_row + len(self.sheet.rows) - 1
        if not self.sheet.first_row <= row < max(last, self.sheet.first_row + 1):
            raise forms.ValidationError(
                f"这张表从第 {self.sheet.first_row} 行到第 {last} 行。请写其中的一行。"
            )
        return row

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        chosen = [value for name, value in data.items() if name.startswith("column-") and value]
        for key in {key for key in chosen if chosen.count(key) > 1}:
            self.add_error(
                None, f"“{FIELDS[key].label}”选了 {chosen.count(key)} 栏。请只留一栏，其余选“不用”。"
            )
        missing = [FIELDS[key].label for key in ("name", "id_number") if key not in chosen]
        if not any(key in chosen for key in GRADE_SOURCES):
            missing.append("年级（或班级、入学年月）")
        if missing:
            self.add_error(None, f"还没有指定：{'、'.join(missing)}。请在对应的栏选它。")
        return data

    @property
    def mapping(self) -> Mapping:
        columns = {
            value: int(name.removeprefix("column-"))
            for name, value in self.cleaned_data.items()
            if name.startswith("column-") and value
        }
        return {self.sheet.name: (self.cleaned_data["row"], columns)}


def answers_of(posted: QueryDict, preview: Preview) -> Choices:
    """What one page of the preview was answered with; whatever is not there stays as it was."""
    answers = Choices()
    for name, value in posted.items():
        kind, _, key = name.partition("-")
        if kind == "do" and _NUMBER.fullmatch(key):
            answers.children[key] = {
                "do": str(value),
                "on": clean_text(str(posted.get(f"on-{key}", "")))[:10],
                "reason": clean_text(str(posted.get(f"reason-{key}", "")))[:200],
            }
        elif kind == "missing" and _NUMBER.fullmatch(key):
            answers.missing[key] = str(value)
        elif kind == "word" and _NUMBER.fullmatch(key):
            words = unknown_words(preview)
            if int(key) < len(words):
                answers.words[words[int(key)]] = str(value)
    if posted.get("fill_do") in ARRIVALS:
        _fill(posted, preview, answers)
    return answers


def _fill(posted: QueryDict, preview: Preview, answers: Choices) -> None:
    """One answer for all new children who have a number and no answer yet."""
    for item in preview.open_questions:
        key = str(item["i"])
        if item["kind"] == "ask" and not item.get("no_id") and not answers.children.get(key, {}).get("do"):
            answers.children[key] = {
                "do": str(posted["fill_do"]),
                "on": clean_text(str(posted.get("fill_on", "")))[:10],
                "reason": "",
            }


def unknown_words(preview: Preview) -> list[str]:
    """Words of the file that no table knows, in the order of the file."""
    return list(dict.fromkeys(word for child in preview.reading.children for word in child.get("words", ())))
