"""Runs the benchmarks on a database of their own and prints their ratios; exit code 1 when a limit is missed.

`python -m benchmarks import_roster` runs one. With DATABASE_URL set it runs on that PostgreSQL server.
"""

import importlib
import os
import pkgutil
import sys
import tempfile
import traceback
import warnings
from pathlib import Path

import django


def main() -> int:
    folder = Path(tempfile.mkdtemp(prefix="baoxue-bench-"))
    (folder / "alone").mkdir()
    os.environ["BAOXUE_TEST_FOLDER"] = str(folder)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")
    warnings.simplefilter("ignore")
    django.setup()
    from django.db import connection
    from django.test.utils import setup_databases, setup_test_environment, teardown_databases

    setup_test_environment()
    databases = setup_databases(verbosity=0, interactive=False)
    print(f"database: {connection.vendor}", flush=True)
    try:
        return _run(sys.argv[1:] or _names())
    finally:
        teardown_databases(databases, verbosity=0)


def _names() -> list[str]:
    package = importlib.import_module("benchmarks")
    return [found.name for found in pkgutil.iter_modules(package.__path__) if not found.name.startswith("_")]


def _run(names: list[str]) -> int:
    missed = 0
    for name in names:
        module = importlib.import_module(f"benchmarks.{name}")
        if not hasattr(module, "figures"):
            continue
        print(f"\n{name}: {(module.__doc__ or '').splitlines()[0]}", flush=True)
        try:
            for figure in module.figures():
                print(f"  {figure}", flush=True)
                missed += not figure.keeps
        except Exception:  # noqa: BLE001 -- the other figures are still wanted
            traceback.print_exc()
            missed += 1
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
