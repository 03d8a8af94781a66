"""For a county: refuses to start without secret, keys, hosts and database."""

import os

from django.core.exceptions import ImproperlyConfigured

from config.settings.base import *  # noqa: F403 -- settings modules extend one another
from config.settings.base import FIELD_INDEX_KEY, FIELD_KEYS


def _required(name: str) -> str:
    value = os.environ.get(name, "").strip()
    if not value:
        raise ImproperlyConfigured(f"缺少环境变量 {name}，不能启动。见 docs/operations.md。")
    return value


SECRET_KEY = _required("BAOXUE_SECRET_KEY")
if len(SECRET_KEY) < 50:
    raise ImproperlyConfigured("BAOXUE_SECRET_KEY 太短，至少 50 个字符。")
ALLOWED_HOSTS = [host.strip() for host in _required("BAOXUE_HOSTS").split(",")]
if "*" in ALLOWED_HOSTS:
    raise ImproperlyConfigured("BAOXUE_HOSTS 不能是 *，请写明域名或地址。")
_required("DATABASE_URL")
if not (FIELD_KEYS and FIELD_INDEX_KEY):
    raise ImproperlyConfigured("缺少环境变量 BAOXUE_FIELD_KEYS 或 BAOXUE_INDEX_KEY，不能启动。")

CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in ALLOWED_HOSTS]
SECURE_SSL_REDIRECT = True
# The reverse proxy of the county is the only one that may say so; gunicorn strips it from others.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 365 * 24 * 3600
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_NAME = "__Host-session"
CSRF_COOKIE_NAME = "__Host-csrf"
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
