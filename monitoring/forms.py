"""What people type about a return: shape and single fields only; the rules are in actions."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from accounts.encryption import blind_index
from accounts.forms import PasswordConfirmationMixin
from accounts.text import TextProblem, clean_text
from accounts.wording import cn_full_date, grade_name
from monitoring.models.marks import MarkAnswer
from students.codes import REASONS
from students.forms.fields import DayField
from students.forms.people import PersonForm
from students.models import Enrolment, MovementKind, Student

LONGEST = 300
MARK_COLUMNS = (
    ("", "栏目"),
    ("opening", "上月学生数"),
    ("closing", "本月学生数"),
    ("transfer_in", "转入"),
    ("transfer_out", "转出"),
    ("absent", "未在校"),
    ("other", "其他"),
    ("remark", "备注"),
)
MARK_ROWS = 5


class TextField(forms.CharField):
    """A sentence: cleaned like every text, one line."""

    def __init__(self, *, rows: int = 2, max_length: int = LONGEST, **kwargs: Any) -> None:
        super().__init__(widget=forms.Textarea(attrs={"rows": rows}), **kwargs)
        self.longest = max_length

    def clean(self, value: Any) -> str:
        text: str = super().clean(value)
        try:
            return clean_text(text, max_length=self.longest)
        except TextProblem as problem:
            raise ValidationError(problem.message, code=problem.code) from problem


class RemarkForm(forms.Form):
    """``seen`` is the remark that the page showed, so that another editor's text is not overwritten."""

    text = TextField(label="备注", required=False, rows=3)
    seen = forms.CharField(required=False, widget=forms.HiddenInput, strip=False)


class MarkAnswerForm(forms.Form):
    answer = forms.ChoiceField(label="答复", choices=MarkAnswer, widget=forms.RadioSelect)
    text = TextField(
        label="说明", required=False, help_text="选“核对无误”时写一句为什么对，例如“已与班级点名册核对”。"
    )


class SendBackForm(forms.Form):
    """``seen_revision`` is what the page showed."""

    reason = TextField(
        label="退回原因",
        help_text="填报员会看到。具体到哪一格的，写在下面的批注里。",
        error_messages={"required": "退回原因是空的。请写一句为什么退回。"},
    )
    seen_revision = forms.IntegerField(widget=forms.HiddenInput)


class MarkForm(forms.Form):
    """A remark on one cell; an empty row is no remark."""

    grade = forms.TypedChoiceField(label="年级", required=False, coerce=int, empty_value=None)
    column = forms.ChoiceField(label="栏目", required=False, choices=MARK_COLUMNS)
    text = forms.CharField(label="批注", required=False, max_length=LONGEST)

    def __init__(self, *args: Any, grades: Iterable[int] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", "年级"), *((grade, grade_name(grade)) for grade in grades), (0, "合计")]
        self.fields["grade"].choices = choices  # type: ignore[attr-defined]  # a choice field

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        text = clean_text(data.get("text"))
        place = data.get("grade") is not None and data.get("column")
        if text and not place:
            raise ValidationError(f"批注“{text}”没有选是哪一格。请选年级和栏目。")
        if place and not text:
            raise ValidationError("选了格子，批注是空的。请写要改什么，或把这一行清空。")
        return {**data, "text": text}


MarkFormSet = forms.formset_factory(MarkForm, extra=MARK_ROWS, max_num=MARK_ROWS, absolute_max=MARK_ROWS)


class ReopenForm(PasswordConfirmationMixin):
    reason = TextField(
        label="重开原因",
        help_text="学校和审计员会看到。",
        error_messages={"required": "重开原因是空的。请写明为什么要重开。"},
    )
    seen_revision = forms.IntegerField(widget=forms.HiddenInput)


class SubmitForm(PasswordConfirmationMixin):
    """``token`` is what the page showed: figures, names and words."""

    token = forms.CharField(widget=forms.HiddenInput)


class SignForm(PasswordConfirmationMixin):
    seen_revision = forms.IntegerField(widget=forms.HiddenInput)


class StagedFactForm(forms.Form):
    """What is said about a movement that was forgotten in an accepted month; *kind* decides the reasons."""

    happened_on = DayField(label="发生日期")
    reason_code = forms.ChoiceField(label="原因", widget=forms.Select(attrs={"class": "w-m"}))
    counterpart_text = forms.CharField(label="来源或去向", required=False, max_length=100)
    said = TextField(
        label="说明", max_length=150, help_text="为什么当时漏报，例如“家长 9月28日 办的手续，当时未登记”。"
    )

    def __init__(self, *args: Any, kind: MovementKind, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind = kind
        self.fields["reason_code"].choices = list(REASONS[kind].items())  # type: ignore[attr-defined]
        if kind not in (MovementKind.TRANSFER_IN, MovementKind.TRANSFER_OUT):
            del self.fields["counterpart_text"]

    def clean_counterpart_text(self) -> str:
        return clean_text(self.cleaned_data["counterpart_text"])

    @property
    def fact(self) -> dict[str, Any]:
        """Arguments for ``stage_add``."""
        return {
            "happened_on": self.cleaned_data["happened_on"],
            "reason_code": self.cleaned_data["reason_code"],
            "counterpart_text": self.cleaned_data.get("counterpart_text", ""),
            "summary": f"补记{self.kind.label}：{self.cleaned_data['said']}",
        }


class StagedLeaveForm(StagedFactForm):
    """A child of the roll who had left; *children* are those that the search found."""

    student = forms.TypedChoiceField(
        label="学生",
        coerce=int,
        widget=forms.RadioSelect,
        error_messages={"required": "没有选学生。请先按姓名查找，再选是哪一个。"},
    )
    field_order = ("student",)

    def __init__(self, *args: Any, children: Iterable[Enrolment], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.grades = {child.student_id: child for child in children}
        self.fields["student"].choices = [  # type: ignore[attr-defined]
            (
                pk,
                f"{child.student.name}　{child.klass or grade_name(child.grade)}　{cn_full_date(child.student.birth_date)}生",
            )
            for pk, child in self.grades.items()
        ]
        self.order_fields(self.field_order)


class StagedArrivalForm(StagedFactForm, PersonForm):
    """A child who had come: not known yet, or known by number and name and on no roll."""

    grade = forms.TypedChoiceField(
        label="年级", coerce=int, help_text="那个月所在的年级", widget=forms.Select(attrs={"class": "w-s"})
    )

    def __init__(self, *args: Any, grades: Iterable[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["grade"].choices = [(grade, grade_name(grade)) for grade in grades]  # type: ignore[attr-defined]
        self.order_fields((*PersonForm.field_order, "grade"))

    def clean(self) -> dict[str, Any]:
        number = self.cleaned_data.get("id_number", "")
        if number and "name" in self.cleaned_data:
            # Only on a full match of number and name, and never for a child who is on a roll.
            on_a_roll = Enrolment.objects.filter(left_on__isnull=True)
            same = Student.objects.filter(
                county=self.county,
                id_index=blind_index("id_number", number),
                name=self.cleaned_data["name"],
            )
            self.known = same.exclude(pk__in=on_a_roll.values("student_id")).first()
        return super().clean()


class StagedVoidForm(forms.Form):
    reason = TextField(label="为什么撤销", max_length=150, help_text="例如：该生没有转走，手续未办成。")
