"""Words in cells → values: text, names, sex, ethnic group, yes and no, kind of paper, boarding."""

import datetime as dt
import unicodedata
from collections.abc import Callable
from typing import Any, Final

from accounts.tabular.model import CellProblem, CellValue
from accounts.text import TextProblem, clean_name, clean_text
from students.codes import ETHNICITIES
from students.models import Boarding, IdType
from students.roster_import.problems import ValueProblem

LONGEST_TEXT: Final = 200
LONGEST_NAME: Final = 50
LONGEST_RELATION: Final = 20
NOTHING: Final = frozenset({"", "无", "暂无", "没有", "-", "--", "/", "／", "—", "——", "空", "null", "none"})


def text_of(raw: CellValue, *, longest: int = LONGEST_TEXT) -> str:
    """A cell as cleaned text; numbers and dates as a person reads them."""
    if raw is None:
        return ""
    if isinstance(raw, str):
        text = clean_text(raw)
    elif isinstance(raw, CellProblem):
        raise formula_problem(raw)
    elif isinstance(raw, bool):
        text = "是" if raw else "否"
    elif isinstance(raw, float):
        text = f"{raw:.15g}"
    elif isinstance(raw, dt.datetime):
        text = raw.strftime("%Y-%m-%d %H:%M:%S").removesuffix(" 00:00:00")
    else:
        text = str(raw)
    if len(text) > longest:
        raise ValueProblem(
            "too_long", f"有 {len(text)} 个字，最多 {longest} 个字", "请缩短后再导入，多半是粘贴了别的内容。"
        )
    return text


def formula_problem(raw: CellProblem) -> ValueProblem:
    if raw.kind == "error":
        return ValueProblem(
            "formula_error", f"公式出错，显示为 {raw.text}", "请把 {cell} 改成真正的内容后再导入。"
        )
    return ValueProblem(
        "formula_without_result",
        "公式没有结果",
        "请在 WPS 或 Excel 里打开并保存一次，或把 {cell} 改成文字。",
    )


def parse_name(raw: CellValue) -> str:
    """A child's name; '' when blank."""
    if isinstance(raw, int | float | dt.date | dt.time | dt.timedelta):
        raise ValueProblem("name_number", "姓名是数字或日期", "请对照户口簿填写姓名，多半是栏目错位。")
    text = text_of(raw, longest=10**6)
    try:
        name = clean_name(text, max_length=LONGEST_NAME)
    except TextProblem as problem:
        raise _name_problem(problem) from None
    if any(character.isdigit() for character in name):
        raise ValueProblem("not_a_name", "姓名里有数字", "请对照户口簿改 {cell}。")
    return name


def _name_problem(problem: TextProblem) -> ValueProblem:
    if problem.code == "too_long":
        return ValueProblem("too_long", problem.message.split("。")[0], "请只填姓名，多半是粘贴了别的内容。")
    if problem.code == "lost_character":
        return ValueProblem(
            "name_lost_character",
            "姓名里有问号，多半是生僻字在转存时丢失了",
            "请对照户口簿在 {cell} 重新输入这个字。",
        )
    return ValueProblem("not_a_name", "姓名里有不该出现的符号", "请对照户口簿改 {cell}。")


def folded(raw: CellValue) -> str:
    """A word as tables of words know it: NFKC, without blanks, lower case."""
    return unicodedata.normalize("NFKC", text_of(raw)).replace(" ", "").lower()


_SEX: Final = {
    **dict.fromkeys(("男", "1", "m", "male", "男性", "男生", "男孩", "1男", "1-男", "男1"), "1"),
    **dict.fromkeys(("女", "2", "f", "female", "女性", "女生", "女孩", "2女", "2-女", "女2"), "2"),
}


def parse_sex(raw: CellValue) -> str:
    """'1' or '2' (GB/T 2261); '' when blank."""
    word = folded(raw)
    if word in NOTHING:
        return ""
    return _known(_SEX, word, "sex_unknown", "性别只认男、女（也认 1、2）")


