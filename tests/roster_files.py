"""Roster files as they come: the three layouts of the national system's exports, and smaller ones for single cases."""

import csv
import datetime as dt
import io

from accounts.tabular import read_tables
from students.identity import make_id_number
from students.roster_import.reading import read_workbook
from students.roster_import.rows import Facts
from tests.files import xlsx

SCHOOL_YEAR = 2025
MEMBER = (
    "姓名 关系 关系说明 现住址 户口所在地行政区划 联系电话 是否监护人 身份证件类型 身份证件号 民族 工作单位 职务"
).split()
MEMBERS = [f"成员{number}{part}" for number in (1, 2) for part in MEMBER]

LAYOUT_A = [
    *(
        "学校标识码 姓名 性别 出生日期 出生地行政区划代码 籍贯 民族 国籍/地区 身份证件类型 港澳台侨外 健康状况 政治面貌 "
        "身份证件号 户口性质 户口所在地行政区划 班号 入学年月 入学方式 就读方式 现住址 通信地址 家庭地址 联系电话 邮政编码 "
        "是否独生子女 是否受过学前教育 是否留守儿童 是否进城务工人员随迁子女 是否需要申请资助 是否享受一补 是否孤儿 "
        "是否烈士或优抚子女 上下学距离 上下学方式 是否需要乘坐校车 曾用名 身份证件有效期 血型 特长 学籍辅号 班内学号 "
        "学生来源 电子信箱 主页地址 残疾类型 是否由政府购买学位 随班就读"
    ).split(),
    *MEMBERS,
]
LAYOUT_B = [
    *(
        "学校标识码 姓名 性别 出生日期 出生地行政区划代码 籍贯 民族 国籍/地区 身份证件类型 身份证件号 港澳台侨外 健康状况 "
        "政治面貌 户口性质 户口所在地行政区划 校区号 班号 入学年月 入学方式 就读方式 现住址 通信地址 家庭地址 联系电话 "
        "邮政编码 是否独生子女 是否受过学前教育 是否留守儿童 是否农村留守儿童 是否残疾人 是否需要申请资助 是否享受一补 是否孤儿 "
        "是否烈士或优抚子女 是否随迁子女 是否进城务工人员随迁子女 上下学距离 上下学交通方式 是否乘坐校车 曾用名 身份证件有效期 "
        "血型 特长 学籍辅号 班内学号 学生来源 电子信箱 主页地址 是否由政府购买学位"
    ).split(),
    *MEMBERS,
]
LAYOUT_C = [
    *(
        "编号 区县 就读学校 学籍接续标识 学校标识码 姓名 性别 出生日期 证件类型 身份证号 出生地行政区划代码 民族 国籍/地区 "
        "港澳台侨外 户口性质 户口所在地行政区划 现住址 是否独生子女 是否留守儿童 是否进城务工人员随迁子女 是否孤儿 籍贯 健康状况 "
        "政治面貌 年级 班级号 入学年月 入学方式 就读方式 通信地址 残疾人类型"
    ).split(),
    *MEMBERS,
]
LAYOUTS = {"A": LAYOUT_A, "B": LAYOUT_B, "C": LAYOUT_C}

_FAMILY = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许"
_GIVEN = "一鸣 若溪 子涵 浩然 欣怡 宇航 佳琪 梓萱 俊杰 思远 雨桐 嘉豪 晨曦 书瑶 承泽 雅楠 天宇 诗涵 明轩 可馨".split()


def born_for(grade, number=0, year=SCHOOL_YEAR):
    """A birth date that is usual for the grade."""
    return dt.date(year - 6 - grade, 9, 1) + dt.timedelta(days=(number * 7) % 365)


def child(number=1, grade=1, **values):
    """One child with everything the layouts may say, by heading; values are texts as the system exports them."""
    born = values.pop("born", born_for(grade, number))
    sequence = number % 999 + 1
    entry = SCHOOL_YEAR - (grade - 1 if grade <= 6 else grade - 7)
    return {
        "姓名": _FAMILY[number % 20] + _GIVEN[number // 20 % 20],
        "性别": "男" if sequence % 2 else "女",
        "出生日期": f"{born:%Y%m%d}",
        "民族": "汉族",
        "国籍/地区": "中国",
        "身份证件号": make_id_number("140499", born, sequence),
        "年级": "一二三四五六七八九"[grade - 1] + "年级",
        "班号": "01",
        "入学年月": f"{entry}09",
        "现住址": f"山西省长治市平顺县柏坪镇南庄村{number}号",
        "户口所在地行政区划": "山西省长治市平顺县柏坪镇",
        "就读方式": "走读",
        "联系电话": f"138{number:08d}",
        "是否留守儿童": "非留守儿童",
        "是否孤儿": "否",
        "成员1姓名": _FAMILY[number % 20] + "建国",
        "成员1关系": "父亲",
        "成员1联系电话": f"139{number:08d}",
        "成员1是否监护人": "是",
        "成员2姓名": _FAMILY[number % 19 + 1] + "小梅",
        "成员2关系": "母亲",
        "成员2联系电话": f"137{number:08d}",
        "成员2是否监护人": "否",
    } | values


_OTHER_HEADINGS = {"身份证号": "身份证件号", "班级号": "班号", "残疾人类型": "残疾类型"}


def layout_rows(layout, children, *, school=None):
    """Headings and rows in the order of layout A, B or C."""
    headings = LAYOUTS[layout]
    own = {"学校标识码": school.code if school else "", "编号": ""}
    rows = [headings]
    for values in children:
        known = own | values
        rows.append(
            [known.get(heading, known.get(_OTHER_HEADINGS.get(heading, ""), "")) for heading in headings]
        )
    return rows


def layout_file(layout, children, *, school=None, name="学生基础信息"):
    return xlsx(layout_rows(layout, children, school=school), name=name)


SHORT = ["姓名", "性别", "出生日期", "身份证件号", "年级", "班号", "现住址", "联系电话"]


def short_rows(children, headings=None):
    headings = headings or SHORT
    return [list(headings), *([values.get(heading, "") for heading in headings] for values in children)]


def short_file(children, headings=None, **options):
    """A small .xlsx with the columns that cases need."""
    return xlsx(short_rows(children, headings), **options)


def csv_bytes(rows, encoding="utf-8", separator=","):
    out = io.StringIO()
    csv.writer(out, delimiter=separator, lineterminator="\r\n").writerows(rows)
    return out.getvalue().encode(encoding)


# --- reading without a database ---------------------------------------------------------------------

TODAY = dt.date(2025, 9, 20)


def facts(**values):
    return Facts(
        **{
            "today": TODAY,
            "school_year": SCHOOL_YEAR,
            "grades": range(1, 10),
            "school_codes": frozenset({"3114000001"}),
            "school_names": frozenset({"柏坪学校"}),
            **values,
        }
    )


def read(content, name="名册.xlsx", *, mapping=None, **values):
    """A file, or rows of one sheet, as the importer understands it."""
    if isinstance(content, list):
        content = xlsx(content)
    return read_workbook(read_tables(content, name, in_child=False), facts(**values), mapping)


def read_one(headings=None, **cells):
    """One child with these cells; the problems and the child (None when it was refused)."""
    values = child(1, cells.pop("grade", 1)) | cells
    columns = dict.fromkeys([*(headings or SHORT), *cells])
    reading = read(short_rows([values], list(columns)))
    return reading, (reading.children or [None])[0]


def messages(reading, level=None):
    return [problem.message for problem in reading.problems if level in (None, problem.level)]


def codes(reading):
    return [problem.code for problem in reading.problems + reading.file_problems]
