"""Titles and footnotes of the forms, and how a figure is written."""

from datetime import date
from typing import Literal

# Which reading of 本月学生数 the county has chosen: on the roll, or in school.
type ReadingRule = Literal["roll", "attending"]

MINUS = "−"
NOT_OFFERED = "／"
NOT_FILED = "—"
GRADE_NAMES = ("一年级", "二年级", "三年级", "四年级", "五年级", "六年级", "七年级", "八年级", "九年级")
TOTAL_NAME = "合计"
# 附件1–3 of the notice end with this sentence.
SEAL_NOTE = "注：表格要求学校盖章、校长和填表人签字。"
NO_CHANGE = "本月无变动"
NO_COUNTED_CHANGE = "本月无计入表（一）的变动"
NOT_COUNTED = "以下不计数"
SEPTEMBER_NOTE = "9月上月数为升级后基数。"
SEPTEMBER = 9

_READINGS = {
    "roll": (
        "在籍口径：本月学生数=上月学生数+转入−转出±其他；"
        "未在校为在籍而截止日不在校的人数，不从本月学生数中扣除。"
    ),
    "attending": (
        "在校口径：本月学生数=上月学生数+转入−转出−未在校±其他；"
        "未在校为上月在校而本月截止日不在校的人数，返校人数计入其他。"
    ),
}


def annex1_title(county_name: str) -> str:
    return f"{county_name}中小学控辍保学动态监测月报表（一）"


def annex2_title(county_name: str) -> str:
    return f"{county_name}中小学生动态监测情况月报信息表（二）"


def summary_title(county_name: str, by: Literal["school", "grade"]) -> str:
    scope = "分学校" if by == "school" else "分年级"
    return f"{county_name}中小学控辍保学动态监测月报汇总表（{scope}）"


def annex1_footnotes(rule: ReadingRule, month: int, opening_correction: int = 0) -> tuple[str, ...]:
    """What the reader must know to add up the lines; ledger: PRINT, OPENING."""
    notes = [_READINGS[rule]]
    if opening_correction:
        notes.append(f"上月学生数含以前月份更正 {signed(opening_correction)} 人。")
    if month == SEPTEMBER:
        notes.append(SEPTEMBER_NOTE)
    return tuple(notes)


def annex2_footnotes(rule: ReadingRule) -> tuple[str, ...]:
    """Which lines count, by the reading in force; ledger: ANNEX 2."""
    not_counted = "返校不计数" if rule == "roll" else "上月已列入未在校、至今未返校的不计数"
    return (f"计数行为表（一）转入、转出、未在校、其他各栏的人；{not_counted}。",)


def signed(number: int) -> str:
    """+1, −1 with the minus sign U+2212, 0 without a sign."""
    if number == 0:
        return "0"
    return f"+{number}" if number > 0 else f"{MINUS}{-number}"


def figure_text(key: str, number: int) -> str:
    """A figure as printed: only 其他 carries a sign."""
    return signed(number) if key == "other" else str(number)


def long_date(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def edition_text(edition: int) -> str:
    return f"第{edition}版"
