"""The database of the example site: SQLite in the data folder, or the PostgreSQL that WA_DB_URL names."""

from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

# Write-ahead log and IMMEDIATE transactions: without them a web process and a cluster lock each other out.
SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=20000;",
}


def database(url: str, file: Path) -> dict:
    """Django's DATABASES entry for a URL such as `postgresql://user:password@host/name`; "" is SQLite.

    A Unix socket stands in `?host=/folder`. Raises ValueError for another scheme.
    """
    if not url:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": file,
            "OPTIONS": SQLITE_OPTIONS,
            "CONN_MAX_AGE": 60,
        }
    parts = urlsplit(url)
    if parts.scheme not in ("postgresql", "postgres"):
        raise ValueError(f"WA_DB_URL must start with postgresql://, not {parts.scheme}://")
    query = {key: values[0] for key, values in parse_qs(parts.query).items()}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.get("host", parts.hostname or ""),
        "PORT": query.get("port", parts.port or ""),
        "CONN_MAX_AGE": 60,
    }
