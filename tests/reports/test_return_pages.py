"""Submitting, signing, reviewing and correcting through the pages: what is shown, pressed and refused."""

import datetime as dt

import pytest
import time_machine
from django.conf import settings
from django.test import Client
from django.urls import reverse

from accounts.models import AccessLogEntry, AuditEntry
from accounts.sessions import PASSWORD_GIVEN
from monitoring.actions.common import find_return
from monitoring.actions.reviewing import Mark, send_back_as_principal
from monitoring.models import CellMark, Edition, FrozenReturn, MonthlyReturn, ReturnState, StagedChange
from schools.models import Role
from students.actions.movements import Fact, record_departure
from students.models import MovementKind
from tests.cast import PASSWORD, fill, make_school, make_user
from tests.monitoring.filing import OCTOBER, SEPTEMBER, accept, month_of, sign, submit

IN_OCTOBER = "2025-10-09 09:00+08:00"


@pytest.fixture
def children(school):
    return fill(school)


@pytest.fixture
def october(school, children, clerk, principal, reviewer):
    with time_machine.travel("2025-09-02 09:00+08:00"):
        accept(school, month_of(school.county, SEPTEMBER), clerk, principal, reviewer)
    with time_machine.travel(IN_OCTOBER):
        yield month_of(school.county, OCTOBER)


def browser(user, *, password_given=True):
    """Signed in; the password was given just now, or long ago."""
    client = Client()
    client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[-1])
    if password_given:
        session = client.session
        session[PASSWORD_GIVEN] = dt.datetime.now(dt.UTC).timestamp()
        session.save()
    return client


def url(name, school, *more, month=OCTOBER):
    return reverse(name, args=[school.pk, month, *more])


def text_of(response):
    return response.content.decode()


def leave(child, clerk):
    return record_departure(
        child,
        MovementKind.TRANSFER_OUT,
        fact=Fact(dt.date(2025, 9, 20), "moved", counterpart_text="长治市"),
        actor=clerk,
    )


def token_of(client, school):
    return client.get(url("reports:return-submit", school)).context["form"].initial["token"]


# --- submitting --------------------------------------------------------------------------------------------------


def test_a_zero_report_is_one_page_and_one_press(school, october, clerk):
    client = browser(clerk)
    page = client.get(url("reports:return-submit", school))

    assert "本月没有转入、转出、未在校和其他变动，9 个年级人数与上月相同，共 <b>18</b> 人。" in text_of(page)
    assert "确认无变动，送校长签字" in text_of(page)
    assert "登录密码" not in text_of(page)
    assert not MonthlyReturn.objects.filter(school=school, period__month=october).exists()

    done = client.post(
        url("reports:return-submit", school), {"token": page.context["form"].initial["token"]}, follow=True
    )

    assert "2025年10月月报已送校长签字。" in text_of(done)
    assert find_return(school, october).state == ReturnState.SUBMITTED


def test_the_password_is_asked_when_it_was_given_long_ago(school, october, clerk):
    client = browser(clerk, password_given=False)
    token = token_of(client, school)

    without = client.post(url("reports:return-submit", school), {"token": token})
    wrong = client.post(url("reports:return-submit", school), {"token": token, "password": "not this one"})

    assert "登录密码" in text_of(without) and "密码不对" in text_of(wrong)
    assert find_return(school, october) is None
    client.post(url("reports:return-submit", school), {"token": token, "password": PASSWORD})
    assert find_return(school, october).state == ReturnState.SUBMITTED


def test_a_page_opened_before_the_facts_changed_is_refused_with_409(school, october, children, clerk):
    client = browser(clerk)
    token = token_of(client, school)
    leave(children[3][0], clerk)

    response = client.post(url("reports:return-submit", school), {"token": token})

    assert response.status_code == 409
    assert "本月异动有变化，没有送签" in text_of(response) and "看最新" in text_of(response)
    assert not FrozenReturn.objects.filter(edition__monthly_return__period__month=october).exists()


@pytest.mark.parametrize("token", ["", "x", "1.2", "0.0.deadbeef", "９.9.9"])
def test_a_forged_token_is_refused(school, october, clerk, token):
    response = browser(clerk).post(url("reports:return-submit", school), {"token": token})

    assert response.status_code in (200, 409)
    assert find_return(school, october) is None


