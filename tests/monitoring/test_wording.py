"""The table of ui.md §7.1: every state for every reader, and lateness beside it."""

import datetime as dt

import pytest
import time_machine

from monitoring.models import Edition, MonthlyReturn, ReturnState
from monitoring.wording import Reader, Situation, code_of, edition_standing, standing, surname
from schools.models import ReportingMonth, Requirement, School

NOVEMBER = ReportingMonth(
    month=dt.date(2026, 11, 1),
    cut_off=dt.date(2026, 11, 2),
    due_on=dt.date(2026, 11, 6),
    requirement="required",
)
BEFORE_DUE = dt.datetime.fromisoformat("2026-11-03T09:00+08:00")
CLERK, PRINCIPAL, CENTRAL, REVIEWER, LEADER = Reader


def situation(state=None, month=NOVEMBER, **values):
    """Unsaved: wording asks the database nothing."""
    said = {name: values.pop(name) for name in list(values) if name in Situation.__dataclass_fields__}
    found = MonthlyReturn(state=state, **values) if state else None
    defaults = {"principal": "申远志", "in_force": 1}
    return Situation(School(name="柏坪学校"), month, found, **(defaults | said))


SENT_BACK_AT = dt.datetime.fromisoformat("2026-11-02T16:20+08:00")
BY_PRINCIPAL = {"sent_back_from": "principal", "sent_back_at": SENT_BACK_AT}
BY_BUREAU = {"sent_back_from": "bureau", "sent_back_at": SENT_BACK_AT}
EXPIRES = dt.datetime.fromisoformat("2026-11-20T09:00+08:00")

ROWS = [
    (
        situation(),
        {
            CLERK: ("未开始", "请在 11月6日 18:00 前核对本月异动并送校长签字。"),
            PRINCIPAL: ("填报中", "填报员还没有开始，到期前 2 天会提醒您。"),
            CENTRAL: ("未开始", "由该校填报员办；逾期由您先催。"),
            REVIEWER: ("未报", "由学校填报员办；到期后可催办。看不到草稿内容。"),
            LEADER: ("未报", "等学校填报。"),
        },
    ),
    (
        situation(ReturnState.DRAFT),
        {
            CLERK: ("草稿", "数字已算好，处理完检查项后送校长签字。"),
            PRINCIPAL: ("填报中", "填报员正在核对，还不用您办。"),
            CENTRAL: ("填报中", "由填报员送签。"),
            REVIEWER: ("未报", "学校还没有报来，由填报员办。"),
            LEADER: ("未报", "等学校填报。"),
        },
    ),
    (
        situation(ReturnState.SUBMITTED),
        {
            CLERK: ("待校长签字", "已送申校长，签字前可撤回修改。"),
            PRINCIPAL: ("待您签字", "请核对本表后签字盖章，或批注退回。"),
            CENTRAL: ("待校长签字", "由该校校长签；逾期由您催校长。"),
            REVIEWER: ("待校长签字", "等校长签字，逾期可催办校长。"),
            LEADER: ("未报", "等校长签字。"),
        },
    ),
    (
        situation(ReturnState.SENT_BACK, **BY_PRINCIPAL, marks=1),
        {
            CLERK: ("已退回（校长）", "请按 1 处批注修改，再送校长签字。"),
            PRINCIPAL: ("您已退回", "等填报员改，改好后回到您这里。"),
            CENTRAL: ("校内修改", "由填报员改。"),
            REVIEWER: ("未报", "由学校填报员办。"),
            LEADER: ("未报", "校内修改中。"),
        },
    ),
    (
        situation(ReturnState.SUBMITTED, **BY_PRINCIPAL, marks=1),
        {
            CLERK: ("改后待签", "校长会看到改动的地方；签字前可撤回。"),
            PRINCIPAL: ("改后待您签字", "您批注的 1 处已改，请看改动后签字。"),
            CENTRAL: ("待校长签字", "由校长签。"),
            REVIEWER: ("待校长签字", "等校长签字，逾期可催办校长。"),
            LEADER: ("未报", "等校长签字。"),
        },
    ),
    (
        situation(ReturnState.SIGNED, edition_number=1),
        {
            CLERK: ("已签章，待复审", "已报县局；现在不能改，要改请校长申请退回。"),
            PRINCIPAL: ("已签章", "等基教股复审，有问题会退回给您和填报员。"),
            CENTRAL: ("已报", "等基教股复审，您不用办。"),
            REVIEWER: ("待复审", "请核对后接收，或批注退回。"),
            LEADER: ("已报", "等基教股复审。"),
        },
    ),
    (
        situation(ReturnState.SENT_BACK, **BY_BUREAU, marks=2, edition_number=2),
        {
            CLERK: ("已退回（县局）", "请按 2 处批注修改；改后须重新签章。"),
            PRINCIPAL: ("已退回（县局）", "填报员改好后请您重新签字，原签章已失效。"),
            CENTRAL: ("已退回", "由学校改，请督促。"),
            REVIEWER: ("已退回", "等学校改，已 1 天；超过 2 个工作日可再催。"),
            LEADER: ("修改中", "等学校重报。"),
        },
    ),
    (
        situation(ReturnState.SIGNED, **BY_BUREAU, edition_number=2, changed_cells=2),
        {
            CLERK: ("改后待复审", "基教股会看到改动的地方，您不用办。"),
            PRINCIPAL: ("改后已签章", "等基教股复审。"),
            CENTRAL: ("已重报", "等基教股复审。"),
            REVIEWER: ("改后待复审", "只列与上次不同的 2 处，请复审。"),
            LEADER: ("已报", "等基教股复审。"),
        },
    ),
    (
        situation(ReturnState.ACCEPTED),
        {
            CLERK: ("已接收", "本月办结并锁定；要改请向基教股申请重开。"),
            PRINCIPAL: ("已接收", "本月办结，可打印存档。"),
            CENTRAL: ("已接收", "本月办结。"),
            REVIEWER: ("已接收", "已锁定；要改须写明原因重开，审计员会收到通知。"),
            LEADER: ("已接收", "数字计入全县汇总。"),
        },
    ),
    (
        situation(
            ReturnState.CORRECTING, correcting=True, edition_number=2, reason="漏报转出", expires_at=EXPIRES
        ),
        {
            CLERK: (
                "已重开",
                "原因：漏报转出。请改好第2版并送签；第1版在新版接收前仍有效，11月20日 到期未报则作废本次更正。",
            ),
            PRINCIPAL: ("已重开", "填报员改好后请您签第2版。"),
            CENTRAL: ("更正中", "由学校办。"),
            REVIEWER: ("已重开", "等学校重报，期限 11月20日；到期自动作废，第1版照旧。"),
            LEADER: ("更正中", "汇总仍用第1版。"),
        },
    ),
]


