import threading

import pytest
from django.db import connection, connections, transaction

from reports.models import SealCounter, SealUse
from schools.models import Role, SchoolKind
from tests.cast import fill, make_school, make_user
from tests.monitoring.filing import SEPTEMBER, month_of
from tests.reports.sealing.rooms import open_room, seal, submit

RETURNS = 20


def points_of_one_seal(county):
    """Twenty one-teacher points whose returns are all sealed with the seal of the parent school."""
    parent = make_school(county, SchoolKind.PRIMARY)
    principals = [make_user(county, Role.PRINCIPAL, parent) for _ in range(4)]
    month = month_of(county, SEPTEMBER)
    returns = []
    for _ in range(RETURNS):
        point = make_school(county, SchoolKind.TEACHING_POINT, parent=parent, signed_by_parent=True)
        fill(point, 1)
        returns.append(submit(point, month, make_user(county, Role.CLERK, point)))
    return principals, returns


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_twenty_parallel_sealings_leave_no_gap_and_no_double(county):
    open_room(county)
    principals, returns = points_of_one_seal(county)
    # The others race for their first certificates too.
    seal(returns[0], principals[0])
    start = threading.Barrier(RETURNS - 1)
    failures = []

    def work(part):
        try:
            start.wait()
            for monthly_return in part:
                seal(monthly_return, principals[returns.index(monthly_return) % 4])
        except Exception as error:  # noqa: BLE001 -- shown below
            failures.append(error)
        finally:
            connections.close_all()

    rest = returns[1:]
    threads = [threading.Thread(target=work, args=([monthly_return],)) for monthly_return in rest]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    numbers = sorted(SealUse.objects.values_list("number", flat=True))
    assert numbers == list(range(1, 2 * RETURNS + 1))
    assert SealCounter.objects.get().last == 2 * RETURNS


@pytest.mark.django_db
def test_the_register_refuses_changes(sealed):
    from django.db import DatabaseError

    with pytest.raises(DatabaseError), transaction.atomic():
        SealUse.objects.update(purpose="别的")
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM reports_sealuse")
