"""Who works in the synthetic county: one account a person, named demo_<role>_<n> (pure)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from reports.demo.names import People
from reports.demo.places import CountyPlan, SchoolPlan
from schools.models import Role, SchoolKind

# The people of the first county whom the login page shows, with the names of the manual.
SHOWN: Final = {
    Role.CLERK: ("郭晓燕", "申红霞", "牛志强"),
    Role.PRINCIPAL: ("申远志", "马建国", "靳玉兰"),
    Role.CLASS_TEACHER: ("秦海波",),
    Role.CENTRAL_SCHOOL: ("原文斌",),
    Role.HOME_TEACHER: ("路春梅",),
    Role.REVIEWER: ("段文静", "李红梅"),
    Role.AID_OFFICER: ("暴丽萍",),
    Role.LEADER: ("邢国梁",),
    Role.TOWNSHIP: ("岳卫东",),
    Role.INSPECTOR: ("乔爱民",),
    Role.ADMINISTRATOR: ("常俊峰",),
    Role.AUDITOR: ("贺永红",),
}


@dataclass(frozen=True)
class Worker:
    """A person with one role; the place is a school's name, a township or '' for the county."""

    role: Role
    name: str
    school: str = ""
    township: str = ""
    has_class: bool = False


def staff_of(plan: CountyPlan, people: People, *, is_first: bool) -> list[Worker]:
    """Everybody, in the order in which the login page lists them."""
    names = {role: iter(shown if is_first else ()) for role, shown in SHOWN.items()}
    workers = []
    for role, school, township in _posts(plan):
        name = next(names[role], "") or people.adult()
        workers.append(Worker(role, name, school, township, has_class=role == Role.CLASS_TEACHER))
    return workers


def _posts(plan: CountyPlan) -> Iterator[tuple[Role, str, str]]:
    signing = [school for school in plan.schools if not school.signed_by_parent]
    yield from ((Role.CLERK, school.name, "") for school in _at_least_three(plan.schools))
    yield from ((Role.PRINCIPAL, school.name, "") for school in _at_least_three(tuple(signing)))
    yield from ((Role.CLASS_TEACHER, school.name, "") for school in plan.schools)
    yield from ((Role.CENTRAL_SCHOOL, "", township) for township in plan.townships)
    yield from ((Role.HOME_TEACHER, school.name, "") for school in _teaching_at_home(plan))
    for role in (Role.REVIEWER, Role.REVIEWER, Role.AID_OFFICER, Role.LEADER):
        yield role, "", ""
    yield from ((Role.TOWNSHIP, "", township) for township in plan.townships)
    for role in (Role.INSPECTOR, Role.ADMINISTRATOR, Role.AUDITOR):
        yield role, "", ""


def _at_least_three(schools: tuple[SchoolPlan, ...]) -> tuple[SchoolPlan, ...]:
    """A county of one school still shows three clerks and three principals (校长 and 副校长)."""
    return schools + schools[:1] * (3 - len(schools))


def _teaching_at_home(plan: CountyPlan) -> list[SchoolPlan]:
    special = [school for school in plan.schools if school.kind == SchoolKind.SPECIAL]
    return [plan.schools[0], *special]
