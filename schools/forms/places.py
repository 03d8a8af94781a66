"""Schools, townships, classes."""

from typing import Any

from django import forms

from accounts.models import County
from schools.checks import SchoolFacts
from schools.forms.common import (
    GRADE_CHOICES,
    DateField,
    PlainForm,
    SchoolChoiceField,
    TextField,
    open_schools_of,
)
from schools.models import DEFAULT_GRADES, School, SchoolKind, Township


class SchoolForm(PlainForm):
    """Opening and editing; made for one county."""

    name = TextField(label="学校名称", max_length=60, help_text="公章上的全称。")
    short_name = TextField(
        label="简称", max_length=20, required=False, help_text="列表和页头里用，不填就用全称。"
    )
    code = TextField(
        label="学校标识码",
        max_length=10,
        help_text="学籍系统里的 10 位数字。",
        widget=forms.TextInput(attrs={"inputmode": "numeric", "class": "w-m", "autocomplete": "off"}),
    )
    kind = forms.ChoiceField(label="类别", choices=SchoolKind.choices, widget=forms.RadioSelect)
    township = forms.ModelChoiceField(
        label="乡镇",
        queryset=Township.objects.none(),
        empty_label="请选择",
        widget=forms.Select(attrs={"class": "w-m"}),
    )
    first_grade = forms.TypedChoiceField(
        label="最低年级",
        choices=[("", "按类别"), *GRADE_CHOICES],
        coerce=int,
        empty_value=None,
        required=False,
        widget=forms.Select(attrs={"class": "w-s"}),
    )
    last_grade = forms.TypedChoiceField(
        label="最高年级",
        choices=[("", "按类别"), *GRADE_CHOICES],
        coerce=int,
        empty_value=None,
        required=False,
        help_text="按类别：小学一至六，初中七至九，教学点一至三，其他一至九。",
        widget=forms.Select(attrs={"class": "w-s"}),
    )
    opened_on = DateField(label="开办日期", help_text="从这一天起要报月报。已办多年的学校填建校日期即可。")
    is_central = forms.BooleanField(label="这是乡镇的中心校", required=False)
    parent = SchoolChoiceField(
        label="所属中心校",
        queryset=School.objects.none(),
        empty_label="不属于别的学校",
        required=False,
        help_text="教学点填它归哪所学校管。",
    )
    signed_by_parent = forms.BooleanField(
        label="月报由所属学校校长签字",
        required=False,
        help_text="一师一校的教学点没有校长，由所属学校校长签字并盖该校的章。",
    )

    def __init__(self, *args: Any, county: County, school: School | None = None, **kwargs: Any) -> None:
        if school is not None:
            kwargs["initial"] = {name: getattr(school, name) for name in self.base_fields}
        super().__init__(*args, **kwargs)
        township: Any = self.fields["township"]
        township.queryset = Township.objects.filter(county=county)
        parent: Any = self.fields["parent"]
        parent.queryset = open_schools_of(county.pk).filter(parent__isnull=True)
        if school is not None:
            parent.queryset = parent.queryset.exclude(pk=school.pk)
            self.fields["seen_revision"] = forms.IntegerField(
                widget=forms.HiddenInput, initial=school.revision
            )

    def facts(self) -> SchoolFacts:
        """What was filled in; grades left open are those of the kind."""
        data = {name: self.cleaned_data[name] for name in self.base_fields}
        first, last = DEFAULT_GRADES[SchoolKind(data["kind"])]
        data["first_grade"] = data["first_grade"] or first
        data["last_grade"] = data["last_grade"] or last
        return SchoolFacts(**data)


class SchoolCloseForm(PlainForm):
    """撤并."""

    closed_on = DateField(label="撤并日期", help_text="停办的那一天，不晚于今天。")
    reason = TextField(label="依据", max_length=200, help_text="批文名称和文号，或停办的原因。")
    last_signed_by = SchoolChoiceField(
        label="末次月报由谁签字",
        queryset=School.objects.none(),
        empty_label="本校校长",
        required=False,
        help_text="撤并后还要报最后一次月报，期末人数为 0。校长已离任的，选接收学校，由它的校长签字。",
    )
    seen_revision = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, school: School, **kwargs: Any) -> None:
        kwargs["initial"] = {"seen_revision": school.revision}
        super().__init__(*args, **kwargs)
        field: Any = self.fields["last_signed_by"]
        field.queryset = open_schools_of(school.county_id).exclude(pk=school.pk).filter(parent__isnull=True)


class TownshipForm(PlainForm):
    name = TextField(label="乡镇名称", max_length=40, help_text="乡、镇或街道的全名，如 柏坪镇。")
    seen_name = forms.CharField(widget=forms.HiddenInput, required=False)


class KlassForm(PlainForm):
    """A class of one school."""

    grade = forms.TypedChoiceField(label="年级", coerce=int, widget=forms.Select(attrs={"class": "w-s"}))
    number = forms.IntegerField(
        label="班号", min_value=1, max_value=60, initial=1, help_text="三（2）班的班号是 2。"
    )
    is_multigrade = forms.BooleanField(
        label="这是复式班",
        required=False,
        help_text="几个年级同班上课。年级选其中最低的；学年升级时复式班不随学生升级。",
    )

    def __init__(self, *args: Any, school: School, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        grade: Any = self.fields["grade"]
        grade.choices = [choice for choice in GRADE_CHOICES if choice[0] in school.grades]


class SchoolFilterForm(PlainForm):
    """Above the list of schools."""

    township = forms.ModelChoiceField(
        label="乡镇", queryset=Township.objects.none(), empty_label="全部乡镇", required=False
    )
    kind = forms.ChoiceField(label="类别", choices=[("", "全部类别"), *SchoolKind.choices], required=False)
    q = TextField(
        label="名称或标识码",
        max_length=60,
        required=False,
        widget=forms.TextInput(attrs={"placeholder": "学校名称或标识码", "type": "search"}),
    )

    def __init__(self, *args: Any, county: County, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        township: Any = self.fields["township"]
        township.queryset = Township.objects.filter(county=county)
