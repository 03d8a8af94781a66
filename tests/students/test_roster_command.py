"""`import_roster`: the JSON of product.md §11, exit codes, and what it leaves alone."""

import json

import pytest
from django.core.management import call_command

from accounts.models import AuditEntry
from students.actions.periods import period_of
from students.models import Enrolment, Movement, RollPeriod, RosterImport, SpecialCircumstance, Student
from tests.cast import enrol, make_student
from tests.roster_files import SHORT, born_for, child, short_file

pytestmark = pytest.mark.django_db
KEYS = ("file status rows created updated unchanged rejected students errors warnings message").split()


@pytest.fixture(autouse=True)
def autumn(time_machine):
    time_machine.move_to("2025-09-20 09:00+08:00", tick=False)


@pytest.fixture
def run(tmp_path, capsys, school):
    def run(content, *options, name="名册.xlsx"):
        path = tmp_path / name
        path.write_bytes(content)
        code = 0
        try:
            call_command("import_roster", str(path), "--school", school.code, "--json", *options)
        except SystemExit as stop:
            code = stop.code
        return code, json.loads(capsys.readouterr().out)

    return run


def end_base(school):
    from schools.queries import first_month

    period = period_of(school, first_month(school.county_id))
    RollPeriod.objects.filter(pk=period.pk).update(state="closed")


def test_good_file_is_accepted_with_exactly_these_keys(run, clerk):
    code, report = run(short_file([child(1), child(2, 7)]))

    assert (code, list(report)) == (0, KEYS)
    assert (report["file"], report["status"], report["rows"]) == ("名册.xlsx", "accepted", 2)
    assert [report[key] for key in ("created", "updated", "unchanged", "rejected")] == [2, 0, 0, 0]
    assert report["students"][1] == {
        "name": child(2, 7)["姓名"],
        "sex": child(2, 7)["性别"],
        "id_number": child(2, 7)["身份证件号"],
        "birth_date": born_for(7, 2).isoformat(),
        "grade": 7,
        "class_no": 1,
    }
    assert (report["errors"], report["warnings"]) == ([], [])
    assert Enrolment.objects.filter(base_grade__isnull=False).count() == 2
    entry = AuditEntry.objects.get(verb="roster.import")
    assert (entry.actor_name, entry.capacity) == ("系统", "命令 import_roster")
    assert RosterImport.objects.get().state == "confirmed"


def test_the_same_file_again_is_unchanged_and_leaves_no_trace(run, clerk):
    content = short_file([child(1), child(2, 7)])
    run(content)
    code, report = run(content)

    assert (code, report["status"], report["unchanged"], report["created"]) == (0, "accepted", 2, 0)
    assert report["message"] == "文件与名册完全一致，2 行都没有变化，名册没有改动。"
    assert AuditEntry.objects.filter(verb="roster.import").count() == 1


def test_valid_rows_are_stored_rejected_ones_are_not(run, clerk):
    code, report = run(short_file([child(1), child(2, 身份证件号=1.4e17), child(3)]))

    assert (code, report["status"]) == (1, "partly")
    assert [report[key] for key in ("rows", "created", "rejected")] == [3, 2, 1]
    assert report["errors"] == [
        {
            "sheet": "学生花名册",
            "cell": "D3",
            "code": "id_number_cell",
            "message": (
                "表“学生花名册” 第 3 行 D3 身份证号“1.40000E+17”：单元格是数字格式，后几位已经丢失。"
                "请把 D 列设为文本，从学籍系统重新导出或重新录入，不要直接改格式。"
            ),
        }
    ]
    assert Student.objects.count() == 2


def test_all_or_nothing_refuses_the_whole_file(run, clerk):
    code, report = run(short_file([child(1), child(2, 身份证件号="1")]), "--all-or-nothing")

    assert (code, report["status"], report["created"], report["students"]) == (1, "rejected", 0, [])
    assert not Student.objects.exists()


