"""Warming up: a new mail server sends few messages a day, and more every day, until the receivers know it.

What went today stands in a row of the same table as the buckets of the rates, one for all processes
together. A day on which nothing went is no day of the plan. The messages of a day are spread over the hours
that the server's form names, as providers advise. Answers to people's acts are counted and never held back.
"""

import datetime as dt
from collections.abc import Iterable, Iterator
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
ONE_DAY = dt.timedelta(days=1)


def plan_of(server: MailServer) -> list[int]:
    """The limits, day after day."""
    return plans.read(server.warm_up_plan) or list(plans.DEFAULT)


def sent_on(server: MailServer, before: dt.date) -> dict[dt.date, int]:
    """How many went through it on each day of its plan before this one; days without any are not there."""
    prefix = bucket_of(server, None)
    rows = SendBucket.objects.filter(name__startswith=prefix, tokens__lt=0).values_list("name", "tokens")
    sent = {dt.date.fromisoformat(name.removeprefix(prefix)): -int(tokens) for name, tokens in rows}
    return {day: sent[day] for day in sorted(sent) if server.warm_up_from <= day < before}


def _number(server: MailServer, day: dt.date) -> int:
    """How many days of the plan lie behind it, those on which something went; asked once a day and server."""
    known = server.__dict__.setdefault("_warm_up_days", {})
    if day not in known:
        known[day] = len(sent_on(server, day))
    return known[day]


def limit_of(server: MailServer | None, day: dt.date, more: int = 0) -> int | None:
    """How many messages may go through it on this day of the site's zone, or so many more days later, if some
    go on each until then; None: no limit. Before the first day none at all (0)."""
    if server is None or server.warm_up_from is None:
        return None
    if day < server.warm_up_from:
        return 0
    return plans.limit(plan_of(server), _number(server, day) + more)


def day_of(server: MailServer, limit: int, day: dt.date) -> plans.Day:
    """So many messages between the hours at which this server sends."""
    begin, end = server.warm_up_begin, server.warm_up_end
    if begin is None or end is None:
        return plans.Day(limit, begin_of(day), begin_of(day))
    last = day if begin < end else day + ONE_DAY
    return plans.Day(limit, begin_of(day, begin), begin_of(last, end if begin < end else begin))


def begin_of(day: dt.date, time: dt.time = dt.time()) -> dt.datetime:
    """When a day begins in the site's zone, or when it is that time of it."""
    return timezone.make_aware(dt.datetime.combine(day, time), timezone.get_default_timezone())


def bucket_of(server: MailServer, day: dt.date | None) -> str:
    """The row of a day; None: how the names of all days begin."""
    return f"server:{server.pk}@{day or ''}"


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
        gone, used = _locked(name, day)
        today = day_of(server, limit, day)
        granted = min(wanted, today.may(gone, used, now)) if is_held else wanted
        at = today.after(granted, gone, used, now) if is_held and granted else used
        # below zero, so that what is given back is added as to any bucket
        SendBucket.objects.filter(name=name).update(tokens=F("tokens") - granted, at=at)
    return granted


def _locked(name: str, day: dt.date) -> tuple[int, dt.datetime]:
    """How many went, and until when the time is used that let them go, of a row that is nobody else's until
    the transaction ends."""
    SendBucket.objects.get_or_create(name=name, defaults={"tokens": 0, "at": begin_of(day)})
    row = SendBucket.objects.select_for_update().get(name=name)
    return -int(row.tokens), row.at


def give_back(server: MailServer | None, count: int, now: dt.datetime) -> None:
    """So many did not go after all."""
    if count > 0 and limit_of(server, site_day(now)) is not None:
        name = bucket_of(server, site_day(now))
        SendBucket.objects.filter(name=name).update(tokens=F("tokens") + count)


