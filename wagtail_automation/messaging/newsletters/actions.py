"""Every mutation of newsletters: ordering, starting, queuing in chunks, pausing, resuming, cancelling."""

import datetime as dt
import logging
import time

from django.core.exceptions import ValidationError
from django.db import OperationalError, transaction
from django.db.models import CharField, F, Value
from django.db.models.functions import Cast, Concat
from django.utils.translation import gettext as _
from wagtail.log_actions import log

from wagtail_automation import clock, contact, jobs, sql
from wagtail_automation.cohorts import Cohort
from wagtail_automation.leads.models import Lead
from wagtail_automation.messaging.actions import SEND, queue_email
from wagtail_automation.messaging.models import Message
from wagtail_automation.objects import ref_of
from wagtail_automation.outbox import State
from wagtail_automation.testing import failpoints

from . import audience, testing
from .models import Newsletter, NewsletterGroup, NewsletterRecipient, NewsletterState
from .querysets import OPEN_MESSAGES, figures, messages_of, open_count
from .stopping import PAUSED, drop, hold

logger = logging.getLogger("wagtail_automation")

RUN = "wagtail_automation.messaging.newsletters.tasks.run"
LEASE, LEASE_SECONDS = "newsletters", 120
BUDGET_SECONDS = 15
#: messages that one transaction queues
CHUNK = 2_000
#: no more of one newsletter's messages wait in the outbox than these, so that a pause takes effect at once
BACKLOG = 20_000
OVER_CAP = "frequency_cap"

LOG = "wagtail_automation.newsletter_{}"
_S = NewsletterState


class Refused(ValidationError):  # noqa: N818  a state, not a fault
    """It cannot be done in the state in which the newsletter is."""


def set_audience(*, newsletter: Newsletter, lists=(), segments=(), without_lists=(), without_segments=()):
    """To whom it goes, and who is left out; replaces what was chosen. Only before it starts."""
    chosen = [
        *((one.pk, None, False) for one in lists),
        *((None, one.pk, False) for one in segments),
        *((one.pk, None, True) for one in without_lists),
        *((None, one.pk, True) for one in without_segments),
    ]
    with transaction.atomic():
        _locked(newsletter.pk, _S.DRAFT, _S.PLANNED)
        newsletter.groups.all().delete()
        NewsletterGroup.objects.bulk_create(
            NewsletterGroup(newsletter=newsletter, lead_list_id=a, segment_id=b, is_excluded=left_out)
            for a, b, left_out in dict.fromkeys(chosen)
        )


def _locked(pk: int, *states: str) -> Newsletter:
    """The newsletter, locked until the transaction ends. Raises Refused when it is in no such state (any
    more)."""
    found = Newsletter.objects.select_for_update().get(pk=pk)
    if found.state not in states:
        raise Refused(
            _("That cannot be done now: the newsletter is “%(state)s”.")
            % {"state": found.get_state_display()}
        )
    return found


def order(*, newsletter: Newsletter, now: dt.datetime, user=None) -> Newsletter:
    """Have it sent at its time. Raises ValidationError when it cannot be, Refused when it was ordered."""
    with transaction.atomic():
        stored = _locked(newsletter.pk, _S.DRAFT)
        if found := audience.obstacles(stored):
            raise ValidationError(found)
        stored.begins_at = audience.begins_at(stored, now)
        stored.state, stored.user, stored.problem = _S.PLANNED, user, ""
        stored.save(update_fields=["begins_at", "state", "user", "problem"])
        log(instance=stored, action=LOG.format("order"), user=user)
        if stored.begins_at <= now:
            jobs.enqueue(RUN)
    return stored


def withdraw(*, newsletter: Newsletter, user=None) -> Newsletter:
    """Back to preparation, before it started. Raises Refused when it did."""
    with transaction.atomic():
        stored = _locked(newsletter.pk, _S.PLANNED)
        stored.state, stored.begins_at = _S.DRAFT, None
        stored.save(update_fields=["state", "begins_at"])
        log(instance=stored, action=LOG.format("withdraw"), user=user)
    return stored


def pause(*, newsletter: Newsletter, user=None) -> Newsletter:
    """Nobody gets it from now on, but for the few messages that the sender has in hand."""
    with transaction.atomic():
        stored = _locked(newsletter.pk, _S.PLANNED, _S.SENDING)
        _halt(stored, "")
        log(instance=stored, action=LOG.format("pause"), user=user)
    return stored


def _halt(newsletter: Newsletter, problem: str) -> None:
    newsletter.state, newsletter.problem = _S.PAUSED, problem
    testing.pause(newsletter, clock.now())
    newsletter.save(update_fields=["state", "problem", "test_left"])
    hold(newsletter)


