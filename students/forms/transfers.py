"""What is asked about a transfer inside the county: to begin, to answer, to take back; and the filters."""

import datetime as dt
from typing import Any

from django import forms
from django.db.models import Q
from django.utils import timezone

from accounts.wording import cn_date, grade_name
from schools.models import Klass, School
from students.forms.fields import DayField, TextField
from students.forms.movements import PlainForm, ReasonFields, klasses_of, past_day
from students.models import Enrolment, Transfer, TransferSide


class TransferOutForm(ReasonFields):
    """The old school says where the child goes."""

    to_school = forms.ModelChoiceField(
        label="转入学校",
        queryset=School.objects.none(),
        empty_label="请选择",
        help_text="对方会在“转学对接”里收到",
    )
    last_attended_on = DayField(label="最后在校日", help_text="次日起登记为“转学途中”，直到对方确认")
    grade = forms.TypedChoiceField(label="转入年级", coerce=int, widget=forms.Select(attrs={"class": "w-s"}))
    field_order = ("to_school", "last_attended_on", "grade", "reason_code", "reason_text")

    def __init__(self, *args: Any, enrolment: Enrolment, **kwargs: Any) -> None:
        initial = {"grade": enrolment.grade, "last_attended_on": timezone.localdate()}
        super().__init__(*args, kind="transfer_out", initial=initial, **kwargs)
        school = enrolment.school
        others = School.objects.filter(county_id=school.county_id, closed_on__isnull=True).exclude(
            pk=school.pk
        )
        to_school: Any = self.fields["to_school"]
        to_school.queryset = others.select_related("township").order_by("township_id", "name")
        to_school.label_from_instance = lambda one: f"{one.name}（{one.township}）"
        grade: Any = self.fields["grade"]
        grade.choices = [(number, grade_name(number)) for number in range(1, 10)]

    def clean_last_attended_on(self) -> dt.date:
        return past_day(self.cleaned_data["last_attended_on"])

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        school, grade = data.get("to_school"), data.get("grade")
        if school and grade and grade not in school.grades:
            self.add_error(
                "grade",
                f"{school.name} 没有{grade_name(grade)}"
                f"（{grade_name(school.first_grade)}到{grade_name(school.last_grade)}）。请核对年级或学校。",
            )
        return data


class TransferInForm(ReasonFields):
    """The new school asks for a child who is somewhere in the county."""

    grade = forms.TypedChoiceField(label="转入年级", coerce=int, widget=forms.Select(attrs={"class": "w-s"}))
    field_order = ("grade", "reason_code", "reason_text")

    def __init__(self, *args: Any, school: School, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        grade: Any = self.fields["grade"]
        grade.choices = [("", "请选择"), *((number, grade_name(number)) for number in school.grades)]


class SeenForm(PlainForm):
    """Carries the revision that the page showed."""

    seen_revision = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**31 - 1)

    def __init__(self, *args: Any, transfer: Transfer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["seen_revision"].initial = transfer.revision


class ConfirmForm(SeenForm):
    """The day the child came (new school) or stopped coming (old school)."""

    arrived_on = DayField(label="到校日期")
    klass = forms.ModelChoiceField(
        label="班级", queryset=Klass.objects.none(), required=False, empty_label="未分班"
    )

    def __init__(self, *args: Any, transfer: Transfer, **kwargs: Any) -> None:
        super().__init__(*args, transfer=transfer, **kwargs)
        self.transfer = transfer
        self.fields["arrived_on"].initial = first_day(transfer)
        if transfer.begun_by_side == TransferSide.FROM:
            klass: Any = self.fields["klass"]
            klass.queryset = klasses_of(transfer.to_school).filter(
                Q(grade=transfer.grade) | Q(is_multigrade=True)
            )
        else:
            day = self.fields["arrived_on"]
            day.label, day.help_text = "离校日期", "不再到本校上课的第一天，一般是最后在校日的次日"
            del self.fields["klass"]

    def clean_arrived_on(self) -> dt.date:
        day = past_day(self.cleaned_data["arrived_on"])
        last = self.transfer.last_attended_on
        if last is not None and day <= last:
            raise forms.ValidationError(
                f"“{cn_date(day)}”不晚于原学校登记的最后在校日 {cn_date(last)}。请核对。"
            )
        return day


class ManyForm(ConfirmForm):
    """One line of a list; classes are given later, on the page of the child."""

    def __init__(self, *args: Any, transfer: Transfer, **kwargs: Any) -> None:
        super().__init__(*args, transfer=transfer, prefix=f"t{transfer.pk}", **kwargs)
        self.fields.pop("klass", None)
        self.fields["arrived_on"].widget.attrs["aria-label"] = f"{transfer.student.name} 的到校日期"


class RefuseForm(SeenForm):
    """不予接收, or 不同意转出."""

    reason = TextField(label="原因", max_length=200, widget=forms.Textarea(attrs={"rows": 2}))


class CancelForm(SeenForm):
    """撤回."""

    reason = TextField(label="撤回原因", max_length=200, widget=forms.Textarea(attrs={"rows": 2}))


class TransferFilterForm(forms.Form):
    q = TextField(
        required=False,
        label="学生姓名",
        max_length=20,
        widget=forms.TextInput(attrs={"placeholder": "姓名或拼音首字母", "type": "search"}),
    )
    overdue = forms.BooleanField(required=False, label="超过期限")

    def chosen(self) -> dict[str, Any]:
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}


def first_day(transfer: Transfer) -> dt.date:
    """Suggested first day at the new school: the day after the last attended one, but not in the future."""
    today = timezone.localdate()
    if transfer.last_attended_on is None:
        return today
    return min(today, transfer.last_attended_on + dt.timedelta(days=1))
