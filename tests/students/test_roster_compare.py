"""What a file would do to the roll: cases 29 to 32 of the catalogue and the rules of ledger.md."""

import datetime as dt

import pytest

from accounts.models import AuditEntry
from accounts.workflow import NotPermitted, StalePage, StepRefused
from students.actions.periods import period_of
from students.actions.roster import apply_roster, confirm_roster
from students.actions.roster_preview import (
    compare_again,
    discard_roster,
    preview_of,
    save_answers,
    upload_roster,
)
from students.models import (
    Enrolment,
    Guardian,
    Movement,
    RollPeriod,
    RosterImport,
    SpecialCircumstance,
    Student,
    Transfer,
)
from students.roster_import.preview import Choices
from tests.cast import enrol, make_student
from tests.roster_files import SHORT, born_for, child, layout_file, short_file

pytestmark = pytest.mark.django_db
FULL = [*SHORT, "学籍号", "是否孤儿", "成员1姓名", "成员1关系", "成员1联系电话"]


@pytest.fixture(autouse=True)
def autumn(time_machine):
    time_machine.move_to("2025-09-20 09:00+08:00", tick=False)


def upload(content, school, clerk):
    return upload_roster(content, "名册.xlsx", school, actor=clerk, in_child=False)


def bring(children, school, clerk, headings=None, **said):
    row = upload(short_file(children, headings or FULL), school, clerk)
    return row, apply_roster(row, actor=clerk, seen_revision=row.revision, **said)


def answer(row, clerk, **answers):
    row.refresh_from_db()
    save_answers(row, Choices(**answers), actor=clerk, seen_revision=row.revision)


def end_base(school):
    """The first return is submitted: from now on nothing is 期初建账."""
    from schools.queries import first_month

    period = period_of(school, first_month(school.county_id))
    RollPeriod.objects.filter(pk=period.pk).update(state="closed")


def kinds(row):
    return [item["kind"] for item in preview_of(row).plan.items]


@pytest.mark.parametrize("layout", ["A", "B", "C"])
def test_the_same_file_again_changes_nothing_and_says_so(layout, school, clerk):
    content = layout_file(layout, [child(n, n % 9 + 1, 是否孤儿="是") for n in range(20)], school=school)
    row = upload(content, school, clerk)
    apply_roster(row, actor=clerk, seen_revision=row.revision)
    before = (
        list(Student.objects.order_by("pk").values()),
        Guardian.objects.count(),
        SpecialCircumstance.objects.count(),
    )
    again = upload(content, school, clerk)

    assert (again.new_count, again.changed_count, again.same_count, again.missing_count) == (0, 0, 20, 0)
    with pytest.raises(StepRefused, match="文件与名册完全一致，没有要导入的内容，名册没有改动"):
        apply_roster(again, actor=clerk, seen_revision=again.revision)
    after = (
        list(Student.objects.order_by("pk").values()),
        Guardian.objects.count(),
        SpecialCircumstance.objects.count(),
    )
    assert before == after


def test_changes_are_shown_field_by_field_and_written(school, clerk):
    bring([child(1), child(2)], school, clerk)
    changed = child(1, 班号="02", 现住址="柏坪镇河西村", 成员1联系电话="13911112222", 是否孤儿="是")
    row = upload(short_file([changed, child(2)], FULL), school, clerk)

    (item,) = [item for item in preview_of(row).plan.items if item["kind"] == "changed"]
    assert [(c[1], c[2], c[3]) for c in item["changes"]] == [
        ("现住址", child(1)["现住址"], "柏坪镇河西村"),
        ("班级", "一（1）班", "一（2）班"),
        ("监护人电话", "139****0001", "139****2222"),
        ("孤儿", "否", "是"),
    ]
    outcome = apply_roster(row, actor=clerk, seen_revision=row.revision)
    student = Student.objects.get(pk=item["student"])

    assert (outcome.created, outcome.updated) == (0, 1)
    assert student.address == "柏坪镇河西村"
    assert student.guardians.get().phone == "13911112222"
    assert str(student.enrolments.get().klass) == "一（2）班"
    assert student.circumstances.get().kind == "P6"
    assert student.revision == 2


