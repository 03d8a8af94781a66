"""Which children of the synthetic county live in special circumstances (domain.md §5.9–5.13; pure)."""

import random
from typing import Final

from schools.models import SchoolKind
from students.models import CircumstanceKind, PlacementKind

# Share of children, and what the bureau goes by.
SHARES: Final = (
    (CircumstanceKind.LEFT_BEHIND_ONE, 0.09, "学校排查登记"),
    (CircumstanceKind.LEFT_BEHIND_BOTH, 0.05, "学校排查登记"),
    (CircumstanceKind.SINGLE_PARENT, 0.05, "班主任家访"),
    (CircumstanceKind.MIGRANT, 0.02, "居住证"),
    (CircumstanceKind.P1, 0.08, "乡村振兴部门名单"),
    (CircumstanceKind.P2, 0.01, "乡村振兴部门名单"),
    (CircumstanceKind.P3, 0.01, "乡村振兴部门名单"),
    (CircumstanceKind.P5, 0.03, "民政部门名单"),
    (CircumstanceKind.P6, 0.002, "民政部门名单"),
    (CircumstanceKind.P8, 0.02, "残联名单"),
    (CircumstanceKind.X1, 0.004, "民政部门名单"),
)
DISABLED_SHARE: Final = 0.012
# 残疾类别 and 等级, as the card codes them.
DISABILITY_DETAILS: Final = ("13", "23", "42", "43", "52", "53", "72")


def circumstances_of(dice: random.Random, kind: str) -> list[tuple[CircumstanceKind, str, str]]:
    """(kind, detail, basis) of one child; every child of a special school is disabled."""
    found = [(one, "", basis) for one, share, basis in SHARES if dice.random() < share]
    kinds = {one for one, _, _ in found}
    if {CircumstanceKind.LEFT_BEHIND_ONE, CircumstanceKind.LEFT_BEHIND_BOTH} <= kinds:
        found = [row for row in found if row[0] != CircumstanceKind.LEFT_BEHIND_BOTH]
    if kind == SchoolKind.SPECIAL or dice.random() < DISABLED_SHARE:
        found.append((CircumstanceKind.DISABILITY, dice.choice(DISABILITY_DETAILS), "残疾人证"))
    return found


def placement_of(dice: random.Random, kind: str) -> PlacementKind:
    """Where a disabled child is taught."""
    if kind == SchoolKind.SPECIAL:
        return PlacementKind.HOME_TEACHING if dice.random() < 0.2 else PlacementKind.SPECIAL_SCHOOL
    return PlacementKind.HOME_TEACHING if dice.random() < 0.25 else PlacementKind.INCLUSIVE
