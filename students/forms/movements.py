"""What is asked about a movement: who arrives, who leaves, who changes grade, why one is undone; and the filters."""

import datetime as dt
import uuid
from typing import Any

from django import forms
from django.db.models import Q
from django.utils import timezone

from accounts.wording import cn_full_date, cn_month, grade_name
from schools.models import Klass, School
from students.codes import REASONS
from students.forms.fields import DayField, NameField, NumberField, TextField, choices_of
from students.forms.people import number_problem
from students.models import Enrolment, MovementKind

ARRIVAL_KINDS: dict[str, str] = {
    MovementKind.TRANSFER_IN: "转入（从县外）",
    MovementKind.NEW_PUPIL: "新生入学",
    MovementKind.ADDED: "补录",
    MovementKind.PROMOTED_IN: "升入",
}
DEPARTURE_KINDS: dict[str, str] = {
    MovementKind.TRANSFER_OUT: "转出到县外",
    MovementKind.DEATH: "死亡",
    MovementKind.ABROAD: "出国（境）",
    MovementKind.REMOVED: "删除",
}
REGRADE_KINDS: dict[str, str] = {MovementKind.RETAINED: "留级", MovementKind.SKIPPED: "跳级"}
DAY_LABELS = {
    MovementKind.TRANSFER_OUT: "离校日期",
    MovementKind.DEATH: "死亡日期",
    MovementKind.ABROAD: "离校日期",
    MovementKind.REMOVED: "删除日期",
    MovementKind.RETAINED: "留级日期",
    MovementKind.SKIPPED: "跳级日期",
}
TO_LABELS = {
    MovementKind.TRANSFER_OUT: ("转入学校或地点", "写明省、市、县和学校，例如“河北省邯郸市涉县实验小学”"),
    MovementKind.ABROAD: ("前往国家或地区", ""),
}
FROM_LABELS = {
    MovementKind.TRANSFER_IN: ("从哪所学校转来", "写明省、市、县和学校"),
    MovementKind.PROMOTED_IN: ("从哪所学校升入", ""),
}


def past_day(day: dt.date) -> dt.date:
    """A day that has come; ValidationError otherwise."""
    if day > timezone.localdate():
        raise forms.ValidationError(f"“{cn_full_date(day)}”在今天之后。请填已经发生的日期。")
    return day


class PlainForm(forms.Form):
    """Says which field is missing, in the words of the page."""

    def full_clean(self) -> None:
        for field in self.fields.values():
            field.error_messages["required"] = f"{field.label}必填。"
        super().full_clean()


class ReasonFields(PlainForm):
    """Why, from the code table of the kind, and in words."""

    reason_code = forms.ChoiceField(label="原因", widget=forms.Select(attrs={"class": "w-m"}))
    reason_text = TextField(
        label="说明", required=False, max_length=200, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, *args: Any, kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        reasons = REASONS.get(kind, {})
        field: Any = self.fields["reason_code"]
        field.choices = choices_of(reasons) if len(reasons) == 1 else choices_of(reasons, "请选择")
        field.error_messages["invalid_choice"] = "所选原因不在列表里。请重新选择。"

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if (
            data.get("reason_code") == "other"
            and not data.get("reason_text")
            and "reason_text" not in self.errors
        ):
            self.add_error("reason_text", "原因选了“其他”，请写一句是什么原因。")
        return data


class FactForm(ReasonFields):
    """When and why. *token* makes a second press find the fact that the first one booked."""

    happened_on = DayField(label="发生日期")
    token = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, kind: MovementKind, **kwargs: Any) -> None:
        initial = {
            "happened_on": timezone.localdate(),
            "token": uuid.uuid4(),
            **(kwargs.pop("initial", None) or {}),
        }
        super().__init__(*args, kind=kind, initial=initial, **kwargs)
        self.kind = kind
        self.fields["happened_on"].label = DAY_LABELS.get(kind, "发生日期")

    def clean_happened_on(self) -> dt.date:
        return past_day(self.cleaned_data["happened_on"])


class DepartForm(FactForm):
    """转出 to outside the county, 死亡, 出国（境）, 删除."""

    counterpart_text = TextField(label="去往", max_length=100)
    field_order = ("happened_on", "counterpart_text", "reason_code", "reason_text")

    def __init__(self, *args: Any, kind: MovementKind, **kwargs: Any) -> None:
        super().__init__(*args, kind=kind, **kwargs)
        if kind in TO_LABELS:
            field = self.fields["counterpart_text"]
            field.label, field.help_text = TO_LABELS[kind]
        else:
            del self.fields["counterpart_text"]


class RegradeForm(FactForm):
    """留级 or 跳级: the class in the other grade."""

    klass = forms.ModelChoiceField(
        label="班级", queryset=Klass.objects.none(), required=False, empty_label="未分班"
    )
    field_order = ("happened_on", "klass", "reason_code", "reason_text")

    def __init__(self, *args: Any, kind: MovementKind, enrolment: Enrolment, **kwargs: Any) -> None:
        super().__init__(*args, kind=kind, **kwargs)
        self.to_grade = enrolment.grade + (1 if kind == MovementKind.SKIPPED else -1)
        field: Any = self.fields["klass"]
        field.label = f"到{grade_name(self.to_grade)}哪个班"
        field.queryset = klasses_of(enrolment.school).filter(Q(grade=self.to_grade) | Q(is_multigrade=True))


