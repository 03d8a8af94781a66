"""The offline sheet: download the month's, send it in filled, look at the preview, confirm."""

import base64
import datetime as dt
import json
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.audit import log_access
from accounts.encryption import DecryptionError, decrypt, encrypt
from accounts.http import UserRequest, go
from accounts.sandbox import FileProblem
from accounts.step_views import refusal_text
from accounts.tabular import read_tables
from accounts.tabular.reader import MAX_FILE_BYTES
from accounts.wording import cn_month
from accounts.workflow import StalePage, StepRefused
from reports.actions.offline import KNOWN, NEW, REFUSED, Outcome, book_sheet, rehearse
from reports.forms import OfflineUploadForm
from reports.offline_entries import Reader
from reports.offline_entry import Entry, unpacked
from reports.offline_rows import lines_of, stamp_of
from reports.offline_sheet import build_sheet
from reports.offline_words import Stamp
from reports.views.downloads import download
from schools.calendar import parse_month
from schools.models import ReportingMonth, School
from schools.queries import current_month, months_with_returns
from students.actions.movements import RECORDS_HERE
from students.actions.periods import takes_facts
from students.permissions import may_record, require
from students.queries import recording_schools
from students.roster_import.problems import Problem

PREVIEW_SECONDS = 60 * 60
OFFERED_MONTHS = 3
DOWNLOADED, LOOKED_UP = "离线表下载", "离线表核对证件号码"


@require_safe
def offline_download(request: UserRequest, school_pk: int, month: dt.date) -> HttpResponse:
    """The month's pre-filled sheet; no ID number stands in it."""
    require(recording_schools(request.user).exists(), RECORDS_HERE)
    school = get_object_or_404(recording_schools(request.user), pk=school_pk)
    reporting = get_object_or_404(months_with_returns(school.county_id), month=month)
    if not takes_facts(school, reporting):
        raise StepRefused(f"{cn_month(month)}已经送签或不用填报，不能再登记异动，没有离线表可下载。")
    content = build_sheet(school, reporting, today=timezone.localdate())
    log_access(request.user, DOWNLOADED, count=school.enrolments.filter(left_on__isnull=True).count())
    return download(content, f"离线表 {school} {cn_month(month)}.xlsx")


@require_http_methods(["GET", "HEAD", "POST"])
def offline_upload(request: UserRequest) -> HttpResponse:
    """Choose a filled file; what it would do is shown before anything is booked."""
    schools = list(recording_schools(request.user))
    require(bool(schools), RECORDS_HERE)
    posted = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    form = OfflineUploadForm(*posted)
    if form.is_valid():
        file = form.cleaned_data["file"]
        try:
            return _preview(request, schools, file.read(MAX_FILE_BYTES + 1), file.name or "")
        except FileProblem as problem:
            form.add_error("file", problem.message)
        except StepRefused as refused:
            form.add_error("file", refusal_text(refused))
    context = {"form": form, "offers": _offers(schools), "several": len(schools) > 1}
    return render(request, "reports/offline_upload.html", context)


@sensitive_post_parameters()
@require_POST
def offline_confirm(request: UserRequest) -> HttpResponse:
    """Book exactly what the preview showed."""
    schools = list(recording_schools(request.user))
    require(bool(schools), RECORDS_HERE)
    try:
        school, month, entries, digest = _opened(request, schools)
        outcome = book_sheet(school, month, entries, actor=request.user, seen_digest=digest)
    except StepRefused as refused:
        messages.error(request, refusal_text(refused))
        return go(request, "reports:offline-upload")
    if booked := len(outcome.of(NEW)):
        messages.success(request, f"已登记 {booked} 行。待补的证明请逐笔上传。")
        return go(request, "students:movement-list")
    messages.success(request, "这份离线表已经登记过，没有重复登记。")
    return go(request, "students:movement-list")


