"""我的待办: what each role finds on the first page, and that it goes with its cause."""

import datetime as dt

import pytest
import time_machine
from django.urls import reverse

from accounts.models import AccessLogEntry, User
from monitoring.actions.reminding import remind
from monitoring.actions.reviewing import Mark, send_back_as_bureau, send_back_as_principal
from reports.worklist import worklist_of
from reports.worklist.desk import Desk
from schools.models import Klass, Role
from students.actions.absences import edit_absence, end_absence, start_absence
from students.actions.movements import Fact, record_departure
from students.actions.transfers import begin_transfer_out, confirm_transfer
from students.models import Absence, AbsenceKind, Enrolment, MovementKind
from tests.cast import fill, make_county, make_school, make_user
from tests.monitoring.filing import OCTOBER, SEPTEMBER, accept, month_of, sign, submit


def titles(user):
    found = worklist_of(Desk(user))
    return [todo.title for todo in found.own], [todo.title for todo in found.elsewhere]


def own(user):
    return worklist_of(Desk(user)).own


@pytest.fixture
def september(county):
    return month_of(county, SEPTEMBER)


@time_machine.travel("2025-09-03 09:00+08:00")
def test_clerk_is_told_of_the_month_until_it_is_sent(school, clerk, september):
    fill(school)

    (todo,) = own(clerk)
    submit(school, september, clerk)

    assert todo.title == "9月月报：还没有开始"
    assert todo.detail == "请在 9月5日 18:00 前核对本月异动并送校长签字"
    assert (todo.due, todo.since, todo.look, todo.is_urgent, todo.is_main) == (
        "后天截止", "9月5日 18:00", "now", False, True,
    )  # fmt: skip
    assert titles(clerk) == ([], ["9月月报：待校长签字"])


@time_machine.travel("2025-08-20 09:00+08:00")
def test_nothing_waits_before_the_first_cut_off(school, clerk):
    assert titles(clerk) == ([], [])


@time_machine.travel("2025-11-10 09:00+08:00")
def test_months_behind_the_first_are_counted_not_listed(school, clerk):
    fill(school)

    (todo,) = own(clerk)

    assert todo.title == "9月月报：还没有开始"
    assert todo.detail.endswith("；办完后还有 2 个月要报")
    assert (todo.due, todo.is_urgent) == ("逾期 66 天", True)


@time_machine.travel("2025-09-04 09:00+08:00")
def test_sent_back_by_the_principal_says_what_and_how_many(school, clerk, principal, september):
    fill(school)
    monthly_return = submit(school, september, clerk)
    send_back_as_principal(
        monthly_return,
        actor=principal,
        seen_revision=monthly_return.revision,
        reason="三年级少一人",
        marks=[Mark(3, "absent", "何家乐呢？")],
    )

    (todo,) = own(clerk)

    assert todo.title == "9月月报：校长退回，还有 1 处要改"
    assert todo.detail.startswith("原因：三年级少一人；请按 1 处批注修改")
    assert todo.verb == "去修改"
    assert titles(principal) == ([], ["9月月报：您已退回"])


@time_machine.travel("2025-09-04 09:00+08:00")
def test_sent_back_by_the_bureau_is_not_late(school, clerk, principal, reviewer, september):
    fill(school)
    monthly_return = sign(school, september, clerk, principal)
    send_back_as_bureau(
        monthly_return, actor=reviewer, seen_revision=monthly_return.revision, reason="请核对", marks=[]
    )

    with time_machine.travel("2025-09-10 09:00+08:00"):
        (todo,) = own(clerk)
        assert (todo.title, todo.due) == ("9月月报：县局退回，改好后重新送签", "已等 6 天")
        assert titles(reviewer)[0] == []


@time_machine.travel("2025-09-03 09:00+08:00")
def test_principal_signs_what_others_sent(school, clerk, principal, september):
    fill(school)
    submit(school, september, clerk)

    (todo,) = own(principal)

    assert todo.title == "9月月报：等您签字"
    assert todo.place == "sign"
    assert todo.url == reverse("reports:return-sign", args=[school.pk, "2025-09"])


@time_machine.travel("2025-09-03 09:00+08:00")
def test_principal_of_the_parent_signs_for_its_point(county, school, principal, september):
    point = make_school(county, "teaching_point", parent=school, signed_by_parent=True)
    teacher = make_user(county, Role.CLERK, point)
    fill(point)
    submit(point, september, teacher)

    assert titles(principal)[0] == [f"{point}：9月月报：等您签字"]


@time_machine.travel("2025-09-09 09:00+08:00")
def test_principal_hears_of_a_late_return_that_nobody_sent(school, principal):
    fill(school)

    assert titles(principal)[0] == ["9月月报：逾期 4 天，填报员还没有送签"]


