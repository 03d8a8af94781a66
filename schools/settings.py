"""The settings a bureau may change: key, meaning, kind of value, default (pure)."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class SettingSpec:
    """*kind* is int, bool, choice or json; *limits* are lowest and highest for int."""

    key: str
    label: str
    help: str
    kind: str
    default: Any
    limits: tuple[int, int] = (0, 9999)
    choices: tuple[tuple[str, str], ...] = ()


ABSENT_RULE = SettingSpec(
    "absent_rule",
    "月报口径",
    "在籍口径：本月学生数为在籍人数；在校口径：本月学生数为实际在校人数。改动从下一份送签的月报起生效。",
    "choice",
    "roll",
    choices=(("roll", "在籍口径"), ("attending", "在校口径")),
)
DUE_DAYS = SettingSpec("due_days", "报送期限（截止日后天数）", "遇节假日顺延。", "int", 4, (0, 20))
TRANSFER_DAYS = SettingSpec(
    "transfer_days", "县内转学对接期限（工作日）", "超过即报基教股。", "int", 10, (1, 60)
)
SUSPECTED_DAYS = SettingSpec(
    "suspected_days", "疑似辍学（天）", "未在校超过这些天列为疑似辍学。", "int", 7, (1, 60)
)
DROPOUT_DAYS = SettingSpec("dropout_days", "辍学（天）", "未在校达到这些天列为辍学。", "int", 28, (7, 120))
EVIDENCE_DAYS = SettingSpec(
    "evidence_days", "补证明期限（天）", "“待补证明”登记后多少天内补齐。", "int", 31, (1, 120)
)
FULL_ID_ON_PAPER = SettingSpec(
    "full_id_on_paper", "信息表打印完整身份证号", "默认只打印前六位和后四位。", "bool", default=False
)
ANNEX2_COLUMNS = SettingSpec("annex2_columns", "信息表栏目", "信息表（二）的栏目、标题和顺序。", "json", None)
JUMP_PERCENT = SettingSpec(
    "jump_percent", "环比变动提醒（%）", "本月学生数比上月变动超过这个比例时提醒。", "int", 10, (1, 100)
)
CORRECTION_DAYS = SettingSpec(
    "correction_days", "重开期限（天）", "重开后多少天内要报新版。", "int", 10, (1, 60)
)
REMIND_DAYS = SettingSpec("remind_days", "到期提醒（天）", "到期前多少天在待办里标红。", "int", 2, (0, 10))

# Fields of the information form (Annex 2) with the titles of our reading of the notice, in its order.
# The setting holds [[key, title], …] of the columns that are printed; without one these are.
ANNEX2_FIELDS = (
    ("seq", "序号"),
    ("name", "学生姓名"),
    ("sex", "性别"),
    ("id_number", "身份证号（或学籍号）"),
    ("grade_class", "年级班级"),
    ("kind", "变动类别"),
    ("happened_on", "变动时间"),
    ("reason", "变动原因"),
    ("counterpart", "来源或去向（学校/地点）"),
    ("guardian_name", "监护人姓名"),
    ("guardian_phone", "联系电话"),
    ("address", "家庭住址"),
    ("evidence", "证明材料"),
    ("follow_up", "跟踪（劝返）情况"),
    ("teacher", "包联（责任）教师"),
    ("remark", "备注"),
)
ANNEX2_TITLE_LENGTH = 20
# The child must be known by name, and by what happened.
ANNEX2_ALWAYS = ("name", "kind")

SETTINGS = {
    spec.key: spec
    for spec in (
        ABSENT_RULE,
        DUE_DAYS,
        REMIND_DAYS,
        TRANSFER_DAYS,
        SUSPECTED_DAYS,
        DROPOUT_DAYS,
        EVIDENCE_DAYS,
        JUMP_PERCENT,
        CORRECTION_DAYS,
        FULL_ID_ON_PAPER,
        ANNEX2_COLUMNS,
    )
}


class SettingProblem(ValueError):
    """A value that a setting cannot take; the message is for the person who chose it."""


def checked_value(spec: SettingSpec, value: Any) -> Any:
    """*value* as it is stored; SettingProblem with a sentence where it is not of the setting's kind."""
    if spec.kind == "int":
        return _whole_number(spec, value)
    if spec.kind == "bool":
        if not isinstance(value, bool):
            raise SettingProblem(f"“{spec.label}”只能是“是”或“否”。")
        return value
    if spec.kind == "choice":
        if value not in dict(spec.choices):
            names = "、".join(label for _, label in spec.choices)
            raise SettingProblem(f"“{spec.label}”没有“{value}”这一项。请从{names}里选。")
        return value
    return checked_layout(value)


def _whole_number(spec: SettingSpec, value: Any) -> int:
    low, high = spec.limits
    if isinstance(value, bool) or not isinstance(value, int):
        raise SettingProblem(f"“{spec.label}”要填整数，读到的是“{value}”。")
    if not low <= value <= high:
        raise SettingProblem(f"“{spec.label}”是 {value}，要在 {low} 到 {high} 之间。")
    return value


def checked_layout(value: Any) -> list[list[str]]:
    """Columns of Annex 2 as [[key, title], …]: known keys, each once, every title given."""
    known = dict(ANNEX2_FIELDS)
    if not isinstance(value, list | tuple):
        raise SettingProblem("栏目要是一张表。")
    layout: list[list[str]] = []
    for entry in value:
        if not (
            isinstance(entry, list | tuple) and len(entry) == 2 and all(isinstance(t, str) for t in entry)
        ):
            raise SettingProblem("每一栏要有字段和标题。")
        key, title = entry[0], " ".join(entry[1].split())
        if key not in known:
            raise SettingProblem(f"没有“{key}”这个字段。")
        if not title:
            raise SettingProblem(f"“{known[key]}”一栏没有标题。请填标题，或去掉“显示”。")
        if len(title) > ANNEX2_TITLE_LENGTH:
            raise SettingProblem(f"标题“{title}”有 {len(title)} 个字，最多 {ANNEX2_TITLE_LENGTH} 个字。")
        layout.append([key, title])
    keys = [key for key, _ in layout]
    if len(set(keys)) != len(keys):
        raise SettingProblem("同一个字段出现了两次，每个字段只能有一栏。")
    for key in ANNEX2_ALWAYS:
        if key not in keys:
            raise SettingProblem(f"“{known[key]}”一栏不能去掉，否则看不出是谁、发生了什么。")
    return layout


def annex2_layout(value: Any) -> list[tuple[str, str]]:
    """The layout in force as (key, title) pairs: the setting's value, or all fields with their own titles."""
    return [(key, title) for key, title in value] if value else list(ANNEX2_FIELDS)


def value_in_words(spec: SettingSpec, value: Any) -> str:
    """How a value reads on a page and in the trail."""
    if spec.kind == "bool":
        return "是" if value else "否"
    if spec.kind == "choice":
        return dict(spec.choices).get(value, str(value))
    if spec.kind == "json":
        return "、".join(title for _, title in annex2_layout(value))
    return str(value)
