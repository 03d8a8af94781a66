"""Accounts and schools from a spreadsheet: template, upload, preview, confirmation, first passwords."""

import hashlib
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from django.contrib import messages
from django.core import signing
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import UserRequest, go
from accounts.models import County, User
from accounts.passwords import FIRST_PASSWORD_HOURS
from accounts.sandbox import FileProblem
from accounts.step_views import refusal_text
from accounts.tabular.export import write_table
from accounts.workflow import StalePage, StepRefused
from schools.actions.bulk import open_accounts, open_schools
from schools.actions.common import require
from schools.bulk.accounts import ACCOUNT_COLUMNS, AccountLine, account_lines, people_of
from schools.bulk.schools import SCHOOL_COLUMNS, school_lines
from schools.bulk.table import MAX_ROWS, Column, Reading, Row, read_rows
from schools.forms.bulk import ConfirmForm, UploadForm
from schools.permissions import may_edit_schools, may_staff_county
from schools.views.common import address_with, page_of

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PASSWORDS_SALT: Final = "schools.first-passwords"
# The list of first passwords can be downloaded while the page that shows it is open.
PASSWORDS_SECONDS: Final = 3600
NO_PREVIEW: Final = "这份预览已经用过，或已换成别的文件。请重新选择文件。"


@dataclass(frozen=True)
class Bulk:
    """What differs between the two kinds of file."""

    name: str
    columns: tuple[Column, ...]
    lines: Callable[[list[Row], County], list[Any]]
    permits: Callable[[User], bool]
    whose: str
    max_rows: int

    @property
    def key(self) -> str:
        return f"bulk_{self.name}"

    @property
    def check_url(self) -> str:
        return f"schools:{self.name}-import-check"

    @property
    def upload_url(self) -> str:
        return f"schools:{self.name}-import"


SCHOOLS: Final = Bulk(
    "school", SCHOOL_COLUMNS, school_lines, may_edit_schools, "批量建学校由基教股或管理员办。", MAX_ROWS
)
# Each account costs a slow hash on purpose; three hundred are some ten seconds.
ACCOUNTS: Final = Bulk(
    "account", ACCOUNT_COLUMNS, account_lines, may_staff_county, "批量建账号由基教股或管理员办。", 300
)


@require_http_methods(["GET", "HEAD", "POST"])
def school_import(request: UserRequest) -> HttpResponse:
    return _upload(request, SCHOOLS, "schools/school_import.html")


@require_http_methods(["GET", "HEAD", "POST"])
def account_import(request: UserRequest) -> HttpResponse:
    return _upload(request, ACCOUNTS, "schools/account_import.html")


@require_safe
def school_import_template(request: UserRequest) -> HttpResponse:
    return _template(SCHOOLS, "学校", "baoxue-schools.xlsx", request)


@require_safe
def account_import_template(request: UserRequest) -> HttpResponse:
    return _template(ACCOUNTS, "账号", "baoxue-accounts.xlsx", request)


@require_safe
def school_import_check(request: UserRequest) -> HttpResponse:
    return _check(request, SCHOOLS, "schools/school_import_check.html")


@require_safe
def account_import_check(request: UserRequest) -> HttpResponse:
    return _check(request, ACCOUNTS, "schools/account_import_check.html")


@require_POST
def school_import_confirm(request: UserRequest) -> HttpResponse:
    require(SCHOOLS.permits(request.user), SCHOOLS.whose)
    try:
        lines = _confirmed_lines(request, SCHOOLS)
        opened = open_schools(request.user.county, lines, actor=request.user)
    except StepRefused as refused:
        messages.error(request, refusal_text(refused))
        return go(request, SCHOOLS.check_url if SCHOOLS.key in request.session else SCHOOLS.upload_url)
    del request.session[SCHOOLS.key]
    messages.success(request, f"已建立 {len(opened)} 所学校。")
    return go(request, "schools:school-list")


@require_POST
def account_import_confirm(request: UserRequest) -> HttpResponse:
    """The answer shows the first passwords: once, for they are stored nowhere."""
    require(ACCOUNTS.permits(request.user), ACCOUNTS.whose)
    try:
        lines = _confirmed_lines(request, ACCOUNTS)
        opened = open_accounts(request.user.county, lines, actor=request.user)
    except StepRefused as refused:
        messages.error(request, refusal_text(refused))
        return go(request, ACCOUNTS.check_url if ACCOUNTS.key in request.session else ACCOUNTS.upload_url)
    del request.session[ACCOUNTS.key]
    posts = {person.username: [post.label for post in person.posts] for person in people_of(lines)}
    rows = [
        [account.user.name, account.user.username, account.password, "、".join(posts[account.user.username])]
        for account in opened
    ]
    signed = signing.dumps([request.user.pk, rows], salt=PASSWORDS_SALT, compress=True)
    context = {"rows": rows, "signed": signed, "hours": FIRST_PASSWORD_HOURS}
    return render(request, "schools/account_import_done.html", context)


