"""Append-only tables: triggers for SQLite and PostgreSQL, for migrations and the test harness.

SQLite needs ``recursive_triggers`` on (settings), otherwise INSERT OR REPLACE walks past them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db.migrations import RunPython

MESSAGE = "append-only table"
# Filled by append_only(); the test harness lifts the guards to clean up between tests.
GUARDED_TABLES: set[str] = set()


def install(connection: Any, table: str) -> None:
    """Refuse UPDATE, DELETE (and TRUNCATE) on *table*."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            for verb in ("update", "delete"):
                cursor.execute(
                    f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb.upper()} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
                )
            return
        cursor.execute(
            "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{MESSAGE}'; END $$"
        )
        cursor.execute(
            f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        cursor.execute(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def remove(connection: Any, table: str) -> None:
    """Take the guards away: only for reversing a migration and for cleaning a test database."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            for verb in ("update", "delete"):
                cursor.execute(f"DROP TRIGGER IF EXISTS {table}_no_{verb}")
            return
        for name in ("change", "truncate"):
            cursor.execute(f"DROP TRIGGER IF EXISTS {table}_no_{name} ON {table}")


@contextmanager
def lifted(connection: Any, table: str) -> Iterator[None]:
    """For key rotation only: without guard until the end of the transaction, which keeps all others out."""
    if table not in GUARDED_TABLES:
        yield
        return
    remove(connection, table)
    yield
    install(connection, table)


def append_only(table: str) -> RunPython:
    """A migration operation that makes *table* append-only."""
    GUARDED_TABLES.add(table)
    return RunPython(
        lambda apps, editor: install(editor.connection, table),
        lambda apps, editor: remove(editor.connection, table),
    )
