"""For make run: local keys made on first use, demonstration accounts allowed."""

import secrets

from config.settings.base import *  # noqa: F403 -- settings modules extend one another
from config.settings.base import VAR_DIR

ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]", "testserver"]
DEMO_ACCOUNTS_SHOWN = True
DEMO_PASSWORD = "demo-2026"  # noqa: S105 -- shown on the login page


def _local_secret(name: str) -> str:
    """A random secret kept in var/, so that nothing secret stands in the repository."""
    path = VAR_DIR / "secrets" / name
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.write_text(secrets.token_hex(32))
        path.chmod(0o600)
    return path.read_text().strip()


SECRET_KEY = _local_secret("secret_key")
FIELD_KEYS = "1:" + _local_secret("field_key")
FIELD_INDEX_KEY = _local_secret("index_key")
