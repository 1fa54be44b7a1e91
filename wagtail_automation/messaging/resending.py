"""Messages that go out again because a person says so: doubtful ones, and those given up after many tries."""

import datetime as dt

from django.db import transaction
from django.db.models import Count, Model, Q, QuerySet
from wagtail.log_actions import log

from wagtail_automation import clock, jobs
from wagtail_automation.outbox import State

from .actions import SEND
from .newsletters import stopping
from .reasons import GAVE_UP, GIVEN_UP

RESEND_LOG_ACTION = "wagtail_automation.message.resend"


def may_go_again(message: Model) -> bool:
    """Whether a person may decide about it: nobody knows if it arrived, or it never left."""
    return message.state == State.DOUBTFUL or (
        message.state == State.FAILED and message.reason.startswith(GAVE_UP)
    )


def resend(*, message: Model, user) -> bool:
    """A person decides that a message goes out (a doubtful one perhaps again), with the same Message-ID.

    Returns False, and changes nothing, for a message that is neither doubtful nor given up (any more).
    """
    rows = type(message).objects.filter(Q(state=State.DOUBTFUL) | GIVEN_UP, pk=message.pk)
    with transaction.atomic():
        stopping.count_anew({message.origin})
        return bool(_queue(rows, message, user))


def given_up(rows: QuerySet, since: dt.datetime) -> QuerySet:
    """Of these messages, those written since then that were given up: the server was away for too long."""
    return rows.filter(GIVEN_UP, created_at__gte=since)


def given_up_counts(rows: QuerySet, ages, now: dt.datetime) -> dict[int, int]:
    """``{days: how many were given up, of those written within}``; ``ages``: pairs that begin with them."""
    since = {days: now - dt.timedelta(days=days) for days, _words in ages}
    found = given_up(rows, min(since.values())).aggregate(
        **{f"of_{days}": Count("pk", filter=Q(created_at__gte=moment)) for days, moment in since.items()}
    )
    return {days: found[f"of_{days}"] for days in since}


def resend_all(*, rows: QuerySet, user) -> int:
    """Queue the given up among these messages again; returns how many. A repeat finds none. Of a newsletter
    that is paused they wait until it goes on; of one that was cancelled they stay unsent."""
    with transaction.atomic():
        pks = sorted(rows.filter(GIVEN_UP).order_by().values_list("pk", flat=True))
        rows = rows.model.objects.filter(GIVEN_UP, pk__anyof=pks)
        first = rows.order_by("pk").first()
        if first is None:
            return 0
        origins = set(rows.order_by().values_list("origin", flat=True).distinct())
        count = _queue(rows, first, user)
        stopping.count_anew(origins)
        stopping.sent_back(origins)
    return count


def _queue(rows: QuerySet, message: Model, user) -> int:
    count = rows.update(
        state=State.QUEUED,
        reason="resent",
        not_before=clock.now(),
        attempts=0,
        lease_token=None,
        lease_until=None,
    )
    if count:
        log(instance=message, action=RESEND_LOG_ACTION, user=user, data={"count": count})
        jobs.enqueue(SEND)
    return count
