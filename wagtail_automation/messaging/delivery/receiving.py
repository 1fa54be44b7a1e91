"""From reports to facts: what a provider's webhook tells, and what a mail in the mailbox says.

Whether a report may be believed is decided here. A webhook is signed (Anymail checks it). A mail is written
by anybody: it counts if it came to a signed address of ours, or names one of our Message-IDs *and* is about
the address to which that message went.
"""

import datetime as dt

from wagtail_automation import clock
from wagtail_automation.messaging import actions, addresses
from wagtail_automation.messaging.models import Message

from . import codes, facts, relaying, reports, verp
from .models import BounceKind, EarlyReport, Mailbox

#: How long a provider's report about an unknown message is kept: the hand-over is committed long before.
EARLY = dt.timedelta(minutes=15)
#: Names of Anymail's events, as ``anymail.signals.EventType`` has them.
KINDS = frozenset(
    {"delivered", "bounced", "rejected", "failed", "complained", "unsubscribed", "autoresponded"}
)
_REJECTED = {
    "invalid": BounceKind.HARD,
    "bounced": BounceKind.HARD,
    "timed_out": BounceKind.SOFT,
    "blocked": BounceKind.BLOCKED,
    "other": BounceKind.BLOCKED,
}


# -- providers ---------------------------------------------------------------------------------------------


def provider_event(event, now: dt.datetime | None = None) -> bool:
    """One normalised event of ``anymail.signals.tracking``; returns whether it was news.

    Opens and clicks are our own business and passed over, as is everything about mail that is not ours.
    """
    now = now or clock.now()
    if event.event_type not in KINDS or not event.message_id:
        return False
    words = " ".join(filter(None, (event.mta_response, event.description)))[:1000]
    status = codes.status_of(words)
    data = {
        "reason": str(event.reject_reason or "")[:20],
        "status": status,
        "kind": codes.kind_of(status, words) if words else "",
        "detail": reports.one_line(words),
    }
    at = min(event.timestamp or now, now)
    message = facts.by_provider_id(str(event.message_id))
    if message is None:
        # its words stay out: they may name the person
        kept = {**data, "detail": status}
        EarlyReport.objects.get_or_create(
            provider_id=str(event.message_id)[:255],
            kind=event.event_type,
            defaults={"data": kept, "at": at, "created_at": now},
        )
        return False
    return _apply(message, event.event_type, data, at)


def settle_early(now: dt.datetime) -> int:
    """Look again at reports that came too early, drop old ones; returns how many found their message."""
    settled = 0
    for report in EarlyReport.objects.order_by("pk")[:200]:
        message = facts.by_provider_id(report.provider_id)
        if message is not None:
            _apply(message, report.kind, report.data, report.at)
            settled += 1
        elif report.created_at > now - EARLY:
            continue
        report.delete()
    return settled


def _apply(message, kind: str, data: dict, at: dt.datetime) -> bool:
    facts.settle_doubtful(message, at=at)
    reason = data.get("reason") or ""
    if kind == "delivered":
        return facts.delivered(message, at=at)
    if kind == "complained" or (kind == "rejected" and reason == "spam"):
        return facts.complained(message, at=at)
    if kind == "unsubscribed" or (kind == "rejected" and reason == "unsubscribed"):
        return _unsubscribe(message, "provider", at)
    if kind == "autoresponded":
        return isinstance(message, Message) and facts.replied(message, at=at, automatic=True)
    if kind in ("rejected", "failed"):
        bounce = _REJECTED.get(reason, BounceKind.BLOCKED)
    else:
        bounce = data.get("kind") or _REJECTED.get(reason, BounceKind.SOFT)
        if reason in ("invalid", "bounced") and not data.get("status"):
            bounce = BounceKind.HARD
    return facts.bounced(
        message, kind=bounce, at=at, status=data.get("status", ""), detail=data.get("detail", "")
    )


def _unsubscribe(message, how: str, at: dt.datetime) -> bool:
    if not isinstance(message, Message) or message.unsubscribed_at is not None:
        return False
    actions.unsubscribe(message=message, how=how, now=at)
    return True


# -- mails -------------------------------------------------------------------------------------------------


def mail(raw: bytes, now: dt.datetime | None = None, *, mailbox: Mailbox | None = None) -> str:
    """Judge one mail and write what it tells; returns what was done, for the log: a kind of ``reports``, or
    ``not_ours`` for what cannot be believed. The same mail again changes nothing. ``mailbox``: where it was
    found, if that passes answers on."""
    now = now or clock.now()
    report = reports.read(raw)
    if report.kind in (reports.NOTHING, reports.UNREADABLE):
        return report.kind
    message = facts.by_token(report.token)
    if message is None:
        message = next(filter(None, map(facts.by_message_id, report.message_ids[:5])), None)
        if message is None or not _may_name(message, report):
            return "not_ours"
    _write(message, report, now)
    if mailbox is not None and report.kind == reports.REPLY and isinstance(message, Message):
        relaying.relay(raw, message, mailbox, now=now)
    return report.kind


def _may_name(message, report: reports.Report) -> bool:
    """A Message-ID is known to whoever got the message; only about their own address are they believed."""
    if report.kind in (reports.REPLY, reports.AUTO_REPLY):
        return isinstance(message, Message)
    if report.kind == reports.UNSUBSCRIBE:
        return False  # only by the signed address
    theirs = {digest for address in report.recipients for digest in addresses.hashes(address)}
    ours = {message.sent_to} if isinstance(message, Message) else set(addresses.hashes(message.to))
    return bool(theirs & ours - {""})


def _write(message, report: reports.Report, now: dt.datetime) -> None:
    if report.kind in (reports.BOUNCE, reports.DELIVERED, reports.COMPLAINT):
        facts.settle_doubtful(message, at=now)
    if report.kind == reports.BOUNCE:
        facts.bounced(message, kind=report.bounce, at=now, status=report.status, detail=report.detail)
    elif report.kind == reports.DELIVERED:
        facts.delivered(message, at=now)
    elif report.kind == reports.COMPLAINT:
        facts.complained(message, at=now)
    elif report.kind == reports.UNSUBSCRIBE and report.token and report.token[0] == verp.UNSUBSCRIBE:
        _unsubscribe(message, "mailto", now)
    elif report.kind in (reports.REPLY, reports.AUTO_REPLY) and isinstance(message, Message):
        facts.replied(message, at=now, automatic=report.kind == reports.AUTO_REPLY)
