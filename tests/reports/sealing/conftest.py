import pytest

from tests.cast import fill
from tests.monitoring.filing import SEPTEMBER, month_of
from tests.reports.sealing.rooms import open_room, seal, submit


@pytest.fixture
def room(county):
    return open_room(county)


@pytest.fixture
def month(county, school):
    fill(school)
    return month_of(county, SEPTEMBER)


@pytest.fixture
def submitted(room, school, month, clerk):
    return submit(school, month, clerk)


@pytest.fixture
def sealed(submitted, principal):
    return seal(submitted, principal)
