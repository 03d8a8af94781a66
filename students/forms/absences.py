"""What is asked about a spell of absence: first day and reason, follow-up, day back; and the filters."""

import datetime as dt
from typing import Any

from django import forms
from django.utils import timezone

from accounts.wording import cn_date
from schools.models import School
from students.codes import REASONS
from students.forms.fields import DayField, TextField, choices_of
from students.forms.movements import PlainForm, ReasonFields, past_day
from students.models import Absence, AbsenceKind

# 转学途中 is booked by the transfer itself.
START_KINDS: dict[str, str] = {
    kind: str(kind.label)
    for kind in (
        AbsenceKind.TRUANCY,
        AbsenceKind.NOT_REGISTERED,
        AbsenceKind.LONG_LEAVE,
        AbsenceKind.SUSPENSION,
        AbsenceKind.SPECIAL_SCHOOL,
        AbsenceKind.GUEST_ELSEWHERE,
    )
}
FIELDS = ("reason_code", "reason_text", "expected_back_on", "responsible_teacher", "follow_up")
LONGEST_TEXT = 200


class SpellFields(ReasonFields):
    """What is known about a spell and may change while it lasts."""

    expected_back_on = DayField(label="预计返校日", required=False)
    responsible_teacher = TextField(
        label="包联教师",
        required=False,
        max_length=50,
        widget=forms.TextInput(attrs={"class": "w-m"}),
        help_text="负责联系和劝返的老师",
    )
    follow_up = TextField(
        label="跟踪情况",
        required=False,
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="谁联系过、家长怎么说、下一步哪天做什么",
    )

    @property
    def said(self) -> dict[str, Any]:
        """Arguments of the actions."""
        return {name: self.cleaned_data[name] for name in FIELDS}


class AbsenceStartForm(SpellFields):
    first_day = DayField(label="首日", help_text="没有到校的第一天")
    field_order = ("first_day", *FIELDS)

    def __init__(self, *args: Any, kind: str, **kwargs: Any) -> None:
        super().__init__(*args, kind=kind, **kwargs)
        self.kind = kind
        self.fields["first_day"].initial = timezone.localdate()

    def clean_first_day(self) -> dt.date:
        return past_day(self.cleaned_data["first_day"])

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        first, back = data.get("first_day"), data.get("expected_back_on")
        if first and back and back <= first:
            self.add_error("expected_back_on", f"“{cn_date(back)}”不晚于首日 {cn_date(first)}。请核对。")
        return data


class AbsenceEditForm(SpellFields):
    """Kind and reason stand together in one list: which reason is right depends on the kind."""

    seen_revision = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**31 - 1)
    field_order = FIELDS

    def __init__(self, *args: Any, absence: Absence, **kwargs: Any) -> None:
        initial = {name: getattr(absence, name) for name in FIELDS}
        initial["reason_code"] = f"{absence.kind}:{absence.reason_code}"
        super().__init__(*args, kind=absence.kind, initial=initial, **kwargs)
        self.absence = absence
        self.fields["seen_revision"].initial = absence.revision
        kinds = {AbsenceKind.IN_TRANSFER.value: AbsenceKind.IN_TRANSFER.label}
        if absence.kind != AbsenceKind.IN_TRANSFER:
            kinds = START_KINDS
        field: Any = self.fields["reason_code"]
        field.label = "类别和原因"
        field.choices = [
            (label, [(f"{kind}:{code}", reason) for code, reason in REASONS[kind].items()])
            for kind, label in kinds.items()
        ]
        if not absence.reason_code:
            field.choices = [("", "请选择"), *field.choices]

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        self.new_kind, _, code = data.get("reason_code", "").partition(":")
        if code == "other" and not data.get("reason_text") and "reason_text" not in self.errors:
            self.add_error("reason_text", "原因选了“其他”，请写一句是什么原因。")
        back = data.get("expected_back_on")
        if back and back <= self.absence.first_day:
            self.add_error(
                "expected_back_on", f"“{cn_date(back)}”不晚于首日 {cn_date(self.absence.first_day)}。请核对。"
            )
        return data

    @property
    def said(self) -> dict[str, Any]:
        kind, _, code = self.cleaned_data["reason_code"].partition(":")
        return {**super().said, "kind": kind, "reason_code": code}


class AbsenceEndForm(PlainForm):
    """返校 or 复学."""

    returned_on = DayField(label="返校日", help_text="回到学校上课的第一天")
    seen_revision = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**31 - 1)

    def __init__(self, *args: Any, absence: Absence, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.absence = absence
        self.fields["returned_on"].initial = timezone.localdate()
        self.fields["seen_revision"].initial = absence.revision
        if absence.kind == AbsenceKind.SUSPENSION:
            self.fields["returned_on"].label = "复学日"

    def clean_returned_on(self) -> dt.date:
        day = past_day(self.cleaned_data["returned_on"])
        if day <= self.absence.first_day:
            raise forms.ValidationError(
                f"“{cn_date(day)}”不晚于首日 {cn_date(self.absence.first_day)}。首日记错的，请作废这一条再登记。"
            )
        return day


class AbsenceVoidForm(PlainForm):
    """作废: the spell never was."""

    reason = TextField(label="作废原因", max_length=200, widget=forms.Textarea(attrs={"rows": 2}))
    seen_revision = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**31 - 1)

    def __init__(self, *args: Any, absence: Absence, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["seen_revision"].initial = absence.revision


class AbsenceFilterForm(forms.Form):
    """Filters of the list; nothing invalid ever refuses it."""

    kind = forms.ChoiceField(
        required=False, label="类别", choices=choices_of(dict(AbsenceKind.choices), "全部类别")
    )
    school = forms.ModelChoiceField(
        required=False, label="学校", queryset=School.objects.none(), empty_label="全部学校"
    )
    pending = forms.BooleanField(required=False, label="待补证明")
    q = TextField(
        required=False,
        label="姓名或拼音首字母",
        max_length=20,
        widget=forms.TextInput(attrs={"placeholder": "姓名或拼音首字母", "type": "search"}),
    )

    def __init__(self, *args: Any, schools: list[School], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if len(schools) > 1:
            school: Any = self.fields["school"]
            school.queryset = School.objects.filter(pk__in=[one.pk for one in schools]).order_by("name")
        else:
            del self.fields["school"]

    def chosen(self) -> dict[str, Any]:
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}
