"""Whose orders and carts are: found by any identifier, at once or when somebody becomes known later."""

import datetime as dt

from django.db import transaction

from wagtail_automation import clock, signals
from wagtail_automation.leads import actions as leads
from wagtail_automation.leads.identifiers import identifier_kinds
from wagtail_automation.leads.imports.querysets import owners
from wagtail_automation.leads.merging import lock
from wagtail_automation.leads.models import Lead, MergedLead
from wagtail_automation.leads.newcomers import create_together

from .models import Cart, Claim, Order
from .stating import Statement

SOURCE = "order"


def leads_of(statements: list[Statement], now: dt.datetime) -> list[int | None]:
    """Whose each of these is: the lead that the caller named or the owner of its strongest identifier.

    With ``create_lead`` somebody unknown becomes a lead, an anonymous one becomes known, and new identifiers
    are attached. A constant number of statements, and some more for each browser that turns out to be
    somebody and each known person with another identifier.
    """
    known = owners(pair for said in statements for pair in said.identifiers)
    known |= create_together(_newcomers(statements, known), source=SOURCE, now=now)
    named = _surviving({said.lead for said in statements if said.lead is not None})
    found = []
    for said in statements:
        lead = named.get(said.lead)
        owner = next((known[pair] for pair in said.identifiers if pair in known), None)
        is_new = any(pair not in known for pair in said.identifiers)
        is_anonymous = lead is not None and not lead.is_known
        if said.create_lead and said.identifiers and (is_new or is_anonymous):
            person = leads.identify(
                lead=lead if is_anonymous or owner is None else None,
                identifiers=dict(said.identifiers),
                source=SOURCE,
                now=now,
            )
            known |= owners(said.identifiers)
            if is_anonymous and person.pk != lead.pk:
                named[said.lead] = person
            owner = person.pk
        if lead is None or (is_anonymous and owner is not None):
            # what the order says of its person is stronger than a browser that nobody knows
            found.append(owner)
        else:
            found.append(lead.pk)
    return found


def _newcomers(statements: list[Statement], known: dict) -> list[tuple[tuple[str, str], ...]]:
    """The identifiers of people who are to become leads and of whom all that is said here is that: no lead
    is named, nothing of it is known, and no other statement says something of it that differs."""
    people, said_of, others = {}, {}, set()
    for said in statements:
        pairs = tuple(said.identifiers)
        for pair in pairs:
            said_of.setdefault(pair, set()).add(pairs)
        if said.create_lead and pairs and said.lead is None:
            people[pairs] = None
        elif said.create_lead:
            others.update(pairs)
    return [
        pairs
        for pairs in people
        if not any(pair in known or pair in others or len(said_of[pair]) > 1 for pair in pairs)
    ]


def _surviving(pks: set[int]) -> dict[int, Lead]:
    """``{pk: the lead that it is now}``; the erased are left out."""
    if not pks:
        return {}
    rows = Lead.objects.in_bulk(pks)
    if gone := pks - rows.keys():
        merged = dict(MergedLead.objects.filter(old_pk__in=gone).values_list("old_pk", "lead_id"))
        survivors = Lead.objects.in_bulk(set(merged.values())) if merged else {}
        rows |= {pk: survivors[new] for pk, new in merged.items() if new in survivors}
    return rows


def replace(name: str, waiting: dict[int, list[tuple[str, str]]], *, waited: set[int]) -> None:
    """From now on these orders or carts (``name``) wait for somebody with these identifiers; ``waited``:
    those of them that may have waited for somebody before."""
    if former := waiting.keys() & waited:
        Claim.objects.filter(**{f"{name}__anyof": sorted(former)}).delete()
    Claim.objects.bulk_create(
        Claim(**{f"{name}_id": pk}, kind=kind, value=value)
        for pk, pairs in waiting.items()
        for kind, value in pairs
    )


def settle(*, now: dt.datetime | None = None) -> int:
    """Give what waits to those who have become known since; returns how many orders and carts. A repeat
    changes nothing."""
    now, done = now or clock.now(), 0
    while found := Claim.objects.settled():
        with transaction.atomic():
            given = _give(found, now)
        if not given:  # they are being merged just now: the next beat finds them
            break
        done += given
    return done


def _give(found: list[tuple], now: dt.datetime) -> int:
    from . import touching
    from .events import CART_FACT, tell_orders
    from .recording import recount

    strongest: dict[tuple, tuple] = {}
    for _claim, order, cart, kind, lead in found:
        strength = identifier_kinds[kind].strength if kind in identifier_kinds else 0
        place = ("order", order) if order else ("cart", cart)
        strongest[place] = max(strongest.get(place, (-1, 0)), (strength, lead))
    present = lock({lead for _strength, lead in strongest.values()})
    target = {place: lead for place, (_strength, lead) in strongest.items() if lead in present}
    rows = {}
    for name, model in (("order", Order), ("cart", Cart)):
        ids = [pk for kind, pk in target if kind == name]
        waiting = model.objects.filter(pk__anyof=ids, lead=None).order_by("pk").select_for_update()
        rows[name] = list(waiting) if ids else []
        for row in rows[name]:
            row.lead_id = target[name, row.pk]
        Claim.objects.filter(**{f"{name}__anyof": ids}).delete()
    tell_orders(rows["order"])
    wanting = touching.renew(rows["order"], {}, now)
    Order.objects.bulk_update(rows["order"], ["lead", "told", "touches_at"], batch_size=500)
    touching.collect(wanting)
    Cart.objects.bulk_update(rows["cart"], ["lead"], batch_size=500)
    recount({row.lead_id for row in rows["order"] if row.is_counted}, now)
    if with_cart := sorted({row.lead_id for row in rows["cart"]}):
        signals.facts_changed.send(sender=Lead, leads=with_cart, facts=frozenset({CART_FACT}), now=now)
    return len(target)


def on_facts(sender, leads, facts, now, **kwargs) -> None:
    """Somebody got an identifier: perhaps something waits for them."""
    if "identifier" in facts and Claim.objects.exists():
        settle(now=now)


def on_identified_together(sender, leads, now, **kwargs) -> None:
    if Claim.objects.exists():
        settle(now=now)


def sweep() -> str:
    """Beat: identifiers that came otherwise (imports into known leads)."""
    return f"{settle()} orders and carts found their lead"


def connect() -> None:
    """Listen for people who become known."""
    signals.facts_changed.connect(on_facts, dispatch_uid="wagtail_automation_commerce_claims")
    signals.leads_identified.connect(
        on_identified_together, dispatch_uid="wagtail_automation_commerce_claims"
    )
