"""The book of seal uses can be added to, never changed."""

from typing import ClassVar

from django.db import migrations

from accounts.triggers import append_only


class Migration(migrations.Migration):
    dependencies: ClassVar = [("reports", "0001_initial")]
    operations: ClassVar = [append_only("reports_sealuse")]
