"""Special circumstances, placements, and how they end."""

import datetime as dt
import re
from typing import Any

from django import forms
from django.utils import timezone

from accounts.wording import mask_id
from students.codes import (
    CIRCUMSTANCE_DETAILS,
    DISABILITY_CATEGORIES,
    DISABILITY_GRADES,
    circumstance_label,
)
from students.forms.fields import DayField, NumberField, TextField, choices_of
from students.models import CircumstanceKind, Placement, PlacementKind, SpecialCircumstance, Student

# 18-digit number of the holder, category, grade; a re-issued card appends B1 … (domain.md §5.10).
CARD = re.compile(r"(?P<number>\d{17}[\dX])(?P<category>[1-7])(?P<grade>[1-4])(?:B\d)?")
NUMBERED = frozenset({CircumstanceKind.DISABILITY})
# A basis in words is the only ground for these.
NEEDS_BASIS = frozenset({CircumstanceKind.X9})
CARD_LABELS = {CircumstanceKind.P5: "低保证号", CircumstanceKind.P7: "特困救助供养证号"}


class CircumstanceForm(forms.Form):
    """One circumstance of one kind; the fields depend on the kind, which is chosen before."""

    category = forms.ChoiceField(
        label="残疾类别", choices=choices_of(DISABILITY_CATEGORIES), widget=forms.RadioSelect
    )
    grade = forms.ChoiceField(
        label="残疾等级", choices=choices_of(DISABILITY_GRADES), widget=forms.RadioSelect
    )
    detail = forms.ChoiceField(label="细类", required=False, widget=forms.Select(attrs={"class": "w-m"}))
    card_number = NumberField(label="残疾人证号", required=False)
    basis = TextField(
        label="认定依据", required=False, max_length=120, help_text="例如：民政部门认定、家访核实、文件号"
    )
    valid_from = DayField(label="自")
    valid_to = DayField(label="至", required=False, help_text="还没有结束的留空；证件有有效期的填有效期")

    def __init__(self, *args: Any, student: Student, kind: CircumstanceKind, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.student, self.kind = student, kind
        details = CIRCUMSTANCE_DETAILS.get(kind, {})
        if kind in NUMBERED:
            self.fields["card_number"].help_text = "20 位：本人身份证号加类别和等级；还没有办证的留空"
            del self.fields["detail"]
        else:
            del self.fields["category"], self.fields["grade"]
            self._offer_detail(details)
            self._offer_card()
        self.fields["basis"].required = kind in NEEDS_BASIS

    def _offer_detail(self, details: dict[str, str]) -> None:
        if not details:
            del self.fields["detail"]
            return
        field: Any = self.fields["detail"]
        field.choices = choices_of(details, "不清楚")

    def _offer_card(self) -> None:
        if self.kind in CARD_LABELS:
            self.fields["card_number"].label = CARD_LABELS[self.kind]
        else:
            del self.fields["card_number"]

    def clean_card_number(self) -> str:
        number: str = self.cleaned_data["card_number"]
        if not number or self.kind not in NUMBERED:
            return number
        card = CARD.fullmatch(number)
        if card is None:
            raise forms.ValidationError(
                f"残疾人证号有 {len(number)} 位，应是 20 位：18 位身份证号、1 位类别（1–7）、1 位等级（1–4）。"
                "请对照证件改正。"
            )
        own = self.student.id_number
        if own and card["number"] != own:
            raise forms.ValidationError(
                f"证号前 18 位 {mask_id(card['number'])} 不是这名学生的身份证号 {mask_id(own)}。"
                "请核对是不是拿错了证，或先更正身份证号。"
            )
        for name, words in (("category", DISABILITY_CATEGORIES), ("grade", DISABILITY_GRADES)):
            chosen = self.cleaned_data.get(name)
            if chosen and chosen != card[name]:
                self.add_error(
                    name, f"证号写的是“{words[card[name]]}”，这里选的是“{words[chosen]}”。请改其中一处。"
                )
        return number

    def clean_valid_from(self) -> dt.date:
        day: dt.date = self.cleaned_data["valid_from"]
        if day > timezone.localdate():
            raise forms.ValidationError("开始日期在今天之后。请在认定以后登记。")
        if day < self.student.birth_date:
            raise forms.ValidationError("开始日期早于学生的出生日期。请核对。")
        return day

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        start, end = data.get("valid_from"), data.get("valid_to")
        if start and end and end < start:
            self.add_error("valid_to", "结束日期早于开始日期。请核对。")
        return data

    @property
    def said(self) -> dict[str, Any]:
        """Arguments for ``add_circumstance``."""
        data = self.cleaned_data
        detail = data["category"] + data["grade"] if self.kind in NUMBERED else data.get("detail", "")
        return {
            "valid_from": data["valid_from"],
            "valid_to": data["valid_to"],
            "detail": detail,
            "card_number": data.get("card_number", ""),
            "basis": data["basis"],
        }


class EndForm(forms.Form):
    """The last day of a circumstance or of a placement."""

    valid_to = DayField(label="最后一天", help_text="这一天还算，第二天起不算")

    def __init__(self, data: Any = None, *, thing: SpecialCircumstance | Placement) -> None:
        super().__init__(data, initial={"valid_to": timezone.localdate()})
        self.thing = thing

    def clean_valid_to(self) -> dt.date:
        day: dt.date = self.cleaned_data["valid_to"]
        if day < self.thing.valid_from:
            raise forms.ValidationError(
                f"最后一天早于开始日期 {self.thing.valid_from:%Y年%-m月%-d日}。记错的请作废，再登记一次。"
            )
        return day


class VoidForm(forms.Form):
    """作废: why it should not have been recorded."""

    reason = TextField(label="作废原因", max_length=200, help_text="例如：登记到了同名学生名下")


class PlacementForm(forms.Form):
    """安置方式 from a day on."""

    kind = forms.ChoiceField(label="安置方式", choices=PlacementKind.choices, widget=forms.RadioSelect)
    valid_from = DayField(label="自")
    basis = TextField(
        label="依据", required=False, max_length=120, help_text="例如：县残疾人教育专家委员会评估意见"
    )

    def __init__(self, *args: Any, student: Student, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.student = student

    def clean_valid_from(self) -> dt.date:
        day: dt.date = self.cleaned_data["valid_from"]
        if day > timezone.localdate():
            raise forms.ValidationError("安置日期在今天之后。请在安置落实以后登记。")
        if day < self.student.birth_date:
            raise forms.ValidationError("安置日期早于学生的出生日期。请核对。")
        return day


def label_of(circumstance: SpecialCircumstance) -> str:
    """残疾（智力二级）."""
    return circumstance_label(circumstance.get_kind_display(), circumstance.kind, circumstance.detail)
