"""Invented people: names, numbers and addresses that belong to nobody (pure)."""

import datetime as dt
import random
from dataclasses import dataclass
from typing import Final

from students.identity import make_id_number, normal_birth_range

# An area code that was never given out: no number here can be a real child's.
AREA: Final = "140499"
SURNAMES: Final = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
    "申牛原靳岳路邢郜暴栗"
)
COMPOUND_SURNAMES: Final = ("欧阳", "上官", "司马", "令狐", "皇甫", "尉迟")
BOYS: Final = (
    "子轩 浩然 宇航 承泽 思远 俊杰 家乐 天宇 一鸣 嘉豪 博文 梓睿 明轩 志强 建国 昊天 锦程 鹏飞 晨阳 泽宇 文博 子墨 "
    "启航 铭远 佳明 世杰 立诚 海波 国栋 振华 兴业 少峰 云帆 景行 晋生 梦龙 乐天 弘毅 书恒 煜祺"
).split()
GIRLS: Final = (
    "若溪 佳怡 雨桐 思琪 欣悦 雅楠 梓涵 诗涵 一诺 可欣 晓燕 静怡 语嫣 紫萱 春梅 文静 婧瑶 芷若 佳琪 梦瑶 心怡 雪莹 "
    "慧敏 丽华 秀英 婉清 沐瑶 云舒 晓彤 锦瑟 月华 思齐 秋实 小满 书瑶 巧玲 采薇 若兰 予安 知夏"
).split()
ADULTS: Final = (
    "建国 志远 海波 春梅 红梅 晓燕 文静 国梁 建军 秀英 桂兰 志强 永红 玉兰 卫东 俊峰 丽萍 美玲 文斌 爱民 晋平 云生 "
    "素珍 福林 树根 改香 拴柱 爱莲 先锋 海燕"
).split()
# Characters that old systems lose; every document has to print them.
RARE_NAMES: Final = (
    ("刘", "𬭎", "1"),
    ("张", "㛃", "2"),
    ("李", "䶮", "1"),
    ("王", "𬭎轩", "1"),
    ("郭", "雨㛃", "2"),
)
DOTTED_BOYS: Final = ("阿卜杜拉·买买提", "买买提·艾力", "艾尔肯·吐尔逊", "麦麦提江·阿布都热依木")
DOTTED_GIRLS: Final = ("古丽娜尔·买买提", "阿依古丽·艾合买提", "热依汗·吐尔逊", "帕提古丽·阿卜杜热合曼")
ETHNICITIES: Final = ("02", "03", "06", "11", "15")


@dataclass(frozen=True)
class Child:
    """A child before it is stored."""

    name: str
    sex: str
    birth_date: dt.date
    id_number: str
    ethnicity: str
    grade: int
    guardians: tuple["Relative", ...]
    address: str


@dataclass(frozen=True)
class Relative:
    name: str
    relation: str
    phone: str
    id_number: str
    works_at: str


class People:
    """Makes people, the same ones from the same seed; no ID number twice."""

    def __init__(self, seed: str) -> None:
        self.dice = random.Random(seed)  # noqa: S311 -- invented people, to be repeatable
        self._taken: set[str] = set()
        self._made = 0

    def adult(self, surname: str = "") -> str:
        return (surname or self.dice.choice(SURNAMES)) + self.dice.choice(ADULTS)

    def child(self, grade: int, school_year: int, village: str) -> Child:
        sex = self.dice.choice("12")
        name, sex, ethnicity = self._name(sex)
        first, last = normal_birth_range(grade, school_year)
        born = first + dt.timedelta(days=self.dice.randrange((last - first).days + 1))
        if self.dice.random() < 0.02:  # a year late
            born = born.replace(year=born.year - 1, day=min(born.day, 28))
        self._made += 1
        return Child(
            name=name,
            sex=sex,
            birth_date=born,
            id_number=self._number(born, sex),
            ethnicity=ethnicity,
            grade=grade,
            guardians=self._parents(name),
            address=f"{village}{self.dice.randint(1, 180)}号",
        )

    def _name(self, sex: str) -> tuple[str, str, str]:
        if self._made % 211 in range(3, 8):
            surname, given, sex = RARE_NAMES[self._made % 211 - 3]
            return surname + given, sex, "01"
        if self._made % 307 == 9:
            return self.dice.choice(DOTTED_BOYS if sex == "1" else DOTTED_GIRLS), sex, "05"
        surname = self.dice.choice(COMPOUND_SURNAMES if self.dice.random() < 0.01 else SURNAMES)
        given = self.dice.choice(BOYS if sex == "1" else GIRLS)
        if self.dice.random() < 0.15:
            given = given[:1]
        ethnicity = "01" if self.dice.random() < 0.985 else self.dice.choice(ETHNICITIES)
        return surname + given, sex, ethnicity

    def _parents(self, child: str) -> tuple[Relative, ...]:
        surname = child[:2] if child[:2] in COMPOUND_SURNAMES else child[:1]
        away = self.dice.choice(["", "", "", "太原务工", "长治务工", "郑州务工", "本村务农"])
        if "·" in child:
            father = child.split("·")[1]
            return (Relative(f"{father}·玉素甫", "父亲", self._phone(), self._adult_number("1"), away),)
        father_ = Relative(self.adult(surname), "父亲", self._phone(), self._adult_number("1"), away)
        if self.dice.random() < 0.25:
            return (father_,)
        return father_, Relative(self.adult(), "母亲", self._phone(), "", "")

    def _phone(self) -> str:
        """199 0000 xxxx: nobody's."""
        return f"1990000{self.dice.randrange(10_000):04d}"

    def _adult_number(self, sex: str) -> str:
        born = dt.date(1975, 1, 1) + dt.timedelta(days=self.dice.randrange(7000))
        return self._number(born, sex)

    def _number(self, born: dt.date, sex: str) -> str:
        start = self.dice.randrange(499)
        for step in range(499):
            sequence = (start + step) % 499 * 2 + (1 if sex == "1" else 2)
            number = make_id_number(AREA, born, sequence)
            if number not in self._taken:
                self._taken.add(number)
                return number
        return self._number(born + dt.timedelta(days=1), sex)