@time_machine.travel(BEFORE_DUE)
@pytest.mark.parametrize("place", range(len(ROWS)))
@pytest.mark.parametrize("reader", Reader)
def test_words_of_every_state_for_every_reader(place, reader):
    where, expected = ROWS[place]

    said = standing(reader, where)

    assert (said.label, said.sentence) == expected[reader]


def test_rows_cover_every_state():
    assert {code_of(where) for where, _ in ROWS} == {
        "untouched",
        "draft",
        "submitted",
        "submitted_again",
        "sent_back_by_principal",
        "sent_back_by_bureau",
        "signed",
        "signed_again",
        "accepted",
        "correcting",
    }


@pytest.mark.parametrize(
    ("where", "who_acts"),
    [
        (situation(ReturnState.SUBMITTED), PRINCIPAL),
        (situation(ReturnState.SENT_BACK, **BY_PRINCIPAL), CLERK),
        (situation(ReturnState.SENT_BACK, **BY_BUREAU), CLERK),
        (situation(ReturnState.CORRECTING, correcting=True), CLERK),
    ],
)
@time_machine.travel(BEFORE_DUE)
def test_only_the_reader_who_must_act_sees_red(where, who_acts):
    assert {reader for reader in Reader if standing(reader, where).look == "now"} == {who_acts}


@time_machine.travel(BEFORE_DUE)
def test_a_correction_that_was_pulled_back_is_still_a_correction():
    assert code_of(situation(ReturnState.DRAFT, correcting=True)) == "correcting"


@time_machine.travel(BEFORE_DUE)
def test_answers_that_say_it_is_right_are_not_called_changed():
    where = situation(ReturnState.SUBMITTED, **BY_PRINCIPAL, marks=2, marks_right=1)

    assert standing(PRINCIPAL, where).sentence == "您批注的 2 处已答复，请看改动后签字。"


@time_machine.travel(BEFORE_DUE)
def test_marks_of_the_bureau_are_named_as_theirs_to_the_principal():
    where = situation(ReturnState.SUBMITTED, **BY_BUREAU, marks=2, edition_number=2)

    assert standing(PRINCIPAL, where).sentence == "县局批注的 2 处已改，请看改动后签字。"


