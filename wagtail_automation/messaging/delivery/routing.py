"""Which mail server a message goes through, how fast, and whose messages are held back."""

import datetime as dt
import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from django.core import mail
from django.db import transaction
from django.db.models import Count, F, Q

from wagtail_automation import clock, conf, secret
from wagtail_automation.compiled import CompiledQuery, Given
from wagtail_automation.leads.days import site_day
from wagtail_automation.messaging import addresses
from wagtail_automation.messaging.models import DirectMessage, Message
from wagtail_automation.outbox import State

from . import warming
from .models import BounceKind, MailServer, OriginPause, SendBucket

#: origins among which one round of the sender goes, and how many are looked at to find them
ORIGINS, LOOKED_AT = 50, 200
#: the row that remembers where the last look ended
TURN = "turn"
#: after so long nobody waits in a line any more
LINE_KEPT = dt.timedelta(days=1)


@dataclass(frozen=True)
class Share:
    """How many messages of an origin may be taken in hand now. ``buckets``: where they were counted; None
    when no limit was asked. ``size`` 0: a bucket is empty, and nothing is leased in vain."""

    size: int
    buckets: tuple[str, ...] | None = None

    def give_back(self, used: int) -> None:
        """Return the tokens of what was not handed over."""
        for bucket in self.buckets or ():
            give_back(bucket, self.size - used)


#: of messages whose server was not asked before they were leased
NO_SHARE = Share(0)


