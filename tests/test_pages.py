"""What stands on the pages of every role: no full number, no contact or circumstance for who may not, text as text."""

import re
from urllib.parse import unquote

import pytest
from django.conf import settings

from accounts.storage import folder
from tests.access_world import ROLES
from tests.planted_world import (
    ADDRESS,
    CARD_NUMBER,
    DISABILITY_BASIS,
    FORMULA,
    GUARDIAN_NUMBER,
    HOUSEHOLD,
    MARKUP,
    PHONE,
    POVERTY_BASIS,
    RESIDENT_NUMBER,
    numbers,
    whole_database,
)

pytestmark = pytest.mark.django_db

# The permission matrix, by field; the reader of a reason (r) sees the value only in the answer to the press.
PRINTING = {"clerk", "principal", "central_school", "reviewer"}
MAY_SEE = {
    PHONE: PRINTING,
    ADDRESS: {"clerk", "principal", "central_school", "class_teacher", "reviewer"},
    HOUSEHOLD: {"clerk", "principal", "central_school", "class_teacher", "reviewer"},
    DISABILITY_BASIS: {"clerk", "principal", "central_school", "reviewer", "inspector"},
    POVERTY_BASIS: {"clerk", "principal", "central_school", "reviewer"},
}
# Annex 2 prints contacts in full, as the notice wants it; on screen a phone is always masked.
PRINTED = {"reports:return-form", "reports:return-preview"}


def shown(crawl, sign):
    return {(visit.name, visit.role) for visit in crawl.visits if sign in visit.text}


def test_the_crawl_has_seen_what_it_looks_for(crawl):
    """Control: the marked values are on some page, so that their absence on the others means something."""
    for sign in MAY_SEE:
        assert shown(crawl, sign), sign
    assert {visit.name for visit in crawl.visits if "&lt;b id=xss" in visit.text} >= {
        "reports:child",
        "schools:school-list",
    }
    assert {visit.response.status_code for visit in crawl.visits} == {200, 302, 403, 404, 422}
    assert {visit.role for visit in crawl.visits} == set(ROLES)


def test_full_numbers_stand_only_in_the_answer_to_a_reasoned_press(crawl):
    stored = numbers()
    full = {visit.name for visit in crawl.visits if any(number in visit.text for number in stored)}
    assert full == {"reports:child-reveal"}
    assert {GUARDIAN_NUMBER, CARD_NUMBER} <= stored


def test_a_number_that_is_not_stored_is_given_back_only_to_who_typed_it(crawl):
    visits = [visit for visit in crawl.visits if RESIDENT_NUMBER.search(visit.text)]
    typed = {visit.name for visit in visits if RESIDENT_NUMBER.search(visit.sent)}
    assert typed == {"students:movement-arrive"}
    # The copy of the clerk's own file, with its bad cells marked.
    assert {visit.name for visit in visits} - typed == {"reports:child-reveal", "students:roster-errors"}
    assert {visit.role for visit in visits} == {"clerk"}


@pytest.mark.parametrize("sign", MAY_SEE)
def test_sensitive_fields_are_seen_by_the_roles_of_the_matrix(crawl, sign):
    assert {role for _, role in shown(crawl, sign)} == MAY_SEE[sign]


def test_phones_in_full_stand_on_the_printed_form_only(crawl):
    assert {name for name, _ in shown(crawl, PHONE)} == PRINTED


def test_the_reviewer_reads_addresses_with_a_reason_or_on_the_form(crawl):
    assert {name for name, role in shown(crawl, ADDRESS) if role == "reviewer"} == PRINTED


def test_every_look_at_contacts_and_circumstances_is_written_down(crawl):
    for visit in crawl.visits:
        if visit.method == "get" and any(
            sign in visit.text for sign in (PHONE, DISABILITY_BASIS, POVERTY_BASIS)
        ):
            assert visit.trail, (visit.name, visit.role)


def test_nothing_of_a_person_stands_in_addresses_titles_and_file_names(crawl):
    secret = (*numbers(), PHONE, ADDRESS, HOUSEHOLD)
    for visit in crawl.visits:
        said = [visit.address, *visit.response.headers.values()]
        if visit.is_page:
            said += re.findall(r'(?:href|src|action|hx-\w+)="([^"]*)"|<title>(.*?)</title>', visit.text)
        text = str(said)
        assert not any(value in text for value in secret), visit.name
        assert not RESIDENT_NUMBER.search(text), visit.name
        assert "马" not in unquote(visit.response.get("Content-Disposition", "")), visit.name


