"""Accounts and posts."""

from collections.abc import Iterable
from typing import Any

from django import forms

from accounts.models import User
from schools.checks import Post
from schools.forms.common import NameField, PlainForm, SchoolChoiceField, TextField
from schools.models import (
    CLASS_ROLES,
    COUNTY_ROLES,
    SCHOOL_ROLES,
    TOWNSHIP_ROLES,
    Klass,
    Role,
    School,
    Township,
)
from schools.permissions import STAFF_ROLES, may_staff_county
from schools.queries import klass_called, schools_in_charge

ROLE_GROUPS = (
    ("学校的岗位", SCHOOL_ROLES),
    ("班级的岗位", CLASS_ROLES),
    ("乡镇的岗位", TOWNSHIP_ROLES),
    ("县里的岗位", COUNTY_ROLES),
)


def role_choices(actor: User) -> list[Any]:
    """The roles that *actor* may give, under the kind of place they belong to."""
    allowed = set(Role.values) if may_staff_county(actor) else set(STAFF_ROLES)
    groups = [
        (head, [(role.value, role.label) for role in Role if role in roles and role in allowed])
        for head, roles in ROLE_GROUPS
    ]
    return [("", "请选择"), *((head, choices) for head, choices in groups if choices)]


class PostForm(PlainForm):
    """A role and its place; which of the places counts is said by the role."""

    role = forms.ChoiceField(label="岗位", widget=forms.Select(attrs={"class": "w-m"}))
    school = SchoolChoiceField(
        label="学校",
        queryset=School.objects.none(),
        empty_label="不属于某一所学校",
        required=False,
        help_text="填报员、校长、送教教师、班主任要选。",
    )
    klass = TextField(
        label="班级",
        max_length=20,
        required=False,
        help_text="只有班主任要填，如 三（2）班、复式（1）班。",
        widget=forms.TextInput(attrs={"class": "w-m"}),
    )
    township = forms.ModelChoiceField(
        label="乡镇",
        queryset=Township.objects.none(),
        empty_label="不属于某一个乡镇",
        required=False,
        help_text="中心校、乡镇干部要选。",
        widget=forms.Select(attrs={"class": "w-m"}),
    )

    def __init__(self, *args: Any, actor: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.actor = actor
        role: Any = self.fields["role"]
        role.choices = role_choices(actor)
        school: Any = self.fields["school"]
        school.queryset = schools_in_charge(actor)
        township: Any = self.fields["township"]
        township.queryset = Township.objects.filter(county_id=actor.county_id)
        if not may_staff_county(actor):
            del self.fields["township"]
            self.fields["school"].required = True
            school.empty_label = None if school.queryset.count() == 1 else "请选择"

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if data.get("role") in CLASS_ROLES and data.get("school") is not None:
            self._find_klass(data)
        return data

    def post(self) -> Post:
        """The post as filled in; places that the role does not have are left out."""
        data, role = self.cleaned_data, self.cleaned_data["role"]
        if role in TOWNSHIP_ROLES:
            return Post(role, township=data.get("township"))
        if role in COUNTY_ROLES:
            return Post(role)
        return Post(role, school=data["school"], klass=data.get("found_klass"))

    def _find_klass(self, data: dict[str, Any]) -> None:
        school, text = data["school"], data.get("klass", "")
        if not text:
            self.add_error("klass", "班主任要写明哪个班，如 三（2）班。")
            return
        found = klass_called(
            text, open_klasses := list(Klass.objects.filter(school=school, closed_on__isnull=True))
        )
        if found is None:
            self.add_error("klass", no_such_klass(school, text, open_klasses))
        data["found_klass"] = found


def no_such_klass(school: School, text: str, klasses: Iterable[Klass]) -> str:
    names = "、".join(str(klass) for klass in klasses)
    rest = f"现有：{names}。" if names else "请先在学校页建班。"
    return f"{school} 没有“{text}”。{rest}"


class AccountForm(PostForm):
    """A new account with its first post."""

    name = NameField(
        label="姓名", max_length=60, widget=forms.TextInput(attrs={"autocomplete": "off", "class": "w-m"})
    )
    username = TextField(
        label="账号",
        max_length=30,
        help_text="登录用，发下去就不再改。小写字母、数字、点、横线、下划线，如 bp_tianbao；不要用手机号。",
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "class": "w-m"}),
    )
    field_order = ("name", "username", "role", "school", "klass", "township")

    def clean_username(self) -> str:
        username: str = self.cleaned_data["username"].lower()
        return username


class RenameForm(PlainForm):
    name = NameField(
        label="姓名", max_length=60, widget=forms.TextInput(attrs={"autocomplete": "off", "class": "w-m"})
    )
    seen_stamp = forms.CharField(widget=forms.HiddenInput)


class AccountCloseForm(PlainForm):
    reason = TextField(label="原因", max_length=200, help_text="如 调离、退休、账号不用了。")
    seen_stamp = forms.CharField(widget=forms.HiddenInput)


class StampForm(PlainForm):
    """A press on an account that the page has shown."""

    seen_stamp = forms.CharField(widget=forms.HiddenInput)


class AccountFilterForm(PlainForm):
    """Above the list of accounts."""

    role = forms.ChoiceField(label="岗位", required=False)
    school = SchoolChoiceField(
        label="学校", queryset=School.objects.none(), empty_label="全部学校", required=False
    )
    q = TextField(
        label="姓名或账号",
        max_length=60,
        required=False,
        widget=forms.TextInput(attrs={"placeholder": "姓名或账号", "type": "search"}),
    )

    def __init__(self, *args: Any, actor: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        role: Any = self.fields["role"]
        role.choices = [("", "全部岗位"), *Role.choices]
        school: Any = self.fields["school"]
        school.queryset = schools_in_charge(actor)
        if school.queryset.count() < 2:
            del self.fields["school"]
