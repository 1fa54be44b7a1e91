"""Ears of the campaigns: what happens elsewhere and concerns people inside, or brings people in."""

import hashlib

from wagtail.signals import page_published, published, unpublished

from wagtail_automation import clock
from wagtail_automation.leads.models import Lead
from wagtail_automation.rules.binding import MissingReference, bind
from wagtail_automation.signals import events_recorded, facts_changed
from wagtail_automation.triggers import Trigger

from . import actions, cautions
from .facts import note
from .models import Campaign, TriggerSubscription
from .plan import kind_of
from .starting import actions as starting


def connect() -> None:
    """Connect every receiver; called once the models are loaded."""
    published.connect(on_published, sender=Campaign, dispatch_uid="wagtail_automation_campaigns")
    unpublished.connect(on_unpublished, sender=Campaign, dispatch_uid="wagtail_automation_campaigns")
    page_published.connect(on_page_published, dispatch_uid="wagtail_automation_campaigns")
    facts_changed.connect(on_facts_changed, dispatch_uid="wagtail_automation_campaigns")
    events_recorded.connect(on_events_recorded, dispatch_uid="wagtail_automation_campaigns")


def on_published(sender, instance, **kwargs):
    """Compile what goes live; a publication scheduled for later sends the signal too, and is not live."""
    if instance.live:
        actions.publish(campaign=instance)
    cautions.note(instance)


def on_page_published(sender, instance, **kwargs):
    """A page that is new, not one that was changed."""
    if instance.live and instance.first_published_at == instance.last_published_at:
        starting.note_page(instance, clock.now())


def on_unpublished(sender, instance, **kwargs):
    actions.withdraw(campaign=instance)


def on_facts_changed(sender, leads, facts, now, **kwargs):
    note(leads, facts, now)


def on_events_recorded(sender, events, names, **kwargs):
    """Let people enter whose event starts a campaign, in the transaction that records it.

    The events of a cohort come unread, with their name and object: people enter by one statement a
    campaign, and the events are read only where a trigger looks at each of them.
    """
    if hasattr(events, "object_key"):
        about = {(name, events.object_key) for name in names}
        subscriptions = TriggerSubscription.objects.about(about, names)
        subscriptions = [row for row in subscriptions if not _enroll_together(row, events)]
    else:
        about = {(event.name, event.object_key) for event in events}
        subscriptions = TriggerSubscription.objects.about(about, names)
    if not subscriptions:
        return
    entering: dict[tuple[int, bool], tuple[Campaign, list]] = {}
    for subscription in subscriptions:
        matching = _enroll_by_key(subscription, _matching(subscription, events))
        if matching:
            way = (subscription.campaign_id, kind_of(subscription.type)[1].can_circle)
            entering.setdefault(way, (subscription.campaign, []))[1].extend(matching)
    for (_pk, can_circle), (campaign, found) in entering.items():
        _enroll(campaign, found, can_circle)


def _enroll_together(subscription: TriggerSubscription, events) -> bool:
    """Let a whole cohort in by INSERT … SELECT; False if the trigger wants to look at each event.

    The statement counts the same for ten people and for a hundred thousand who enter a segment.
    """
    kind, cls = kind_of(subscription.type)
    if kind != "trigger" or cls.matches is not Trigger.matches:
        return False
    try:
        bind(cls(), subscription.config)
    except MissingReference:
        return True
    actions.enroll(
        campaign=subscription.campaign,
        leads=Lead.objects.filter(pk__in=events.leads()),
        key=f"{events.name}:{events.at.isoformat()}",
        since=events.at,
        now=clock.now(),
        can_circle=cls.can_circle,
    )
    return True


def _matching(subscription: TriggerSubscription, events) -> list:
    kind, cls = kind_of(subscription.type)
    if kind != "trigger":
        return []
    trigger = cls()
    try:
        value = bind(trigger, subscription.config)
    except MissingReference:
        return []
    return [
        event
        for event in events
        if event.human
        and event.lead_id
        and event.name == subscription.event
        and subscription.object_key in (None, event.object_key)
        and trigger.matches(value, event)
    ]


def _enroll_by_key(subscription: TriggerSubscription, events: list) -> list:
    """Let those in whose event has a key of its own; returns the other events."""
    cls = kind_of(subscription.type)[1]
    if not events or cls.enrollment_key is Trigger.enrollment_key:
        return events
    trigger = cls()
    value = bind(trigger, subscription.config)
    others = []
    for event in events:
        key = trigger.enrollment_key(value, event)
        if not key:
            others.append(event)
            continue
        key = f"k{hashlib.blake2b(key.encode(), digest_size=16).hexdigest()}"
        actions.enroll(
            campaign=subscription.campaign,
            leads=[event.lead_id],
            key=key,
            since=event.at,
            now=clock.now(),
            can_circle=cls.can_circle,
        )
    return others


def _enroll(campaign: Campaign, events: list, can_circle: bool) -> None:
    now = clock.now()
    if stored := {event.pk for event in events if event.pk}:
        actions.enroll_from_events(campaign=campaign, events=sorted(stored), now=now, can_circle=can_circle)
    together: dict[tuple, set[int]] = {}
    for event in events:
        if not event.pk:  # one fact of many leads, written by INSERT … SELECT
            together.setdefault((event.name, event.at), set()).add(event.lead_id)
    for (name, at), leads in together.items():
        actions.enroll(
            campaign=campaign,
            leads=sorted(leads),
            key=f"{name}:{at.isoformat()}",
            since=at,
            now=now,
            can_circle=can_circle,
        )
