"""How long the history of points knows each day: later the days of a month are added up, nothing is lost.

What counts is kept elsewhere or is never touched: the points themselves stand on the lead and its groups,
what a rule gave once in ``ScoreOnce``, and the limits of a day ask for today's row. So sums and numbers of
times by reason stay exact, also for a merge, and a lead has at most one row a month for each reason.
"""

import datetime as dt
from collections.abc import Iterator

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from wagtail_automation import clock, pruning
from wagtail_automation.leads.models import Lead

from .actions import day_of
from .models import ScoreEntry

BATCH = 5000
DAYS = 180


def until(before: dt.datetime) -> dt.date:
    """The first day whose month is not added up: never one after the running month began."""
    return min(day_of(before), day_of(clock.now())).replace(day=1)


def add_up(before: dt.datetime) -> Iterator[int]:
    """Add up the days of whole months before that time, in the site's zone; yields how many rows went, batch
    by batch. Never the running month. A repeat changes nothing; killed, it goes on with what is left.

    One walk over the table by primary key. A batch is one transaction that holds its leads, so that a merge
    comes before or after it.
    """
    last = 0
    while pks := ScoreEntry.objects.single_days(until(before), last)[:BATCH]:
        pks = dict(pks)
        last = max(pks)
        with transaction.atomic():
            leads = Lead.objects.filter(pk__anyof=sorted(set(pks.values()))).order_by("pk")
            held = list(leads.select_for_update(no_key=True).values_list("pk", flat=True))
            yield ScoreEntry.objects.add_up(sorted(pks), held)


KIND = pruning.register_kind(
    pruning.Kind(
        "score_changes",
        _("Score changes, day by day"),
        DAYS,
        add_up,
        _("after which the days of a month are added up"),
    )
)


def before() -> dt.datetime:
    """Up to when months are added up now; never, if the site keeps every day."""
    days = KIND.days
    return dt.datetime.min.replace(tzinfo=dt.UTC) if days is None else clock.now() - dt.timedelta(days=days)
