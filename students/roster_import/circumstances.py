"""Words about disability, 留守, 随迁 and hardship → kinds of special circumstances (domain.md §5.9–5.13)."""

import re
from typing import Final

from accounts.tabular.model import CellValue
from students.models import CircumstanceKind as Kind
from students.roster_import.problems import ValueProblem
from students.roster_import.values import NOTHING, folded, text_of

type Found = list[tuple[str, str]]
"""Pairs of kind and detail."""

_NONE: Final = NOTHING | frozenset(
    "否 0 非 不是 无困难 不困难 非困难 正常 一般家庭 普通家庭 无残疾 非残疾 非贫困 非留守 非留守儿童 不是留守儿童".split()
)
_BETWEEN: Final = re.compile(r"[、，,;；/／\s+]+")
_POVERTY: Final = (
    ("脱贫不稳定", Kind.P2),
    ("边缘易致贫", Kind.P3),
    ("突发严重困难", Kind.P4),
    ("建档立卡", Kind.P1),
    ("脱贫", Kind.P1),
    ("低保", Kind.P5),
    ("事实无人抚养", Kind.X1),
    ("父母双方重度残疾", Kind.X2),
    ("孤儿", Kind.P6),
    ("特困", Kind.P7),
    ("残疾人家庭", Kind.P8),
    ("残疾人子女", Kind.P8),
    ("残疾学生", Kind.P9),
    ("烈士", Kind.P10),
    ("单亲", Kind.SINGLE_PARENT),
    ("留守", Kind.LEFT_BEHIND_CIVIL),
    ("随迁", Kind.MIGRANT),
)
_DISABILITY: Final = {
    "视力": "1", "听力": "2", "言语": "3", "语言": "3", "肢体": "4", "智力": "5", "精神": "6", "多重": "7", "其他残疾": "9",
}  # fmt: skip
_LEVELS: Final = {
    "一级": "1",
    "二级": "2",
    "三级": "3",
    "四级": "4",
    "1级": "1",
    "2级": "2",
    "3级": "3",
    "4级": "4",
}
_CODED: Final = re.compile(r"([1-7])([1-4])")
_LEFT_BEHIND: Final = {
    **dict.fromkeys(("单亲留守儿童", "单亲留守", "1", "一方外出"), Kind.LEFT_BEHIND_ONE),
    **dict.fromkeys(("双亲留守儿童", "双亲留守", "2", "双方外出"), Kind.LEFT_BEHIND_BOTH),
    **dict.fromkeys(("农村留守儿童", "民政口径留守儿童"), Kind.LEFT_BEHIND_CIVIL),
}
_YES: Final = frozenset("是 √ ✓ ✔ y yes 有 true 1".split())


class UnknownWord(ValueProblem):
    """A word that the person may match to a kind; the child is taken either way."""

    def __init__(self, word: str, why: str) -> None:
        super().__init__(
            "word_unknown", why, "请在核对页选一种，不选就不导入这一项。", level="warning", shown=word
        )
        self.word = word


def parse_poverty(raw: CellValue) -> tuple[Found, list[str]]:
    """Several at once, old terms too; the words nobody knows."""
    found: Found = []
    unknown = []
    for word in _BETWEEN.split(text_of(raw)):
        folded_word = word.lower()
        if folded_word in _NONE or folded_word.startswith(("非", "不")):
            continue
        kind = next((kind for part, kind in _POVERTY if part in word), None)
        if kind is None:
            unknown.append(word[:30])
        else:
            found.append((str(kind), ""))
    return list(dict.fromkeys(found)), unknown


def parse_registered_poor(raw: CellValue) -> tuple[Found, list[str]]:
    """是否建档立卡: yes is 脱贫家庭 today."""
    if folded(raw) in _YES:
        return [(str(Kind.P1), "")], []
    return parse_poverty(raw)


def parse_left_behind(raw: CellValue) -> tuple[Found, list[str]]:
    """是 alone does not say whether one parent is away or both: the person is asked."""
    word = folded(raw)
    if word in _NONE:
        return [], []
    kind = _LEFT_BEHIND.get(word)
    return ([(str(kind), "")], []) if kind else ([], [f"留守：{word[:20]}"])


def parse_disability(raw: CellValue) -> str:
    """Code of category and, where said, grade: 听力三级 → 23, 肢体残疾 → 4; '' for none."""
    word = folded(raw)
    if word in _NONE or word.startswith("非随班"):
        return ""
    if found := _CODED.fullmatch(word):
        return found[1] + found[2]
    kinds = list(dict.fromkeys(code for part, code in _DISABILITY.items() if part in word))
    if not kinds and word in {"其他", "其他残疾", "9"}:
        kinds = ["9"]
    if not kinds and len(word) == 1 and word in "1234567":
        kinds = [word]
    if not kinds:
        raise UnknownWord(f"残疾：{word[:20]}", "不认识这种残疾类型")
    level = next((code for part, code in _LEVELS.items() if part in word), "")
    return ("7" if len(kinds) > 1 else kinds[0]) + level


def parse_level(raw: CellValue) -> str:
    """残疾等级: 1 the most severe."""
    word = folded(raw)
    if word in _NONE:
        return ""
    level = _LEVELS.get(word) or (word if word in {"1", "2", "3", "4"} else _LEVELS.get(f"{word}级", ""))
    if not level:
        raise ValueProblem(
            "level_unknown", "残疾等级只有一级到四级", "这一格没有导入，请改后再传。", level="warning"
        )
    return level


def parse_hmt(raw: CellValue) -> str:
    """港澳台侨外: '' for 否, else the word."""
    word = text_of(raw, longest=20)
    return "" if folded(raw) in _NONE else word
