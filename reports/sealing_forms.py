"""What people type in the sealing room: shape and single fields only."""

import datetime as dt
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.forms import PasswordConfirmationMixin
from accounts.models import User
from monitoring.forms import SignForm, SubmitForm
from schools.models import School


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


class RevokeForm(PasswordConfirmationMixin):
    reason = forms.CharField(
        label="吊销原因", max_length=200, help_text="例如“手机丢失”“已调离”。以前的签章照旧有效。"
    )
    blocks = forms.BooleanField(
        label="同时停发", required=False, help_text="勾上后不再自动补发，直到您点“允许补发”。"
    )


class ReasonForm(PasswordConfirmationMixin):
    reason = forms.CharField(label="原因", max_length=200)


class PictureForm(PasswordConfirmationMixin):
    picture = forms.FileField(label="图片（JPG 或 PNG）", error_messages={"required": "还没有选图片。"})


class StrokesForm(forms.Form):
    strokes = forms.CharField(
        widget=forms.HiddenInput,
        max_length=200_000,
        error_messages={"required": "还没有写。请在框内写下姓名。"},
    )


class P12Form(KeyPasswordMixin):
    p12 = forms.FileField(label="证书文件（.p12 或 .pfx）", error_messages={"required": "还没有选证书文件。"})
    p12_password = forms.CharField(
        label="证书文件的口令",
        strip=False,
        max_length=256,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )


class CustodianForm(forms.Form):
    custodian = forms.ModelChoiceField(label="保管人", queryset=User.objects.none(), empty_label="请选择")
    waiver = forms.CharField(
        label="由校长或填报员兼任的理由",
        required=False,
        max_length=200,
        help_text="保管人一般不由签字的校长和填报员担任；人手不足的小规模学校写明理由后可以兼任。",
    )

    def __init__(self, *args: Any, school: School, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        staff = User.objects.filter(
            memberships__school=school, memberships__ended_on__isnull=True, is_active=True
        )
        self.fields["custodian"].queryset = staff.distinct()  # type: ignore[attr-defined]  # a model choice


class RegisterFilter(forms.Form):
    """Which school and month of the book; both may be left open."""

    school = forms.ModelChoiceField(
        label="学校", queryset=School.objects.none(), required=False, empty_label="全部学校"
    )
    month = forms.CharField(label="月份", required=False, max_length=7)

    def __init__(self, *args: Any, schools: QuerySet[School], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["school"].queryset = schools  # type: ignore[attr-defined]  # a model choice
        self.fields["month"].widget.attrs.update({"placeholder": "2026-11", "class": "w-s"})

    def clean_month(self) -> dt.date | None:
        text = self.cleaned_data["month"].strip()
        if not text:
            return None
        try:
            return dt.date.fromisoformat(f"{text}-01")
        except ValueError:
            raise forms.ValidationError(f"月份“{text}”读不懂。请写成 2026-11 这样。") from None
