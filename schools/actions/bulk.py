"""Many schools or accounts at once: one entry of the trail, all of the rows that were shown or none."""

import datetime as dt

from django.utils import timezone

from accounts.actions import NewAccount, prepare_password
from accounts.models import County, User
from accounts.workflow import StepRefused
from schools.actions.common import acting, require
from schools.actions.people import NOT_YOURS, open_account
from schools.actions.places import NOT_YOURS as NOT_YOUR_SCHOOLS
from schools.actions.places import create_township, open_school
from schools.bulk.accounts import AccountLine, people_of
from schools.bulk.schools import SchoolLine
from schools.checks import SchoolFacts
from schools.models import School, Township
from schools.permissions import may_edit_schools, may_staff_county
from schools.queries import usual_opening_day


def open_schools(county: County, lines: list[SchoolLine], *, actor: User) -> list[School]:
    """Schools with their townships; parents before their points."""
    require(actor.county_id == county.pk and may_edit_schools(actor), NOT_YOUR_SCHOOLS)
    with acting(actor, "school.import", county.pk) as entry:
        townships = {township.name: township for township in Township.objects.filter(county=county)}
        schools = {school.code: school for school in School.objects.filter(county=county)}
        opened = []
        for line in sorted(lines, key=lambda line: bool(line.parent_code)):
            if line.township not in townships:
                townships[line.township] = create_township(county, line.township, actor=actor)
            facts = _facts(line, townships[line.township], schools, usual_opening_day(county.pk))
            try:
                schools[line.code] = open_school(county, facts, actor=actor)
            except StepRefused as refused:
                raise StepRefused(
                    f"第 {line.row.number} 行：{refused}全部没有导入。", refused.problems
                ) from refused
            opened.append(schools[line.code])
        entry.about(county)
        entry.summary = f"从表格建立 {len(opened)} 所学校"
        entry.change("学校", None, [school.name for school in opened])
    return opened


def open_accounts(county: County, lines: list[AccountLine], *, actor: User) -> list[NewAccount]:
    """Accounts with their posts; the first passwords are in the answer and nowhere else."""
    require(actor.county_id == county.pk and may_staff_county(actor), NOT_YOURS)
    people = people_of(lines)
    # Before the transaction: hashing three hundred passwords takes some ten seconds.
    prepared = [prepare_password() for _ in people]
    with acting(actor, "account.import", county.pk) as entry:
        opened = []
        for person, password in zip(people, prepared, strict=True):
            try:
                account = open_account(
                    county,
                    actor=actor,
                    username=person.username,
                    name=person.name,
                    posts=person.posts,
                    prepared=password,
                )
            except StepRefused as refused:
                raise StepRefused(f"{person.name}：{refused}全部没有建立。", refused.problems) from refused
            opened.append(account)
        entry.about(county)
        entry.summary = f"从表格建立 {len(opened)} 个账号"
        entry.change("账号", None, [f"{account.user.username}（{account.user.name}）" for account in opened])
    return opened


def _facts(
    line: SchoolLine, township: Township, schools: dict[str, School], opening_day: dt.date
) -> SchoolFacts:
    return SchoolFacts(
        code=line.code,
        name=line.name,
        short_name=line.short_name,
        kind=line.kind,
        township=township,
        first_grade=line.grades[0],
        last_grade=line.grades[1],
        parent=schools.get(line.parent_code),
        is_central=line.is_central,
        signed_by_parent=line.signed_by_parent,
        opened_on=line.opened_on or min(opening_day, timezone.localdate()),
    )