def test_name_is_never_overwritten_unasked(school, clerk):
    bring([child(1, 姓名="宋天予")], school, clerk)
    row = upload(short_file([child(1, 姓名="宋天宇", 现住址="新址")], FULL), school, clerk)
    apply_roster(row, actor=clerk, seen_revision=row.revision)
    assert Student.objects.get().name == "宋天予"

    row = upload(short_file([child(1, 姓名="宋天宇")], FULL), school, clerk)
    with pytest.raises(StepRefused, match="请写明依据"):
        answer(row, clerk, children={"0": {"do": "rename", "reason": ""}})
    answer(row, clerk, children={"0": {"do": "rename", "reason": "户口簿"}})
    apply_roster(row, actor=clerk, seen_revision=row.revision)

    assert (Student.objects.get().name, Student.objects.get().initials) == ("宋天宇", "sty")


def test_children_missing_from_the_file_are_listed_and_stay(school, clerk):
    bring([child(1), child(2)], school, clerk)
    row = upload(short_file([child(1, 现住址="新址")], FULL), school, clerk)
    (missing,) = preview_of(row).plan.missing

    assert (missing["name"], missing["why"]) == (child(2)["姓名"], "名册在籍，没有异动记录")
    answer(row, clerk, missing={str(missing["student"]): "gone"})
    apply_roster(row, actor=clerk, seen_revision=row.revision)
    assert Enrolment.objects.filter(left_on__isnull=True).count() == 2


def test_child_whose_row_has_an_error_is_not_missing(school, clerk):
    bring([child(1), child(2)], school, clerk)
    row = upload(short_file([child(1), child(2, 年级="十年级")], FULL), school, clerk)

    assert (row.error_count, row.missing_count) == (1, 0)


def test_bad_rows_are_left_out_only_by_an_explicit_choice(school, clerk):
    row = upload(short_file([child(1), child(2, 身份证件号="123")]), school, clerk)
    with pytest.raises(StepRefused, match="有 1 行有错。请改好后再传，或勾选"):
        apply_roster(row, actor=clerk, seen_revision=row.revision)
    assert not Student.objects.exists()
    apply_roster(row, actor=clerk, seen_revision=row.revision, leave_out_errors=True)
    assert Student.objects.get().name == child(1)["姓名"]


def test_doubtful_values_need_a_look_before_confirming(school, clerk):
    row = upload(short_file([child(1, 班号="(2)")]), school, clerk)
    with pytest.raises(StepRefused, match="有 1 处要您核对"):
        apply_roster(row, actor=clerk, seen_revision=row.revision)
    apply_roster(row, actor=clerk, seen_revision=row.revision, warnings_checked=True)
    assert str(Enrolment.objects.get().klass) == "一（2）班"


def test_grade_of_the_base_may_be_corrected_while_the_base_is_open(school, clerk):
    bring([child(n, 3) for n in range(5)], school, clerk)
    _, outcome = bring([child(0, 3) | {"年级": "二年级"}, *(child(n, 3) for n in range(1, 5))], school, clerk)
    corrected = Enrolment.objects.get(grade=2)

    assert outcome.updated == 1
    assert (corrected.base_grade, str(corrected.klass)) == (2, "二（1）班")


def test_grade_is_only_proposed_once_the_base_is_closed(school, clerk):
    bring([child(n, 3) for n in range(5)], school, clerk)
    end_base(school)
    row = upload(
        short_file([child(0, 3) | {"年级": "二年级"}, *(child(n, 3) for n in range(1, 5))], FULL),
        school,
        clerk,
    )

    assert preview_of(row).plan.items[0]["changes"] == [["grade", "年级", "三年级", "二年级", "propose"]]
    with pytest.raises(StepRefused, match="完全一致"):
        apply_roster(row, actor=clerk, seen_revision=row.revision)
    assert not Movement.objects.exists()


def test_file_one_grade_ahead_asks_for_the_rollover_first(school, clerk):
    bring([child(n, 3) for n in range(5)], school, clerk)
    row = upload(short_file([child(n, 3) | {"年级": "四年级"} for n in range(5)], FULL), school, clerk)

    assert [problem.message for problem in preview_of(row).file_problems] == [
        (
            "有 5 名学生的年级比名册高一级（如名册三年级、文件四年级），像是下一学年的名册。"
            "请先做学年升级（基教股办），再导入这个文件。"
        )
    ]
    with pytest.raises(StepRefused, match="这个文件还不能导入"):
        apply_roster(row, actor=clerk, seen_revision=row.revision)


