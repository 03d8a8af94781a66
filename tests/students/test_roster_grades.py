"""Dates, grades and classes in rosters: cases 12 to 16 and 33 of the bad-input catalogue."""

import datetime as dt

import pytest

from tests.files import xlsx
from tests.roster_files import SHORT, born_for, child, codes, messages, read, read_one, short_rows

BORN = born_for(1, 1)
SERIAL = (BORN - dt.date(1899, 12, 30)).days


@pytest.mark.parametrize(
    "written",
    [
        BORN,
        dt.datetime.combine(BORN, dt.time(8, 30)),
        f"{BORN:%Y-%m-%d}",
        f"{BORN:%Y/%-m/%-d}",
        f"{BORN:%Y.%-m.%-d}",
        f"{BORN:%Y%m%d}",
        int(f"{BORN:%Y%m%d}"),
        f"{BORN:%Y年%-m月%-d日}",
        SERIAL,
        str(SERIAL),
        f"{BORN:%Y-%m-%d} 00:00:00",
        f"{BORN:%Y-%m-%d}".translate(str.maketrans("0123456789-", "０１２３４５６７８９－")),
        f"{BORN:%-m/%-d/%Y}",
        f"{BORN:%-d/%-m/%Y}",
        f"'{BORN:%Y-%m-%d}",
    ],
)
def test_birth_dates_in_every_writing_equal_to_the_number_are_accepted(written):
    reading, found = read_one(出生日期=written)

    assert reading.problems == []
    assert found["birth_date"] == BORN.isoformat()


@pytest.mark.parametrize("written", [f"{BORN:%Y-%m}", f"{BORN:%Y%m}", f"{BORN:%Y年%-m月}", f"{BORN:%Y.%-m}"])
def test_month_only_is_filled_from_the_number_with_a_note(written):
    reading, found = read_one(出生日期=written)

    assert found["birth_date"] == BORN.isoformat()
    assert ["学生花名册", "C2", "出生日期", written, BORN.isoformat()] in reading.corrections


@pytest.mark.parametrize(
    ("written", "code", "why"),
    [
        ("2014-03-21", "birth_differs", f"与 D2 身份证号中的 {BORN.year}年{BORN.month}月{BORN.day}日 不一致"),
        ("去年春天", "birth_unknown", "不是日期"),
        ("2018-02-30", "birth_unknown", "不是日期"),
        ("12345", "birth_unknown", "不是日期"),
        ("2017-05", "birth_differs", f"与 D2 身份证号中的 {BORN.year}年{BORN.month}月{BORN.day}日 不一致"),
    ],
)
def test_birth_dates_that_cannot_stand(written, code, why):
    reading, found = read_one(出生日期=written)

    assert found is None
    assert [(problem.code, problem.why, problem.cell) for problem in reading.problems] == [(code, why, "C2")]


def test_two_readings_without_a_number_are_ambiguous():
    reading, _ = read_one(身份证件号="", 出生日期="3/4/2019")
    assert messages(reading) == [
        "表“学生花名册” 第 2 行 C2 出生日期“3/4/2019”：可以读成两个日期。请在 C2 按 2016-03-12 的写法填出生日期。"
    ]


def test_the_1904_date_system_has_the_right_epoch():
    reading = read(xlsx(short_rows([child(1, 出生日期=BORN)]), date_1904=True))

    assert reading.children[0]["birth_date"] == BORN.isoformat()


def test_sex_that_disagrees_with_the_number_names_both():
    wrong = {"男": "女", "女": "男"}[child(1)["性别"]]
    reading, found = read_one(性别=wrong)

    assert found is None
    assert messages(reading) == [
        f"表“学生花名册” 第 2 行 B2 性别“{wrong}”：与 D2 身份证号中的“{child(1)['性别']}”不一致。以户口簿为准，改其中一处。"
    ]


