"""Frozen texts can be added, never changed or taken away."""

from typing import ClassVar

from django.db import migrations

from accounts.triggers import append_only


class Migration(migrations.Migration):
    dependencies: ClassVar = [("monitoring", "0001_initial")]
    operations: ClassVar = [
        append_only("monitoring_frozenreturn"),
        append_only("monitoring_frozenline"),
        append_only("monitoring_frozenabsentee"),
        append_only("monitoring_frozenrow"),
    ]
