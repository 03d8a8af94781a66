"""公民身份号码 (GB 11643), 学籍号, masking and pinyin: pure functions.

A resident number has 18 characters: 6 place, 8 birth date, 3 sequence (odd = male), 1 check.
"""

import datetime as dt
import re
from functools import lru_cache

from pypinyin import Style, lazy_pinyin

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECK_CHARACTERS = "10X98765432"
ID_PATTERN = re.compile(r"[1-9]\d{16}[\dX]")
ROLL_PATTERN = re.compile(r"[GL]\d{17}[\dX]")
# 港澳台居民居住证 have the same form with these places.
PERMIT_PREFIXES = ("81", "82", "83")
# The same words wherever the other record is: nobody learns at which school a child is (trust.md 3.2.10).
KNOWN_NUMBER = (
    "这个号码在县内已有学籍档案，不能再建一份。是本校学生的，请在名册里查找；从别处来的，请走“转学对接”。"
)


def check_character(first_17: str) -> str:
    """Last character that fits the first 17 digits."""
    total = sum(weight * int(digit) for weight, digit in zip(WEIGHTS, first_17, strict=True))
    return CHECK_CHARACTERS[total % 11]


def id_number_problem(number: str, today: dt.date | None = None) -> str:
    """Why an (already normalised) ID number cannot stand, as a Chinese sentence; '' if it can."""
    if len(number) == 15 and number.isdigit():
        return "是 15 位旧号码。请对照户口簿换成 18 位身份证号。"
    if len(number) != 18:
        return f"有 {len(number)} 位，身份证号应是 18 位。请对照户口簿补全。"
    if not ID_PATTERN.fullmatch(number):
        return "含有不该有的字符，只能是数字，末位可以是 X。请对照户口簿改正。"
    born = birth_date_of(number)
    if born is None:
        return f"第 7 到 14 位“{number[6:14]}”不是日期。请对照户口簿改正。"
    if today is not None and born > today:
        return f"出生日期 {born:%Y-%m-%d} 在今天之后。请对照户口簿改正。"
    if check_character(number[:17]) != number[17]:
        return "末位校验不对，多半是抄错了一位。请对照户口簿改正。"
    return ""


def birth_date_of(number: str) -> dt.date | None:
    """Birth date inside an 18-character number."""
    try:
        return dt.date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None


def sex_of(number: str) -> str:
    """'1' male, '2' female, by the parity of the sequence."""
    return "1" if int(number[16]) % 2 else "2"


def make_id_number(area: str, born: dt.date, sequence: int) -> str:
    """A number with a right check character: for synthetic data only (area 140499)."""
    first_17 = f"{area}{born:%Y%m%d}{sequence:03d}"
    return first_17 + check_character(first_17)


def mask_id(number: str) -> str:
    """140425********1234"""
    return number[:6] + "********" + number[-4:] if len(number) >= 15 else "*" * len(number)


def normal_birth_range(grade: int, school_year: int) -> tuple[dt.date, dt.date]:
    """Birth dates that fit a grade: (Y−6−g)-09-01 … (Y−5−g)-08-31 (domain.md §3.4)."""
    return dt.date(school_year - 6 - grade, 9, 1), dt.date(school_year - 5 - grade, 8, 31)


@lru_cache(maxsize=50_000)
def pinyin_of(name: str) -> tuple[str, str]:
    """(full pinyin, initials) for search: ('zhangruoxi', 'zrx')."""
    syllables = lazy_pinyin(name, style=Style.NORMAL, errors=list)  # type: ignore[arg-type]  # a list of characters is allowed too
    letters = [s.lower() for s in syllables if s.strip()]
    return "".join(letters)[:120], "".join(s[0] for s in letters)[:30]