_ETHNIC: Final = {
    **{name: code for code, name in ETHNICITIES.items()},
    **{name.removesuffix("族"): code for code, name in ETHNICITIES.items() if len(name) > 2},
    **{name.removesuffix("族"): code for code, name in ETHNICITIES.items() if name.endswith("族")},
    **{code: code for code in ETHNICITIES},
    **{str(int(code)): code for code in ETHNICITIES},
    "外国血统中国籍人士": "98",
    "穿青人": "97",
    "未识别民族": "97",
}


def parse_ethnicity(raw: CellValue) -> str:
    """Two digits of GB/T 3304; '' when blank."""
    word = folded(raw)
    if word in NOTHING:
        return ""
    if word[:2] in ETHNICITIES and word[2:].strip("-") in _ETHNIC:  # "01-汉族"
        word = word[:2]
    return _known(_ETHNIC, word, "ethnicity_unknown", "不是国家标准里的民族名称")


_YES: Final = frozenset("是 √ ✓ ✔ 1 y yes 有 true t 对 v 1是 1-是".split())
_NO: Final = frozenset("否 × x ✗ ✕ 0 n no false f 不是 非 不 错 0否 0-否 2".split()) | NOTHING


def parse_yes_no(raw: CellValue) -> bool:
    """Blank is no."""
    word = folded(raw)
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise ValueProblem("yes_no_unknown", "只认是、否（也认 1、0、√）", "请改 {cell}。")


_ID_TYPES: Final = {
    **dict.fromkeys(("居民身份证", "身份证", "1", "居民户口簿", "户口簿", "户口本", "b"), IdType.RESIDENT),
    **dict.fromkeys(("港澳台居民居住证", "港澳居民居住证", "台湾居民居住证", "居民居住证"), IdType.RESIDENT),
    **dict.fromkeys(
        (
            "香港特区护照/身份证明",
            "香港特区护照/身份证件",
            "香港特区护照",
            "港澳居民来往内地通行证",
            "港澳通行证",
            "6",
        ),
        IdType.HONG_KONG,
    ),
    **dict.fromkeys(("澳门特区护照/身份证明", "澳门特区护照/身份证件", "澳门特区护照", "7"), IdType.MACAU),
    **dict.fromkeys(("台湾居民来往大陆通行证", "台胞证", "8"), IdType.TAIWAN),
    **dict.fromkeys(
        ("境外永久居住证", "外国人永久居留证", "外国人永久居留身份证", "9"), IdType.FOREIGN_RESIDENT
    ),
    **dict.fromkeys(("护照", "a", "外国护照"), IdType.PASSPORT),
    **dict.fromkeys(("其他", "其它", "z", "无", "暂无证件", "暂无", "其他(暂无证件)"), IdType.OTHER),
}


def parse_id_type(raw: CellValue) -> str:
    word = folded(raw)
    if not word:
        return ""
    return str(_known(_ID_TYPES, word, "id_type_unknown", "不认识这种证件类型"))


_BOARDING: Final = {
    **dict.fromkeys(("走读", "1", "否", "不住校", "走读生", "0", "n", "x", "×"), Boarding.DAY),
    **dict.fromkeys(
        ("住校", "2", "是", "寄宿", "住宿", "住校生", "寄宿生", "√", "y", "住宿生"), Boarding.BOARDER
    ),
    **dict.fromkeys(("借宿", "3"), Boarding.LODGER),
    "其他": Boarding.DAY,
    "送教上门": Boarding.DAY,
}


def parse_boarding(raw: CellValue) -> str:
    word = folded(raw)
    if word in NOTHING:
        return ""
    return str(_known(_BOARDING, word, "boarding_unknown", "只认走读、住校、借宿", level="warning"))


def parse_relation(raw: CellValue) -> str:
    return text_of(raw, longest=LONGEST_RELATION)


def _known(table: dict[str, Any], word: str, code: str, why: str, *, level: Any = "error") -> Any:
    try:
        return table[word]
    except KeyError:
        remedy = "请改 {cell}。" if level == "error" else "这一格没有导入，请改后再传或在学生页修改。"
        raise ValueProblem(code, why, remedy, level=level) from None


type Parser = Callable[[CellValue], Any]
