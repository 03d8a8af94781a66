"""What people type in the sealing room: shape and single fields only."""

from typing import Any

from django import forms
from django.http import HttpRequest

from accounts.forms import PasswordConfirmationMixin
from monitoring.forms import SignForm, SubmitForm


class KeyPasswordMixin(PasswordConfirmationMixin):
    """The password opens the key of the person, so it is asked every time; ``key_password`` is never kept."""

    key_password = ""

    def __init__(self, *args: Any, request: HttpRequest, opens_key: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, request=request, **kwargs)
        if opens_key:
            self.fields["password"] = forms.CharField(
                label="登录密码",
                strip=False,
                max_length=256,
                widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
                error_messages={"required": "请输入登录密码：它用来打开您的签字密钥。"},
            )

    def clean_password(self) -> str:
        given = self.cleaned_data["password"]
        super().clean_password()
        self.key_password = given
        return ""


class SealedSubmitForm(KeyPasswordMixin, SubmitForm):
    """送校长签字 with a signature."""


class SealedSignForm(KeyPasswordMixin, SignForm):
    """签字盖章."""
