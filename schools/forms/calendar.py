"""School years, terms, holidays, months of filing."""

from typing import Any

from django import forms

from schools.forms.common import DateField, PlainForm, TextField
from schools.guards import MonthFacts
from schools.models import ReportingMonth, Requirement, Term


class YearForm(PlainForm):
    """Making the calendar of the next school year."""

    with_usual_holidays = forms.BooleanField(
        label="同时加上国庆节、元旦、劳动节",
        required=False,
        initial=True,
        help_text="国庆节 10月1日至7日、元旦 1月1日、劳动节 5月1日至5日；国务院通知不同的，建好后在节假日里改。",
    )
    start_year = forms.IntegerField(widget=forms.HiddenInput)


class TermForm(PlainForm):
    first_day = DateField(label="开学")
    last_day = DateField(label="放假")
    seen_first_day = forms.DateField(widget=forms.HiddenInput)
    seen_last_day = forms.DateField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, term: Term, **kwargs: Any) -> None:
        kwargs["initial"] = {
            "first_day": term.first_day,
            "last_day": term.last_day,
            "seen_first_day": term.first_day.isoformat(),
            "seen_last_day": term.last_day.isoformat(),
        }
        super().__init__(*args, **kwargs)


class HolidayForm(PlainForm):
    name = TextField(label="名称", max_length=30, help_text="如 国庆节、清明节、期中停课。")
    first_day = DateField(label="自")
    last_day = DateField(label="至", required=False, help_text="只有一天的不用填。")
    is_workday = forms.TypedChoiceField(
        label="这几天",
        choices=[("off", "放假"), ("school", "调休上课")],
        initial="off",
        coerce=lambda value: value == "school",
        widget=forms.RadioSelect,
    )

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if "first_day" in data and "last_day" in data:
            data["last_day"] = data["last_day"] or data["first_day"]
        return data


class MonthForm(PlainForm):
    """Cut-off, due day, requirement; carries what the page showed."""

    cut_off = DateField(label="统计截止日", help_text="月报显示这一天结束时的情况，一般是当月第一个上课日。")
    due_on = DateField(label="报送期限", help_text="当天 18:00 截止。")
    requirement = forms.ChoiceField(label="要求", choices=Requirement.choices, widget=forms.RadioSelect)
    seen_cut_off = forms.DateField(widget=forms.HiddenInput)
    seen_due_on = forms.DateField(widget=forms.HiddenInput)
    seen_requirement = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, month: ReportingMonth, **kwargs: Any) -> None:
        kwargs["initial"] = {
            "cut_off": month.cut_off,
            "due_on": month.due_on,
            "requirement": month.requirement,
            "seen_cut_off": month.cut_off.isoformat(),
            "seen_due_on": month.due_on.isoformat(),
            "seen_requirement": month.requirement,
        }
        super().__init__(*args, **kwargs)

    def facts(self) -> MonthFacts:
        data = self.cleaned_data
        return MonthFacts(data["cut_off"], data["due_on"], data["requirement"])

    def seen(self) -> MonthFacts:
        data = self.cleaned_data
        return MonthFacts(data["seen_cut_off"], data["seen_due_on"], data["seen_requirement"])
