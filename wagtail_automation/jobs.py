"""Background work. The only module that imports django-q2.

Every job is repeatable: the truth is in the database, the queue only says "look now". A lost queue
costs one minute, since the beat finds whatever is due.
"""

import datetime as dt
import logging
import os
import socket
import uuid
from collections.abc import Callable
from contextlib import contextmanager

from django.apps import apps
from django.db import models, transaction
from django.db.models.signals import post_migrate
from django.utils.module_loading import import_string

from . import clock, conf

logger = logging.getLogger("wagtail_automation")

BEAT_NAME = "wagtail_automation: beat"
TICK = "wagtail_automation.jobs.tick"

#: ``expires_at`` of a right that nobody holds
FREE = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)

_beats: list[str] = []


class AbstractLease(models.Model):
    """One named right to work, held by one process at a time; also the heartbeat of its holder.

    The concrete model is ``leads.Lease`` (the kernel has no tables).
    """

    name = models.CharField(max_length=60, primary_key=True)
    holder = models.CharField(max_length=120, blank=True)
    expires_at = models.DateTimeField()
    beat_at = models.DateTimeField()

    class Meta:
        abstract = True


def _lease_model():
    return apps.get_model("wagtail_automation_leads", "Lease")


def path_of(function: Callable | str) -> str:
    return function if isinstance(function, str) else f"{function.__module__}.{function.__qualname__}"


def enqueue(function: Callable | str, *args, cluster: str | None = None) -> None:
    """Run ``function(*args)`` soon after the transaction commits; never if it rolls back.

    Asked twice with the same arguments within one transaction it runs once. Arguments must pickle.
    """
    path = path_of(function)
    connection = transaction.get_connection()
    call = _Call(path, args, cluster)
    if connection.in_atomic_block and any(call == waiting[1] for waiting in connection.run_on_commit):
        return
    transaction.on_commit(call)


class _Call:
    """A job waiting for its commit; equal to another with the same path and arguments."""

    def __init__(self, path, args, cluster):
        self.path, self.args, self.cluster = path, args, cluster

    def __eq__(self, other):
        return isinstance(other, _Call) and (self.path, self.args) == (other.path, other.args)

    def __hash__(self):
        return hash((self.path, self.args))

    def __call__(self):
        if conf.get("JOBS") == "inline":
            run(self.path, *self.args)
            return
        from django_q.tasks import async_task

        options = {"cluster": self.cluster} if self.cluster else {}
        try:
            async_task(self.path, *self.args, q_options={"save": False, **options})
        except Exception:  # whatever the broker raises, or that it is not there; the beat will find the work
            logger.exception("could not queue %s", self.path)


def run(path: str, *args) -> None:
    """Run a job in this process; a failure is logged, not raised, as in a worker."""
    try:
        import_string(path)(*args)
    except Exception:
        logger.exception("job %s failed", path)


def register_beat(function: Callable | str) -> None:
    """Run ``function()`` every minute, and at once when a cluster starts. A repeat changes nothing."""
    path = path_of(function)
    if path not in _beats:
        _beats.append(path)


def tick() -> dict[str, str]:
    """One beat: run everything registered. Returns what each said; one failure does not stop the others."""
    results = {}
    for path in list(_beats):
        try:
            results[path] = str(import_string(path)() or "ok")
        except Exception as error:
            logger.exception("beat %s failed", path)
            results[path] = f"failed: {error}"
    heartbeat("beat")
    return results


def holder() -> str:
    """This process, for people who look: host and process number."""
    return f"{socket.gethostname()}:{os.getpid()}"


def heartbeat(name: str) -> None:
    """Note that ``name`` made progress now. Health is judged by this, never by a process list."""
    now = clock.now()
    _lease_model().objects.update_or_create(
        name=f"heartbeat:{name}", defaults={"holder": holder(), "beat_at": now, "expires_at": now}
    )


def last_heartbeat(name: str) -> dt.datetime | None:
    """When ``name`` last made progress; None if never."""
    return _lease_model().objects.filter(name=f"heartbeat:{name}").values_list("beat_at", flat=True).first()


