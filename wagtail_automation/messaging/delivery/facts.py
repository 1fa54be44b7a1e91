"""What is written when an email came to be delivered, bounced, reported as unwanted or answered.

Each fact is written once for a message, guarded by its own WHERE and the event's key: a report that comes
twice, late or in another order changes nothing.
"""

import datetime as dt
import re

from django.db import transaction
from django.db.models import Q

from wagtail_automation import conf
from wagtail_automation.leads.actions import record_consent
from wagtail_automation.messaging import events
from wagtail_automation.messaging.models import DirectMessage, Message, Suppression
from wagtail_automation.outbox import State
from wagtail_automation.tracking import events as vocabulary

from . import codes, suppressing, verp
from .models import BounceKind

#: the form of our Message-IDs
_OURS = re.compile(r"<?([0-9a-f]{32})@", re.IGNORECASE)


def delivered(message, *, at: dt.datetime) -> bool:
    """The receiving server has it. Returns whether that is news."""
    if message.delivered_at is not None:
        return False  # a flood of repeats costs one question each
    with transaction.atomic():
        changed = type(message).objects.filter(pk=message.pk, delivered_at=None).update(delivered_at=at)
        if changed and isinstance(message, Message):
            events.record(vocabulary.EMAIL_DELIVERED, message, data={}, now=at)
    return bool(changed)


def bounced(message, *, kind: str, at: dt.datetime, status: str = "", detail: str = "") -> bool:
    """It came back. A hard bounce suppresses the address at once, soft ones when they go on
    (``SOFT_BOUNCES``). Once per message, except that a hard one may follow a softer one."""
    if message.bounce_kind and kind in (message.bounce_kind, BounceKind.SOFT, BounceKind.BLOCKED):
        return False
    rows = type(message).objects.filter(pk=message.pk)
    worse = Q(bounce_kind="") if kind != BounceKind.HARD else ~Q(bounce_kind=BounceKind.HARD)
    with transaction.atomic():
        if not rows.filter(worse).update(bounce_kind=kind, bounced_at=at, detail=detail[:255]):
            return False
        if isinstance(message, Message):
            data = {"kind": kind, "status": status[:20]}
            events.record(vocabulary.EMAIL_BOUNCED, message, data=data, now=at, part=f":{kind}")
        if kind == BounceKind.HARD or (kind == BounceKind.SOFT and _goes_on(message, at)):
            suppressing.suppress_recipient(
                message, Suppression.Reason.BOUNCE, detail=detail or status, now=at
            )
    return True


def _goes_on(message, at: dt.datetime) -> bool:
    """Whether so many messages in a row to this address came back softly, with no sign of life between."""
    times, days = conf.get("SOFT_BOUNCES")
    if not isinstance(message, Message) or not times or not message.sent_to:
        return False
    same = Message.objects.filter(lead=message.lead_id, sent_to=message.sent_to)
    since = at - dt.timedelta(days=days)
    alive = same.filter(Q(delivered_at__gte=since) | Q(opened_at__gte=since)).order_by()
    for moments in alive.values_list("delivered_at", "opened_at"):
        since = max([since, *(moment for moment in moments if moment)])
    return same.filter(bounce_kind=BounceKind.SOFT, bounced_at__gte=since).count() >= times


def complained(message, *, at: dt.datetime) -> bool:
    """The person reported it as unwanted: no more mail to the address, and a refusal in the ledger."""
    if message.complained_at is not None:
        return False
    rows = type(message).objects.filter(pk=message.pk, complained_at=None)
    with transaction.atomic():
        if not rows.update(complained_at=at):
            return False
        suppressing.suppress_recipient(message, Suppression.Reason.COMPLAINT, now=at)
        if isinstance(message, Message):
            events.record(vocabulary.EMAIL_COMPLAINED, message, data={}, now=at)
            record_consent(
                lead=message.lead, subject="email", granted=False, how="complaint", site=message.site, now=at
            )
    return True


def replied(message: Message, *, at: dt.datetime, automatic: bool = False) -> bool:
    """An answer came; an automatic one is noted apart and is nobody's act."""
    with transaction.atomic():
        noted = events.record(
            vocabulary.EMAIL_REPLIED,
            message,
            data={"auto": True} if automatic else {},
            now=at,
            human=not automatic,
        )
        if noted is not None and not automatic:
            Message.objects.filter(pk=message.pk, replied_at=None).update(replied_at=at)
    return noted is not None


def refused_by_server(messages: list, *, now: dt.datetime) -> None:
    """What the receiving server refused in the conversation itself counts as bounced; called by the sender
    within its commit, for the few that were."""
    for message in messages:
        status = codes.status_of(message.detail)
        kind = codes.kind_of(status, message.detail)
        if message.reason == "message_refused" and kind == BounceKind.HARD:
            kind = BounceKind.BLOCKED  # the address was accepted, what was said to it was not
        bounced(message, kind=kind, at=now, status=status, detail=message.detail)


def settle_doubtful(message, *, at: dt.datetime) -> None:
    """A report about a message whose worker died tells that it was sent."""
    if message.state == State.DOUBTFUL:
        type(message).objects.filter(pk=message.pk, state=State.DOUBTFUL).update(
            state=State.SENT, reason="reported_sent", sent_at=at
        )


def by_token(token) -> Message | DirectMessage | None:
    """The message of a signed address."""
    if token is None:
        return None
    kind, number = token
    model = DirectMessage if kind == verp.DIRECT else Message
    return _whole(model).filter(pk=number).first()


def by_message_id(identity: str) -> Message | DirectMessage | None:
    """The message with this Message-ID of ours: its first half is the message's UUID."""
    ours = _OURS.match(identity.strip())
    if ours is None:
        return None
    for model in (Message, DirectMessage):
        found = _whole(model).filter(uuid=ours[1]).first()
        if found is not None:
            return found
    return None


def by_provider_id(identity: str) -> Message | DirectMessage | None:
    """The message that a provider calls so."""
    bare = identity.strip()
    if not bare:
        return None
    if _OURS.match(bare) and (found := by_message_id(bare)) is not None:
        return found
    for model in (Message, DirectMessage):
        found = _whole(model).filter(provider_id__gt="", provider_id=bare[:255]).first()
        if found is not None:
            return found
    return None


def _whole(model):
    return model.objects.select_related(
        *(("lead", "email_version", "site") if model is Message else ("site",))
    )
