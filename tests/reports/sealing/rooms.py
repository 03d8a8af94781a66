"""A county with an authority, and returns that went through the sealing room."""

from monitoring.actions.common import find_return, page_token
from monitoring.build import content_now
from reports.actions.authority import set_up_authority
from reports.actions.sealing import sign_and_seal, submit_signed
from reports.models import SealedDocument
from tests.cast import PASSWORD

SITE = "https://baoxue.example"


def open_room(county):
    return set_up_authority(county, offline_password="in the safe")


def submit(school, month, clerk, password=PASSWORD):
    monthly_return = find_return(school, month)
    content = content_now(school, month, monthly_return)
    period = monthly_return.period if monthly_return else None
    seen = page_token(monthly_return, period, content)
    submit_signed(school, month, actor=clerk, seen=seen, password=password, site=SITE)
    return find_return(school, month)


def seal(monthly_return, principal, password=PASSWORD):
    sign_and_seal(
        monthly_return,
        actor=principal,
        seen_revision=monthly_return.revision,
        password=password,
        site=SITE,
    )
    return list(SealedDocument.objects.filter(school=monthly_return.school).order_by("pk"))