def resume(*, newsletter: Newsletter, now: dt.datetime, user=None) -> Newsletter:
    """Go on where it stopped; whose turn came meanwhile gets it now, and a comparison lasts as much longer as
    the pause did. Raises ValidationError when what stopped it is still so."""
    with transaction.atomic():
        stored = _locked(newsletter.pk, _S.PAUSED)
        found = audience.obstacles(stored)
        if found and stored.started_at is None:
            raise ValidationError(found)
        for email in filter(None, (stored.email, stored.email_b)):
            if not email.live:
                raise ValidationError(audience.not_published(email))
        stored.state, stored.problem = (_S.SENDING if stored.started_at else _S.PLANNED), ""
        testing.go_on(stored, now)
        stored.save(update_fields=["state", "problem", "test_left"])
        held = messages_of(stored).filter(state=State.QUEUED, reason=PAUSED)
        held.update(not_before=now, reason="")
        log(instance=stored, action=LOG.format("resume"), user=user)
        jobs.enqueue(RUN)
        jobs.enqueue(SEND)
    return stored


def cancel(*, newsletter: Newsletter, now: dt.datetime, user=None) -> Newsletter:
    """Nobody else gets it, for good."""
    with transaction.atomic():
        stored = _locked(newsletter.pk, _S.PLANNED, _S.SENDING, _S.PAUSED)
        unreached = stored.recipients.count()
        stored.recipients.all().erase()
        drop(stored)
        stored.state, stored.finished_at, stored.problem = _S.CANCELLED, now, ""
        stored.counts = figures(stored) | {"never": unreached}
        stored.save(update_fields=["state", "finished_at", "problem", "counts"])
        log(instance=stored, action=LOG.format("cancel"), user=user)
    return stored


# -- by the worker ---------------------------------------------------------------------------------------
def start(*, newsletter: Newsletter, now: dt.datetime) -> bool:
    """Fix who gets it: one INSERT … SELECT, each person once. False: it did not start (any more).

    What stands in the way pauses it with the reason, so that a person looks; only a list that is being
    filled is waited for.
    """
    with transaction.atomic():
        try:
            stored = _locked(newsletter.pk, _S.PLANNED)
        except Refused:
            return False
        groups = stored.groups.filter(lead_list__filling__isnull=False)
        if groups.exists():
            return False
        if found := audience.obstacles(stored):
            _halt(stored, " ".join(found))
            return False
        stored.left_out = audience.count(stored)
        if stored.has_test:
            stored.experiment = testing.begin(stored, now)
            stored.test_ends_at = stored.experiment.ends_at
        sql.insert_select(
            NewsletterRecipient,
            {
                "newsletter": stored.pk,
                "lead": F("pk"),
                "due_at": audience.due_at(stored, now),
                "is_test": audience.is_test(stored),
            },
            audience.recipients(stored),
            ignore_conflicts=True,
            keep=True,
        )
        failpoints.reach("audience")
        stored.total = stored.recipients.count()
        stored.state, stored.started_at = _S.SENDING, now
        stored.save(update_fields=["left_out", "total", "state", "started_at", "experiment", "test_ends_at"])
    return True


class RecipientsCohort(Cohort):
    """Some people whose turn has come, each with the key of their one message."""

    def __init__(self, newsletter: Newsletter, ids: list[int], now: dt.datetime):
        self.newsletter, self.ids, self.now = newsletter, ids, now
        self.origin = newsletter.origin
        self.site = newsletter.email.site

    def _rows(self):
        return NewsletterRecipient.objects.filter(pk__anyof=self.ids)

    def rows(self):
        prefix = Value(f"{self.origin}:", output_field=CharField())
        return self._rows().annotate(
            cohort_lead=F("lead_id"),
            cohort_key=Concat(prefix, Cast("lead_id", CharField()), output_field=CharField()),
            cohort_since=F("due_at"),
        )

    def lead_ids(self):
        return self._rows().order_by().values("lead_id")

    def size(self) -> int:
        return len(self.ids)


def queue_chunk(*, newsletter: Newsletter, now: dt.datetime) -> int:
    """Queue the messages of up to ``CHUNK`` people whose turn has come, and forget their rows, in one
    transaction: whatever is killed or repeated, each gets one message. Returns how many; a constant number of
    statements."""
    with transaction.atomic():
        try:
            stored = _locked(newsletter.pk, _S.SENDING)
        except Refused:
            return 0
        for email in filter(None, (stored.email, stored.email_b)):
            if not email.live:
                _halt(stored, audience.not_published(email))
                return 0
        room = min(CHUNK, BACKLOG - open_count(stored))
        if room <= 0:
            return 0
        due = stored.recipients.filter(due_at__lte=now + testing.earlier(stored)).order_by("due_at", "pk")
        if testing.is_open(stored):
            due = due.filter(is_test=True)
        rows = list(due.values_list("pk", "lead_id")[:room])
        ids = [pk for pk, _lead in rows]
        enough = _over_cap(stored, [lead for _pk, lead in rows], now)
        if ids and stored.experiment is not None:
            testing.queue(stored, lambda some: RecipientsCohort(stored, some, now), rows, now, enough)
        elif ids:
            queue_email(cohort=RecipientsCohort(stored, ids, now), email=ref_of(stored.email))
        if ids:
            NewsletterRecipient.objects.filter(pk__anyof=ids).erase()
        if enough:  # with a message each, so that the report says why
            over = messages_of(stored).filter(lead_id__anyof=list(enough), state=State.QUEUED)
            over.update(state=State.SKIPPED, reason=OVER_CAP)
        if ids:
            failpoints.reach("queued")
        return len(ids)


