"""Numbers in cells: identity and student numbers, phones. Text end to end; a numeric cell is never trusted."""

import datetime as dt
import re
from typing import Final

from accounts.tabular.model import CellProblem, CellValue
from accounts.text import clean_number
from students.identity import ID_PATTERN, ROLL_PATTERN, birth_date_of, check_character
from students.roster_import.problems import ValueProblem
from students.roster_import.values import NOTHING, formula_problem, text_of

AGAINST_BOOK: Final = "请对照户口簿改 {cell} 后再导入。"
_PROVINCES: Final = frozenset(
    "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 "
    "81 82 83".split()
)
_NO_NUMBER: Final = NOTHING | {
    "无身份证",
    "无身份证号",
    "未办",
    "未办理",
    "未上户",
    "未上户口",
    "没有身份证",
    "0",
}
# Cyrillic and Greek letters and signs
_LOOKS_LIKE_X: Final = str.maketrans(dict.fromkeys("\u0445\u0425\u03c7\u03a7×✕✖", "X"))
_SCIENTIFIC: Final = re.compile(r"\d(?:\.\d+)?E\+?\d{1,3}")
_LETTERS_FOR_DIGITS: Final = re.compile("[OIL]")
_PAPER: Final = re.compile(r"[A-Z0-9()/]{5,20}")
_CARD_LENGTHS: Final = (20, 22)


def parse_id(raw: CellValue, *, today: dt.date) -> str:
    """An 18-character number that stands; '' for none. ValueProblem says which kind of wrong it is."""
    text = id_text(raw)
    if text and not (ID_PATTERN.fullmatch(text) and _stands(text, today)):
        raise _id_problem(text, today)
    return text


def id_text(raw: CellValue) -> str:
    """The number as text, normalised but not yet checked; '' for 无 and blanks."""
    if raw is None:
        return ""
    if isinstance(raw, CellProblem):
        raise formula_problem(raw)
    if not isinstance(raw, str):
        raise ValueProblem(
            "id_number_cell",
            "单元格是数字格式，后几位已经丢失",
            "请把 {column} 列设为文本，从学籍系统重新导出或重新录入，不要直接改格式。",
        )
    if ID_PATTERN.fullmatch(raw):
        return raw
    if raw.strip() in _NO_NUMBER:
        return ""
    text_of(raw)  # only for its limit on length
    text = clean_number(raw)
    if text in _NO_NUMBER:
        return ""
    return text[:-1] + text[-1:].translate(_LOOKS_LIKE_X)


def _stands(number: str, today: dt.date) -> bool:
    born = birth_date_of(number)
    return (
        born is not None
        and born <= today
        and number[:2] in _PROVINCES
        and check_character(number[:17]) == number[17]
    )


def _id_problem(text: str, today: dt.date) -> ValueProblem:
    return _id_shape(text) or _id_content(text, today)


def _id_shape(text: str) -> ValueProblem | None:
    """What the number looks like instead; the first that fits names the kind."""
    retype = "请把 {column} 列设为文本，从学籍系统重新导出或重新录入，不要直接改格式。"
    without = "有身份证的请填身份证号；没有的请空着，按“暂无证件”登记。"
    passport = "；是护照等证件的，请在“证件类型”栏写明" if text[:1].isalpha() else ""
    digits = any(map(str.isdigit, text))
    is_roll = ROLL_PATTERN.fullmatch(text) is not None
    kinds: tuple[tuple[object, str, str, str], ...] = (
        (_SCIENTIFIC.fullmatch(text), "id_scientific", "是科学计数法，后几位已经丢失", retype),
        ("*" in text, "id_masked", "中间几位被星号遮住了", "请从学籍系统导出带完整号码的文件。"),
        (
            is_roll and text[0] == "G",
            "id_is_roll_number",
            "是学籍号（G 加身份证号）",
            "请删去 {cell} 开头的 G，或在核对页选“去掉开头的 G”。",
        ),
        (is_roll, "id_is_roll_number", "是 L 开头的临时学籍号，不是身份证号", without),
        (text.startswith("999"), "id_temporary", "是 999 开头的临时编号，不是身份证号", without),
        (
            len(text) == 15 and text.isdigit(),
            "id_old",
            "是 15 位旧号码",
            "请对照户口簿换成 18 位身份证号。",
        ),
        (
            digits and _LETTERS_FOR_DIGITS.search(text),
            "id_letters",
            "里有字母 O、I 或 L，应是数字 0 或 1",
            AGAINST_BOOK,
        ),
        (
            len(text) != 18,
            "id_length",
            f"有 {len(text)} 位，身份证号应是 18 位{passport}",
            AGAINST_BOOK,
        ),
        (not ID_PATTERN.fullmatch(text), "id_characters", "只能是数字，末位可以是 X", AGAINST_BOOK),
    )
    found = next((kind for kind in kinds if kind[0]), None)
    return ValueProblem(*found[1:]) if found else None


