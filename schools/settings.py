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