@require_POST
def first_passwords(request: UserRequest) -> HttpResponse:
    """The list on the page as a workbook; what comes back is what this page was given, for an hour."""
    require(ACCOUNTS.permits(request.user), ACCOUNTS.whose)
    try:
        owner, rows = signing.loads(
            request.POST.get("signed", ""), salt=PASSWORDS_SALT, max_age=PASSWORDS_SECONDS
        )
    except signing.BadSignature:
        owner, rows = None, []
    if owner != request.user.pk:
        messages.error(request, "下载的时间已过，初始密码没有保存在系统里。需要时请逐个重置密码。")
        return go(request, "schools:account-list")
    content = write_table("初始密码", ["姓名", "账号", "初始密码", "岗位"], rows)
    return _download(content, "baoxue-first-passwords.xlsx")


def _upload(request: UserRequest, bulk: Bulk, template: str) -> HttpResponse:
    require(bulk.permits(request.user), bulk.whose)
    form = UploadForm(request.POST, request.FILES) if request.method == "POST" else UploadForm()
    if form.is_valid():
        file = form.cleaned_data["file"]
        try:
            reading = read_rows(file.read(), file.name, bulk.columns, max_rows=bulk.max_rows)
        except FileProblem as problem:
            form.add_error("file", problem.message)
        else:
            token = secrets.token_urlsafe(9)
            request.session[bulk.key] = {"token": token, "reading": reading.as_data()}
            return go(request, bulk.check_url)
    return render(request, template, {"form": form, "columns": bulk.columns, "max_rows": bulk.max_rows})


def _check(request: UserRequest, bulk: Bulk, template: str) -> HttpResponse:
    """What would be made, and every cell that stops a row; nothing is written."""
    require(bulk.permits(request.user), bulk.whose)
    stored = request.session.get(bulk.key)
    if stored is None:
        messages.warning(request, NO_PREVIEW)
        return go(request, bulk.upload_url)
    reading = Reading.from_data(stored["reading"])
    lines = bulk.lines(reading.rows, request.user.county)
    good = [line for line in lines if not line.problems]
    problems = [problem for line in lines for problem in line.problems]
    shows_bad = bool(problems) and request.GET.get("show") != "good"
    segs = [
        {
            "label": label,
            "count": count,
            "url": address_with(request.GET, show=show),
            "current": shows_bad == (show == ""),
            "urgent": show == "" and bool(problems),
        }
        for label, show, count in (
            ("有错的行", "", len(lines) - len(good)),
            ("可以导入", "good", len(good)),
        )
    ]
    context = {
        "reading": reading,
        "segs": segs,
        "shows_bad": shows_bad,
        "page_obj": page_of(request, problems if shows_bad else good),
        "good_count": len(good),
        "bad_count": len(lines) - len(good),
        "token": stored["token"],
        "seen": _digest(lines),
    }
    if bulk is ACCOUNTS:
        context["people_count"] = len(people_of(good))
    return render(request, template, context)


def _confirmed_lines(request: UserRequest, bulk: Bulk) -> list[Any]:
    """The good rows, if they still are those that the preview showed and the bad ones were knowingly left out."""
    stored = request.session.get(bulk.key)
    form = ConfirmForm(request.POST)
    if stored is None or not form.is_valid() or form.cleaned_data["token"] != stored["token"]:
        raise StalePage(NO_PREVIEW)
    lines = bulk.lines(Reading.from_data(stored["reading"]).rows, request.user.county)
    if _digest(lines) != form.cleaned_data["seen"]:
        raise StalePage("预览之后，系统里的学校或账号又变了，什么都没有写入。请看最新的核对结果再决定。")
    good = [line for line in lines if not line.problems]
    if len(good) < len(lines) and not form.cleaned_data["partial"]:
        raise StepRefused("还有有错的行。请改好文件重新上传，或选择只导入没有错的行。")
    if not good:
        raise StepRefused("没有可以导入的行。")
    if bulk is ACCOUNTS:
        _refuse_torn_people(lines)
    return good


def _refuse_torn_people(lines: list[AccountLine]) -> None:
    """A person in several rows is made with all posts or not at all."""
    bad = {line.username for line in lines if line.problems}
    torn = sorted({line.name for line in lines if not line.problems and line.username in bad})
    if torn:
        raise StepRefused("有人占几行，其中一行有错。请先改好这几行再导入。", torn)


def _digest(lines: list[Any]) -> str:
    """Which rows are good and what is said of the others."""
    said = [[problem.cell, problem.message] for line in lines for problem in line.problems]
    return hashlib.sha256(json.dumps([len(lines), said]).encode()).hexdigest()[:16]


def _template(bulk: Bulk, title: str, filename: str, request: UserRequest) -> HttpResponse:
    require(bulk.permits(request.user), bulk.whose)
    return _download(write_table(title, [column.title for column in bulk.columns], []), filename)


def _download(content: bytes, filename: str) -> HttpResponse:
    response = HttpResponse(content, content_type=XLSX)
    response["Content-Disposition"] = f'attachment; filename="{filename}"'
    return response