def test_a_double_press_submits_once(school, october, clerk):
    client = browser(clerk)
    token = token_of(client, school)
    client.post(url("reports:return-submit", school), {"token": token})

    again = client.post(url("reports:return-submit", school), {"token": token}, follow=True)

    assert again.status_code == 409 and "状态已经变了" in text_of(again)
    assert "现在不能办这一步" in text_of(client.get(url("reports:return-submit", school), follow=True))
    assert FrozenReturn.objects.filter(edition__monthly_return__period__month=october).count() == 1


def test_what_must_be_done_first_is_listed_with_links(school, october, children, clerk, principal):
    submitted = submit(school, october, clerk)
    send_back_as_principal(
        submitted,
        actor=principal,
        seen_revision=submitted.revision,
        reason="漏报",
        marks=[Mark(3, "transfer_out", "孙一已经走了")],
    )
    client = browser(clerk)
    page = client.get(url("reports:return-submit", school))

    assert "有 1 项必须先处理" in text_of(page)
    assert 'type="submit" data-busy' not in text_of(page)
    pressed = client.post(
        url("reports:return-submit", school), {"token": page.context["form"].initial["token"]}
    )
    assert pressed.status_code == 409 and "孙一已经走了" in text_of(pressed)


def test_only_the_clerk_of_the_school_submits(school, october, other_clerk, principal, reviewer, leader):
    for person, status in ((other_clerk, 404), (principal, 403), (reviewer, 403), (leader, 404)):
        client = browser(person)
        assert client.get(url("reports:return-submit", school)).status_code == status
        assert client.post(url("reports:return-submit", school), {"token": "x"}).status_code == status
    assert find_return(school, october) is None


# --- signing -----------------------------------------------------------------------------------------------------


def test_the_signing_page_is_the_form_with_changes_and_names(school, october, children, clerk, principal):
    leave(children[3][0], clerk)
    submitted = submit(school, october, clerk)
    send_back_as_principal(
        submitted,
        actor=principal,
        seen_revision=submitted.revision,
        reason="漏报",
        marks=[Mark(3, "transfer_out", "孙二也走了")],
    )
    leave(children[3][1], clerk)
    leave(children[6][0], clerk)
    CellMark.objects.update(answer="changed", answered_by=clerk, answered_at=dt.datetime.now(dt.UTC))
    submit(school, october, clerk)

    page = browser(principal).get(url("reports:return-sign", school))

    shown = page.context["difference"]
    assert [change.place for change in shown.marked] == ["三年级 · 转出"]
    assert [row.student_name for row in shown.marked[0].added] == ["孙二"]
    assert "六年级 · 转出" in [change.place for change in shown.unmarked]
    assert "未标注的改动" in text_of(page)
    assert "本人已核对上表 9 个年级、合计 <b>15</b> 人、变动 3 人，内容属实。" in text_of(page)
    assert '<span class="was">原 <del>1</del></span>' in text_of(page)


def test_signing_records_who_when_and_the_hash(school, october, clerk, principal):
    submitted = submit(school, october, clerk)
    client = browser(principal)

    done = client.post(url("reports:return-sign", school), {"seen_revision": submitted.revision}, follow=True)

    signed = find_return(school, october)
    entry = AuditEntry.objects.get(verb="return.sign", target_id=str(signed.pk))
    assert "已签字，2025年10月月报已报县局。" in text_of(done)
    assert (signed.state, signed.signed_by) == (ReturnState.SIGNED, principal)
    assert entry.changes["hash"] == [None, Edition.objects.get(monthly_return=signed).frozen.hash]
    again = client.post(url("reports:return-sign", school), {"seen_revision": submitted.revision})
    assert again.status_code == 409
    assert AuditEntry.objects.filter(verb="return.sign", target_id=str(signed.pk)).count() == 1


def test_signing_asks_for_the_password(school, october, clerk, principal):
    submitted = submit(school, october, clerk)
    client = browser(principal, password_given=False)

    refused = client.post(url("reports:return-sign", school), {"seen_revision": submitted.revision})

    assert "登录密码" in text_of(refused)
    assert find_return(school, october).state == ReturnState.SUBMITTED
    client.post(
        url("reports:return-sign", school), {"seen_revision": submitted.revision, "password": PASSWORD}
    )
    assert find_return(school, october).state == ReturnState.SIGNED


def test_what_was_pulled_back_meanwhile_is_not_signed(school, october, clerk, principal):
    submitted = submit(school, october, clerk)
    browser(clerk).post(url("monitoring:return-pull-back", school), {"seen_revision": submitted.revision})

    response = browser(principal).post(
        url("reports:return-sign", school), {"seen_revision": submitted.revision}
    )

    assert response.status_code == 409 and "状态已经变了" in text_of(response)
    assert find_return(school, october).state == ReturnState.DRAFT


