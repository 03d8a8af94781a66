"""What must happen here when something happens to an account."""

from typing import Any

from django.dispatch import receiver

from accounts.models import User
from accounts.signals import password_replaced
from reports.actions.certificates import PASSWORD_REPLACED, destroy_keys


@receiver(password_replaced)
def forget_keys(user: User, **_: Any) -> None:
    """A new password never opens what the old one locked; the next signature gets a new certificate."""
    destroy_keys(user, because=PASSWORD_REPLACED)
