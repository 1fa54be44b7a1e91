"""Long work that somebody ordered and watches: an abstract run, and the loop that works it off.

A run's truth is its row: every step writes its effects and the new ``position`` in one transaction, so a
killed worker leaves whole steps behind and the next one goes on after the last of them.
"""

import gc
import logging
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from . import clock, jobs

logger = logging.getLogger("wagtail_automation")

#: A task works at most about this long, then asks to be run again.
BUDGET_SECONDS = 15
LEASE_SECONDS = 60
#: A step that fails as often as this ends the run.
ATTEMPTS = 3


class RunState(models.TextChoices):
    DRAFT = "draft", _("Being prepared")
    QUEUED = "queued", _("Waiting")
    RUNNING = "running", _("Running")
    DONE = "done", _("Finished")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Stopped")


ACTIVE = (RunState.QUEUED, RunState.RUNNING)


class RunQuerySet(models.QuerySet):
    def active(self):
        """Those that a worker should be at."""
        return self.filter(state__in=ACTIVE)


class AbstractRun(models.Model):
    """Background work for one person. ``position``: how far it came; ``total``: how far it goes."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("ordered by"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    language = models.CharField(max_length=35, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=RunState.choices, default=RunState.DRAFT)
    position = models.BigIntegerField(default=0)
    total = models.BigIntegerField(null=True)
    counts = models.JSONField(default=dict)
    attempts = models.PositiveSmallIntegerField(default=0)
    problem = models.TextField(blank=True)
    created_at = models.DateTimeField(_("created"), default=clock.now, db_index=True)
    started_at = models.DateTimeField(_("started"), null=True)
    finished_at = models.DateTimeField(_("finished"), null=True)

    objects = RunQuerySet.as_manager()

    wagtail_reference_index_ignore = True

    class Meta:
        abstract = True
        ordering = ["-created_at", "-pk"]

    #: dotted path of the task that works on runs of this model, called with the primary key
    task = ""

    @property
    def is_active(self) -> bool:
        return self.state in ACTIVE

    @property
    def is_finished(self) -> bool:
        return self.state in {RunState.DONE, RunState.FAILED, RunState.CANCELLED}

    @property
    def percent(self) -> int:
        """0 to 100; 100 only when it is done."""
        if self.state == RunState.DONE:
            return 100
        return min(99, self.position * 100 // self.total) if self.total else 0

    def start(self) -> None:
        """Hand a prepared run to the workers. A second call changes nothing."""
        changed = type(self).objects.filter(pk=self.pk, state=RunState.DRAFT)
        with transaction.atomic():
            if changed.update(state=RunState.QUEUED, language=translation.get_language() or ""):
                jobs.enqueue(self.task, self.pk)
        self.refresh_from_db()

    def stop(self) -> bool:
        """Stop after the step under way; what was done stays done."""
        running = type(self).objects.active().filter(pk=self.pk)
        return bool(running.update(state=RunState.CANCELLED, finished_at=clock.now()))

    def locked(self) -> "AbstractRun | None":
        """The row as it is now, locked until the caller's transaction ends; None if it was stopped."""
        return type(self).objects.select_for_update().filter(pk=self.pk, state=RunState.RUNNING).first()

    def finish(self, **values) -> None:
        """Note that nothing is left to do; call in the transaction of the last step."""
        type(self).objects.filter(pk=self.pk, state=RunState.RUNNING).update(
            state=RunState.DONE, finished_at=clock.now(), **values
        )


@contextmanager
def resting_heap() -> Iterator[None]:
    """Meanwhile the garbage collector leaves alone what was there before.

    Chunks of thousands of rows make so many objects that it would walk those of the whole site again and
    again: a fifth of an import's processor time. What the chunks themselves leave behind is collected.
    """
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def work(
    model: type[AbstractRun],
    pk: int,
    make_steps: Callable,
    *,
    seconds: float | None = None,
    requeue: bool = True,
) -> str:
    """Work on a run for about ``seconds`` (15), one step at least. May be called at any time, twice at once
    too. ``requeue``: ask the queue to go on when something is left.

    ``make_steps(run)`` returns a function that makes one step and says whether more are left. It raises
    ValidationError when the run can never succeed; another exception is tried again, three times in all.
    """
    run = model.objects.active().filter(pk=pk).first()
    if run is None:
        return "nothing to do"
    name = f"{model._meta.model_name}:{pk}"
    end = time.monotonic() + (BUDGET_SECONDS if seconds is None else seconds)
    more = True
    with jobs.lease(name, LEASE_SECONDS) as mine:
        if not mine:
            return "somebody else is at it"
        model.objects.filter(pk=pk, state=RunState.QUEUED).update(
            state=RunState.RUNNING, started_at=clock.now()
        )
        with translation.override(run.language or None), resting_heap():
            try:
                step = make_steps(model.objects.get(pk=pk))
                while more:
                    more = step() and model.objects.active().filter(pk=pk).exists()
                    jobs.extend_lease(name, LEASE_SECONDS)
                    if time.monotonic() >= end:
                        break
            except ValidationError as error:
                _fail(model, pk, " ".join(error.messages))
                return "failed"
            except Exception:
                logger.exception("%s failed", name)
                if _count_failure(model, pk) >= ATTEMPTS:
                    _fail(model, pk, gettext("Something unexpected happened; the log of the site says what."))
                    return "failed"
        if more and requeue:
            jobs.enqueue(model.task, pk)
    return "more" if more else "ok"


def _count_failure(model, pk: int) -> int:
    model.objects.filter(pk=pk).update(attempts=models.F("attempts") + 1)
    return model.objects.values_list("attempts", flat=True).get(pk=pk)


def _fail(model, pk: int, problem: str) -> None:
    model.objects.active().filter(pk=pk).update(
        state=RunState.FAILED, problem=problem, finished_at=clock.now()
    )


def resume(model: type[AbstractRun]) -> str:
    """For a beat: ask for work on every active run. Whoever is at it keeps the right to."""
    waiting = list(model.objects.active().values_list("pk", flat=True)[:50])
    for pk in waiting:
        jobs.enqueue(model.task, pk)
    return f"{len(waiting)} at work"
