"""Warming up: a new mail server sends few messages a day, and more every day, until the receivers know it.

What went today stands in a row of the same table as the buckets of the rates, one for all processes
together. Answers to people's acts are counted and never held back.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from wagtail_automation.leads.days import site_day
from wagtail_automation.messaging.models import Message
from wagtail_automation.outbox import State

from . import plans
from .models import MailServer, SendBucket

#: why a message waits for another day (a code of ``reasons``)
REASON = "warm_up"
#: what went on a day is known for so long
KEPT = dt.timedelta(days=200)


def plan_of(server: MailServer) -> list[int]:
    """The limits, day after day."""
    return plans.read(server.warm_up_plan) or list(plans.DEFAULT)


def limit_of(server: MailServer | None, day: dt.date) -> int | None:
    """How many messages may go through it on this day of the site's zone; None: no limit."""
    if server is None or server.warm_up_from is None:
        return None
    return plans.limit(server.warm_up_from, plan_of(server), day)


def begin_of(day: dt.date) -> dt.datetime:
    """When a day begins in the site's zone."""
    return timezone.make_aware(dt.datetime.combine(day, dt.time()), timezone.get_default_timezone())


def tomorrow(now: dt.datetime) -> dt.datetime:
    """When the next day begins in the site's zone."""
    return begin_of(site_day(now) + dt.timedelta(days=1))


def bucket_of(server: MailServer, day: dt.date) -> str:
    return f"server:{server.pk}@{day:%Y-%m-%d}"


def take(server: MailServer | None, wanted: int, now: dt.datetime, *, is_held: bool = True) -> int:
    """How many of so many may go today, counted as gone; not ``is_held``: all, and counted all the same.

    All of them where no plan runs, without a question to the database.
    """
    day = site_day(now)
    limit = limit_of(server, day)
    if limit is None or not wanted:
        return wanted
    name = bucket_of(server, day)
    with transaction.atomic():
        SendBucket.objects.get_or_create(name=name, defaults={"tokens": 0, "at": now})
        gone = -int(SendBucket.objects.select_for_update().get(name=name).tokens)
        granted = min(wanted, max(limit - gone, 0)) if is_held else wanted
        # below zero, so that what is given back is added as to any bucket
        SendBucket.objects.filter(name=name).update(tokens=F("tokens") - granted, at=now)
    return granted


def give_back(server: MailServer | None, count: int, now: dt.datetime) -> None:
    """So many did not go after all."""
    if count > 0 and limit_of(server, site_day(now)) is not None:
        name = bucket_of(server, site_day(now))
        SendBucket.objects.filter(name=name).update(tokens=F("tokens") + count)


def places(server: MailServer, count: int, now: dt.datetime) -> list[dt.timedelta]:
    """How long each of so many waits that are too many for today: until the day on which the plan comes to
    them, behind all that were told the same today."""
    today = site_day(now)
    name = f"{bucket_of(server, today)}/"
    with transaction.atomic():
        SendBucket.objects.get_or_create(name=name, defaults={"tokens": 0, "at": now})
        before = int(SendBucket.objects.select_for_update().get(name=name).tokens)
        SendBucket.objects.filter(name=name).update(tokens=before + count, at=now)
    found: list[dt.timedelta] = []
    day = max(today + dt.timedelta(days=1), server.warm_up_from)
    room, limit = 0, limit_of(server, day)
    for place in range(before, before + count):
        while limit is not None and place >= room + limit:
            room, day = room + limit, day + dt.timedelta(days=1)
            limit = limit_of(server, day)
        found.append(begin_of(day) - now)
    return found


def used_up(servers: Iterable[MailServer], now: dt.datetime) -> list[tuple[MailServer, dt.datetime]]:
    """Of these, those through which nothing more may go today, and when the next day begins; one query, none
    where no plan runs."""
    day = site_day(now)
    limits = {server: limit for server in servers if (limit := limit_of(server, day)) is not None}
    if not limits:
        return []
    names = [bucket_of(server, day) for server in limits]
    gone = dict(SendBucket.objects.filter(name__in=names).values_list("name", "tokens"))
    return [
        (server, tomorrow(now))
        for server, limit in limits.items()
        if -gone.get(bucket_of(server, day), 0) >= limit
    ]


def forget(now: dt.datetime) -> None:
    """Delete what went on days long past."""
    SendBucket.objects.filter(name__contains="@", at__lt=now - KEPT).delete()


def look_again(now: dt.datetime) -> int:
    """What waits for its turn at a server is due at once, and asks for another place, since plans or rates
    were changed. Returns how many."""
    SendBucket.objects.filter(name__contains="/").delete()
    waiting = Message.objects.filter(state=State.QUEUED, reason__in=(REASON, "rate"), not_before__gt=now)
    return waiting.update(not_before=now)


# -- for people --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Day:
    """A day of a plan. ``sent``: None for days that come."""

    number: int
    day: dt.date
    limit: int
    sent: int | None
    is_today: bool


@dataclass(frozen=True)
class Progress:
    """How far a server has come. ``today``: None before the first day and after the last; ``full_from``: from
    when on there is no limit."""

    days: list[Day]
    today: Day | None
    full_from: dt.date
    is_over: bool


def progress(server: MailServer, now: dt.datetime) -> Progress | None:
    """None without a plan; one query."""
    if server.warm_up_from is None:
        return None
    limits, today = plan_of(server), site_day(now)
    dates = [server.warm_up_from + dt.timedelta(days=number) for number in range(len(limits))]
    names = {bucket_of(server, day): day for day in dates if day <= today}
    rows = SendBucket.objects.filter(name__in=names).values_list("name", "tokens") if names else ()
    gone = {names[name]: -int(tokens) for name, tokens in rows}
    days = [
        Day(number, day, limit, gone.get(day, 0) if day <= today else None, day == today)
        for number, (day, limit) in enumerate(zip(dates, limits, strict=True), 1)
    ]
    full_from = server.warm_up_from + dt.timedelta(days=len(limits))
    return Progress(days, next((day for day in days if day.is_today), None), full_from, today >= full_from)