@time_machine.travel("2025-09-09 09:00+08:00")
def test_transfer_waits_with_the_other_school_until_it_answers(
    school, other_school, clerk, other_clerk, september
):
    child = fill(school)[3][0]
    fill(other_school)
    transfer = begin_transfer_out(
        child, other_school, last_attended_on=dt.date(2025, 9, 5), grade=3, reason_code="moved", actor=clerk
    )

    (theirs,) = [todo for todo in own(other_clerk) if todo.place == "transfers"]
    assert theirs.title == f"转入待接收：{child.name}，来自 {school}"
    assert theirs.since == "期限 9月23日"
    assert any(child.name in title for title in titles(clerk)[1])

    confirm_transfer(transfer, actor=other_clerk, seen_revision=1, arrived_on=dt.date(2025, 9, 8))
    for person in (clerk, other_clerk):
        found = worklist_of(Desk(person))
        assert not [todo for todo in found.own + found.elsewhere if todo.place == "transfers"]


@time_machine.travel("2025-09-09 09:00+08:00")
def test_papers_are_listed_three_by_name_and_the_rest_by_number(school, clerk):
    children = fill(school, per_grade=6)
    for child in children[4]:
        record_departure(
            child,
            MovementKind.TRANSFER_OUT,
            fact=Fact(dt.date(2025, 9, 5), "moved", counterpart_text="长治市", evidence_pending=True),
            actor=clerk,
        )

    papers = [todo for todo in own(clerk) if todo.place == "movements"]

    assert [todo.count for todo in papers] == [1, 1, 1, 3]
    assert papers[0].title == f"转出待补证明：{children[4][0].name}，长治市"
    assert papers[3].title == "另有 3 笔待补证明"
    assert worklist_of(Desk(clerk)).counts()[0]["movements"] == 6


def truant(child, clerk, **values):
    return start_absence(
        child,
        AbsenceKind.TRUANCY,
        first_day=dt.date(2025, 9, 2),
        reason_code="aversion",
        actor=clerk,
        **values,
    )


@time_machine.travel("2025-09-12 09:00+08:00")
def test_long_absence_waits_for_a_word_on_what_was_done(school, clerk):
    children = fill(school)
    spell = truant(children[8][0], clerk)

    (todo,) = [todo for todo in own(clerk) if todo.place == "absences"]
    assert todo.title == f"{children[8][0].name}（八年级）疑似辍学，还没有跟踪情况"
    assert (todo.since, todo.look) == ("未在校第 11 天", "now")

    edit_absence(spell, actor=clerk, seen_revision=spell.revision, follow_up="9月11日 家访")
    assert not [todo for todo in own(clerk) if todo.place == "absences"]


@time_machine.travel("2025-09-12 09:00+08:00")
def test_expected_day_back_has_passed(school, clerk):
    child = fill(school)[2][0]
    spell = start_absence(
        child,
        AbsenceKind.LONG_LEAVE,
        first_day=dt.date(2025, 9, 2),
        reason_code="illness",
        expected_back_on=dt.date(2025, 9, 10),
        actor=clerk,
    )

    (todo,) = [todo for todo in own(clerk) if todo.place == "absences"]
    assert todo.title.endswith("长假，预计返校日已过")

    end_absence(spell, returned_on=dt.date(2025, 9, 11), actor=clerk, seen_revision=spell.revision)
    assert not [todo for todo in own(clerk) if todo.place == "absences"]


@time_machine.travel("2025-09-12 09:00+08:00")
def test_class_teacher_sees_the_own_class_only(county, school, clerk, client):
    children = fill(school)
    klass = Klass.objects.create(school=school, grade=8, number=1)
    Enrolment.objects.filter(student=children[8][0]).update(klass=klass)
    teacher = make_user(county, Role.CLASS_TEACHER, klass)
    truant(children[8][0], clerk)
    truant(children[7][0], clerk)
    client.force_login(teacher)

    page = client.get(reverse("reports:home")).content.decode()

    assert titles(teacher)[0] == [f"{children[8][0].name}（八（1）班）疑似辍学，还没有跟踪情况"]
    assert children[8][0].name in page
    assert children[7][0].name not in page


@time_machine.travel("2025-09-09 09:00+08:00")
def test_reviewer_reviews_and_reminds(county, school, other_school, clerk, principal, reviewer, september):
    third = make_school(county)
    for one in (school, other_school, third):
        fill(one)
    with time_machine.travel("2025-09-03 09:00+08:00"):
        sign(school, september, clerk, principal)

    late, review = own(reviewer)

    assert late.title == "9月月报：逾期 2 所"
    assert (late.count, late.url) == (2, f"{reverse('reports:board-month', args=['2025-09'])}?tab=late")
    assert (review.title, review.due) == ("9月月报：待复审 1 所", "最早的已等 6 天")


@time_machine.travel("2025-09-09 09:00+08:00")
def test_central_school_sees_its_own_township(school, other_school, central_school):
    assert [(todo.title, todo.detail) for todo in own(central_school)] == [
        ("9月月报：逾期 1 所", f"{school}。催办后对方的待办里会显示。")
    ]


@time_machine.travel("2026-08-20 09:00+08:00")
def test_reviewer_is_told_of_the_rollover_and_the_calendar(county, school, reviewer):
    fill(school)
    short = make_county(2025, years=1)
    stranger = make_user(short, Role.REVIEWER)

    assert "2026–2027学年 学年升级还没有做" in titles(reviewer)[0]
    assert not any("日历" in title for title in titles(reviewer)[0])
    assert titles(stranger)[0] == ["2026–2027学年 的填报日历还没有建"]


