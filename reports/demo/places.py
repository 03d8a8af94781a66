"""Which townships and schools the synthetic county has, by scale; every place is invented (pure)."""

from dataclasses import dataclass, field
from typing import Final

from schools.models import DEFAULT_GRADES, SchoolKind

SCALES: Final = ("school", "demo", "county", "city")
# How a school stands in the month that is being filed now.
ACCEPTED, SIGNED, SUBMITTED, SENT_BACK, RETURNED, DRAFT, UNTOUCHED, REOPENED = (
    "accepted", "signed", "submitted", "sent_back", "returned", "draft", "untouched", "reopened",
)  # fmt: skip

# The state of the return that goes with it; None where nobody has begun.
STEP_STATES: Final[dict[str, str | None]] = {
    ACCEPTED: "accepted",
    SIGNED: "signed",
    SUBMITTED: "submitted",
    SENT_BACK: "sent_back",
    RETURNED: "sent_back",
    DRAFT: "draft",
    UNTOUCHED: None,
    REOPENED: "accepted",
}


@dataclass(frozen=True)
class SchoolPlan:
    """A school to be founded; *per_grade* children in each grade, *standing* is its state in the present month."""

    name: str
    short_name: str
    township: str
    kind: SchoolKind
    per_grade: int
    standing: str = ACCEPTED
    parent: str = ""
    is_central: bool = False
    signed_by_parent: bool = False

    @property
    def grades(self) -> range:
        first, last = DEFAULT_GRADES[self.kind]
        return range(first, last + 1)

    @property
    def next_school_kinds(self) -> tuple[SchoolKind, ...]:
        """Where children go who have finished here."""
        if self.kind == SchoolKind.PRIMARY:
            return (SchoolKind.JUNIOR, SchoolKind.NINE_YEAR)
        if self.kind == SchoolKind.TEACHING_POINT:
            return (SchoolKind.PRIMARY, SchoolKind.NINE_YEAR)
        return ()


@dataclass(frozen=True)
class CountyPlan:
    code: str
    name: str
    schools: tuple[SchoolPlan, ...]
    townships: tuple[str, ...] = field(default=())


PRIMARY, JUNIOR, NINE_YEAR = SchoolKind.PRIMARY, SchoolKind.JUNIOR, SchoolKind.NINE_YEAR
POINT, SPECIAL = SchoolKind.TEACHING_POINT, SchoolKind.SPECIAL

DEMO_SCHOOLS: Final = (
    SchoolPlan("柏坪镇九年一贯制学校", "柏坪学校", "柏坪镇", NINE_YEAR, 54, SENT_BACK, is_central=True),
    SchoolPlan("云岭镇中心小学", "云岭中心小学", "云岭镇", PRIMARY, 50, DRAFT, is_central=True),
    SchoolPlan("清河镇初级中学", "清河初中", "清河镇", JUNIOR, 46, UNTOUCHED),
    SchoolPlan(
        "柏坪镇南庄教学点",
        "南庄教学点",
        "柏坪镇",
        POINT,
        5,
        SUBMITTED,
        "柏坪镇九年一贯制学校",
        signed_by_parent=True,
    ),
    SchoolPlan("柏坪镇河西小学", "河西小学", "柏坪镇", PRIMARY, 16, SIGNED),
    SchoolPlan("云岭镇第二小学", "云岭二小", "云岭镇", PRIMARY, 28, RETURNED),
    SchoolPlan("云岭镇初级中学", "云岭初中", "云岭镇", JUNIOR, 78, ACCEPTED),
    SchoolPlan("云岭镇松树坪教学点", "松树坪教学点", "云岭镇", POINT, 7, UNTOUCHED, "云岭镇中心小学"),
    SchoolPlan("清河镇中心小学", "清河中心小学", "清河镇", PRIMARY, 46, SIGNED, is_central=True),
    SchoolPlan("石泉乡中心小学", "石泉中心小学", "石泉乡", PRIMARY, 28, REOPENED, is_central=True),
    SchoolPlan("石泉乡初级中学", "石泉初中", "石泉乡", JUNIOR, 28, SUBMITTED),
    SchoolPlan("特殊教育学校", "特教学校", "清河镇", SPECIAL, 4, ACCEPTED),
)
TOWNSHIPS: Final = (
    "柏坪镇", "云岭镇", "清河镇", "石泉乡", "松溪镇", "白鹿乡", "青崖镇", "桃源乡", "双峰镇", "玉泉乡",
)  # fmt: skip
COUNTIES: Final = (
    "平顺县", "漳源县", "云屏县", "清源县", "石门县", "松溪县", "白崖县", "青川县", "桃林县", "双河县",
)  # fmt: skip
VILLAGES: Final = "南庄 河西 东坡 上寨 下洼 柳树沟 杏树岭 石窑 前岭 后湾 龙泉 槐树坪".split()
STANDINGS: Final = (
    ACCEPTED, ACCEPTED, SIGNED, ACCEPTED, SUBMITTED, ACCEPTED, DRAFT, ACCEPTED, SIGNED, UNTOUCHED, SENT_BACK, RETURNED,
)  # fmt: skip


def counties_of(scale: str) -> tuple[CountyPlan, ...]:
    """The counties of a scale; codes count down from an area that was never given out."""
    if scale == "school":
        one = SchoolPlan("柏坪镇九年一贯制学校", "柏坪学校", "柏坪镇", NINE_YEAR, 30, DRAFT, is_central=True)
        return (CountyPlan("140499", COUNTIES[0], (one,), ("柏坪镇",)),)
    if scale == "demo":
        return (CountyPlan("140499", COUNTIES[0], DEMO_SCHOOLS, TOWNSHIPS[:4]),)
    number = 1 if scale == "county" else 10
    return tuple(
        CountyPlan(str(140499 - n), name, _county_schools(), TOWNSHIPS)
        for n, name in enumerate(COUNTIES[:number])
    )


def _county_schools() -> tuple[SchoolPlan, ...]:
    """Six a township, one of them the county's special school."""
    plans: list[SchoolPlan] = []
    for number, township in enumerate(TOWNSHIPS):
        short, central = township[:2], f"{township}中心小学"
        wanted = [
            (central, f"{short}中心小学", PRIMARY, 68, "", True),
            (f"{township}初级中学", f"{short}初中", JUNIOR, 126, "", False),
            (f"{township}第二小学", f"{short}二小", PRIMARY, 38, "", False),
            (f"{township}东坡小学", f"{short}东坡小学", PRIMARY, 18, "", False),
            (f"{township}上寨教学点", f"{short}上寨点", POINT, 5, central, False),
            (f"{township}后湾教学点", f"{short}后湾点", POINT, 4, central, False),
        ]
        if number == 0:
            wanted[2] = ("柏坪镇九年一贯制学校", "柏坪学校", NINE_YEAR, 52, "", False)
        if number == 2:
            wanted[3] = ("特殊教育学校", "特教学校", SPECIAL, 8, "", False)
        plans += [
            SchoolPlan(
                name,
                label,
                township,
                kind,
                children,
                STANDINGS[(len(plans) + place) % len(STANDINGS)],
                parent,
                is_central=is_central,
                signed_by_parent=kind == POINT and place == 5,
            )
            for place, (name, label, kind, children, parent, is_central) in enumerate(wanted)
        ]
    return tuple(plans)