def test_a_draft_is_never_shown_as_a_page_to_sign(school, october, principal, reviewer):
    find = url("reports:return-sign", school)
    assert browser(principal).get(find).status_code == 404  # nobody has begun it
    edit = browser(make_user(school.county, Role.CLERK, school))
    edit.post(url("monitoring:return-remark", school, 5), {"text": "无变动", "seen": ""})

    assert "现在不能办这一步" in text_of(browser(principal).get(find, follow=True))
    assert browser(principal).post(find, {}).status_code == 409
    assert browser(reviewer).get(url("monitoring:return-review", school)).status_code == 302
    assert browser(reviewer).post(url("monitoring:return-send-back-bureau", school), {}).status_code == 409


def test_nobody_else_signs(school, october, clerk, other_principal, reviewer, central_school):
    submitted = submit(school, october, clerk)
    for person, status in ((clerk, 403), (other_principal, 404), (reviewer, 403), (central_school, 403)):
        client = browser(person)
        assert client.get(url("reports:return-sign", school)).status_code == status
        posted = client.post(url("reports:return-sign", school), {"seen_revision": submitted.revision})
        assert posted.status_code == status
    assert find_return(school, october).state == ReturnState.SUBMITTED


def test_whoever_fills_in_and_is_principal_too_is_told_why_not(school, october):
    both = make_user(school.county, Role.CLERK, school)
    both.memberships.create(
        role=Role.PRINCIPAL, school=school, county=school.county, started_on=dt.date(2020, 1, 1)
    )
    submit(school, october, both)

    response = browser(both).get(url("reports:return-sign", school))

    assert response.status_code == 403 and "您自己送签的" in text_of(response)


# --- sending back ------------------------------------------------------------------------------------------------


def marks_data(*marks, reason="请核对", revision=1):
    data = {"reason": reason, "seen_revision": revision, "mark-TOTAL_FORMS": 5, "mark-INITIAL_FORMS": 0}
    for place, (grade, column, text) in enumerate(marks):
        data |= {f"mark-{place}-grade": grade, f"mark-{place}-column": column, f"mark-{place}-text": text}
    return data


def test_the_principal_sends_back_with_marked_cells(school, october, clerk, principal):
    submitted = submit(school, october, clerk)
    data = marks_data(
        (3, "transfer_out", "漏了孙一"), (0, "closing", "合计不对"), revision=submitted.revision
    )

    done = browser(principal).post(url("monitoring:return-send-back-principal", school), data, follow=True)

    assert "已退回给 郭晓燕，批注 2 处。" in text_of(done)
    assert list(CellMark.objects.values_list("grade", "column", "text")) == [
        (3, "transfer_out", "漏了孙一"),
        (0, "closing", "合计不对"),
    ]
    clerk_page = text_of(browser(clerk).get(url("monitoring:return-detail", school)))
    assert "已退回（校长）" in clerk_page and "请按 2 处批注修改" in clerk_page
    assert 'class="pin" href="#mark-1"' in clerk_page


@pytest.mark.parametrize(
    ("marks", "reason", "message"),
    [
        ([], "", "退回原因是空的"),
        ([("", "", "哪一格")], "请核对", "批注“哪一格”没有选是哪一格"),
        ([(3, "transfer_out", "")], "请核对", "批注是空的"),
        ([(3, "nonsense", "x")], "请核对", "选择"),
        ([(12, "absent", "x")], "请核对", "选择"),
    ],
)
def test_an_unfinished_send_back_keeps_what_was_typed(
    school, october, clerk, principal, marks, reason, message
):
    submitted = submit(school, october, clerk)

    response = browser(principal).post(
        url("monitoring:return-send-back-principal", school),
        marks_data(*marks, reason=reason, revision=submitted.revision),
    )

    assert response.status_code == 200 and message in text_of(response)
    assert find_return(school, october).state == ReturnState.SUBMITTED
    assert all(text in text_of(response) for _, _, text in marks)


def test_a_stale_send_back_gives_the_typed_reason_back(school, october, clerk, principal):
    submitted = submit(school, october, clerk)
    seen = submitted.revision
    browser(principal).post(url("reports:return-sign", school), {"seen_revision": seen})

    response = browser(principal).post(
        url("monitoring:return-send-back-principal", school), marks_data(reason="三年级漏报", revision=seen)
    )

    assert response.status_code == 409 and "三年级漏报" in text_of(response)


