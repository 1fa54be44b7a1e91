"""Who looks after a lead: given by hand, many at once, or to the members of a team in turn."""

import datetime as dt

from django.db import transaction
from django.db.models import Case, Q, QuerySet, Value, When
from django.utils import timezone

from wagtail_automation import signals

from . import history, turns
from .logs import log_leads
from .models import Lead, Team, Turn

LOG_ACTION = "wagtail_automation.assign"


def set_owner(*, lead: Lead, owner, now: dt.datetime, user=None) -> bool:
    """Give the lead to a person of the site, or to nobody; returns whether it changed."""
    return bool(assign(leads=[lead.pk], owner=owner, now=now, user=user))


def assign(*, leads: list[int] | QuerySet, owner, now: dt.datetime, user=None) -> int:
    """Give leads to one person, or to nobody (``owner`` None): a constant number of statements.

    ``user``: the person who did it, for the audit log. Returns how many changed; a repeat changes none.
    """
    with transaction.atomic():
        there = Q(owner__isnull=True) if owner is None else Q(owner=owner)
        changed = _lock(leads, ~there if owner is None else Q(owner__isnull=True) | ~there)
        if changed:
            history.tell_owner(ids=changed, owner=owner, source="admin" if user else "", now=now, user=user)
            Lead.objects.filter(pk__anyof=changed).update(owner=owner)
            _say(changed, now, user)
    return len(changed)


def assign_in_turn(
    *, leads: list[int] | QuerySet, team: Team, now: dt.datetime, user=None, keep_owners: bool = True
) -> dict[int, int]:
    """Give leads to the members of a team in turn, by weight, leaving out who is away today.

    Leads are served in the order of their keys; one team's rounds follow each other, so that two at once
    share fairly too. ``keep_owners``: those who have an owner keep them, which makes a repeat change nothing.
    Returns how many leads each person received (``{user id: number}``), nothing when nobody is available.
    """
    with transaction.atomic():
        # leads before the team: whoever holds the team waits for nobody
        waiting = _lock(leads, Q(owner__isnull=True) if keep_owners else Q())
        if not waiting:
            return {}
        team = Team.objects.lock(team.pk)
        places = _places(team, day_of(now))
        if not places:
            return {}
        received: dict[int, list[int]] = {}
        for pk, place in zip(waiting, turns.draw(places, len(waiting)), strict=True):
            received.setdefault(place.user, []).append(pk)
        _keep(team, places)
        changed = _write(received, keep_owners, team, now, user)
        if changed:
            _say(changed, now, user)
    return {owner: len(pks) for owner, pks in received.items()}


def day_of(now: dt.datetime) -> dt.date:
    """The day of absences: that of the site's time zone."""
    return timezone.localtime(now, timezone.get_default_timezone()).date()


def _lock(leads, wanted: Q) -> list[int]:
    """Those of the leads that match, locked, in the order of their keys."""
    name = "pk__in" if isinstance(leads, QuerySet) else "pk__anyof"
    rows = Lead.objects.filter(wanted, **{name: leads.values("pk") if name == "pk__in" else list(leads)})
    return list(rows.select_for_update(of=("self",)).order_by("pk").values_list("pk", flat=True))


def _places(team: Team, today: dt.date) -> list[turns.Place]:
    members = list(Team.objects.receiving(team, today))
    total = sum(member.weight for member in members)
    stand = {turn.user_id: turn for turn in Turn.objects.filter(team=team)}
    places = []
    for member in members:
        turn = stand.get(member.user_id)
        place = turns.Place(member.user_id, member.weight)
        if turn is not None:
            place.credit, place.last = turns.rescaled(turn.credit, turn.whole, total), turn.last
        places.append(place)
    return places


def _keep(team: Team, places: list[turns.Place]) -> None:
    total = sum(place.weight for place in places)
    Turn.objects.bulk_create(
        [
            Turn(team=team, user_id=place.user, credit=place.credit, whole=total, last=place.last)
            for place in places
        ],
        update_conflicts=True,
        unique_fields=["team", "user"],
        update_fields=["credit", "whole", "last"],
    )


def _write(received: dict[int, list[int]], keep_owners: bool, team: Team, now, user) -> list[int]:
    """One statement for all; returns the leads that really changed."""
    mine = [pk for pks in received.values() for pk in pks]
    already = set()
    if not keep_owners:
        same = Q(pk__in=[])
        for owner, pks in received.items():
            same |= Q(owner=owner, pk__anyof=pks)
        already = set(Lead.objects.filter(same).values_list("pk", flat=True))
    changed = sorted(set(mine) - already)
    history.tell_owners(
        {pk: owner for owner, pks in received.items() for pk in pks if pk not in already},
        source=f"team:{team.uuid}",
        now=now,
        user=user,
    )
    field = Lead._meta.get_field("owner").target_field
    whose = [When(pk__anyof=pks, then=Value(owner, field)) for owner, pks in received.items()]
    Lead.objects.filter(pk__anyof=mine).update(owner=Case(*whose, output_field=field))
    return changed


def _say(leads: list[int], now: dt.datetime, user) -> None:
    """Tell those who listen, and the audit log when a person did it."""
    signals.owners_changed.send(sender=Lead, leads=leads, now=now, user=user)
    signals.facts_changed.send(sender=Lead, leads=leads, facts=frozenset({"field:owner"}), now=now)
    if user is None:
        return
    owners = Lead.objects.filter(pk__anyof=leads).select_related("owner").only("owner")
    data = {lead.pk: {"owner": lead.owner.get_username() if lead.owner else ""} for lead in owners}
    log_leads(data, LOG_ACTION, user=user, now=now)