def test_later_new_children_are_questions_and_become_movements(school, clerk):
    bring([child(1)], school, clerk)
    end_base(school)
    row = upload(short_file([child(n) for n in (1, 2, 3, 4)], FULL), school, clerk)
    assert kinds(row) == ["same", "ask", "ask", "ask"]
    answer(
        row,
        clerk,
        children={
            "1": {"do": "new_pupil", "on": "2025-09-02", "reason": ""},
            "2": {"do": "transfer_in", "on": "2025-09-10", "reason": ""},
            "3": {"do": "skip", "on": "", "reason": ""},
        },
    )
    outcome = apply_roster(row, actor=clerk, seen_revision=row.revision)

    movements = Movement.objects.order_by("pk")
    assert (outcome.created, outcome.skipped) == (2, 1)
    assert [(m.kind, m.period.month.slug, m.evidence_pending) for m in movements] == [
        ("new_pupil", "2025-10", False),
        ("transfer_in", "2025-10", True),
    ]
    assert not Enrolment.objects.filter(
        base_grade__isnull=False, student__in=[m.student_id for m in movements]
    ).exists()


def test_answer_after_today_is_refused(school, clerk):
    bring([child(1)], school, clerk)
    end_base(school)
    row = upload(short_file([child(1), child(2)], FULL), school, clerk)
    with pytest.raises(StepRefused, match="在今天之后"):
        answer(row, clerk, children={"1": {"do": "added", "on": "2026-01-01", "reason": ""}})
    with pytest.raises(StepRefused, match="到校日期不是日期"):
        answer(row, clerk, children={"1": {"do": "added", "on": "昨天", "reason": ""}})


def test_child_on_another_roll_is_a_transfer_question_on_a_full_match_only(school, other_school, clerk):
    values = child(1)
    student = make_student(
        school.county,
        values["姓名"],
        dt.datetime.strptime(values["出生日期"], "%Y%m%d").date(),
        id_number=values["身份证件号"],
    )
    enrol(student, other_school, 1)
    row = upload(short_file([values, child(2)]), school, clerk)

    assert kinds(row) == ["elsewhere", "new"]
    assert other_school.name not in str(preview_of(row).plan)
    answer(row, clerk, children={"0": {"do": "transfer", "on": "", "reason": ""}})
    outcome = apply_roster(row, actor=clerk, seen_revision=row.revision)
    transfer = Transfer.objects.get()

    assert outcome.transfers == 1
    assert (transfer.to_school, transfer.from_school, transfer.state) == (school, other_school, "waiting")
    assert Enrolment.objects.get(student=student).school == other_school
    assert Student.objects.filter(name=values["姓名"]).count() == 1


def test_unanswered_transfer_question_imports_nothing_of_the_child(school, other_school, clerk):
    values = child(1)
    student = make_student(
        school.county,
        values["姓名"],
        dt.datetime.strptime(values["出生日期"], "%Y%m%d").date(),
        id_number=values["身份证件号"],
    )
    enrol(student, other_school, 1)
    bring([values, child(2)], school, clerk)

    assert not Transfer.objects.exists()
    assert list(Enrolment.objects.filter(student=student).values_list("school", flat=True)) == [
        other_school.pk
    ]


def test_number_of_another_name_is_an_error_that_says_nothing_of_the_other_school(
    school, other_school, clerk
):
    values = child(1)
    student = make_student(
        school.county,
        "别的名字",
        dt.datetime.strptime(values["出生日期"], "%Y%m%d").date(),
        id_number=values["身份证件号"],
    )
    enrol(student, other_school, 1)
    preview = preview_of(upload(short_file([values]), school, clerk))

    assert [problem.message for problem in preview.errors] == [
        (
            f"表“学生花名册” 第 2 行 {values['姓名']}：这个证件号码不能用于这名学生。"
            "请对照户口簿核对姓名和证件号码；确认无误的请联系基教股核实。"
        )
    ]


def test_children_without_a_number_need_a_reason(school, clerk):
    row = upload(short_file([child(1, 身份证件号="无")]), school, clerk)
    assert kinds(row) == ["ask"]
    with pytest.raises(StepRefused, match="请写明暂无证件的原因"):
        answer(row, clerk, children={"0": {"do": "register", "on": "", "reason": " "}})
    answer(row, clerk, children={"0": {"do": "register", "on": "", "reason": "户口正在办理"}})
    apply_roster(row, actor=clerk, seen_revision=row.revision)
    student = Student.objects.get()
    assert (student.id_type, student.id_index, student.no_id_reason) == ("Z", None, "户口正在办理")
    assert student.enrolments.get().base_grade == 1

    again = upload(short_file([child(1, 身份证件号="无")]), school, clerk)
    assert kinds(again) == ["same"]
    number_known = upload(short_file([child(1)]), school, clerk)
    assert kinds(number_known) == ["changed"]
    apply_roster(number_known, actor=clerk, seen_revision=number_known.revision)
    student.refresh_from_db()
    assert (student.id_number, student.id_type, student.no_id_reason) == (child(1)["身份证件号"], "1", "")