def test_the_bureau_sends_back_and_the_signed_edition_stays_readable(
    school, october, clerk, principal, reviewer
):
    signed = sign(school, october, clerk, principal)
    client = browser(reviewer)

    client.post(
        url("monitoring:return-send-back-bureau", school),
        marks_data((3, "transfer_out", "核对"), revision=signed.revision),
    )

    page = text_of(client.get(url("monitoring:return-detail", school)))
    old = text_of(client.get(url("monitoring:edition-detail", school, 1)))
    assert "已退回" in page and "今天退回" in page
    assert "本版签章已失效" in old and "等校长签第2版" in old
    assert client.get(url("monitoring:edition-detail", school, 2)).status_code == 404


# --- answering, pulling back ---------------------------------------------------------------------------------------


def test_the_clerk_answers_a_mark_on_its_page(school, october, clerk, principal, other_clerk):
    submitted = submit(school, october, clerk)
    send_back_as_principal(
        submitted,
        actor=principal,
        seen_revision=submitted.revision,
        reason="漏报",
        marks=[Mark(3, "transfer_out", "孙一已经走了")],
    )
    mark = CellMark.objects.get()
    address = url("monitoring:mark-answer", school, mark.pk)
    client = browser(clerk)

    unchanged = client.post(address, {"answer": "changed", "text": ""})
    empty = client.post(address, {"answer": "right", "text": ""})
    nonsense = client.post(address, {"answer": "maybe", "text": ""})

    assert "都还没有变" in text_of(unchanged) and "写一句" in text_of(empty)
    assert nonsense.status_code == 200
    assert browser(principal).post(address, {"answer": "right", "text": "x"}).status_code == 403
    assert browser(other_clerk).post(address, {"answer": "right", "text": "x"}).status_code == 404
    done = client.post(address, {"answer": "right", "text": "与点名册核对过"}, follow=True)
    assert "与点名册核对过" in text_of(done)


def test_remarks_are_edited_in_place_and_conflicts_are_shown(school, october, clerk):
    address = url("monitoring:return-remark", school, 5)
    client = browser(clerk)
    part = client.get(address, headers={"HX-Request": "true"})
    assert "<html" not in text_of(part) and "恢复自动备注" in text_of(part)

    client.post(address, {"text": "病假至20日", "seen": ""})
    stale = client.post(address, {"text": "病假至16日", "seen": ""})

    assert stale.status_code == 409
    assert "病假至16日" in text_of(stale) and "病假至20日" in text_of(stale)
    client.post(address, {"text": "病假至16日", "seen": "病假至20日"})
    assert "病假至16日" in text_of(client.get(url("monitoring:return-detail", school)))
    client.post(address, {"text": "病假至16日", "seen": "病假至16日", "automatic": "1"})
    assert "病假至16日" not in text_of(client.get(url("monitoring:return-detail", school)))
    too_long = client.post(address, {"text": "长" * 301, "seen": ""})
    assert too_long.status_code == 200 and "最多 300 个字" in text_of(too_long)


# --- reviewing -----------------------------------------------------------------------------------------------------


def test_the_bureau_reviews_and_accepts(school, october, children, clerk, principal, reviewer):
    leave(children[3][0], clerk)
    signed = sign(school, october, clerk, principal)
    client = browser(reviewer)
    page = text_of(client.get(url("monitoring:return-review", school)))
    assert "核对后接收：9 个年级、合计 <b>17</b> 人、变动 1 人。" in page

    done = client.post(
        url("monitoring:return-accept", school), {"seen_revision": signed.revision}, follow=True
    )

    assert "已锁定" in text_of(done)
    assert find_return(school, october).state == ReturnState.ACCEPTED
    again = client.post(url("monitoring:return-accept", school), {"seen_revision": signed.revision})
    assert again.status_code == 409
    assert client.post(url("monitoring:return-accept", school), {}).status_code == 409


def test_schools_do_not_review_themselves(school, october, clerk, principal, central_school):
    signed = sign(school, october, clerk, principal)
    for person in (clerk, principal, central_school):
        client = browser(person)
        assert client.get(url("monitoring:return-review", school)).status_code == 403
        posted = client.post(url("monitoring:return-accept", school), {"seen_revision": signed.revision})
        assert posted.status_code == 403
        assert client.get(url("monitoring:return-send-back-bureau", school)).status_code == 403
        assert client.get(url("monitoring:return-reopen", school)).status_code == 403
    assert find_return(school, october).state == ReturnState.SIGNED