def test_class_that_excel_turned_into_a_date_suggests_the_text():
    reading, found = read_one(grade=7, 班号=dt.datetime(2025, 7, 2))

    assert found is None
    assert messages(reading) == [
        (
            "表“学生花名册” 第 2 行 F2 班号“2025-07-02”：被 Excel 变成了日期，原来多半是“7-2”。"
            "请把 F 列设为文本，改成“7-2”或“七（2）班”。"
        )
    ]


@pytest.mark.parametrize("written", ["702", 702, "7.2", 7.2, "(2)", "（2）"])
def test_doubtful_classes_are_guessed_only_with_confirmation(written):
    reading, found = read_one(grade=7, 班号=written)

    assert found["class_no"] == 2
    assert [(p.level, p.code, p.why) for p in reading.problems] == [
        ("confirm", "class_guessed", "当作“七（2）班”")
    ]


@pytest.mark.parametrize(
    "written",
    [
        "2",
        "02",
        "2班",
        "二班",
        "（2）班",
        "七（2）班",
        "七年级2班",
        "7-2",
        "初一(2)班",
        "第2班",
        "2024级2班",
        "202402",
        2,
        2.0,
    ],
)
def test_clear_classes(written):
    grade = 8 if str(written).startswith("2024") else 7
    reading, found = read_one(grade=grade, 班号=written)

    assert (found["class_no"], reading.problems) == (2, [])


def test_class_of_another_grade_names_both():
    reading, found = read_one(grade=7, 班号="八（2）班")

    assert found is None
    assert reading.problems[0].why == "班级写的是八年级，年级写的是七年级"


@pytest.mark.parametrize(
    ("written", "grade"),
    [
        ("七年级", 7), ("7年级", 7), ("七", 7), ("7", 7), (7, 7), ("初一", 7), ("初中一年级", 7), ("初三", 9),
        ("2024级", 8), ("初中2024级", 8), ("小学2021级", 5), ("七年级(2)班", 7), ("一年级", 1), ("小学六年级", 6),
    ],
)  # fmt: skip
def test_grades_in_every_clear_writing(written, grade):
    values = child(1, grade) | {"年级": written, "班号": ""}
    reading = read(short_rows([values]))

    assert codes(reading) == []
    assert reading.children[0]["grade"] == grade


@pytest.mark.parametrize("written", ["十年级", "高一", "初四", "小学七年级", "学前班", "0", "七.五"])
def test_unknown_grades_are_errors(written):
    reading, found = read_one(年级=written)

    assert found is None
    assert messages(reading) == [
        f"表“学生花名册” 第 2 行 E2 年级“{written}”：年级只到九年级（也认 1–9、初一至初三）。请改 E2。"
    ]


def test_grade_from_the_month_of_entry_and_the_kind_of_school():
    headings = ["姓名", "身份证件号", "入学年月", "班号"]
    children = [child(n, grade) for n, grade in ((1, 1), (2, 4), (3, 6), (4, 7), (5, 9))]
    reading = read(short_rows(children, headings))

    assert codes(reading) == []
    assert [row["grade"] for row in reading.children] == [1, 4, 6, 7, 9]


def test_grade_that_the_school_does_not_have():
    reading = read(short_rows([child(1, 8)]), grades=range(1, 7))

    assert reading.children == []
    assert reading.problems[0].why == "本校没有八年级，只有一年级到六年级"


def test_sheets_named_for_grades_need_no_grade_column():
    headings = [name for name in SHORT if name != "年级"]
    reading = read(xlsx(short_rows([child(1, 3)], headings), name="三年级"))

    assert reading.children[0]["grade"] == 3
    assert reading.notices == ["表“三年级”没有“年级”一栏，按表名当作三年级。"]


def test_age_that_does_not_fit_the_grade_is_to_be_confirmed():
    reading, found = read_one(grade=1, **{k: child(1, 8)[k] for k in ("身份证件号", "出生日期", "性别")})

    assert found["grade"] == 1
    assert [(p.level, p.code, p.why) for p in reading.problems] == [
        ("confirm", "age_unusual", "与一年级的年龄不相称")
    ]
