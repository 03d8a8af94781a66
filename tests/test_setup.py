"""What a machine is given: settings that refuse, databases that are set as meant, a lock without addresses."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from django.conf import settings
from django.db import DatabaseError, ProgrammingError, connection, transaction
from openpyxl.xml import DEFUSEDXML

from accounts.models import AccessLogEntry
from scripts import check_lock

ROOT = Path(settings.BASE_DIR)
PRODUCTION = {
    "BAOXUE_SECRET_KEY": "a-secret-for-this-test-only-of-more-than-fifty-characters",
    "BAOXUE_FIELD_KEYS": "1:" + "ab" * 32,
    "BAOXUE_INDEX_KEY": "cd" * 32,
    "BAOXUE_HOSTS": "baoxue.example.gov.cn",
    "DATABASE_URL": "postgres://baoxue@127.0.0.1:1/baoxue",
}


def load_production(tmp_path, **changed):
    """Import the production settings in a process of their own; None leaves a variable out."""
    wanted = {name: value for name, value in (PRODUCTION | changed).items() if value is not None}
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-c", "import config.settings.production as s; print(s.DEBUG, s.ALLOWED_HOSTS)"],
        cwd=ROOT,
        env=kept | wanted | {"BAOXUE_VAR": str(tmp_path), "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_production_starts_when_everything_is_given(tmp_path):
    started = load_production(tmp_path)

    assert started.stderr == ""
    assert started.stdout == "False ['baoxue.example.gov.cn']\n"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *((name, None) for name in PRODUCTION),
        *((name, "") for name in PRODUCTION if name != "DATABASE_URL"),
        ("BAOXUE_SECRET_KEY", "  "),
        ("BAOXUE_HOSTS", "  "),
        ("DATABASE_URL", ""),
        ("DATABASE_URL", "  "),
        ("BAOXUE_FIELD_KEYS", "  "),
        ("BAOXUE_INDEX_KEY", "  "),
    ],
)
def test_production_refuses_to_start_without(tmp_path, name, value):
    refused = load_production(tmp_path, **{name: value})

    assert refused.returncode != 0
    assert "ImproperlyConfigured" in refused.stderr
    assert name in refused.stderr


@pytest.mark.parametrize(
    ("name", "value"), [("BAOXUE_SECRET_KEY", "short"), ("BAOXUE_HOSTS", "*"), ("BAOXUE_HOSTS", "a.cn, *")]
)
def test_production_refuses_to_start_with_a_careless_value(tmp_path, name, value):
    refused = load_production(tmp_path, **{name: value})

    assert refused.returncode != 0
    assert name in refused.stderr


def test_production_sends_cookies_over_tls_only(tmp_path):
    code = (
        "import config.settings.production as s;"
        "print(s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.SECURE_SSL_REDIRECT, s.DEMO_ACCOUNTS_SHOWN)"
    )
    env = PRODUCTION | {"PATH": os.environ["PATH"], "BAOXUE_VAR": str(tmp_path)}

    shown = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True, check=True
    )

    assert shown.stdout == "True True True False\n"


@pytest.mark.django_db
@pytest.mark.skipif(connection.vendor != "sqlite", reason="pragmas are SQLite's")
@pytest.mark.parametrize(
    ("pragma", "value"),
    [
        ("journal_mode", "wal"),
        ("synchronous", 2),
        ("foreign_keys", 1),
        ("recursive_triggers", 1),
        ("busy_timeout", 20000),
    ],
)
def test_sqlite_pragma_reads_back(pragma, value):
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA {pragma}")

        assert cursor.fetchone() == (value,)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite's")
def test_sqlite_waits_for_its_turn_to_write():
    assert connection.settings_dict["OPTIONS"]["transaction_mode"] == "IMMEDIATE"


@pytest.mark.postgres
@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE accounts_auditentry SET hash = ''",
        "DELETE FROM accounts_auditentry",
        "TRUNCATE accounts_auditentry",
        "DELETE FROM accounts_accesslogentry",
        "ALTER TABLE accounts_auditentry DISABLE TRIGGER ALL",
        "CREATE TABLE mine (number int)",
        "INSERT INTO django_migrations (app, name, applied) VALUES ('accounts', '9999', now())",
    ],
)
def test_web_role_can_neither_rewrite_the_trail_nor_change_the_schema(statement):
    with connection.cursor() as cursor:
        cursor.execute((ROOT / "scripts/postgres_roles.sql").read_text())
        cursor.execute("SET LOCAL ROLE baoxue_web")
        cursor.execute("SELECT count(*) FROM accounts_auditentry")

        with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"), transaction.atomic():
            cursor.execute(statement)
        cursor.execute("UPDATE accounts_user SET username = username")
        cursor.execute("RESET ROLE")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", [1, 2])
def test_append_only_tables_are_emptied_between_tests_and_guarded_again(turn):
    assert AccessLogEntry.objects.count() == 0

    AccessLogEntry.objects.create(county_id=1, user_id=1, user_name="某人", what=f"第{turn}次")

    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        AccessLogEntry.objects.all().delete()


def test_openpyxl_reads_through_defusedxml():
    assert DEFUSEDXML is True


def test_lock_is_what_pyproject_asks_for():
    found = check_lock.problems(
        (ROOT / "pyproject.toml").read_text(), (ROOT / "requirements.lock").read_text()
    )

    assert list(found) == []


PYPROJECT = '[project]\ndependencies = ["django~=6.1.3"]\n[dependency-groups]\ndev = []\n'
LOCK = "asgiref==3.13.0 \\\n    --hash=sha256:0\ndjango==6.1.3 \\\n    --hash=sha256:1\nsqlparse==0.6.1 \\\n    --hash=sha256:2\n"


@pytest.mark.parametrize(
    ("pyproject", "lock", "sentence"),
    [
        (
            PYPROJECT.replace('3"]', '3", "axes"]'),
            LOCK,
            "does not have it",
        ),
        (PYPROJECT, LOCK.replace("django==6.1.3", "django==6.0.9"), "requirements.lock has django==6.0.9"),
        (PYPROJECT, LOCK + "pillow==13.0.0 \\\n    --hash=sha256:3\n", "nothing in pyproject.toml needs it"),
        (PYPROJECT, "--index-url somewhere\n" + LOCK, "holds an address"),
        (PYPROJECT, LOCK.replace("==6.1.3", " @ https://example.invalid/d.whl"), "holds an address"),
    ],
    ids=["absent", "other version", "left over", "index", "address of a package"],
)
def test_a_lock_that_differs_is_noticed(pyproject, lock, sentence):
    assert list(check_lock.problems(PYPROJECT, LOCK)) == []

    found = list(check_lock.problems(pyproject, lock))

    assert [sentence in text for text in found] == [True]


@pytest.mark.skipif(not (ROOT / "README.md").exists(), reason="README is not written yet")
def test_readme_names_every_dependency():
    readme = (ROOT / "README.md").read_text().lower()
    table = tomllib.loads((ROOT / "pyproject.toml").read_text())

    wanted = check_lock.declared((ROOT / "pyproject.toml").read_text())

    assert table["project"]["name"] in readme
    assert [one.name for one in wanted if one.name.lower() not in readme] == []


def test_tests_cannot_leave_this_machine():
    import socket

    with pytest.raises(Exception, match="must not leave this machine"):
        socket.create_connection(("192.0.2.1", 80), timeout=1)