@contextmanager
def lease(name: str, seconds: float):
    """Yields True to one process at a time, False to the others. A dead holder's right ends by time.

    Takes the right in a transaction of its own, so call it outside one. Yields a callable-free bool;
    work longer than ``seconds`` must call ``extend_lease``.
    """
    model = _lease_model()
    token = f"{holder()}:{uuid.uuid4().hex[:8]}"
    now = clock.now()
    until = now + dt.timedelta(seconds=seconds)
    with transaction.atomic():
        taken = model.objects.filter(name=name, expires_at__lte=now).update(
            holder=token, expires_at=until, beat_at=now
        )
        if not taken:
            _row, taken = model.objects.get_or_create(
                name=name, defaults={"holder": token, "expires_at": until, "beat_at": now}
            )
    if not taken:
        yield False
        return
    try:
        yield True
    finally:
        model.objects.filter(name=name, holder=token).update(expires_at=FREE, beat_at=clock.now())


def extend_lease(name: str, seconds: float) -> None:
    """Keep a right that this process holds for ``seconds`` more."""
    now = clock.now()
    _lease_model().objects.filter(name=name, holder__startswith=holder()).update(
        expires_at=now + dt.timedelta(seconds=seconds), beat_at=now
    )


def release_dead_leases(host: str | None = None) -> int:
    """Free the rights held by processes of this host that no longer exist (after a kill)."""
    host = host or socket.gethostname()
    now = clock.now()
    freed = 0
    for row in _lease_model().objects.filter(holder__startswith=f"{host}:", expires_at__gt=now):
        try:
            pid = int(row.holder.split(":")[1])
            os.kill(pid, 0)
        except (ProcessLookupError, ValueError, IndexError):
            freed += _lease_model().objects.filter(name=row.name, holder=row.holder).update(expires_at=FREE)
        except PermissionError:
            continue
    return freed


def ensure_schedule(**kwargs) -> None:
    """Create the beat's schedule (every minute) if it is not there."""
    if not apps.is_installed("django_q"):
        return
    from django_q.models import Schedule

    Schedule.objects.get_or_create(
        name=BEAT_NAME, defaults={"func": TICK, "schedule_type": Schedule.MINUTES, "minutes": 1}
    )


def _after_migrate(sender, **kwargs):
    if sender.label == "django_q":
        ensure_schedule()


def _on_spawn(sender, proc_name="", **kwargs):
    """A cluster that starts looks at once for what is due, instead of waiting for the next minute."""
    from django_q.tasks import async_task

    try:
        release_dead_leases()
        async_task(TICK, q_options={"save": False})
    except Exception:
        logger.exception("could not queue the first beat")


def pending() -> int:
    """Jobs waiting in the queue (ORM broker) – 0 when the broker cannot tell."""
    from django_q.brokers import get_broker

    return get_broker().queue_size() or 0


def forget_tasks(names: Callable[[str], bool]) -> int:
    """Delete jobs, waiting or done, whose arguments or result hold a text that ``names`` accepts.

    For erasures: our own jobs carry primary keys only, a site's may carry an address. Returns how many.
    """
    if not apps.is_installed("django_q"):
        return 0
    from django_q.models import OrmQ, Task

    count = 0
    for row in OrmQ.objects.order_by("pk").iterator(chunk_size=500):
        if names(_words(row.task)):
            count += OrmQ.objects.filter(pk=row.pk).delete()[0]
    for task in Task.objects.order_by("pk").iterator(chunk_size=500):
        if names(_words([task.name, task.group, task.args, task.kwargs, task.result])):
            count += Task.objects.filter(pk=task.pk).delete()[0]
    return count


def _words(value) -> str:
    """Every text within a value, one a line: containers and objects are looked into."""
    if isinstance(value, dict):
        return "\n".join(_words(part) for pair in value.items() for part in pair)
    if isinstance(value, list | tuple | set | frozenset):
        return "\n".join(map(_words, value))
    if isinstance(value, models.Model):
        return "\n".join(map(str, vars(value).values()))
    return str(value)


post_migrate.connect(_after_migrate, dispatch_uid="wagtail_automation_beat")


def connect_worker_start() -> None:
    """Listen for workers that start; called once the apps are ready."""
    if apps.is_installed("django_q"):
        from django_q.signals import post_spawn

        post_spawn.connect(_on_spawn, dispatch_uid="wagtail_automation_spawn")
