"""`python -m tests.prepare [suffix …]`: the migrated test database, made once and copied for each process.

Migrating takes half a minute, copying a moment. The copies have the names that pytest-django gives the
databases of its processes ("gw0", "gw1", … beside the one without suffix) and are used with `--reuse-db`.
A second call replaces them by fresh copies: tests with transactions of their own empty what they leave.
"""

import os
import shutil
import sys
from pathlib import Path

from example_site.migrating import new_models_alone

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")


def make_sqlite(name: str, master: str) -> None:
    """SQLite: a file, alone after its log was written back."""
    from django.db import connection

    with new_models_alone():
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    Path(name).rename(master)


def make_postgres(name: str, master: str) -> None:
    """PostgreSQL: a database nobody is connected to."""
    from django.db import connection

    from tests import postgres

    with new_models_alone():
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    connection.close()
    with postgres.administrator() as server:
        server.execute(f'ALTER DATABASE "{name}" RENAME TO "{master}"')


def master() -> str | None:
    """The name of the migrated database for `copy`; None where nobody prepared one."""
    from tests import settings

    if os.environ.get("WA_TEST_DB") != "postgres":
        found = f"{settings.RUN_DIR / 'test.sqlite3'}_master"
        return found if Path(found).exists() else None
    from tests import postgres

    found = f"{settings.DATABASES['default']['TEST']['NAME']}_master"
    with postgres.administrator() as server:
        there = server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [found]).fetchone()
    return found if there else None


def copy(base: str, name: str) -> None:
    """Put a fresh copy of the migrated database in the place of the one of this name."""
    if os.environ.get("WA_TEST_DB") == "postgres":
        from tests import postgres

        with postgres.administrator() as server:
            server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            server.execute(f'CREATE DATABASE "{name}" TEMPLATE "{base}"')
        return
    for left in (name, f"{name}-wal", f"{name}-shm"):
        Path(left).unlink(missing_ok=True)
    shutil.copyfile(base, name)


def main(suffixes: list[str]) -> None:
    """Make the master where it is missing, then the copies; without suffix the one of a single process."""
    import django

    django.setup()
    from django.db import connection

    name = str(connection.settings_dict["TEST"]["NAME"])
    base = master()
    if base is None:
        make = make_sqlite if connection.vendor == "sqlite" else make_postgres
        make(name, base := f"{name}_master")
    for copied in [f"{name}_{suffix}" for suffix in suffixes] or [name]:
        copy(base, copied)


if __name__ == "__main__":
    main(sys.argv[1:])
