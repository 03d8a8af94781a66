"""The one signal: apps to the right keep things that only the old password opens."""

from django.dispatch import Signal

# user=…: the password was reset or changed; sent inside the transaction that does it.
password_replaced = Signal()
