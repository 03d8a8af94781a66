"""期初建账 of the synthetic county in bulk: children, families, circumstances."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from accounts.audit import audited
from accounts.models import User
from reports.demo.actions.places import Founded
from reports.demo.circumstances import circumstances_of, placement_of
from reports.demo.names import Child, People
from reports.demo.places import VILLAGES
from schools.models import Klass, School
from students.actions.people import build_student
from students.models import Enrolment, Guardian, Placement, SpecialCircumstance, Student

BATCH = 500


def enrol_base(founded: Founded, people: People, year: int) -> None:
    """期初建账: the base roster of every school, with families and circumstances."""
    for school in founded.schools:
        plan = founded.plan(school)
        actor = founded.clerks[school.pk]
        with audited(actor, "demo.base", county_id=school.county_id, school_id=school.pk) as entry:
            children = [
                people.child(grade, year, f"{plan.township}{people.dice.choice(VILLAGES)}村")
                for grade in school.grades
                for _ in range(max(1, plan.per_grade + people.dice.randint(-1, 1)))
            ]
            students = Student.objects.bulk_create(
                (build_student(school.county, **person_of(child)) for child in children), batch_size=BATCH
            )
            Enrolment.objects.bulk_create(_enrolments(school, children, students, year), batch_size=BATCH)
            _add_families(zip(students, children, strict=True))
            _add_circumstances(people, school, list(zip(students, children, strict=True)), actor, year)
            entry.about(school)
            entry.summary = f"期初建账 {len(students)} 人"


def add_families(school: School, pairs: Sequence[tuple[Student, Child]], actor: User) -> None:
    """Guardians of children who joined."""
    with audited(actor, "demo.families", county_id=school.county_id, school_id=school.pk) as entry:
        _add_families(pairs)
        entry.about(school)
        entry.summary = f"登记 {len(pairs)} 名学生的监护人"


def person_of(child: Child) -> dict[str, Any]:
    """The arguments of ``build_student`` and ``create_student``."""
    return {
        "name": child.name,
        "sex": child.sex,
        "birth_date": child.birth_date,
        "id_number": child.id_number,
        "roll_number": f"G{child.id_number}",
        "ethnicity": child.ethnicity,
        "address": child.address,
    }


def _enrolments(
    school: School, children: list[Child], students: list[Student], year: int
) -> Iterable[Enrolment]:
    klasses: dict[int, list[Klass]] = defaultdict(list)
    for klass in Klass.objects.filter(school=school):
        for grade in school.grades if klass.is_multigrade else (klass.grade,):
            klasses[grade].append(klass)
    for place, (child, student) in enumerate(zip(children, students, strict=True)):
        yield Enrolment(
            student=student,
            school=school,
            klass=klasses[child.grade][place % len(klasses[child.grade])],
            grade=child.grade,
            grade_year=year,
            joined_on=dt.date(year - (child.grade - school.first_grade), 9, 1),
            base_grade=child.grade,
            base_year=year,
        )


def _add_families(pairs: Iterable[tuple[Student, Child]]) -> None:
    Guardian.objects.bulk_create(
        (
            Guardian(
                student=student,
                position=position,
                name=relative.name,
                relation=relative.relation,
                is_guardian=position == 1,
                phone=relative.phone,
                id_number=relative.id_number,
                works_at=relative.works_at,
            )
            for student, child in pairs
            for position, relative in enumerate(child.guardians, start=1)
        ),
        batch_size=BATCH,
    )


def _add_circumstances(
    people: People, school: School, pairs: Sequence[tuple[Student, Child]], actor: User, year: int
) -> None:
    since, rows, placements = dt.date(year - 1, 9, 1), [], []
    for student, child in pairs:
        for kind, detail, basis in circumstances_of(people.dice, school.kind):
            card = f"{child.id_number}{detail}" if detail else ""
            rows.append(
                SpecialCircumstance(
                    student=student,
                    kind=kind,
                    detail=detail,
                    card_number=card,
                    basis=basis,
                    valid_from=since,
                    recorded_by=actor,
                )
            )
            if detail:
                place = placement_of(people.dice, school.kind)
                placements.append(
                    Placement(student=student, kind=place, valid_from=since, basis=basis, recorded_by=actor)
                )
    SpecialCircumstance.objects.bulk_create(rows, batch_size=BATCH)
    Placement.objects.bulk_create(placements, batch_size=BATCH)