@time_machine.travel("2025-10-09 09:00+08:00")
def test_transfers_beyond_the_limit_reach_the_bureau(school, other_school, clerk, reviewer):
    children = fill(school)
    fill(other_school)
    with time_machine.travel("2025-09-15 09:00+08:00"):
        begin_transfer_out(
            children[3][0],
            other_school,
            last_attended_on=dt.date(2025, 9, 12),
            grade=3,
            reason_code="moved",
            actor=clerk,
        )

    assert "县内转学对不上：1 笔超过 10 个工作日" in titles(reviewer)[0]


@time_machine.travel("2025-09-12 09:00+08:00")
def test_leader_counts_alerts_without_names(school, clerk, leader):
    child = fill(school)[8][0]
    truant(child, clerk)

    (todo,) = own(leader)

    assert todo.place == "alerts"
    assert todo.title.startswith(f"疑似辍学：{child.name[0]}*")
    assert child.name not in todo.title


@time_machine.travel("2025-09-12 09:00+08:00")
def test_administrator_looks_after_accounts_and_records(county, administrator):
    make_user(
        county,
        name="王新",
        must_change_password=True,
        first_password_expires_at=dt.datetime(2025, 9, 10, tzinfo=dt.UTC),
    )
    User.objects.filter(pk=make_user(county).pk).update(is_demo=True)
    with time_machine.travel("2025-09-08 09:00+08:00"):
        AccessLogEntry.objects.create(county_id=county.pk, user_id=1, user_name="某", what="student")

    assert set(titles(administrator)[0]) == {
        "1 个账号的初始密码已过期",
        "查看记录没有按时封存",
        "还有 1 个演示账号没有停用",
    }


@time_machine.travel("2025-09-09 09:00+08:00")
def test_reminder_stands_on_the_first_page_until_its_cause_is_gone(
    client, school, clerk, principal, reviewer, september
):
    fill(school)
    remind(school, september, actor=reviewer)
    client.force_login(clerk)

    before = client.get(reverse("reports:home")).content.decode()
    submit(school, september, clerk)
    after = client.get(reverse("reports:home")).content.decode()

    assert "李红梅 9月9日 09:00 催办：" in before
    assert "请核对本月异动后送校长签字。" in before
    assert "催办：" not in after


@time_machine.travel("2025-10-20 09:00+08:00")
def test_home_of_a_school_shows_month_absentees_and_figures(
    client, school, clerk, principal, reviewer, september
):
    children = fill(school)
    with time_machine.travel("2025-09-03 09:00+08:00"):
        accept(school, september, clerk, principal, reviewer)
    truant(children[8][0], clerk)
    client.force_login(clerk)

    page = client.get(reverse("reports:home")).content.decode()

    assert "10月月报进度" in page
    assert "9月月报：已接收（9月3日）" in page
    assert '<span class="tag now">辍学</span>' in page
    assert "未在校 1 人，打开名单" in page
    assert "10月截止日 18，比上月 0" in page


@pytest.mark.parametrize("role", list(Role))
@time_machine.travel("2025-09-09 09:00+08:00")
def test_every_role_has_a_first_page(client, county, school, role):
    fill(school)
    places = {
        Role.CLASS_TEACHER: Klass.objects.create(school=school, grade=1, number=1),
        Role.CLERK: school,
        Role.PRINCIPAL: school,
        Role.HOME_TEACHER: school,
        Role.CENTRAL_SCHOOL: school.township,
        Role.TOWNSHIP: school.township,
    }
    client.force_login(make_user(county, role, places.get(role)))

    response = client.get(reverse("reports:home"))

    assert response.status_code == 200


def test_somebody_without_an_appointment_is_told_whom_to_ask(client, county):
    client.force_login(make_user(county))

    assert "您还没有任职" in client.get(reverse("reports:home")).content.decode()


@time_machine.travel("2025-10-20 09:00+08:00")
def test_the_worklist_asks_the_same_number_of_questions_whatever_waits(
    school, other_school, clerk, django_assert_max_num_queries
):
    children = fill(school, per_grade=4)
    fill(other_school)

    def count():
        with django_assert_max_num_queries(100) as queries:
            worklist_of(Desk(User.objects.get(pk=clerk.pk)))
        return len(queries)

    for grade in (1, 2, 3, 4, 5):
        truant(children[grade][0], clerk)
        record_departure(
            children[grade][1],
            MovementKind.TRANSFER_OUT,
            fact=Fact(dt.date(2025, 10, 6), "moved", evidence_pending=True),
            actor=clerk,
        )
        begin_transfer_out(
            children[grade][2],
            other_school,
            last_attended_on=dt.date(2025, 10, 10),
            grade=grade,
            reason_code="moved",
            actor=clerk,
        )
        if grade == 1:
            one = count()

    assert count() == one
    assert Absence.objects.count() == 10
    assert month_of(school.county, OCTOBER).slug == "2025-10"
