"""The trail and the log of readings cannot be altered, only added to."""

from django.db import migrations

from accounts.triggers import append_only


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [
        append_only("accounts_auditentry"),
        append_only("accounts_accesslogentry"),
        append_only("accounts_accesslogseal"),
    ]
