"""A setting of any kind, and the columns of Annex 2."""

from typing import Any

from django import forms

from schools.forms.common import PlainForm, TextField
from schools.models import CountySetting
from schools.settings import SettingSpec


def _control(spec: SettingSpec) -> forms.Field:
    if spec.kind == "int":
        low, high = spec.limits
        return forms.IntegerField(
            label="新的值", min_value=low, max_value=high, help_text=f"{low} 到 {high} 之间的整数。"
        )
    if spec.kind == "bool":
        return forms.TypedChoiceField(
            label="新的值",
            choices=[("yes", "是"), ("no", "否")],
            coerce=lambda value: value == "yes",
            empty_value=None,
            widget=forms.RadioSelect,
        )
    return forms.ChoiceField(label="新的值", choices=spec.choices, widget=forms.RadioSelect)


class SettingForm(PlainForm):
    """The control follows the kind of the setting."""

    reason = TextField(label="为什么改", max_length=200, help_text="如 依据哪个通知；以后在历史里查得到。")
    seen_id = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, spec: SettingSpec, value: Any, newest: CountySetting | None, **kwargs: Any
    ) -> None:
        kwargs["initial"] = {
            "value": ("yes" if value else "no") if spec.kind == "bool" else value,
            "seen_id": newest.pk if newest else 0,
        }
        super().__init__(*args, **kwargs)
        self.fields["value"] = _control(spec)
        self.say_what_is_missing()
        self.order_fields(["value", "reason", "seen_id"])


class LayoutForm(PlainForm):
    """What stands under the table of columns."""

    reason = TextField(label="为什么改", max_length=200, help_text="如 依据哪个通知；以后在历史里查得到。")
    seen_id = forms.IntegerField(widget=forms.HiddenInput)
