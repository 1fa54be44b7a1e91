"""Is the automation making progress? Judged by heartbeats and lag, never by a list of processes."""

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.apps import apps
from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _

from . import clock, conf, jobs, sql
from .rules.rule import Rule

#: A beat is due every minute; three missed ones mean that nobody works.
BEAT_LIMIT = dt.timedelta(minutes=3)


@dataclass(frozen=True)
class Finding:
    """One thing looked at. ``level``: ok, warning or error; ``advice``: what to do."""

    level: str
    subject: str
    message: str
    advice: str = ""


_examinations: list[Callable[[], Iterator[Finding]]] = []


def register(function: Callable[[], Iterator[Finding]]) -> Callable:
    """Let an app add findings: a function that yields ``Finding``."""
    if function not in _examinations:
        _examinations.append(function)
    return function


def examine() -> list[Finding]:
    """All findings, of the kernel first."""
    findings = [*_beat(), *_database(), *_broken_rules()]
    for function in _examinations:
        findings += function()
    return findings


def _beat() -> Iterator[Finding]:
    if conf.get("JOBS") == "inline":
        yield Finding(
            "ok",
            _("Jobs"),
            _("Jobs run in the web process (JOBS = inline); call automation_tick every minute."),
        )
    row = jobs._lease_model().objects.filter(name="heartbeat:beat").first()
    if row is None:
        yield Finding(
            "error",
            _("Beat"),
            _("No beat was ever noted: waiting people are not moved on."),
            _("Start `manage.py qcluster`, or call `manage.py automation_tick` every minute."),
        )
        return
    age = clock.now() - row.beat_at
    seconds = int(age.total_seconds())
    if age > BEAT_LIMIT:
        yield Finding(
            "error",
            _("Beat"),
            _("The last beat was %(seconds)d seconds ago, by %(holder)s.")
            % {"seconds": seconds, "holder": row.holder},
            _("The worker is stopped or stuck: restart `manage.py qcluster`."),
        )
    else:
        yield Finding("ok", _("Beat"), _("The last beat was %(seconds)d seconds ago.") % {"seconds": seconds})


def _database() -> Iterator[Finding]:
    if connection.vendor != "sqlite":
        return
    options = settings.DATABASES["default"].get("OPTIONS", {})
    if sql.journal_mode() != "wal" or options.get("transaction_mode") != "IMMEDIATE":
        yield Finding(
            "warning",
            _("SQLite"),
            _("Without WAL and IMMEDIATE transactions, web and worker lock each other out."),
            _("Set OPTIONS of the database as the installation page says."),
        )
    else:
        yield Finding("ok", _("SQLite"), _("WAL and IMMEDIATE transactions are on."))


def _broken_rules() -> Iterator[Finding]:
    from .rules.fields import RuleField

    for model in apps.get_models():
        for field in model._meta.get_fields():
            if not isinstance(field, RuleField):
                continue
            for pk, rule in model._default_manager.values_list("pk", field.name).iterator():
                rule = rule if isinstance(rule, Rule) else Rule(rule)
                if rule.is_broken:
                    yield Finding(
                        "warning",
                        f"{model._meta.verbose_name} {pk}",
                        _("Its rule holds a condition that is not installed (%(keys)s) and matches nobody.")
                        % {"keys": ", ".join(rule.unknown) or "?"},
                        _("Install the app that brings it, or remove the condition."),
                    )
