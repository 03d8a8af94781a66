"""我的待办: what waits for this person, asked of every app; one function a kind, items vanish with their cause."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Final

from reports.worklist import alerts, children, county, people, returns, rosters
from reports.worklist.desk import Desk, Todo
from schools.models import Role
from schools.permissions import current_memberships

type Source = Callable[[Desk], Iterable[Todo]]

# What is asked for each role; a new kind of work is one more line.
SOURCES: Final[dict[str, tuple[Source, ...]]] = {
    Role.CLERK: (
        returns.returns_to_file,
        returns.returns_at_the_principal,
        children.transfers_to_answer,
        children.transfers_at_the_other_school,
        children.papers_to_bring,
        children.absences_to_follow_up,
        rosters.rosters_to_confirm,
    ),
    Role.CLASS_TEACHER: (children.absences_of_the_class,),
    Role.PRINCIPAL: (
        returns.returns_to_sign,
        returns.returns_late_at_the_clerk,
        returns.returns_elsewhere_for_the_principal,
    ),
    Role.CENTRAL_SCHOOL: (county.late_schools_of_the_township, county.unmet_transfers),
    Role.REVIEWER: (
        county.returns_to_review,
        county.late_schools,
        county.unmet_transfers,
        county.corrections_expiring,
        county.rollover_due,
        county.calendar_missing,
    ),
    Role.LEADER: (alerts.alerts_of_the_county,),
    Role.ADMINISTRATOR: (
        people.accounts_locked,
        people.demo_accounts_left,
        people.first_passwords_expired,
        people.first_passwords_unused,
        people.access_log_unsealed,
        county.calendar_missing,
    ),
}


@dataclass
class Worklist:
    """Own things and things in other people's hands, each by due time, then by age."""

    own: list[Todo] = field(default_factory=list)
    elsewhere: list[Todo] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many things wait for this person."""
        return len(self.own)

    def counts(self) -> tuple[dict[str, int], set[str]]:
        """Per place of the rail how much waits, and in which places something is due today or over."""
        numbers: Counter[str] = Counter()
        for todo in self.own:
            numbers[todo.place] += todo.count
        return dict(numbers), {todo.place for todo in self.own if todo.is_urgent}


def worklist_of(desk: Desk) -> Worklist:
    """Everything that waits for the person, in whatever roles they hold."""
    roles = {membership.role for membership in current_memberships(desk.user)}
    sources = dict.fromkeys(source for role, listed in SOURCES.items() if role in roles for source in listed)
    found = sorted((todo for source in sources for todo in source(desk)), key=lambda todo: todo.order)
    own = [todo for todo in found if not todo.is_elsewhere]
    # One filled button a view: the most urgent thing that can be pressed.
    main = next((todo for todo in own if todo.url), None)
    return Worklist(
        [replace(todo, is_main=todo is main) for todo in own], [todo for todo in found if todo.is_elsewhere]
    )
