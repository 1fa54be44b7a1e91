"""Counting members once an hour: the last count of a day stays as that day's."""

import datetime as dt

from django.db import models
from django.db.models import Count
from django.utils import timezone

from wagtail_automation import clock, jobs
from wagtail_automation.audiences.lists import builtin
from wagtail_automation.audiences.models import LeadList, ListDay, ListMembership, Segment, SegmentDay

EVERY = dt.timedelta(hours=1)
HEARTBEAT = "audience_counts"


def today(now: dt.datetime) -> dt.date:
    """The day in the time zone of the site."""
    return timezone.localtime(now, timezone.get_default_timezone()).date()


def count_hourly() -> str:
    """The beat."""
    last = jobs.last_heartbeat(HEARTBEAT)
    now = clock.now()
    if last is not None and last <= now and now - last < EVERY and today(last) == today(now):
        return "not due"
    segments, lists = count_now(now=now)
    jobs.heartbeat(HEARTBEAT)
    return f"{segments} segments, {lists} lists"


def count_now(*, now: dt.datetime) -> tuple[int, int]:
    """Note how many are in every filled segment and on every list today; returns how many of each.

    Segments from their stored counts, lists by one grouped question. A repeat brings the day up to date.
    """
    day = today(now)
    filled = Segment.objects.live().filter(state__refreshed_at__isnull=False)
    segments = dict(filled.order_by().values_list("pk", "state__member_count"))
    lists = list_counts()
    _note(SegmentDay, "segment", segments, day)
    _note(ListDay, "list", lists, day)
    return len(segments), len(lists)


def list_counts() -> dict[int, int]:
    """Members of every list, computed ones asked (and left out when that takes too long)."""
    rows = ListMembership.objects.order_by().values("list").annotate(number=Count("*"))
    numbers = dict(rows.values_list("list", "number"))
    counts = {}
    for lead_list in LeadList.objects.order_by():
        number = builtin.count(lead_list) if lead_list.is_computed else numbers.get(lead_list.pk, 0)
        if number is not None:
            counts[lead_list.pk] = number
    return counts


def _note(model: type[models.Model], owner: str, counts: dict[int, int], day: dt.date) -> None:
    model.objects.bulk_create(
        [model(**{f"{owner}_id": pk, "day": day, "count": count}) for pk, count in counts.items()],
        update_conflicts=True,
        unique_fields=[owner, "day"],
        update_fields=["count"],
    )


def history(model: type[models.Model], owner, current: int | None, *, days: int, now: dt.datetime) -> list:
    """``[(day, members, change since the row before)]`` of the last ``days`` days, oldest first.

    The last one is today's by ``current`` unless that is None. A day that was not counted is left out.
    """
    day = today(now)
    field = "segment" if model is SegmentDay else "list"
    stored = model.objects.filter(**{field: owner, "day__gt": day - dt.timedelta(days=days)})
    counts = dict(stored.order_by("day").values_list("day", "count"))
    if current is not None:
        counts[day] = current
    rows, before = [], None
    for moment, count in sorted(counts.items()):
        rows.append((moment, count, None if before is None else count - before))
        before = count
    return rows