class ArrivalCheckForm(PlainForm):
    """The first question about somebody who comes: who is it? Posted, never in an address."""

    school = forms.ModelChoiceField(label="学校", queryset=School.objects.none(), empty_label=None)
    kind = forms.ChoiceField(label="异动类别", choices=choices_of(ARRIVAL_KINDS), widget=forms.RadioSelect)
    name = NameField(label="姓名", max_length=50, help_text="与户口簿一致")
    id_number = NumberField(
        label="身份证号或其他证件号码", help_text="对照户口簿；确实没有证件的，空着并选“暂无证件”"
    )
    without_number = forms.BooleanField(label="暂无证件", required=False)

    def __init__(self, *args: Any, schools: list[School], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.schools = schools
        field: Any = self.fields["school"]
        field.queryset = School.objects.filter(pk__in=[school.pk for school in schools])
        if len(schools) == 1:
            del self.fields["school"]
        if self.is_bound and self.data.get("without_number"):
            self.fields["id_number"].required = False

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        data.setdefault("school", self.schools[0] if len(self.schools) == 1 else None)
        number = data.get("id_number", "")
        if "id_number" in self.errors:
            return data
        if number and data.get("without_number"):
            self.add_error("without_number", "填了号码又选了“暂无证件”。请留下一个。")
        elif number:
            problem = number_problem(number, has_resident_form=len(number) >= 15)
            if problem:
                self.add_error("id_number", problem)
        return data


class ArrivalForm(FactForm):
    """Where and how the child joins the roll."""

    grade = forms.TypedChoiceField(label="年级", coerce=int, widget=forms.Select(attrs={"class": "w-s"}))
    klass = forms.ModelChoiceField(
        label="班级", queryset=Klass.objects.none(), required=False, empty_label="未分班"
    )
    counterpart_text = TextField(label="来源", max_length=100)
    field_order = ("happened_on", "grade", "klass", "counterpart_text", "reason_code", "reason_text")

    def __init__(self, *args: Any, kind: MovementKind, school: School, **kwargs: Any) -> None:
        super().__init__(*args, kind=kind, **kwargs)
        self.fields["happened_on"].label = "到校日期"
        offer_places(self, school)
        if kind in FROM_LABELS:
            field = self.fields["counterpart_text"]
            field.label, field.help_text = FROM_LABELS[kind]
        else:
            del self.fields["counterpart_text"]

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        check_klass(self, data)
        return data


class UndoForm(PlainForm):
    """Why a fact is undone."""

    reason = TextField(label="撤销原因", max_length=200, widget=forms.Textarea(attrs={"rows": 2}))


class PickForm(PlainForm):
    """Who? Posted: numbers must not stand in an address."""

    q = TextField(label="学生", max_length=40, help_text="输入姓名、拼音首字母、身份证号或学籍号")


class MovementFilterForm(forms.Form):
    """Filters of the list of movements; nothing invalid ever refuses the list."""

    month = forms.ChoiceField(required=False, label="计入月份")
    kind = forms.ChoiceField(
        required=False, label="类别", choices=choices_of(dict(MovementKind.choices), "全部类别")
    )
    school = forms.ModelChoiceField(
        required=False, label="学校", queryset=School.objects.none(), empty_label="全部学校"
    )
    late = forms.BooleanField(required=False, label="补报")
    pending = forms.BooleanField(required=False, label="待补证明")
    voided = forms.BooleanField(required=False, label="已作废")
    q = TextField(
        required=False,
        label="姓名或拼音首字母",
        max_length=20,
        widget=forms.TextInput(attrs={"placeholder": "姓名或拼音首字母", "type": "search"}),
    )

    def __init__(self, *args: Any, months: list[dt.date], schools: list[School], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        month: Any = self.fields["month"]
        month.choices = choices_of({f"{day:%Y-%m}": cn_month(day) for day in months}, "全部月份")
        if len(schools) > 1:
            school: Any = self.fields["school"]
            school.queryset = School.objects.filter(pk__in=[one.pk for one in schools]).order_by("name")
        else:
            del self.fields["school"]

    def chosen(self) -> dict[str, Any]:
        """What is filtered by; an impossible choice filters nothing."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}


def klasses_of(school: School) -> Any:
    return Klass.objects.filter(school=school, closed_on__isnull=True)


def offer_places(form: forms.Form, school: School) -> None:
    """Grades and classes of the school, as choices of the fields grade and klass."""
    grade: Any = form.fields["grade"]
    grade.choices = [("", "请选择"), *((number, grade_name(number)) for number in school.grades)]
    klass: Any = form.fields["klass"]
    klass.queryset = klasses_of(school)


def check_klass(form: forms.Form, data: dict[str, Any]) -> None:
    """The class belongs to the grade; a 复式班 takes any."""
    klass, grade = data.get("klass"), data.get("grade")
    if klass is not None and grade and not klass.is_multigrade and klass.grade != grade:
        form.add_error("klass", f"{klass} 不在{grade_name(grade)}。请重选班级或年级。")
