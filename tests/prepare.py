"""`python -m tests.prepare [suffix …]`: the migrated test database, made once and copied for each process.

Migrating takes half a minute, copying a moment. The copies have the names that pytest-django gives the
databases of its processes ("gw0", "gw1", … beside the one without suffix) and are used with `--reuse-db`.
A second call replaces them by fresh copies: tests with transactions of their own empty what they leave.
"""

import os
import shutil
import sys
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")


def copy_sqlite(name: str, master: str, copies: list[str]) -> None:
    """SQLite: files, each alone after its log was written back."""
    from django.db import connection

    if not Path(master).exists():
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
        Path(name).rename(master)
    for copy in copies:
        for left in (copy, f"{copy}-wal", f"{copy}-shm"):
            Path(left).unlink(missing_ok=True)
        shutil.copyfile(master, copy)


def copy_postgres(name: str, master: str, copies: list[str]) -> None:
    """PostgreSQL: databases made from a template."""
    import psycopg
    from django.db import connection

    from tests import postgres

    with psycopg.connect(postgres.server_url(), autocommit=True) as server:
        found = server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [master]).fetchone()
        if not found:
            connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
            connection.close()
            server.execute(f'ALTER DATABASE "{name}" RENAME TO "{master}"')
        for copy in copies:
            server.execute(f'DROP DATABASE IF EXISTS "{copy}" WITH (FORCE)')
            server.execute(f'CREATE DATABASE "{copy}" TEMPLATE "{master}"')


def main(suffixes: list[str]) -> None:
    """Make the master where it is missing, then the copies; without suffix the one of a single process."""
    import django

    django.setup()
    from django.db import connection

    name = str(connection.settings_dict["TEST"]["NAME"])
    copies = [f"{name}_{suffix}" for suffix in suffixes] or [name]
    make = copy_sqlite if connection.vendor == "sqlite" else copy_postgres
    make(name, f"{name}_master", copies)


if __name__ == "__main__":
    main(sys.argv[1:])
