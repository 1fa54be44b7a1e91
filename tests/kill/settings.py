"""The site that is killed: its own database, real queue, real SMTP; unique keys are dropped by ``world``."""

import os

from tests import postgres
from tests.settings import *  # noqa: F403
from tests.settings import INSTALLED_APPS, WAGTAIL_AUTOMATION

FOLDER = os.environ["KILL_FOLDER"]

if os.environ.get("KILL_DB_URL"):
    DATABASES = {"default": {**postgres.database(os.environ["KILL_DB_URL"]), "CONN_MAX_AGE": 60}}
else:
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": f"{FOLDER}/db.sqlite3",
            "CONN_MAX_AGE": 60,
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": (
                    "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=20000;"
                ),
            },
        }
    }


class NoMigrations:
    """Tables straight from the models: a minute less, and nothing here is about migrations."""

    def __contains__(self, app):
        return True

    def __getitem__(self, app):
        return None


MIGRATION_MODULES = NoMigrations()

INSTALLED_APPS = [*INSTALLED_APPS, "tests.kill.apps.KillConfig"]

EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
EMAIL_HOST, EMAIL_PORT = "127.0.0.1", int(os.environ.get("KILL_SMTP_PORT", "1"))

Q_CLUSTER = {
    "name": "kill",
    "orm": "default",
    "workers": int(os.environ.get("KILL_WORKERS", "3")),
    "poll": 0.1,
    "timeout": 40,
    "retry": 60,
    "max_attempts": 3,
    "queue_limit": 4,
    "save_limit": -1,
    "catch_up": False,
}

WAGTAIL_AUTOMATION = {
    **WAGTAIL_AUTOMATION,
    "JOBS": "queue",
    "ENGINE_CHUNK": 25,
    "SEND_BATCH": 20,
    "LEASE_SECONDS": 3,
    "CLOCK_FILE": f"{FOLDER}/clock",
}

LOGGING = {
    "version": 1,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
}
