"""Whose browser it is: creating a visitor, and tying it to a lead without ever joining two known people."""

import uuid
from datetime import datetime

from django.db import IntegrityError, transaction

from wagtail_automation import clock
from wagtail_automation.tracking import events
from wagtail_automation.tracking.models import Level, Visitor

from .recording import again_after_deadlock, record_event

_RANK = {Level.ANONYMOUS: 0, Level.RECOGNISED: 1, Level.IDENTIFIED: 2}


def create_visitor(
    *,
    visitor_uuid: uuid.UUID,
    now: datetime,
    lead=None,
    level: str = Level.ANONYMOUS,
    source: str = "",
    site=None,
    text: str = "",
) -> Visitor:
    """The visitor of this cookie, with an anonymous lead of its own unless ``lead`` is given.

    A new anonymous lead gets its ledger entry: consent to tracking by the notice, with the ``text`` shown.
    Two requests at once create one: the later gets the earlier's.
    """
    from wagtail_automation.leads import actions as leads

    try:
        with transaction.atomic():
            owner = lead
            if owner is None:
                owner = leads.create_anonymous(now=now, source=source)
            visitor = Visitor.objects.create(
                uuid=visitor_uuid, lead=owner, level=level, created_at=now, last_seen_at=now
            )
            if lead is None:
                leads.record_consent(
                    lead=owner, subject="tracking", granted=True, how="notice", text=text, site=site, now=now
                )
    except IntegrityError:
        return Visitor.objects.with_lead().get(uuid=visitor_uuid)
    visitor.refused = False
    return visitor


@again_after_deadlock
def attach(*, visitor: Visitor, lead, level: str, now: datetime | None = None) -> Visitor:
    """Tie a browser to a lead, as far as ``level`` proves it is that person; returns the browser's visitor.

    - Its anonymous lead is merged into ``lead``, history and all; the level only ever rises.
    - A browser identified as somebody else stays so when the other is merely recognised: a forwarded link
      proves less than a submitted address.
    - Else a browser known as somebody else gets a *new* visitor: what was seen so far stays with the first
      person, and two known leads are never merged. The caller hands its uuid to the browser.
    """
    from wagtail_automation.leads import actions as leads
    from wagtail_automation.leads.merging import lock as lock_leads

    now = now or clock.now()
    with transaction.atomic():
        # leads before visitors, as a merge locks them
        lock_leads({visitor.lead_id, lead.pk})
        visitor = Visitor.objects.with_lead().get(pk=visitor.pk)
        if visitor.lead_id != lead.pk:
            if visitor.lead.status == "known":
                if level == Level.RECOGNISED and visitor.level == Level.IDENTIFIED:
                    return visitor
                other = create_visitor(visitor_uuid=uuid.uuid4(), now=now, lead=lead, level=level)
                _note_recognition(other, lead, level, now)
                return other
            lead = leads.merge(source=visitor.lead, target=lead, now=now, reason=f"visitor {level}") or lead
            visitor = Visitor.objects.with_lead().get(pk=visitor.pk)
        if _RANK[level] > _RANK[visitor.level]:
            Visitor.objects.filter(pk=visitor.pk).update(level=level)
            visitor.level = level
            _note_recognition(visitor, lead, level, now)
    return visitor


def _note_recognition(visitor, lead, level, now) -> None:
    if level == Level.RECOGNISED:
        record_event(name=events.LEAD_RECOGNISED, lead=lead, visitor=visitor, at=now)


def drop_level(*, visitor: Visitor) -> None:
    """An identified browser is merely recognised from now on (a logout); others stay as they are."""
    Visitor.objects.filter(pk=visitor.pk, level=Level.IDENTIFIED).update(level=Level.RECOGNISED)