@time_machine.travel(BEFORE_DUE)
def test_a_send_back_without_marks_points_to_the_reason():
    where = situation(ReturnState.SENT_BACK, **BY_PRINCIPAL)

    assert standing(CLERK, where).sentence == "请按退回原因修改，再送校长签字。"


@pytest.mark.parametrize(
    ("now", "due", "late", "urgent"),
    [
        ("2026-11-02T09:00+08:00", "还有 4 天", "", False),
        ("2026-11-04T09:00+08:00", "后天截止", "", True),
        ("2026-11-06T17:59+08:00", "今天 18:00 截止", "", True),
        ("2026-11-06T18:01+08:00", "", "逾期 1 天", False),
        ("2026-11-09T09:00+08:00", "", "逾期 3 天", False),
    ],
)
def test_lateness_stands_beside_the_state(now, due, late, urgent):
    with time_machine.travel(dt.datetime.fromisoformat(now)):
        said = standing(CLERK, situation())

    assert (said.label, said.due, said.late, said.urgent) == ("未开始", due, late, urgent)


def test_a_deadline_is_red_only_for_whoever_must_act():
    with time_machine.travel(dt.datetime.fromisoformat("2026-11-05T09:00+08:00")):
        assert standing(CLERK, situation()).urgent
        assert not standing(PRINCIPAL, situation()).urgent
        assert standing(PRINCIPAL, situation(ReturnState.SUBMITTED)).urgent


def test_overdue_says_who_was_reminded_and_when():
    where = situation(reminded_role="校长", reminded_at=dt.datetime.fromisoformat("2026-11-09T08:00+08:00"))
    with time_machine.travel(dt.datetime.fromisoformat("2026-11-09T09:00+08:00")):
        assert standing(REVIEWER, where).late == "逾期 3 天，已提醒申校长 11月9日"


def test_signed_too_late_reads_late_in_grey():
    where = situation(
        ReturnState.SIGNED,
        edition_number=1,
        first_signed_at=dt.datetime.fromisoformat("2026-11-09T08:00+08:00"),
    )
    with time_machine.travel(dt.datetime.fromisoformat("2026-11-12T09:00+08:00")):
        said = standing(REVIEWER, where)

    assert (said.late, said.due, said.tardy) == ("", "迟报 3 天", "迟报 3 天")


def test_signed_in_time_and_sent_back_later_is_not_overdue():
    signed = dt.datetime.fromisoformat("2026-11-05T08:00+08:00")
    where = situation(ReturnState.SENT_BACK, **BY_BUREAU, first_signed_at=signed)
    with time_machine.travel(dt.datetime.fromisoformat("2026-11-12T09:00+08:00")):
        assert standing(CLERK, where).late == ""


@pytest.mark.parametrize(
    ("month", "words"),
    [(2, "寒假（2月），不用填报。"), (8, "暑假（8月），不用填报。"), (5, "按填报日历（5月），不用填报。")],
)
def test_a_month_that_is_not_filed_says_why(month, words):
    day = dt.date(2026, month, 1)
    free = ReportingMonth(month=day, cut_off=day, due_on=day, requirement=Requirement.NONE)

    assert standing(CLERK, situation(month=free)).sentence == words
    assert standing(REVIEWER, situation(month=free)).label == "免报"
    assert standing(CLERK, situation(month=free)).late == ""


def test_old_editions_say_what_became_of_them():
    sent_back = situation(ReturnState.SENT_BACK, **BY_BUREAU, edition_number=2)
    accepted = situation(ReturnState.ACCEPTED, edition_number=2, in_force=2)
    correcting = situation(ReturnState.CORRECTING, correcting=True, edition_number=2)
    signed = dt.datetime.fromisoformat("2026-11-05T08:00+08:00")
    void = Edition(number=1, signed_at=signed)
    replaced = Edition(number=1, signed_at=signed, accepted_at=signed)
    in_force = Edition(number=1, signed_at=signed, accepted_at=signed, in_force=True)

    assert edition_standing(PRINCIPAL, sent_back, void).sentence == "改好后请您签第2版。"
    assert edition_standing(REVIEWER, sent_back, void).sentence == "等校长签第2版，本版不能接收。"
    assert edition_standing(CLERK, accepted, replaced).sentence == "已被第2版取代，只供查阅。"
    assert edition_standing(REVIEWER, accepted, replaced).label == "旧版"
    assert edition_standing(CLERK, correcting, in_force).label == "第1版，现行有效"


@pytest.mark.parametrize(
    ("name", "expected"), [("申远志", "申"), ("欧阳修", "欧阳"), ("司马光", "司马"), ("欧阳", "欧")]
)
def test_surnames(name, expected):
    assert surname(name) == expected
