"""Which mail server a message goes through, how fast, and whose messages are held back."""

import datetime as dt
import random
from dataclasses import dataclass
from functools import cached_property

from django.core import mail
from django.db import transaction
from django.db.models import Count, F, Q

from wagtail_automation import conf, secret
from wagtail_automation.compiled import CompiledQuery, Given
from wagtail_automation.messaging import addresses
from wagtail_automation.messaging.models import DirectMessage, Message
from wagtail_automation.outbox import State

from .models import BounceKind, MailServer, OriginPause, SendBucket

#: origins among which one run of the sender goes round
ORIGINS = 50


@dataclass(frozen=True)
class Share:
    """How many messages of an origin may be taken in hand now. ``bucket``: where their tokens were
    taken; None when no rate was asked. ``size`` 0: the bucket is empty, and nothing is leased in vain."""

    size: int
    origin: str = ""
    bucket: str | None = None

    def give_back(self, used: int) -> None:
        """Return the tokens of what was not handed over."""
        if self.bucket is not None:
            give_back(self.bucket, self.size - used)


#: of messages whose server was not asked before they were leased
NO_SHARE = Share(0)


class Router:
    """The servers kept in the admin, read once per run. None stands for the site's own mailer."""

    def __init__(self):
        #: buckets that were found empty, and when they hold the next token
        self._empty: dict[str, dt.datetime] = {}

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

        Where all of its messages go through one server that has a rate, their tokens are taken here, no more
        than the origin's part of what the bucket can hold. Where the recipients' domains decide, each message
        asks its own server once it is leased.
        """
        server = next((server for server in self.servers if _is_of(server, origin)), None)
        rate = rate_of(server)
        if not rate or (server and server.domains.strip()):
            return Share(wanted, origin)
        bucket = bucket_of(server)
        if now < self._empty.get(bucket, now):
            return Share(0, origin)
        size, _rest = take_tokens(bucket, rate, min(wanted, max(int(capacity_of(rate)) // others, 1)), now)
        if not size:
            self._empty[bucket] = now + dt.timedelta(seconds=60 / rate)
        return Share(size, origin, bucket if size else None)

    def shuffled(self, origins: list[str]) -> list[str]:
        """In any order where a rate may end a round early, so that the last is not always the same."""
        if any(rate_of(server) for server in [None, *self.servers]):
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


def take(server: MailServer | None, wanted: int, now: dt.datetime) -> tuple[int, dt.timedelta]:
    """``(how many may go through this server, how long the rest waits)``."""
    return take_tokens(bucket_of(server), rate_of(server), wanted, now)


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
        granted = min(wanted, int(tokens))
        SendBucket.objects.filter(name=name).update(tokens=tokens - granted, at=max(now, bucket.at))
    missing = wanted - granted
    return granted, dt.timedelta(seconds=missing / per_second if missing else 0)


def give_back(name: str, count: int) -> None:
    """Tokens that were taken and not used; the next to take finds no more than the bucket holds."""
    if count > 0:
        SendBucket.objects.filter(name=name).update(tokens=F("tokens") + count)


# -- whose turn it is --------------------------------------------------------------------------------------


def due_origins(now: dt.datetime) -> list[str]:
    """Origins with due messages that are not held back, a question each however many messages wait."""
    held = set(OriginPause.objects.filter(resumed_at=None).values_list("origin", flat=True))
    found: list[str] = []
    last = None
    while len(found) < ORIGINS:
        rows = Message.objects.filter(state=State.QUEUED, not_before__lte=now)
        rows = rows if last is None else rows.filter(origin__gt=last)
        last = rows.order_by("origin").values_list("origin", flat=True).first()
        if last is None:
            break
        if last not in held:
            found.append(last)
    return found


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