class Router:
    """The servers kept in the admin, read once per run. None stands for the site's own mailer."""

    @cached_property
    def _empty(self) -> dict[str, dt.datetime]:
        """Servers through which nothing may go: their bucket was found empty at the last asking, or today's
        messages of a plan have gone; and when the next may go."""
        return {bucket_of(server): until for server, until in warming.used_up(self.servers, clock.now())}

    @property
    def empty_count(self) -> int:
        """How many buckets were found empty: where that changes, another look finds others."""
        return len(self._empty)

    @cached_property
    def servers(self) -> list[MailServer]:
        return list(MailServer.objects.filter(is_active=True))

    def server_of(self, row) -> MailServer | None:
        """The first server that fits, by the domain of the recipient and the campaign."""
        if not self.servers:
            return None
        address = row.lead.email if isinstance(row, Message) else row.to
        domain = addresses.domain(address)
        return next((server for server in self.servers if _fits(server, domain, row.origin)), None)

    def share(self, origin: str, wanted: int, others: int, now: dt.datetime) -> Share:
        """What of ``wanted`` this origin may take in hand, among so many origins that are due.

        Where all of its messages go through one server that has a rate or is warmed up, their tokens are
        taken here, no more than the origin's part of what the bucket can hold. Where the recipients' domains
        decide, each message asks its own server once it is leased.
        """
        server, is_only = self._first_of(origin)
        rate, limit = rate_of(server), warming.limit_of(server, site_day(now))
        if not is_only or (not rate and limit is None):
            return Share(wanted)
        bucket = bucket_of(server)
        if now < self._empty.get(bucket, now):
            return Share(0)
        flow = int(capacity_of(rate)) if rate else limit
        most = flow if limit is None else min(flow, limit)
        today = warming.take(server, min(wanted, max(most // others, 1)), now)
        size, _rest = take_tokens(bucket, rate, today, now)
        warming.give_back(server, today - size, now)
        if size:
            self._empty.pop(bucket, None)
            counted = () if limit is None else (warming.bucket_of(server, site_day(now)),)
            return Share(size, (bucket, *counted))
        self._empty[bucket] = now + dt.timedelta(seconds=60 / rate) if today else warming.next_at(server, now)
        return Share(0)

    def _first_of(self, origin: str) -> tuple[MailServer | None, bool]:
        """The first server that takes messages of this origin, and whether it takes all of them."""
        server = next((server for server in self.servers if _is_of(server, origin)), None)
        return server, not (server and server.domains.strip())

    def _waits(self, origin: str, now: dt.datetime | None) -> bool:
        """Whether all messages of this origin wait for a bucket that is known to be empty: at ``now``, or
        (None) when it was last asked."""
        if not self._empty:
            return False
        server, is_only = self._first_of(origin)
        until = self._empty.get(bucket_of(server)) if is_only else None
        return until is not None and (now is None or now < until)

    def due_origins(self, now: dt.datetime) -> list[str]:
        """Origins with due messages that nothing holds back, at most ``ORIGINS`` of ``LOOKED_AT``.

        Where there are more, the next look of anybody begins behind the last of these, so that all have their
        turn, however many are held back.
        """
        return self._look(now, now, ORIGINS)

    def has_due(self, now: dt.datetime) -> bool:
        """Whether such an origin is among the next ``LOOKED_AT``; those whose bucket this run found empty are
        no reason to begin another."""
        return bool(self._look(now, None, 1))

    def _look(self, now: dt.datetime, empty_at: dt.datetime | None, most: int) -> list[str]:
        held = set(_HELD())
        found: list[str] = []
        passed: list[str] = []
        for origin, first in _in_a_circle(self._turn):
            passed.append(origin)
            if first <= now and origin not in held and not self._waits(origin, empty_at):
                found.append(origin)
            if len(found) < most and len(passed) < LOOKED_AT:
                continue
            if not found:
                # anywhere in the second half: steps of one length might come round to the same ones for ever
                self._remember(random.choice(passed[len(passed) // 2 :]), now)  # noqa: S311
            elif most > 1:  # what is found by asking only whether is left to the one who sends
                self._remember(origin, now)
            break
        return found

    def _remember(self, origin: str, now: dt.datetime) -> None:
        self._turn = origin
        SendBucket.objects.update_or_create(
            name=TURN, defaults={"last": origin}, create_defaults={"last": origin, "tokens": 0, "at": now}
        )

    @cached_property
    def _turn(self) -> str | None:
        return SendBucket.objects.filter(name=TURN).values_list("last", flat=True).first()

    def shuffled(self, origins: list[str]) -> list[str]:
        """In any order where a rate may end a round early, so that the last is not always the same."""
        if any(rate_of(server) or (server and server.warm_up_from) for server in [None, *self.servers]):
            random.shuffle(origins)
        return origins


def _fits(server: MailServer, domain: str, origin: str) -> bool:
    domains = {line.strip().lower().lstrip("@") for line in server.domains.splitlines() if line.strip()}
    return (not domains or domain in domains) and _is_of(server, origin)


def _is_of(server: MailServer, origin: str) -> bool:
    """Whether this server takes messages of this origin."""
    numbers = {part.strip() for part in server.campaigns.split(",") if part.strip()}
    return not numbers or (origin.startswith("campaign:") and origin.partition(":")[2] in numbers)


def backend_of(server: MailServer):
    """A connection of Django's SMTP backend to this server. Raises secret.MissingSecretError."""
    from django.core.mail.backends.smtp import EmailBackend

    return EmailBackend(
        host=server.host,
        port=server.port,
        username=server.username,
        password=secret.get(server.secret) if server.secret else "",
        use_tls=server.security == MailServer.Security.TLS,
        use_ssl=server.security == MailServer.Security.SSL,
        timeout=conf.get("LEASE_SECONDS") / 3,
        **({"alias": server.name} if hasattr(mail, "mailers") else {}),
    )


# -- rates -------------------------------------------------------------------------------------------------


def rate_of(server: MailServer | None) -> int:
    """Messages a minute; 0: no limit."""
    return conf.get("SEND_PER_MINUTE") if server is None else server.per_minute


@dataclass(frozen=True)
class Wait:
    """Why a message is put off, and for how long."""

    reason: str
    time: dt.timedelta


def take(server: MailServer | None, rows: list, now: dt.datetime) -> list[Wait]:
    """Which of these may go through this server now: all but the last, as many as there are waits.

    Who waits gets a place behind all of the same origin that wait for this server already. So a message that
    is leased in vain is leased again when its turn has come, and not every few seconds with all others.
    Places are no promises: where several origins share a server, or an answer to somebody's act goes before,
    some wait once more.
    """
    is_marketing = isinstance(rows[0], Message)
    today = warming.take(server, len(rows), now, is_held=is_marketing)
    granted, _rest = take_tokens(bucket_of(server), rate_of(server), today, now)
    warming.give_back(server, today - granted, now)
    late, too_many = today - granted, len(rows) - today
    return [
        *(Wait("rate", time) for time in (_places(server, rows[0].origin, late, now) if late else ())),
        *(Wait(warming.REASON, time) for time in (warming.places(server, too_many, now) if too_many else ())),
    ]


def _places(server: MailServer | None, origin: str, count: int, now: dt.datetime) -> list[dt.timedelta]:
    """How long each of so many waits for the server's rate."""
    step = dt.timedelta(seconds=60 / rate_of(server))
    name = f"{bucket_of(server)}/{origin}"[:40]
    with transaction.atomic():
        SendBucket.objects.get_or_create(name=name, defaults={"tokens": 0, "at": now})
        end = max(SendBucket.objects.select_for_update().get(name=name).at, now)
        SendBucket.objects.filter(name=name).update(at=end + count * step)
    return [end - now + place * step for place in range(1, count + 1)]


def put_back(server: MailServer | None, count: int, now: dt.datetime) -> None:
    """So many that ``take`` let go were not handed over."""
    if count > 0:
        if rate_of(server):
            give_back(bucket_of(server), count)
        warming.give_back(server, count, now)


def forget_lines(now: dt.datetime) -> None:
    """Delete the lines in which nobody waits any more, and what went on days long past."""
    SendBucket.objects.filter(name__contains="/", at__lt=now - LINE_KEPT).delete()
    warming.forget(now)


def bucket_of(server: MailServer | None) -> str:
    return "" if server is None else f"server:{server.pk}"


def capacity_of(rate: int) -> float:
    """The most that a bucket of this rate holds: what flows in within ten seconds."""
    return max(rate / 6, 1.0)


def take_tokens(name: str, rate: int, wanted: int, now: dt.datetime) -> tuple[int, dt.timedelta]:
    """``(how many of these may go, how long the rest waits)``; ``rate``: a minute, 0 for no limit. One bucket
    of this name for all processes; it holds at most what flows in within ten seconds, so that nobody sees a
    burst after a quiet night."""
    if not rate or not wanted:
        return wanted, dt.timedelta()
    per_second = rate / 60
    capacity = capacity_of(rate)
    with transaction.atomic():
        SendBucket.objects.get_or_create(name=name, defaults={"tokens": capacity, "at": now})
        bucket = SendBucket.objects.select_for_update().get(name=name)
        passed = max((now - bucket.at).total_seconds(), 0)
        tokens = min(capacity, bucket.tokens + passed * per_second)
        granted = min(wanted, int(tokens + 1e-6))  # what flowed in for exactly one message is one
        SendBucket.objects.filter(name=name).update(tokens=tokens - granted, at=max(now, bucket.at))
    missing = wanted - granted
    return granted, dt.timedelta(seconds=missing / per_second if missing else 0)


def give_back(name: str, count: int) -> None:
    """Tokens that were taken and not used; the next to take finds no more than the bucket holds."""
    if count > 0:
        SendBucket.objects.filter(name=name).update(tokens=F("tokens") + count)


# -- whose turn it is --------------------------------------------------------------------------------------


def _in_a_circle(after: str | None) -> Iterator[tuple[str, dt.datetime]]:
    """``(origin, moment of its first message)`` of all that have queued messages: those behind ``after``,
    then the others. One question each, however many messages wait."""
    seen: set[str] = set()
    for begin in (None,) if after is None else (after, None):
        last = begin
        while found := (_FIRST() if last is None else _NEXT(last=last)):
            last = found[0][0]
            if last in seen:  # once round
                return
            seen.add(last)
            yield found[0]


def _queued(**where):
    rows = Message.objects.filter(state=State.QUEUED, **where).order_by("origin", "not_before")
    return rows.values_list("origin", "not_before")[:1]


_FIRST = CompiledQuery(_queued)
_NEXT = CompiledQuery(lambda: _queued(origin__gt=Given("last")))
_HELD = CompiledQuery(lambda: OriginPause.objects.filter(resumed_at=None).values_list("origin", flat=True))


# -- stopping ----------------------------------------------------------------------------------------------


def stop_bad(now: dt.datetime) -> list[str]:
    """Hold back origins of which too much came back lately (``STOP_RATES``); returns which are new.

    Judged by rate, and only from so many messages on: two of three old addresses are no reason.
    """
    least, bounces, complaints = conf.get("STOP_RATES")
    if not least:
        return []
    since = now - dt.timedelta(days=1)
    bad = Message.objects.filter(Q(bounced_at__gte=since) | Q(complained_at__gte=since))
    origins = set(bad.exclude(origin="").order_by().values_list("origin", flat=True).distinct()[:500])
    stopped = []
    for origin in sorted(origins):
        pause = OriginPause.objects.filter(origin=origin).first()
        if pause is not None and pause.resumed_at is None:
            continue
        begin = max(since, pause.resumed_at) if pause is not None else since
        counted = Message.objects.filter(origin=origin).aggregate(
            sent=Count("pk", filter=Q(sent_at__gte=begin) | Q(bounced_at__gte=begin)),
            back=Count(
                "pk",
                filter=Q(bounced_at__gte=begin, bounce_kind__in=(BounceKind.HARD, BounceKind.BLOCKED)),
            ),
            complaints=Count("pk", filter=Q(complained_at__gte=begin)),
        )
        if counted["sent"] < least:
            continue
        for reason, count, limit in (
            ("bounces", counted["back"], bounces),
            ("complaints", counted["complaints"], complaints),
        ):
            if count > counted["sent"] * limit:
                OriginPause.objects.update_or_create(
                    origin=origin,
                    defaults={
                        "reason": reason,
                        "sent": counted["sent"],
                        "bad": count,
                        "at": now,
                        "resumed_at": None,
                    },
                )
                stopped.append(origin)
                break
    return stopped


def has_direct(now: dt.datetime) -> bool:
    """Whether an answer to somebody's act waits: it goes before everything else."""
    return bool(_DIRECT(now=now))


_DIRECT = CompiledQuery(lambda: DirectMessage.objects.due(Given("now")).values_list("pk", flat=True)[:1])