def test_confirm_says_what_changed_meanwhile_and_compares_again(school, clerk):
    bring([child(1), child(2)], school, clerk)
    row = upload(short_file([child(1, 现住址="新址"), child(2)], FULL), school, clerk)
    other = upload(short_file([child(1), child(2, 现住址="河西")], FULL), school, clerk)
    apply_roster(other, actor=clerk, seen_revision=other.revision)
    with pytest.raises(StalePage, match="已按现在的名册重新核对") as refusal:
        confirm_roster(row, actor=clerk, seen_revision=row.revision)

    assert refusal.value.problems == [f"有变动：{child(2)['姓名']}（第 3 行）"]
    row.refresh_from_db()
    assert (row.state, row.changed_count) == ("previewed", 2)
    assert Student.objects.get(name=child(1)["姓名"]).address == child(1)["现住址"]


def test_base_that_closed_meanwhile_refuses(school, clerk):
    row = upload(short_file([child(1)]), school, clerk)
    end_base(school)
    with pytest.raises(StalePage):
        confirm_roster(row, actor=clerk, seen_revision=row.revision)

    assert not Student.objects.exists()
    row.refresh_from_db()
    assert kinds(row) == ["ask"]


def test_second_press_does_nothing_twice(school, clerk):
    row = upload(short_file([child(1)]), school, clerk)
    seen = row.revision
    apply_roster(row, actor=clerk, seen_revision=seen)
    with pytest.raises(StalePage):
        apply_roster(RosterImport.objects.get(), actor=clerk, seen_revision=seen)
    assert Student.objects.count() == 1


def test_only_the_clerk_of_the_school_imports(school, clerk, other_clerk, reviewer, principal):
    content = short_file([child(1)])
    row = upload(content, school, clerk)
    for person in (other_clerk, reviewer, principal):
        with pytest.raises(NotPermitted):
            upload(content, school, person)
        for step in (apply_roster, discard_roster, compare_again):
            with pytest.raises(NotPermitted):
                step(row, actor=person, seen_revision=row.revision)
    assert not Student.objects.exists()


def test_discarding_empties_the_file_and_writes_nothing(school, clerk):
    row = upload(short_file([child(1)]), school, clerk)
    discard_roster(row, actor=clerk, seen_revision=row.revision)
    row = RosterImport.objects.get()

    assert (row.state, row.file, row.preview) == ("discarded", "", "")
    with pytest.raises(StepRefused):
        apply_roster(row, actor=clerk, seen_revision=row.revision)
    assert not Student.objects.exists()


def test_answer_that_no_longer_fits_is_asked_again(school, other_school, clerk):
    bring([child(1)], school, clerk)
    end_base(school)
    row = upload(short_file([child(1), child(2)], FULL), school, clerk)
    answer(row, clerk, children={"1": {"do": "added", "on": "2025-09-10", "reason": ""}})
    student = make_student(school.county, child(2)["姓名"], born_for(1, 2), id_number=child(2)["身份证件号"])
    enrol(student, other_school, 1)
    with pytest.raises(StalePage):
        confirm_roster(row, actor=clerk, seen_revision=row.revision)
    row.refresh_from_db()

    assert kinds(row) == ["same", "elsewhere"]
    assert preview_of(row).choices.children == {}
    assert not Transfer.objects.exists()


def test_import_is_one_audit_entry_with_names_of_fields_and_no_values(school, clerk):
    bring([child(1), child(2)], school, clerk)
    end_base(school)
    row = upload(short_file([child(1, 现住址="柏坪镇河西村"), child(2), child(3)], FULL), school, clerk)
    answer(row, clerk, children={"2": {"do": "new_pupil", "on": "2025-09-02", "reason": ""}})
    before = AuditEntry.objects.count()
    apply_roster(row, actor=clerk, seen_revision=row.revision)
    entry = AuditEntry.objects.order_by("seq").last()

    assert AuditEntry.objects.count() == before + 1
    assert (entry.verb, entry.actor_name, entry.target_type) == (
        "roster.import",
        clerk.name,
        "students.RosterImport",
    )
    assert entry.capacity.startswith("填报员")
    assert entry.summary == "名册导入：新增 1，变更 1，发起转学 0，未导入 0"
    assert [fields for _, fields in entry.changes["fields"]] == [["address"]]
    assert "河西" not in str(entry.changes)
