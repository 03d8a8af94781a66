"""学年升级: counts before the press, the password, the way back, and who may."""

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import AuditEntry
from schools.models import ReportingMonth, Role
from students.models import Enrolment, PeriodState, Rollover, RollPeriod
from tests.cast import PASSWORD, fill, make_county, make_klass, make_school, make_user

PREVIEW, COMMIT, UNDO = (f"students:rollover-{name}" for name in ("preview", "commit", "undo"))


def sign_in(user):
    client = Client()
    client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[-1])
    return client


@pytest.fixture
def bureau(reviewer):
    return sign_in(reviewer)


def grades(school):
    return sorted(Enrolment.objects.filter(school=school, left_on=None).values_list("grade", flat=True))


@pytest.mark.parametrize("who", ["clerk", "principal", "administrator", "leader", "central_school"])
def test_the_rollover_is_the_reviewer_s(who, request, school):
    fill(school, 1)
    client = sign_in(request.getfixturevalue(who))

    assert client.get(reverse(PREVIEW)).status_code == 403
    assert client.post(reverse(COMMIT), {"to_year": "2026", "password": PASSWORD}).status_code == 403
    assert client.post(reverse(UNDO), {"rollover": "1", "password": PASSWORD}).status_code == 403
    assert not Rollover.objects.exists() and grades(school) == list(range(1, 10))


def test_the_preview_counts_and_changes_nothing(bureau, county, school, other_school):
    fill(school, 2)

    response = bureau.get(reverse(PREVIEW))

    page = response.content.decode()
    assert (response.context["children"], response.context["moving_up"], response.context["leaving"]) == (
        18,
        16,
        2,
    )
    assert "名册现在是2025–2026学年" in page and "全县 18 人升到2026–2027学年" in page
    assert other_school.name in page.split("<footer>")[1]
    assert not Rollover.objects.exists()


def test_the_press_asks_for_the_password(bureau, school):
    fill(school, 1)
    make_klass(school, 9, 1)

    wrong = bureau.post(reverse(COMMIT), {"to_year": "2026", "password": "wrong"})
    assert wrong.status_code == 200 and "密码不对" in wrong.content.decode() and not Rollover.objects.exists()

    bureau.post(reverse(COMMIT), {"to_year": "2026", "password": PASSWORD})
    assert grades(school) == list(range(2, 10))
    assert AuditEntry.objects.get(verb="rollover.commit").summary == "升级 8 人，毕业或升学离校 1 人"


def test_a_double_press_moves_everybody_once(bureau, school):
    fill(school, 1)
    bureau.post(reverse(COMMIT), {"to_year": "2026", "password": PASSWORD})

    again = bureau.post(reverse(COMMIT), {"to_year": "2026"}, follow=True)

    assert "只能升到下一学年" in again.content.decode()
    assert Rollover.objects.count() == 1 and grades(school) == list(range(2, 10))


def test_the_way_back_until_september_is_submitted(bureau, county, school):
    fill(school, 1)
    bureau.post(reverse(COMMIT), {"to_year": "2026", "password": PASSWORD})
    rollover = Rollover.objects.get()
    assert "撤销这次升级" in bureau.get(reverse(PREVIEW)).content.decode()

    september = ReportingMonth.objects.get(county=county, month="2026-09-01")
    period = RollPeriod.objects.create(school=school, month=september, state=PeriodState.CLOSED)
    page = bureau.get(reverse(PREVIEW)).content.decode()
    assert "已有 1 所学校送签 2026年9月 月报" in page and "撤销这次升级" not in page
    refused = bureau.post(reverse(UNDO), {"rollover": rollover.pk}, follow=True).content.decode()
    assert "不能再撤销学年升级" in refused and grades(school) == list(range(2, 10))

    period.delete()
    bureau.post(reverse(UNDO), {"rollover": rollover.pk})
    assert grades(school) == list(range(1, 10))
    again = bureau.post(reverse(UNDO), {"rollover": rollover.pk}, follow=True).content.decode()
    assert "已经撤销过" in again


def test_undoing_asks_for_the_password(reviewer, school, bureau):
    fill(school, 1)
    bureau.post(reverse(COMMIT), {"to_year": "2026", "password": PASSWORD})
    fresh = sign_in(reviewer)

    response = fresh.post(reverse(UNDO), {"rollover": Rollover.objects.get().pk, "password": "wrong"})
    assert response.status_code == 200 and "密码不对" in response.content.decode()
    assert Rollover.objects.get().undone_at is None


def test_the_rollover_of_another_county_does_not_exist(bureau, school):
    fill(school, 1)
    bureau.post(reverse(COMMIT), {"to_year": "2026", "password": PASSWORD})
    stranger = sign_in(make_user(make_county(), Role.REVIEWER))

    response = stranger.post(reverse(UNDO), {"rollover": Rollover.objects.get().pk, "password": PASSWORD})
    assert response.status_code == 404 and Rollover.objects.get().undone_at is None


@pytest.mark.parametrize("data", [{}, {"to_year": "x"}, {"to_year": "99999999999999999999"}])
def test_nonsense_moves_nobody(data, bureau, school):
    fill(school, 1)

    assert bureau.post(reverse(COMMIT), {**data, "password": PASSWORD}, follow=True).status_code == 200
    assert not Rollover.objects.exists()


def test_the_preview_costs_the_same_for_one_and_for_many_schools(bureau, county, school):
    fill(school, 1)
    bureau.get(reverse(PREVIEW))
    with CaptureQueriesContext(connection) as one:
        bureau.get(reverse(PREVIEW))
    for _ in range(5):
        fill(make_school(county), 1)
    bureau.get(reverse(PREVIEW))
    with CaptureQueriesContext(connection) as many:
        bureau.get(reverse(PREVIEW))

    assert len(many) == len(one)
