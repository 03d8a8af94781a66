"""Filing months in tests: through the same actions as the pages."""

import datetime as dt

from monitoring.actions.common import find_return, page_token
from monitoring.actions.filing import submit_return
from monitoring.actions.reviewing import accept_return, sign_return
from monitoring.build import content_now
from schools.models import ReportingMonth, Role
from tests.cast import make_user

SEPTEMBER = dt.date(2025, 9, 1)
OCTOBER = dt.date(2025, 10, 1)


def month_of(county, month):
    return ReportingMonth.objects.get(county=county, month=month)


def staff_of(school):
    """A clerk and a principal of the school."""
    return make_user(school.county, Role.CLERK, school), make_user(school.county, Role.PRINCIPAL, school)


def submit(school, month, clerk):
    monthly_return = find_return(school, month)
    content = content_now(school, month, monthly_return)
    period = monthly_return.period if monthly_return else None
    submit_return(school, month, actor=clerk, seen=page_token(monthly_return, period, content))
    return find_return(school, month)


def sign(school, month, clerk, principal):
    monthly_return = submit(school, month, clerk)
    sign_return(monthly_return, actor=principal, seen_revision=monthly_return.revision)
    return monthly_return


def accept(school, month, clerk, principal, reviewer):
    monthly_return = sign(school, month, clerk, principal)
    accept_return(monthly_return, actor=reviewer, seen_revision=monthly_return.revision)
    return monthly_return
