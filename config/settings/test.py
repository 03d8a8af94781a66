"""For the suite: fixed throw-away keys, fast hashing, private temporary folders."""

import tempfile
from pathlib import Path

from config.settings.base import *  # noqa: F403 -- settings modules extend one another
from config.settings.base import STORAGES

SECRET_KEY = "test-only-" + "k" * 50
FIELD_KEYS = "1:" + "11" * 32
FIELD_INDEX_KEY = "22" * 32
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
DEMO_ACCOUNTS_SHOWN = True
MEDIA_ROOT = Path(tempfile.mkdtemp(prefix="baoxue-test-media-"))
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
WHITENOISE_USE_FINDERS = True
