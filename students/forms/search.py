"""Filters of the list of children, and the search box. Numbers never stand in an address: they are posted."""

import re
from typing import Any

from django import forms
from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import User
from accounts.text import clean_number, clean_text
from accounts.wording import grade_name
from schools.models import Klass, School
from schools.permissions import scope_of
from schools.queries import schools_in
from students.codes import REVEAL_REASONS
from students.forms.fields import TextField, choices_of
from students.models import CircumstanceKind, Enrolment, SpecialCircumstance
from students.models.circumstances import DISABILITY_KINDS, POVERTY_KINDS
from students.models.person import Boarding
from students.permissions import DISABILITY_ROLES, POVERTY_ROLES
from students.queries import circumstances_in_force, naming_scope

LONGEST_SEARCH = 50
_NUMBER = re.compile(r"[GL]?\d{6,}[\dX]?")


class PlaceNotVisible(Exception):  # noqa: N818 -- answered as 404
    """A filter names a school or class that does not exist for this person."""


def is_number(sought: str) -> bool:
    """Whether somebody looks for a number rather than a name."""
    return bool(_NUMBER.fullmatch(clean_number(sought)))


def name_condition(sought: str) -> Q:
    """Name, full pinyin or initials; the box takes any of them."""
    letters = "".join(sought.lower().split())
    condition = Q(student__name__icontains=sought)
    if letters.isascii() and letters:
        condition |= Q(student__pinyin__startswith=letters) | Q(student__initials__startswith=letters)
    return condition


class StudentFilterForm(forms.Form):
    """The first choice of each control names it; what is chosen lives in the address."""

    school = forms.ChoiceField(label="学校", required=False)
    grade = forms.ChoiceField(label="年级", required=False)
    klass = forms.ChoiceField(label="班级", required=False)
    boarding = forms.ChoiceField(
        label="就读方式", required=False, choices=choices_of(dict(Boarding.choices), "就读方式")
    )
    circumstance = forms.ChoiceField(label="特殊情况", required=False)

    def __init__(self, data: Any, *, user: User) -> None:
        super().__init__(data)
        self.user = user
        self.places = naming_scope(user)
        self._offer_places(data)
        self._offer_circumstances()

    def _offer_places(self, data: Any) -> None:
        schools = list(schools_in(self.places).order_by("name"))
        chosen = data.get("school", "")
        one = schools[0] if len(schools) == 1 and not self.places.klass_ids else None
        school = one or next((each for each in schools if str(each.pk) == chosen), None)
        if len(schools) > 1:
            self._choices("school", {str(each.pk): each.name for each in schools}, "全部学校")
        else:
            del self.fields["school"]
        grades = school.grades if school else range(1, 10)
        self._choices("grade", {str(grade): grade_name(grade) for grade in grades}, "全部年级")
        klasses = self._klasses(school)
        if klasses:
            self._choices("klass", {str(each.pk): str(each) for each in klasses}, "全部班级")
        else:
            del self.fields["klass"]
        if (chosen and chosen not in {str(each.pk) for each in schools}) or (
            data.get("klass") and data["klass"] not in {str(each.pk) for each in klasses}
        ):
            raise PlaceNotVisible

    def _klasses(self, school: School | None) -> list[Klass]:
        """Of one school, or the own ones of a class teacher; a list over many schools would say nothing."""
        if school is not None:
            return list(Klass.objects.filter(school=school, closed_on__isnull=True))
        if len(self.places.klass_ids) > 1:
            return list(Klass.objects.filter(pk__in=self.places.klass_ids))
        return []

    def _offer_circumstances(self) -> None:
        hidden: set[str] = set()
        if scope_of(self.user, *DISABILITY_ROLES).is_empty:
            hidden |= DISABILITY_KINDS
        if scope_of(self.user, *POVERTY_ROLES).is_empty:
            hidden |= POVERTY_KINDS
        kinds = {kind.value: str(kind.label) for kind in CircumstanceKind if kind not in hidden}
        self._choices("circumstance", kinds, "特殊情况")

    def _choices(self, name: str, labels: dict[str, str], empty: str) -> None:
        field: Any = self.fields[name]
        field.choices = choices_of(labels, empty)

    def chosen(self, name: str) -> str:
        """What is chosen; '' also for a word that is no choice."""
        self.is_valid()
        return str(self.cleaned_data.get(name, ""))

    @property
    def is_filtering(self) -> bool:
        return any(self.chosen(name) for name in self.fields)

    @property
    def words(self) -> list[str]:
        """The filters in words, for an export and for an empty list."""
        return [
            str(dict(field.choices)[self.chosen(name)])  # type: ignore[attr-defined]
            for name, field in self.fields.items()
            if self.chosen(name)
        ]

    def narrow(self, enrolments: QuerySet[Enrolment]) -> QuerySet[Enrolment]:
        """Only the rows that the filters let through."""
        columns = {
            "school": "school_id",
            "grade": "grade",
            "klass": "klass_id",
            "boarding": "student__boarding",
        }
        for name, column in columns.items():
            if self.chosen(name):
                enrolments = enrolments.filter(**{column: self.chosen(name)})
        kind = self.chosen("circumstance")
        if kind:
            enrolments = enrolments.filter(Exists(self._with_circumstance(kind)))
        return enrolments

    def _with_circumstance(self, kind: str) -> QuerySet[SpecialCircumstance]:
        """Recorded and in force, at places where this person may know of it."""
        scope = self.places
        if kind in DISABILITY_KINDS:
            scope = scope_of(self.user, *DISABILITY_ROLES)
        elif kind in POVERTY_KINDS:
            scope = scope_of(self.user, *POVERTY_ROLES)
        here = Enrolment.objects.filter(scope.of_schools("school__"), left_on__isnull=True)
        if scope.klass_ids and kind not in DISABILITY_KINDS | POVERTY_KINDS:
            here = here | Enrolment.objects.filter(klass_id__in=scope.klass_ids, left_on__isnull=True)
        return circumstances_in_force().filter(
            kind=kind, student=OuterRef("student"), student_id__in=here.values("student_id")
        )

    @property
    def asks_for_sensitive(self) -> str:
        """What the log of readings calls a list narrowed to such children; '' for an ordinary one."""
        kind = self.chosen("circumstance")
        if kind in DISABILITY_KINDS:
            return "残疾情况"
        return "困难情况" if kind in POVERTY_KINDS else ""


class StudentSearchForm(forms.Form):
    """The search box: a name, pinyin, initials, or a number; the bureau says why it looks for a number."""

    q = TextField(
        label="姓名、拼音、拼音首字母，或身份证号、学籍号",
        max_length=LONGEST_SEARCH,
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
        error_messages={"required": "请先输入要找的姓名或号码。"},
    )

    def clean_q(self) -> str:
        return clean_text(self.cleaned_data["q"])


class ReasonedSearchForm(StudentSearchForm):
    """By number, by somebody of the bureau."""

    reason = forms.ChoiceField(
        label="按号码查找的原因", choices=choices_of(REVEAL_REASONS), widget=forms.RadioSelect
    )
    reason_text = TextField(label="说明", required=False, max_length=100, help_text="选“其他”时写明")

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if data.get("reason") == "other" and not data.get("reason_text"):
            self.add_error("reason_text", "选了“其他”，请写明原因。")
        return data

    @property
    def said(self) -> str:
        words = REVEAL_REASONS[self.cleaned_data["reason"]].partition("（")[0]
        return "：".join(filter(None, [words, self.cleaned_data["reason_text"]]))
