"""Fields that clean what is typed, and what an action refused beside the control it concerns."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.models import ModelChoiceIterator

from accounts.text import TextProblem, clean_name, clean_text
from accounts.wording import grade_name
from accounts.workflow import StepRefused
from schools.checks import FieldsRefused
from schools.models import School

GRADE_CHOICES = [(grade, grade_name(grade)) for grade in range(1, 10)]


class PlainForm(forms.Form):
    """Says of every field left out what is to be filled in or chosen."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.say_what_is_missing()

    def say_what_is_missing(self) -> None:
        """Again after fields were added."""
        for field in self.fields.values():
            chosen = isinstance(field, forms.ChoiceField | forms.ModelChoiceField | forms.FileField)
            verb = "选择" if chosen else "填写"
            field.error_messages["required"] = (
                f"请{verb}{field.label}。" if field.label else "请重新打开这一页。"
            )


class TextField(forms.CharField):
    """A line of text without invisible characters; blanks become one space."""

    def to_python(self, value: Any) -> str:
        try:
            return clean_text(super().to_python(value))
        except TextProblem as problem:
            raise ValidationError(problem.message, code=problem.code) from problem


class NameField(forms.CharField):
    """A person's name; lost characters and signs are refused."""

    def to_python(self, value: Any) -> str:
        try:
            return clean_name(super().to_python(value))
        except TextProblem as problem:
            raise ValidationError(problem.message, code=problem.code) from problem


class DateField(forms.DateField):
    """A day, chosen or typed as 2026-11-03."""

    default_error_messages = {"invalid": "日期“%(value)s”看不懂。请写成 2026-11-03 这样。"}

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}))
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> Any:
        try:
            return super().to_python(value)
        except ValidationError as error:
            message = self.error_messages["invalid"]
            raise ValidationError(message, code="invalid", params={"value": value}) from error


class _ByTownship(ModelChoiceIterator):
    """Schools under the heads of their townships."""

    def __iter__(self) -> Iterator[Any]:
        if self.field.empty_label is not None:
            yield ("", self.field.empty_label)
        township = ""
        group: list[Any] = []
        for school in self.queryset.select_related("township").order_by("township_id", "code"):
            if school.township.name != township and group:
                yield (township, group)
                group = []
            township = school.township.name
            group.append(self.choice(school))
        if group:
            yield (township, group)


class SchoolChoiceField(forms.ModelChoiceField):
    """One school of many, grouped by township."""

    iterator = _ByTownship

    def label_from_instance(self, obj: Any) -> str:
        return str(obj.name)


@contextmanager
def refusals_in(form: forms.BaseForm) -> Iterator[None]:
    """What the action refuses becomes errors of the form, so that what was typed stays."""
    try:
        yield
    except FieldsRefused as refused:
        for name, sentences in refused.fields.items():
            for sentence in sentences:
                form.add_error(name if name in form.fields else None, sentence)
    except StepRefused as refused:
        for sentence in (str(refused), *refused.problems):
            form.add_error(None, sentence)


def open_schools_of(county_id: int) -> Any:
    return School.objects.filter(county_id=county_id, closed_on__isnull=True)