def test_dry_run_writes_nothing(run, clerk):
    code, report = run(short_file([child(1)]), "--dry-run")

    assert (code, report["status"], report["created"]) == (0, "accepted", 1)
    assert report["message"].startswith("试运行，没有写入。")
    assert not Student.objects.exists()
    assert not RosterImport.objects.exists()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b"%PDF-1.7 ", "not_a_table"),
        (short_file([]), "no_rows"),
        (short_file([child(1)], ["姓名", "性别"]), "header_not_found"),
        (short_file([child(1)], ["姓名", "身份证件号"]), "header_missing"),
    ],
)
def test_bad_files_are_rejected_as_a_whole(run, clerk, content, code):
    exit_code, report = run(content)

    assert (exit_code, report["status"], report["errors"][0]["code"]) == (1, "file_rejected", code)
    assert report["message"]


def test_all_rows_bad_is_rejected(run, clerk):
    code, report = run(short_file([child(1, 身份证件号="1")]))
    assert (code, report["status"], report["rejected"]) == (1, "rejected", 1)


def test_later_new_children_are_added_to_be_checked(run, clerk, school):
    run(short_file([child(1)]))
    end_base(school)
    code, report = run(short_file([child(1), child(2)]))
    movement = Movement.objects.get()

    assert (code, report["created"], report["unchanged"]) == (0, 1, 1)
    assert (movement.kind, movement.reason_text, movement.evidence_pending) == (
        "added",
        "名册导入，待核",
        True,
    )
    assert movement.recorded_by == clerk


def test_later_new_children_without_a_clerk_are_rejected(run, school):
    run(short_file([child(1)]))
    end_base(school)
    code, report = run(short_file([child(1), child(2)]))

    assert (code, report["status"], report["errors"][0]["code"]) == (1, "partly", "no_clerk")
    assert not Movement.objects.exists()


def test_child_of_another_roll_is_rejected_in_neutral_words(run, clerk, other_school):
    values = child(1)
    student = make_student(
        other_school.county, values["姓名"], born_for(1, 1), id_number=values["身份证件号"]
    )
    enrol(student, other_school, 1)
    code, report = run(short_file([values, child(2)]))

    assert (code, report["status"], report["rejected"]) == (1, "partly", 1)
    assert report["errors"][0]["message"] == (
        f"表“学生花名册” 第 2 行 {values['姓名']}：该学生学籍不在本校。请走“转学对接”，不能用名册导入。"
    )
    assert other_school.name not in json.dumps(report, ensure_ascii=False)
    assert Enrolment.objects.get(student=student).school == other_school


def test_name_and_grade_are_kept_and_said(run, clerk, school):
    run(short_file([child(n, 3) for n in range(5)]))
    end_base(school)
    code, report = run(
        short_file(
            [child(0, 3, 姓名="改名了"), child(1, 3) | {"年级": "二年级"}, *(child(n, 3) for n in (2, 3, 4))]
        )
    )

    assert (code, report["updated"], report["unchanged"]) == (0, 0, 5)
    assert [line["code"] for line in report["warnings"] if line["code"].endswith("_differs")] == [
        "name_differs",
        "grade_differs",
    ]
    assert [(row["name"], row["grade"]) for row in report["students"]][:2] == [
        (child(0, 3)["姓名"], 3),
        (child(1, 3)["姓名"], 3),
    ]


def test_special_circumstances_wait_until_somebody_stands_for_them(run, school):
    content = short_file([child(1, 是否孤儿="是")], [*SHORT, "是否孤儿"])
    _, report = run(content)
    assert report["warnings"][-1]["code"] == "no_clerk"
    assert run(content)[1]["unchanged"] == 1
    assert not SpecialCircumstance.objects.exists()


def test_unknown_school_and_missing_file_answer_in_json(tmp_path, capsys, school):
    for path, code, problem in (
        (tmp_path / "x.xlsx", school.code, "not_readable"),
        (tmp_path, "0", "school_not_found"),
    ):
        with pytest.raises(SystemExit) as stop:
            call_command("import_roster", str(path), "--school", code, "--json")
        report = json.loads(capsys.readouterr().out)
        assert (stop.value.code, report["status"], report["errors"][0]["code"]) == (
            1,
            "file_rejected",
            problem,
        )


def test_plain_words_without_json(tmp_path, capsys, school, clerk):
    path = tmp_path / "名册.xlsx"
    path.write_bytes(short_file([child(1)]))
    call_command("import_roster", str(path), "--school", school.code)

    assert "共 1 行：新增 1，变更 0，不变 0，有错未导入 0" in capsys.readouterr().out
