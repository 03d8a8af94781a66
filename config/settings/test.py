"""For the suite: fixed throw-away keys, fast hashing, private temporary folders."""

import atexit
import os
import shutil
import sys
import tempfile
from pathlib import Path

from config.settings.base import *  # noqa: F403 -- settings modules extend one another
from config.settings.base import DATABASES, STORAGES, VAR_DIR

SECRET_KEY = "test-only-" + "k" * 50
FIELD_KEYS = "1:" + "11" * 32
FIELD_INDEX_KEY = "22" * 32
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
# Counts of queries must not depend on what an earlier request left behind; tests of the cache bring their own.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
DEMO_ACCOUNTS_SHOWN = True
DEMO_PASSWORD = "demo-2026"  # noqa: S105 -- shown on the login page


def _private_folder() -> Path:
    """One for a run, shared with its child processes; tools that only read the settings make none."""
    if "BAOXUE_TEST_FOLDER" not in os.environ and "pytest" in sys.modules:
        folder = os.environ["BAOXUE_TEST_FOLDER"] = tempfile.mkdtemp(prefix="baoxue-test-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(os.environ.get("BAOXUE_TEST_FOLDER", VAR_DIR / "test"))


_FOLDER = _private_folder() / os.environ.get("PYTEST_XDIST_WORKER", "alone")
MEDIA_ROOT = _FOLDER / "media"
# With an empty address the live server of the tests takes every page for an upload.
MEDIA_URL = "/no-uploads-here/"
STATIC_ROOT = _FOLDER / "static"
if "pytest" in sys.modules:
    # WhiteNoise warns when it is not there.
    STATIC_ROOT.mkdir(parents=True, exist_ok=True)
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
WHITENOISE_USE_FINDERS = True
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # Tools that only look at models must not open the data of make run.
    DATABASES["default"]["NAME"] = ":memory:"
    # A file: in memory there is neither WAL nor a second connection that has to wait for its turn.
    DATABASES["default"]["TEST"] = {"NAME": str(_FOLDER / "test.sqlite3")}