def places(server: MailServer, count: int, now: dt.datetime) -> list[dt.timedelta]:
    """How long each of so many waits that are too many for now: until the plan comes to them, behind all that
    were told the same today."""
    today = site_day(now)
    name, limit = bucket_of(server, today), limit_of(server, today) or 0
    here = day_of(server, limit, today)
    with transaction.atomic():
        gone, used = _locked(name, today)
        line, _at = _locked(f"{name}/", today)
        first = max(-line, min(gone, limit))
        SendBucket.objects.filter(name=f"{name}/").update(tokens=first + count, at=now)
    end = min(gone, limit) + here.room(gone, used, now)
    moments = [here.moment(n - gone, gone, used, now) for n in range(first, min(first + count, end))]
    moments += _on_days_that_come(server, today, max(first - end, 0), count - len(moments))
    return [moment - now for moment in moments]


def _on_days_that_come(server: MailServer, today: dt.date, first: int, count: int) -> Iterator[dt.datetime]:
    """When each of so many goes, behind ``first`` that wait for the days after today."""
    counted = max(today, server.warm_up_from)
    more = 0 if today < counted else 1
    day, room, limit = counted + more * ONE_DAY, 0, limit_of(server, counted, more)
    for place in range(first, first + count):
        while limit is not None and place >= room + limit:
            room, day, more = room + limit, day + ONE_DAY, more + 1
            limit = limit_of(server, counted, more)
        if limit is None:
            yield begin_of(day)
        else:
            there = day_of(server, limit, day)
            yield there.moment(place - room, 0, there.begin, there.begin)


def next_at(server: MailServer, now: dt.datetime) -> dt.datetime:
    """When the next message may go through it; one query."""
    name = bucket_of(server, site_day(now))
    return _next_at(server, SendBucket.objects.filter(name=name).first(), now)


def _next_at(server: MailServer, row: SendBucket | None, now: dt.datetime) -> dt.datetime:
    today = site_day(now)
    gone, used = (-int(row.tokens), row.at) if row else (0, begin_of(today))
    limit = limit_of(server, today)
    if limit is None:
        return now
    here = day_of(server, limit, today)
    if here.room(gone, used, now):
        return here.moment(0, gone, used, now)
    return next(_on_days_that_come(server, today, 0, 1))


def used_up(servers: Iterable[MailServer], now: dt.datetime) -> list[tuple[MailServer, dt.datetime]]:
    """Of these, those through which nothing more may go now, and when the next may; none is asked where no
    plan runs, else one query and one for each that has a plan."""
    day = site_day(now)
    warmed = [server for server in servers if limit_of(server, day) is not None]
    if not warmed:
        return []
    rows = SendBucket.objects.in_bulk([bucket_of(server, day) for server in warmed])
    found = [(server, _next_at(server, rows.get(bucket_of(server, day)), now)) for server in warmed]
    return [(server, until) for server, until in found if until > now]


def forget(now: dt.datetime) -> None:
    """Delete what went on days long past, but not the days of a plan: they say how far it has come."""
    old = SendBucket.objects.filter(name__contains="@", at__lt=now - KEPT)
    if not old.exists():
        return
    today, kept = site_day(now), set()
    for server in MailServer.objects.exclude(warm_up_from=None):
        kept |= {bucket_of(server, day) for day in sent_on(server, today)}
    old.exclude(name__in=kept).delete()


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
    """How far a server has come: the days on which something went, today, and those that come if something
    goes on each. ``today``: None before the first day and after the last; ``full_from``: from when on there
    is no limit."""

    days: list[Day]
    today: Day | None
    full_from: dt.date
    is_over: bool


def progress(server: MailServer, now: dt.datetime) -> Progress | None:
    """None without a plan; one query."""
    if server.warm_up_from is None:
        return None
    limits, today = plan_of(server), site_day(now)
    sent = sent_on(server, today + ONE_DAY)
    past = [day for day in sent if day < today][: len(limits)]
    begin = max(today, server.warm_up_from)
    dates = past + [begin + number * ONE_DAY for number in range(len(limits) - len(past))]
    days = [
        Day(number, day, limit, sent.get(day, 0) if day <= today else None, day == today)
        for number, (day, limit) in enumerate(zip(dates, limits, strict=True), 1)
    ]
    is_over = len(past) == len(limits)
    return Progress(days, next((day for day in days if day.is_today), None), dates[-1] + ONE_DAY, is_over)
