"""The child and the family as persons. Numbers are never filled in beforehand; blank means unchanged."""

import re
from typing import Any

from django import forms
from django.db.models import Q
from django.utils import timezone

from accounts.encryption import blind_index
from accounts.models import County
from accounts.wording import cn_full_date
from schools.models import Klass
from students.codes import ETHNICITIES, RELATIONS
from students.forms.fields import DayField, NameField, NumberField, TextField, choices_of
from students.identity import (
    KNOWN_NUMBER,
    PERMIT_PREFIXES,
    ROLL_PATTERN,
    birth_date_of,
    id_number_problem,
    sex_of,
)
from students.models import Enrolment, Guardian, IdType, Sex, Student
from students.models.person import Boarding

OTHER_DOCUMENT = re.compile(r"[A-Z0-9()]{5,20}")
PHONE = re.compile(r"1\d{10}|0\d{9,11}|\d{7,8}")
KEEP = "已登记的号码不显示；不填就是不改。"


class RevisionForm(forms.Form):
    """Carries the revision of what the page showed."""

    seen_revision = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**31 - 1)


class IdentityFields(forms.Form):
    """Name, number, birth date, sex: checked against each other."""

    name = NameField(label="姓名", max_length=50, help_text="与户口簿一致；少数民族姓名的点用“·”")
    id_type = forms.ChoiceField(
        label="证件类型",
        choices=IdType.choices,
        initial=IdType.RESIDENT,
        widget=forms.Select(attrs={"class": "w-m"}),
    )
    id_number = NumberField(label="证件号码", required=False, help_text="没有证件的留空，并写明原因")
    no_id_reason = TextField(label="没有证件号码的原因", required=False, max_length=100)
    sex = forms.ChoiceField(
        label="性别",
        choices=Sex.choices,
        required=False,
        widget=forms.RadioSelect,
        help_text="填了身份证号的可以不选",
    )
    birth_date = DayField(label="出生日期", required=False, help_text="填了身份证号的可以不填")

    county: County
    known: Student | None = None

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        number, kept = data.get("id_number", ""), self.known.id_number if self.known else ""
        if number:
            data["no_id_reason"] = ""
            self._check_number(data, number)
        elif kept and "id_number" not in self.errors:
            data["id_number"] = kept
            if data.get("id_type") == IdType.RESIDENT:
                self._agree(data, kept)
        elif "id_number" not in self.errors:
            self._check_absent_number(data)
        for name, label in (("birth_date", "出生日期"), ("sex", "性别")):
            if not data.get(name) and name not in self.errors:
                self.add_error(name, f"没有可用的身份证号时，{label}必填。")
        return data

    def _check_number(self, data: dict[str, Any], number: str) -> None:
        id_type = data.get("id_type")
        has_resident_form = id_type == IdType.RESIDENT or (
            len(number) == 18 and number.startswith(PERMIT_PREFIXES)
        )
        problem = number_problem(number, has_resident_form=has_resident_form)
        if problem:
            self.add_error("id_number", problem)
        elif number_is_known(self.county, "id_number", number, self.known):
            self.add_error("id_number", KNOWN_NUMBER)
        if problem or not has_resident_form:
            return
        self._agree(data, number)

    def _agree(self, data: dict[str, Any], number: str) -> None:
        born, sex = birth_date_of(number), sex_of(number)
        given = data.get("birth_date")
        if given and given != born and "birth_date" not in self.errors:
            self.add_error(
                "birth_date",
                f"出生日期“{cn_full_date(given)}”与身份证号中的 {cn_full_date(born)} 不一致。"
                "以户口簿为准，改其中一处。",
            )
        if data.get("sex") and data["sex"] != sex:
            self.add_error(
                "sex",
                f"性别“{Sex(data['sex']).label}”与身份证号不一致（倒数第二位“{number[16]}”是{Sex(sex).label}）。"
                "以户口簿为准，改其中一处。",
            )
        if "birth_date" not in self.errors:
            data["birth_date"] = given or born
        if "sex" not in self.errors:
            data["sex"] = data.get("sex") or sex

    def _check_absent_number(self, data: dict[str, Any]) -> None:
        if not data.get("no_id_reason") and "no_id_reason" not in self.errors:
            self.add_error("no_id_reason", "没有填证件号码。补填号码，或写明原因，例如“户口正在办理”。")
        if data.get("birth_date") and data["birth_date"] > timezone.localdate():
            self.add_error("birth_date", f"出生日期“{cn_full_date(data['birth_date'])}”在今天之后。请核对。")
        data["id_type"] = IdType.OTHER