def _over_cap(newsletter: Newsletter, leads: list[int], now: dt.datetime) -> set[int]:
    """Of these people, those who got enough messages lately; asked before theirs is queued."""
    judge = contact.judge()
    if judge is None or newsletter.is_notice or not leads:
        return set()
    site, origin = newsletter.email.site_id, newsletter.origin
    return judge.over_cap([contact.Recipient(lead, site=site, origin=origin) for lead in leads], now)


def finish(*, newsletter: Newsletter, now: dt.datetime) -> bool:
    """Note that everybody got it, if so, with the figures."""
    with transaction.atomic():
        try:
            stored = _locked(newsletter.pk, _S.SENDING)
        except Refused:
            return False
        if stored.recipients.exists() or messages_of(stored).filter(state__in=OPEN_MESSAGES).exists():
            return False
        stored.state, stored.finished_at, stored.counts = _S.DONE, now, figures(stored)
        stored.save(update_fields=["state", "finished_at", "counts"])
    return True


def run(*, seconds: float = BUDGET_SECONDS) -> str:
    """Start what is due and queue whose turn has come, newsletters in turn, for about ``seconds``; then asks
    to be run again if there is more. Safe at any time and in any number of processes."""
    if not Newsletter.objects.filter(state__in=(_S.PLANNED, _S.SENDING, _S.PAUSED)).exists():
        return "nothing"
    end = time.monotonic() + seconds
    queued, more = 0, False
    with jobs.lease(LEASE, LEASE_SECONDS) as mine:
        if not mine:
            return "somebody else is at it"
        for newsletter in Newsletter.objects.filter(state=_S.PAUSED, started_at__isnull=False):
            hold(newsletter)
        for newsletter in Newsletter.objects.to_start(clock.now()):
            _guarded(start, newsletter)
        at_work = list(Newsletter.objects.sending())
        for newsletter in at_work:
            _guarded(testing.look, newsletter)
        while at_work:
            for newsletter in list(at_work):
                number = _guarded(queue_chunk, newsletter) or 0
                queued += number
                if not number:
                    at_work.remove(newsletter)
                    _guarded(finish, newsletter)
            jobs.extend_lease(LEASE, LEASE_SECONDS)
            if time.monotonic() >= end and at_work:
                more = True
                break
    if more:
        jobs.enqueue(RUN)
    return f"{queued} queued{', more to do' if more else ''}"


def _guarded(step, newsletter: Newsletter):
    """One step for one newsletter; a failure stops this one, with a word for people, and no other."""
    try:
        return step(newsletter=newsletter, now=clock.now())
    except OperationalError:  # a lock or the network: the next beat tries again
        logger.exception("newsletter %s: %s", newsletter.pk, step.__name__)
    except Exception:
        logger.exception("newsletter %s: %s", newsletter.pk, step.__name__)
        with transaction.atomic():
            stored = Newsletter.objects.select_for_update().get(pk=newsletter.pk)
            if stored.state in (_S.PLANNED, _S.SENDING):
                _halt(stored, _("Something unexpected happened; the log of the site says what."))
    return None


def merge_newsletters(source: Lead, target: Lead) -> None:
    """Merge handler: two people who are one get one message of each newsletter."""
    theirs = NewsletterRecipient.objects.filter(lead_id=source.pk)
    if not theirs.exists():
        return
    waiting = set(NewsletterRecipient.objects.filter(lead_id=target.pk).values_list("newsletter", flat=True))
    origins = [f"newsletter:{pk}" for pk in theirs.values_list("newsletter", flat=True)]
    got = Message.objects.filter(lead__in=(source.pk, target.pk), origin__in=origins)
    done = {int(origin.partition(":")[2]) for origin in got.values_list("origin", flat=True)}
    theirs.filter(newsletter__in=waiting | done).erase()
    NewsletterRecipient.objects.filter(lead_id=target.pk, newsletter__in=done).erase()
    NewsletterRecipient.objects.filter(lead_id=source.pk).update(lead_id=target.pk)
