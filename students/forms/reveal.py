"""Reading one masked value: which, why, and the password unless it was given just now."""

from typing import Any

from django import forms

from accounts.forms import PasswordConfirmationMixin
from students.codes import REVEAL_REASONS
from students.forms.fields import TextField, choices_of


class RevealForm(PasswordConfirmationMixin):
    """*labels* names what this person may reveal on this page, by key."""

    value = forms.ChoiceField(label="查看哪一项")
    reason = forms.ChoiceField(label="原因", choices=choices_of(REVEAL_REASONS), widget=forms.RadioSelect)
    reason_text = TextField(label="说明", required=False, max_length=100, help_text="选“其他”时写明")
    field_order = ("value", "reason", "reason_text", "password")

    def __init__(self, *args: Any, labels: dict[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["value"]
        field.choices = choices_of(labels)
        self.order_fields(self.field_order)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if data.get("reason") == "other" and not data.get("reason_text"):
            self.add_error("reason_text", "选了“其他”，请写明原因。")
        return data