class OrdinaryFields(forms.Form):
    """What changes without changing who the child is."""

    roll_number = NumberField(label="学籍号", required=False, help_text="G 或 L 开头，共 19 位")
    ethnicity = forms.ChoiceField(
        label="民族",
        choices=choices_of(ETHNICITIES),
        initial="01",
        widget=forms.Select(attrs={"class": "w-s"}),
    )
    boarding = forms.ChoiceField(
        label="就读方式", choices=Boarding.choices, initial=Boarding.DAY, widget=forms.RadioSelect
    )
    household_place = TextField(label="户口所在地", required=False, max_length=120, help_text="写到村或社区")
    address = TextField(label="现住址", required=False, max_length=120, help_text="写到村或小区；家访用")

    county: County
    known: Student | None = None

    def clean_roll_number(self) -> str:
        number: str = self.cleaned_data["roll_number"]
        if number and not ROLL_PATTERN.fullmatch(number):
            raise forms.ValidationError(
                f"学籍号“{number}”有 {len(number)} 位，应是 G 或 L 加 18 位身份证号，共 19 位。请对照学籍系统改正。"
            )
        if number and number_is_known(self.county, "roll_number", number, self.known):
            raise forms.ValidationError(KNOWN_NUMBER)
        return number


class PersonForm(OrdinaryFields, IdentityFields):
    """A child who is not known yet: part of the pages that book an arrival."""

    field_order = (
        "name", "id_type", "id_number", "no_id_reason", "sex", "birth_date", "roll_number",
        "ethnicity", "boarding", "household_place", "address",
    )  # fmt: skip

    def __init__(self, *args: Any, county: County, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.county = county

    @property
    def person(self) -> dict[str, Any]:
        """Arguments for ``create_student``."""
        return {name: self.cleaned_data[name] for name in self.field_order}


class StudentEditForm(RevisionForm, OrdinaryFields):
    """Ordinary fields of a child who is here."""

    def __init__(self, data: Any = None, *, student: Student) -> None:
        names = ("ethnicity", "boarding", "household_place", "address")
        initial = {name: getattr(student, name) for name in names} | {"seen_revision": student.revision}
        super().__init__(data, initial=initial)
        self.county, self.known = student.county, student
        self.fields["roll_number"].help_text = f"G 或 L 开头，共 19 位。{KEEP}"

    @property
    def said(self) -> dict[str, str]:
        """Arguments for ``edit_student``: a blank number is unchanged."""
        names = ["ethnicity", "boarding", "household_place", "address"]
        if self.cleaned_data["roll_number"]:
            names.append("roll_number")
        return {name: self.cleaned_data[name] for name in names}


class IdentityForm(RevisionForm, IdentityFields):
    """更正: who the child is, with the reason."""

    reason = TextField(label="更正依据", max_length=200, help_text="例如：对照户口簿，原登记末两位抄反")

    def __init__(self, data: Any = None, *, student: Student) -> None:
        names = ("name", "id_type", "no_id_reason", "sex", "birth_date")
        initial = {name: getattr(student, name) for name in names} | {"seen_revision": student.revision}
        super().__init__(data, initial=initial)
        self.county, self.known = student.county, student
        if student.id_number:
            self.fields["id_number"].help_text = KEEP
            del self.fields["no_id_reason"]


class KlassForm(RevisionForm):
    """调班: a class of the same grade, a 复式班, or none."""

    klass = forms.ModelChoiceField(
        label="班级", queryset=Klass.objects.none(), required=False, empty_label="未分班"
    )

    def __init__(self, data: Any = None, *, enrolment: Enrolment) -> None:
        super().__init__(
            data, initial={"klass": enrolment.klass_id, "seen_revision": enrolment.student.revision}
        )
        field: Any = self.fields["klass"]
        field.queryset = Klass.objects.filter(
            Q(grade=enrolment.grade) | Q(is_multigrade=True), school=enrolment.school, closed_on__isnull=True
        )
        field.error_messages["invalid_choice"] = "所选班级不在本校这个年级。请从列表里选。"


class GuardianForm(RevisionForm):
    """A member of the family."""

    name = NameField(label="姓名", max_length=50)
    relation = forms.ChoiceField(label="与学生的关系", widget=forms.Select(attrs={"class": "w-s"}))
    is_guardian = forms.BooleanField(label="是监护人", required=False, initial=True)
    phone = NumberField(label="联系电话", required=False, help_text="手机 11 位，或带区号的座机")
    id_number = NumberField(label="身份证号", required=False)
    works_at = TextField(label="工作单位或务工地", required=False, max_length=100)

    def __init__(self, data: Any = None, *, student: Student, guardian: Guardian | None = None) -> None:
        initial: dict[str, Any] = {"seen_revision": student.revision}
        if guardian is not None:
            names = ("name", "relation", "is_guardian", "works_at")
            initial |= {name: getattr(guardian, name) for name in names}
        super().__init__(data, initial=initial)
        self.student, self.guardian = student, guardian
        words = dict.fromkeys([*RELATIONS, *filter(None, [guardian.relation if guardian else ""])])
        relation: Any = self.fields["relation"]
        relation.choices = [("", "请选择"), *((word, word) for word in words)]
        for name in ("phone", "id_number"):
            if guardian is not None and getattr(guardian, name):
                self.fields[name].help_text = KEEP

    def clean_phone(self) -> str:
        phone: str = self.cleaned_data["phone"].removeprefix("+86")
        if phone and not PHONE.fullmatch(phone):
            raise forms.ValidationError(f"电话“{phone}”有 {len(phone)} 位。手机应是 11 位，座机请带区号。")
        return phone

    def clean_id_number(self) -> str:
        number: str = self.cleaned_data["id_number"]
        problem = number_problem(number, has_resident_form=True) if number else ""
        if problem:
            raise forms.ValidationError(problem)
        return number

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        kept = self.guardian.id_number if self.guardian else ""
        known = data.get("id_number") or kept or self.student.id_number
        # domain.md §5.3: a child without a number is known by the guardian's.
        if data.get("is_guardian") and not known and "id_number" not in self.errors:
            self.add_error("id_number", "这名学生还没有证件号码，监护人的身份证号必填。")
        return data

    @property
    def said(self) -> dict[str, Any]:
        """Arguments for the action: blank numbers stay as they are."""
        names = ["name", "relation", "is_guardian", "works_at"]
        names += [name for name in ("phone", "id_number") if self.cleaned_data[name]]
        return {name: self.cleaned_data[name] for name in names}


def number_problem(number: str, *, has_resident_form: bool) -> str:
    """Why a typed number cannot stand, naming it; '' if it can."""
    if ROLL_PATTERN.fullmatch(number):
        return f"“{number}”是学籍号。请去掉开头的“{number[0]}”，只填后面 18 位身份证号。"
    if has_resident_form:
        problem = id_number_problem(number, timezone.localdate())
        return f"身份证号“{number}”{problem}" if problem else ""
    if not OTHER_DOCUMENT.fullmatch(number):
        return f"证件号码“{number}”不像证件号码，应是 5 到 20 位字母和数字。请对照证件改正。"
    return ""


def number_is_known(county: County, field: str, number: str, known: Student | None) -> bool:
    """Whether another child of the county has this number, wherever that child is."""
    index = {"id_number": "id_index", "roll_number": "roll_index"}[field]
    others = Student.objects.filter(county=county, **{index: blind_index(field, number)})
    if known is not None:
        others = others.exclude(pk=known.pk)
    return others.exists()
