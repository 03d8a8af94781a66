"""Random histories with every kind of fact, send-backs, corrections and a rollover: check_books agrees with each."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reports.books.checks import violations_of
from tests.monitoring.history import World

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@settings(
    max_examples=1,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
    ],
)
@given(seed=st.integers(0, 2**32))
def test_a_random_history_leaves_clean_books(seed):
    world = World(seed, months=13)
    world.live()

    assert violations_of(world.county) == []