def _preview(request: UserRequest, schools: list[School], content: bytes, filename: str) -> HttpResponse:
    book = read_tables(content, filename)
    stamp = stamp_of(book)
    school, month = _place(stamp, schools)
    entries, problems = Reader(school, stamp).read(lines_of(book))
    numbers = sum(bool(entry.person.get("id_number")) for entry in entries)
    if numbers:
        log_access(request.user, LOOKED_UP, count=numbers)
    outcome = rehearse(school, month, entries, actor=request.user)
    rows = len(entries) + len({problem.row for problem in problems})
    is_ready = not problems and not outcome.of(REFUSED) and bool(outcome.of(NEW))
    context = {
        "school": school,
        "month": month,
        "filename": filename,
        "rows": rows,
        "problems": _shown(problems),
        "outcome": outcome,
        "new": outcome.of(NEW),
        "known": outcome.of(KNOWN),
        "refused": outcome.of(REFUSED),
        "wrong_rows": len({problem.row for problem in problems}) + len(outcome.of(REFUSED)),
        "sealed": _sealed(request, school, month, entries, outcome) if is_ready else "",
    }
    return render(request, "reports/offline_preview.html", context)


def _place(stamp: Stamp, schools: list[School]) -> tuple[School, ReportingMonth]:
    """School and month of the file, if it is one of this person's schools and the month still takes facts."""
    school = next((school for school in schools if school.pk == stamp.school_id), None)
    if school is None:
        raise StepRefused("这份离线表是别的学校的，不能由您上传。请下载本校的离线表再填。")
    months = months_with_returns(school.county_id)
    month = months.filter(month=parse_month(stamp.month)).first()
    if month is None or not takes_facts(school, month):
        now = next(iter(_open_months(school)), None)
        instead = f"请下载 {cn_month(now.month)}的离线表，把还没登记的行抄过去。" if now else ""
        raise StepRefused(f"这份离线表是 {cn_month(stamp.month)}的，那个月已经送签，不能再登记。{instead}")
    return school, month


def _open_months(school: School) -> list[ReportingMonth]:
    """Months that take facts, up to the one in which today's facts count; the one to be filed now first."""
    months = list(months_with_returns(school.county_id))
    today = timezone.localdate()
    last = next((number for number, month in enumerate(months) if month.cut_off >= today), len(months) - 1)
    current = current_month(school.county_id)
    near = [month for month in months[: last + 1] if takes_facts(school, month)][-OFFERED_MONTHS:]
    return sorted(near, key=lambda month: (month != current, month.month))


def _offers(schools: list[School]) -> list[dict[str, Any]]:
    return [{"school": school, "months": _open_months(school)} for school in schools]


def _shown(problems: list[Problem]) -> list[Problem]:
    return sorted(problems, key=lambda problem: (problem.row, len(problem.cell), problem.cell))


def _context(request: UserRequest) -> str:
    return f"offline-preview:{request.user.pk}"


def _sealed(
    request: UserRequest, school: School, month: ReportingMonth, entries: list[Entry], outcome: Outcome
) -> str:
    """The preview as a hidden field: encrypted, because numbers of new children are in it, and bound to the person."""
    said = {
        "at": timezone.now().timestamp(),
        "school": school.pk,
        "month": f"{month.month:%Y-%m}",
        "digest": outcome.digest,
        "entries": [entry.packed() for entry in entries],
    }
    return base64.b64encode(encrypt(json.dumps(said).encode(), _context(request))).decode()


def _opened(request: UserRequest, schools: list[School]) -> tuple[School, ReportingMonth, list[Entry], str]:
    try:
        sealed = base64.b64decode(request.POST.get("sealed", ""), validate=True)
        said = json.loads(decrypt(sealed, _context(request)))
    except (DecryptionError, ValueError) as error:
        raise StalePage("这一页的预览已经不能用了，没有登记。请重新上传离线表。") from error
    if timezone.now().timestamp() - said["at"] > PREVIEW_SECONDS:
        raise StalePage("预览已超过一小时，没有登记。请重新上传离线表，看过新的预览再确认。")
    school = next((school for school in schools if school.pk == said["school"]), None)
    if school is None or not may_record(request.user, school):
        raise StalePage("您已不是这所学校的填报员，没有登记。")
    month = get_object_or_404(months_with_returns(school.county_id), month=parse_month(said["month"]))
    try:
        entries = unpacked(said["entries"], school.county_id)
    except KeyError as error:
        raise StalePage("预览以后班级或学校有变动，没有登记。请重新上传离线表。") from error
    return school, month, entries, said["digest"]