def _id_content(text: str, today: dt.date) -> ValueProblem:
    born = birth_date_of(text)
    if text[:2] not in _PROVINCES:
        return ValueProblem("id_area", f"开头的“{text[:2]}”不是省份代码", AGAINST_BOOK)
    if born is None:
        return ValueProblem("id_birth", f"第 7 到 14 位“{text[6:14]}”不是日期", AGAINST_BOOK)
    if born > today:
        return ValueProblem("id_future", f"里的出生日期 {born:%Y-%m-%d} 在今天之后", AGAINST_BOOK)
    swapped = _swapped_at(text, today)
    if swapped:
        return ValueProblem(
            "id_swapped",
            f"末位校验不对，多半是第 {swapped}、{swapped + 1} 位抄反了",
            AGAINST_BOOK,
        )
    return ValueProblem("id_check", "末位校验不对，多半是抄错了一位", AGAINST_BOOK)


def _swapped_at(text: str, today: dt.date) -> int:
    """Position (from 1) of the only neighbouring digits whose exchange makes the number stand; 0 else."""
    found = [
        place + 1
        for place in range(16)
        if text[place] != text[place + 1]
        and _stands(text[:place] + text[place + 1] + text[place] + text[place + 2 :], today)
    ]
    return found[0] if len(found) == 1 else 0


def parse_paper_number(raw: CellValue) -> str:
    """The number of a passport or a pass: no check digit exists."""
    text = id_text(raw)
    if text and not _PAPER.fullmatch(text):
        raise ValueProblem("paper_number", "证件号码应是 5 到 20 位字母和数字", "请对照证件改 {cell}。")
    return text


def parse_roll_number(raw: CellValue) -> str:
    """学籍号: G or L and 18 characters."""
    if isinstance(raw, int | float) and not isinstance(raw, bool):
        raise _roll_problem("单元格是数字格式，后几位可能已经丢失")
    text = clean_number(text_of(raw))
    if text.lower() in NOTHING:
        return ""
    if not ROLL_PATTERN.fullmatch(text):
        raise _roll_problem("学籍号应是 G 或 L 加 18 位")
    return text


def _roll_problem(why: str) -> ValueProblem:
    return ValueProblem("roll_number", why, "这一格没有导入，请从学籍系统重新导出后再传。", level="warning")


def parse_member_id(raw: CellValue, *, today: dt.date) -> str:
    """A guardian's number never keeps the child out: what cannot stand is left out with a warning."""
    try:
        return parse_id(raw, today=today)
    except ValueProblem as problem:
        raise ValueProblem(
            f"member_{problem.code}", problem.why, "这一格没有导入，请核对后再传。", level="warning"
        ) from None


_MOBILE: Final = re.compile(r"1[3-9]\d{9}")
_LANDLINE: Final = re.compile(r"0\d{9,11}|\d{7,8}")
_AREA_WITHOUT_ZERO: Final = re.compile(r"[2-9]\d{9,10}")
_BETWEEN_PHONES: Final = re.compile(r"[/／,，、;；\n]| (?=1[3-9])|或|和")


def parse_phone(raw: CellValue) -> str:
    """The first usable number; whatever is doubtful is a warning and never an error."""
    if isinstance(raw, CellProblem):
        raise ValueProblem("phone_formula", "公式没有结果", "这一格没有导入，请改后再传。", level="warning")
    try:
        text = text_of(raw)
    except ValueProblem as problem:
        raise ValueProblem("phone_unknown", problem.why, "这一格没有导入。", level="warning") from None
    if text.lower() in NOTHING:
        return ""
    parts = [found for part in _BETWEEN_PHONES.split(text) if (found := _one_phone(part))]
    if not parts:
        raise ValueProblem("phone_unknown", "不像电话号码", "这一格没有导入，请核对后再传。", level="warning")
    return parts[0]


def phones_in(raw: CellValue) -> int:
    """How many numbers stand in the cell."""
    text = text_of(raw) if isinstance(raw, str) else ""
    return sum(bool(_one_phone(part)) for part in _BETWEEN_PHONES.split(text))


def _one_phone(text: str) -> str:
    number = clean_number(text).replace("(", "").replace(")", "").replace("+", "").removesuffix(".0")
    for prefix in ("0086", "86"):
        if number.startswith(prefix) and _MOBILE.fullmatch(number[len(prefix) :]):
            number = number[len(prefix) :]
    if _MOBILE.fullmatch(number) or _LANDLINE.fullmatch(number):
        return number
    if _AREA_WITHOUT_ZERO.fullmatch(number) and not number.startswith("86"):
        return f"0{number}"
    return ""


def parse_card(raw: CellValue) -> str:
    """残疾人证号: 18-character ID number, category, grade, perhaps a B and a number of re-issue."""
    if isinstance(raw, int | float) and not isinstance(raw, bool):
        raise ValueProblem(
            "card_number_cell",
            "单元格是数字格式，后几位已经丢失",
            "请把 {column} 列设为文本后重新录入残疾人证号。",
        )
    text = clean_number(text_of(raw))
    if text.lower() in NOTHING:
        return ""
    if len(text) not in _CARD_LENGTHS or not ID_PATTERN.fullmatch(text[:18]):
        raise ValueProblem(
            "card_shape", f"有 {len(text)} 位，残疾人证号是身份证号加 2 位", "请对照残疾人证改 {cell}。"
        )
    if text[18] not in "1234567" or text[19] not in "1234":
        raise ValueProblem(
            "card_shape", f"末两位“{text[18:20]}”不是残疾类别和等级", "请对照残疾人证改 {cell}。"
        )
    return text