def test_a_resigned_return_lists_only_what_differs(school, october, children, clerk, principal, reviewer):
    signed = sign(school, october, clerk, principal)
    browser(reviewer).post(
        url("monitoring:return-send-back-bureau", school), marks_data(revision=signed.revision)
    )
    leave(children[3][0], clerk)
    sign(school, october, clerk, principal)

    page = browser(reviewer).get(url("monitoring:return-review", school))

    assert "改后待复审" in text_of(page) and "只列与上次不同的 3 处，请复审。" in text_of(page)
    assert {change.place for change in page.context["difference"].unmarked} == {
        "三年级 · 转出",
        "三年级 · 本月学生数",
    }


def test_reopening_needs_a_reason_and_the_password(school, october, clerk, principal, reviewer):
    found = accept(school, october, clerk, principal, reviewer)
    client = browser(reviewer, password_given=False)
    page = text_of(client.get(url("monitoring:return-reopen", school)))
    assert "开第2版，期限 10月19日" in page

    data = {"reason": "", "seen_revision": found.revision, "password": PASSWORD}
    assert "重开原因是空的" in text_of(client.post(url("monitoring:return-reopen", school), data))
    unconfirmed = browser(reviewer, password_given=False).post(
        url("monitoring:return-reopen", school), {"reason": "漏报", "seen_revision": found.revision}
    )
    assert "登录密码" in text_of(unconfirmed)
    assert find_return(school, october).state == ReturnState.ACCEPTED

    client.post(url("monitoring:return-reopen", school), data | {"reason": "漏报转出"})

    reopened = find_return(school, october)
    assert (reopened.state, reopened.correcting) == (ReturnState.CORRECTING, True)
    assert AuditEntry.objects.get(verb="return.reopen").summary == "漏报转出"


# --- correcting ----------------------------------------------------------------------------------------------------


@pytest.fixture
def correcting(school, october, children, clerk, principal, reviewer):
    leave(children[3][0], clerk)
    found = accept(school, october, clerk, principal, reviewer)
    browser(reviewer).post(
        url("monitoring:return-reopen", school), {"reason": "漏报转出", "seen_revision": found.revision}
    )
    return find_return(school, october)


def test_a_forgotten_leaver_is_found_by_name_and_listed(school, children, correcting, clerk):
    client = browser(clerk)
    address = url("monitoring:staged-add", school, "transfer_out")
    child = children[4][0]

    searched = client.get(address, {"q": child.name})
    by_number = client.get(address, {"q": child.id_number})

    assert child.name in text_of(searched) and child.id_number not in text_of(searched)
    assert by_number.context["found"] == 0 and child.id_number not in text_of(by_number)
    data = {
        "student": child.pk,
        "happened_on": "2025-09-22",
        "reason_code": "moved",
        "counterpart_text": "太原市",
        "said": "当时未登记",
    }
    missing = client.post(address, data | {"student": ""})
    assert "没有选学生" in text_of(missing)
    late = client.post(address, data | {"happened_on": "2025-10-08"})
    assert "截止日" in text_of(late) and "当时未登记" in text_of(late)
    done = client.post(address, data, follow=True)
    assert f"已列入更正清单：转出 {child.name}。" in text_of(done)
    assert StagedChange.objects.get().summary == "补记转出：当时未登记"
    gone = client.post(url("monitoring:staged-withdraw", school, StagedChange.objects.get().pk), follow=True)
    assert "已从更正清单移除" in text_of(gone)


def test_a_forgotten_arrival_is_a_new_child_or_a_known_one_without_roll(
    school, children, correcting, clerk, other_school, other_clerk
):
    client = browser(clerk)
    address = url("monitoring:staged-add", school, "transfer_in")
    gone, elsewhere = children[3][0], fill(other_school)[2][0]
    base = {
        "id_type": "1",
        "ethnicity": "01",
        "boarding": "1",
        "grade": 4,
        "happened_on": "2025-09-22",
        "reason_code": "moved",
        "counterpart_text": "太原市",
        "said": "当时未登记",
    }

    taken = client.post(address, base | {"name": elsewhere.name, "id_number": elsewhere.id_number})
    other_name = client.post(address, base | {"name": "别的名字", "id_number": gone.id_number})
    known = client.post(address, base | {"name": gone.name, "id_number": gone.id_number})
    new = client.post(
        address,
        base
        | {
            "name": "马思齐",
            "id_type": "Z",
            "no_id_reason": "户口正在办理",
            "sex": "1",
            "birth_date": "2016-03-12",
        },
    )

    assert "转学对接" in text_of(taken) and "转学对接" in text_of(other_name)
    assert (known.status_code, new.status_code) == (302, 302)
    assert StagedChange.objects.filter(student=gone).count() == 1
    assert StagedChange.objects.filter(student__name="马思齐").count() == 1
    assert not StagedChange.objects.filter(student=elsewhere).exists()


