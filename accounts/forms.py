"""Signing in, giving the password again, choosing a new one."""

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm, UsernameField
from django.contrib.auth.models import AbstractBaseUser
from django.contrib.auth.password_validation import password_validators_help_texts, validate_password
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone

from accounts.lockout import tries_left
from accounts.models import User
from accounts.sudo import give_password_again, sudo_confirmed

LONGEST_PASSWORD = 256
USERNAME_INPUT = forms.TextInput(
    attrs={"autocomplete": "username", "autocapitalize": "none", "autofocus": True}
)


def _password_field(label: str, autocomplete: str, help_text: str = "") -> forms.CharField:
    widget = forms.PasswordInput(attrs={"autocomplete": autocomplete})
    return forms.CharField(
        label=label, widget=widget, strip=False, max_length=LONGEST_PASSWORD, help_text=help_text
    )


class LoginForm(AuthenticationForm):
    """Never says which part was wrong."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # AuthenticationForm tells only the browser how long a name may be, and the log of tries has a limit.
        longest = User._meta.get_field("username").max_length
        self.fields["username"] = UsernameField(label="账号", max_length=longest, widget=USERNAME_INPUT)
        self.fields["password"] = _password_field("密码", "current-password")

    def get_invalid_login_error(self) -> ValidationError:
        assert self.request is not None  # noqa: S101 -- narrows the type; the view always gives it
        return ValidationError(wrong_password(self.request, "账号或密码"), code="invalid_login")

    def confirm_login_allowed(self, user: AbstractBaseUser) -> None:
        expires = (
            user.first_password_expires_at if isinstance(user, User) and user.must_change_password else None
        )
        if expires is not None and expires < timezone.now():
            raise ValidationError("初始密码已过期（72 小时内有效），请联系管理员重置。", code="expired")


def wrong_password(request: HttpRequest, what: str) -> str:
    return f"{what}不对，还可以试 {tries_left(request)} 次。"


class PasswordConfirmationMixin(forms.Form):
    """Adds a field ``password`` to a form unless it was given in the last ten minutes.

    The form is made with the keyword ``request``. A wrong password is an error of the field, so what was
    typed stays; the fifth one is answered by the lock-out page.
    """

    request: HttpRequest

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request
        if not sudo_confirmed(request):
            self.fields["password"] = _password_field("登录密码", "current-password")

    def clean_password(self) -> str:
        if not give_password_again(self.request, self.cleaned_data.pop("password")):
            raise ValidationError(wrong_password(self.request, "密码"), code="wrong_password")
        return ""


class PasswordConfirmationForm(PasswordConfirmationMixin):
    """Nothing but the password."""


class PasswordChangeForm(PasswordConfirmationMixin):
    """Choose a new password."""

    new_password = _password_field("新密码", "new-password", " ".join(password_validators_help_texts()))
    new_password_again = _password_field("再输一次新密码", "new-password")
    field_order = ("password", "new_password", "new_password_again")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.order_fields(self.field_order)

    def clean_new_password(self) -> str:
        password: str = self.cleaned_data["new_password"]
        user: Any = self.request.user
        validate_password(password, user)
        if user.check_password(password):
            raise ValidationError("新密码不能和现在的一样。", code="unchanged")
        return password

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        first, again = data.get("new_password"), data.get("new_password_again")
        if first and again and first != again:
            self.add_error("new_password_again", "两次输入的新密码不一样。")
        return data