def test_nothing_of_a_person_stands_in_logs(crawl):
    assert crawl.log
    text = "\n".join(crawl.log)
    assert not any(value in text for value in (*numbers(), PHONE, ADDRESS, HOUSEHOLD, "马<"))
    assert not RESIDENT_NUMBER.search(text)


def test_trails_hold_masked_values_only(crawl):
    written = {visit.name: visit.trail for visit in crawl.visits if visit.trail}
    assert {"students:guardian-edit", "students:movement-arrive-book", "students:student-edit"} <= set(
        written
    )
    typed = set(re.findall(r"\b199\d{8}\b", "".join(visit.sent for visit in crawl.visits)))
    for name, text in written.items():
        assert not any(value in text for value in (*numbers(), PHONE, ADDRESS, HOUSEHOLD, *typed)), name
        assert not RESIDENT_NUMBER.search(text), name


def test_database_and_files_hold_no_number_in_clear(crawl):
    dump = whole_database()
    files = b"".join(path.read_bytes() for path in folder().rglob("*") if path.is_file()).decode("latin-1")
    for text in (dump, files):
        assert not any(value in text for value in (*numbers(), PHONE, ADDRESS, HOUSEHOLD))
        assert not RESIDENT_NUMBER.search(text)
    assert DISABILITY_BASIS in dump  # the dump reads what is stored
    assert files


# --- text is text ---------------------------------------------------------------------------------------------------


def test_markup_in_names_and_reasons_is_shown_as_text(crawl):
    for visit in crawl.pages:
        assert "<b id=xss" not in visit.text, visit.name
    for visit in crawl.visits:
        assert not re.search(r"xss(>|&gt;)49", visit.text), visit.name
    assert any(MARKUP in visit.text for visit in crawl.visits if visit.cells)
    assert any(
        MARKUP in re.sub(r"\s", "", visit.text).replace("<bid", "<b id")
        for visit in crawl.visits
        if visit.response["Content-Type"] == "application/pdf"
    )


def test_formulas_in_names_are_text_in_workbooks(crawl):
    cells = [cell for visit in crawl.visits for cell in visit.cells]
    assert [cell for cell in cells if cell.value == FORMULA]
    own = [cell for cell in cells if cell.data_type == "f"]
    assert {
        cell.value for cell in own if not re.fullmatch(r"=SUM\([A-Z]+\d+:[A-Z]+\d+\)", cell.value)
    } == set()


# --- headers --------------------------------------------------------------------------------------------------------


def test_every_answer_has_the_protecting_headers(crawl):
    expected = {
        "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
    }  # fmt: skip
    for visit in crawl.visits:
        headers = visit.response.headers
        where = (visit.name, visit.role, visit.response.status_code)
        assert {name: headers.get(name) for name in expected} == expected, where
        assert "no-store" in headers["Cache-Control"], where
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy, where
        assert "script-src 'self'" in policy or "script-src" not in policy, where
        assert "unsafe" not in policy or "sandbox" in policy, (
            where
        )  # a paper is shown in a box without scripts
        assert not re.search(r"https?:|[*]", policy), where


def test_downloads_are_not_shown_in_the_page(crawl):
    files = [visit for visit in crawl.visits if not visit.is_page and visit.response.status_code == 200]
    assert len({visit.name for visit in files}) > 6
    for visit in files:
        disposition = visit.response.get("Content-Disposition", "")
        assert disposition.startswith(("attachment", "inline")), visit.name


def test_pages_have_no_script_or_style_of_their_own_and_ask_no_other_site(crawl):
    for visit in crawl.pages:
        assert not re.search(r"<script(?![^>]*\bsrc=)[^>]*>\s*\S", visit.text), visit.name
        assert not re.search(r"<style|\sstyle=\"|\son\w+=\"", visit.text), visit.name
        assert not re.search(r'(?:src|href|action)="(?:https?:)?//', visit.text), visit.name


def test_cookies_are_kept_from_scripts_and_other_sites(crawl):
    for visit in crawl.visits:
        for name, cookie in visit.response.cookies.items():
            if cookie.value:
                assert cookie["samesite"] == "Lax", (visit.name, name)
                assert cookie["httponly"] or name == settings.CSRF_COOKIE_NAME, (visit.name, name)