def test_a_wrong_movement_is_taken_out(school, correcting, clerk, principal):
    movement = correcting.period.movements.get()
    address = url("monitoring:staged-void", school, movement.pk)

    assert browser(principal).get(address).status_code == 403
    browser(clerk).post(address, {"reason": "手续没有办成"})

    page = text_of(browser(clerk).get(url("monitoring:correction-detail", school)))
    assert "手续没有办成" in page
    detail = browser(clerk).get(url("monitoring:return-detail", school)).context["content"]
    assert detail.printed_total.transfer_out == 0


def test_correction_pages_exist_only_while_correcting_and_for_the_school(
    school, october, clerk, reviewer, other_clerk
):
    assert browser(clerk).get(url("monitoring:correction-detail", school)).status_code == 404
    submit(school, october, clerk)
    assert browser(clerk).get(url("monitoring:correction-detail", school)).status_code == 404
    assert browser(clerk).get(url("monitoring:staged-add", school, "transfer_out")).status_code == 404
    assert browser(reviewer).get(url("monitoring:correction-detail", school)).status_code == 404
    assert browser(other_clerk).get(url("monitoring:correction-detail", school)).status_code == 404


# --- downloads -----------------------------------------------------------------------------------------------------


def test_downloads_are_logged_and_named_without_children(school, october, children, clerk):
    leave(children[3][0], clerk)
    client = browser(clerk)

    response = client.get(url("reports:return-form", school, 2, "xlsx"))

    name = response["Content-Disposition"]
    assert "filename*=utf-8''" in name and "2025-10" in name and "孙" not in name
    assert response["Cache-Control"] == "no-store"
    assert AccessLogEntry.objects.get(what="return.annex2.xlsx").count == 1
    client.get(url("reports:return-form", school, 1, "xlsx"))
    assert AccessLogEntry.objects.count() == 1


@pytest.mark.parametrize("more", [(3, "pdf"), (1, "docx"), (0, "xlsx")])
def test_unknown_forms_are_not_found(school, october, clerk, more):
    assert browser(clerk).get(url("reports:return-form", school, *more)).status_code == 404


@pytest.mark.parametrize("edition", ["9", "x", "-1", "1' OR 1=1", "１"])
def test_unknown_editions_are_not_found(school, october, clerk, edition):
    response = browser(clerk).get(url("reports:return-form", school, 1, "xlsx"), {"edition": edition})

    assert response.status_code == 404


def test_who_may_download(
    school, october, clerk, principal, reviewer, county, other_clerk, leader, central_school
):
    inspector = make_user(county, Role.INSPECTOR)
    address = url("reports:return-form", school, 1, "xlsx")
    before = {
        person: browser(person).get(address).status_code for person in (reviewer, inspector, central_school)
    }
    sign(school, october, clerk, principal)
    after = {
        person: browser(person).get(address).status_code
        for person in (clerk, principal, reviewer, central_school, inspector, other_clerk, leader)
    }

    assert before == {reviewer: 404, inspector: 403, central_school: 200}
    assert after == {
        clerk: 200,
        principal: 200,
        reviewer: 200,
        central_school: 200,
        inspector: 403,
        other_clerk: 404,
        leader: 404,
    }


def test_the_preview_shows_the_paper_without_inline_style(school, october, children, clerk):
    leave(children[3][0], clerk)
    client = browser(clerk)
    first = text_of(client.get(url("reports:return-preview", school, 1)))
    second = text_of(client.get(url("reports:return-preview", school, 2)))

    assert "草稿，未签字" in first and "学校（公章）" in first
    assert "长治市" in second
    assert "style=" not in first and "style=" not in second


def test_a_primary_school_prints_its_missing_grades_as_strokes(county, clerk):
    primary = make_school(county, "primary")
    fill(primary)
    its_clerk = make_user(county, Role.CLERK, primary)
    with time_machine.travel("2025-09-02 09:00+08:00"):
        page = text_of(browser(its_clerk).get(url("monitoring:return-detail", primary, month=SEPTEMBER)))

    assert page.count("／") >= 18
