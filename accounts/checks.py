"""Production refuses to start while a demonstration account exists."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from accounts.models import User


def refused_demo_account() -> str:
    """A demonstration account that must not be here, or ''. A database before its first migration has none."""
    if settings.DEMO_ACCOUNTS_SHOWN or User._meta.db_table not in connection.introspection.table_names():
        return ""
    return User.objects.filter(is_demo=True).values_list("username", flat=True).first() or ""


def refuse_demo_accounts_in_production() -> None:
    """Called when the server starts."""
    if username := refused_demo_account():
        raise ImproperlyConfigured(
            f"数据库里有演示账号 {username}，正式环境不能启动。请换一个没有演示数据的数据库。"
        )


@register(Tags.database)
def no_demo_accounts(databases: Sequence[str] | None = None, **_kwargs: Any) -> list[CheckMessage]:
    username = refused_demo_account() if databases else ""
    if not username:
        return []
    return [Error(f"正式环境的数据库里有演示账号 {username}。", id="accounts.E001")]
