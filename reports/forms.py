"""What is typed on the pages of the county: filters of the board, the password of a bulk acceptance, reasons."""

from typing import Any

from django import forms

from accounts.forms import PasswordConfirmationMixin
from monitoring.board import BoardRow
from schools.models import SchoolKind

PROBLEM_CHOICES = [("", "不限异常"), ("yes", "有异常"), ("no", "无异常")]
REVEAL_REASONS = [
    ("supervise", "督办个案"),
    ("verify", "核实情况"),
    ("complaint", "答复信访"),
    ("other", "其他（写明）"),
]


class BoardFilterForm(forms.Form):
    """GET: lives in the address and is repeated on the export."""

    township = forms.ChoiceField(label="乡镇", required=False)
    kind = forms.ChoiceField(label="类别", required=False, choices=[("", "全部类别"), *SchoolKind.choices])
    problem = forms.ChoiceField(label="异常", required=False, choices=PROBLEM_CHOICES)
    q = forms.CharField(
        label="学校名称",
        required=False,
        max_length=30,
        widget=forms.TextInput(attrs={"placeholder": "学校名称", "size": 14, "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, townships: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.townships = {str(pk): name for pk, name in townships}
        field = self.fields["township"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 -- declared above
        field.choices = [("", "全部乡镇"), *self.townships.items()]

    def chosen(self, name: str) -> str:
        """The value of one filter; a wrong one filters nothing."""
        self.is_valid()
        return str(self.cleaned_data.get(name) or "")

    def keeps(self, row: BoardRow) -> bool:
        """Whether a row passes every filter."""
        school, problem = row.school, self.chosen("problem")
        sought = self.chosen("q").strip()
        return (
            self.chosen("township") in ("", str(school.township_id))
            and self.chosen("kind") in ("", school.kind)
            and (not problem or (problem == "yes") == bool(row.notices or row.is_late))
            and (not sought or sought in school.name or sought in school.short_name)
        )

    def words(self) -> list[str]:
        """The filters in force, as an export prints them."""
        kinds, problems = dict(SchoolKind.choices), dict(PROBLEM_CHOICES)
        named = [
            self.townships.get(self.chosen("township"), ""),
            str(kinds.get(self.chosen("kind"), "")),
            problems.get(self.chosen("problem"), "") if self.chosen("problem") else "",
            f"名称含“{self.chosen('q')}”" if self.chosen("q") else "",
        ]
        return [word for word in named if word]


class AcceptForm(PasswordConfirmationMixin):
    """The password, unless it was given in the last ten minutes; what is accepted stands in ``pick``."""


class RevealForm(forms.Form):
    """Why a leader wants to know the name behind an alert."""

    reason = forms.ChoiceField(
        label="查看原因",
        choices=REVEAL_REASONS,
        widget=forms.RadioSelect,
        error_messages={"required": "“查看原因”没有选。请选一个，它会和这次查看一起记下来。"},
    )
    reason_text = forms.CharField(
        label="说明", required=False, max_length=100, help_text="选“其他”时写明是什么事。"
    )

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if data.get("reason") == "other" and not (data.get("reason_text") or "").strip():
            self.add_error("reason_text", "选了“其他”，要写明是什么事，例如“县政府督查组核实”。")
        return data

    def reason_words(self) -> str:
        """What the access log keeps."""
        label = dict(REVEAL_REASONS)[self.cleaned_data["reason"]]
        text = self.cleaned_data.get("reason_text", "").strip()
        return f"{label}：{text}" if text else label


class OfflineUploadForm(forms.Form):
    """One filled offline sheet."""

    file = forms.FileField(
        label="填好的离线表",
        help_text="从本页下载、在 WPS 或 Excel 里填好的 .xlsx，不超过 10 MB。",
        allow_empty_file=True,
        error_messages={
            "required": "还没有选文件。请选填好的离线表。",
            "invalid": "没有收到文件。请重新选择。",
        },
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx"}),
    )
