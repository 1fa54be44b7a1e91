"""Every mutation of promotions: who has seen one, who gets which code, which order is owed to one.

All of it is set-based and repeatable: a person gets one code of a promotion, ever.
"""

import datetime as dt
import secrets

from django.db import transaction
from django.db.models import OuterRef, Subquery, Value

from wagtail_automation import clock, sql
from wagtail_automation.leads.models import Lead
from wagtail_automation.rules.compiler import compile_rule
from wagtail_automation.rules.scope import Scope
from wagtail_automation.tracking.actions import record_event

from .events import PROMOTION_SEEN
from .models import Offer, Order, Promotion
from .models.products import key_of

#: without those that are mistaken for each other
LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
LENGTH = 8


def match(orders: list[Order]) -> None:
    """Set the promotion of these (not yet saved) orders by their coupon. One statement, none where no
    order has a coupon."""
    keys = {order.coupon_key for order in orders if order.coupon_key}
    found = owners_of(keys) if keys else {}
    for order in orders:
        order.promotion_id = found.get(order.coupon_key)


def owners_of(keys: set[str]) -> dict[str, int]:
    """``{folded code: promotion}``; one statement. A promotion's own code goes before one of its offers."""
    offers = (
        Offer.objects.filter(code_key__anyof=sorted(keys)).order_by().values_list("code_key", "promotion")
    )
    own = Promotion.objects.filter(code_key__anyof=sorted(keys)).order_by().values_list("code_key", "pk")
    # Django 6.1 gives a union the order of its first part
    rows = offers.annotate(_own=Value(0)).union(own.annotate(_own=Value(1)), all=True).order_by()
    return {code: pk for code, pk, _own in sorted(rows, key=lambda row: row[2])}


def claim_orders(promotion: Promotion) -> int:
    """Orders that came before the promotion or its codes were known are owed to it now. Two statements."""
    count = 0
    if promotion.code_key:
        known = Order.objects.filter(coupon_key=promotion.code_key, promotion=None)
        count = known.update(promotion=promotion)
    codes = Offer.objects.filter(promotion=promotion).exclude(code_key="")
    waiting = Order.objects.exclude(coupon_key="").filter(
        promotion=None, coupon_key__in=codes.values("code_key")
    )
    owner = codes.filter(code_key=OuterRef("coupon_key")).values("promotion")[:1]
    return count + waiting.update(promotion=Subquery(owner))


def is_for(promotion: Promotion, leads: list[int], now: dt.datetime) -> set[int]:
    """Which of these leads the promotion is for at this moment. One statement, none without a rule."""
    if not promotion.is_live(now):
        return set()
    if not promotion.audience:
        return set(leads)
    matching = Lead.objects.filter(compile_rule(promotion.audience, Scope(now, mode="one")), pk__in=leads)
    return set(matching.values_list("pk", flat=True))


@transaction.atomic
def give_codes(promotion: Promotion, leads: list[int], *, now: dt.datetime | None = None) -> dict[int, str]:
    """A code of their own for each of these leads who has none; returns the codes of all who have one.

    Where the shop's codes have run out, the rest get none. A constant number of statements; a repeat gives
    nobody another one. Promotions without codes of their own give none.
    """
    now = now or clock.now()
    if not promotion.has_own_codes or not leads:
        return {}
    Promotion.objects.select_for_update().get(pk=promotion.pk)  # one hand gives at a time
    mine = Offer.objects.filter(promotion=promotion, lead__anyof=leads)
    having = set(mine.exclude(code_key="").values_list("lead", flat=True))
    present = Lead.objects.filter(pk__anyof=leads).order_by("pk").values_list("pk", flat=True)
    wanting = [pk for pk in present if pk not in having]
    if wanting and promotion.codes == Promotion.Codes.LEAD:
        _make_codes(promotion, wanting, now)
    elif wanting:
        _hand_out(promotion, wanting, now)
    return dict(mine.exclude(code_key="").values_list("lead", "code"))


def _make_codes(promotion: Promotion, wanting: list[int], now: dt.datetime) -> None:
    rows = [{"promotion": promotion.pk, "lead": pk} for pk in wanting]
    sql.insert_rows(Offer, rows, shared={"code": ""}, ignore_conflicts=True)
    offers = list(Offer.objects.filter(promotion=promotion, lead__anyof=wanting).order_by("pk"))
    for offer in offers:
        offer.code, offer.given_at = own_code(promotion), now
        offer.code_key = key_of(offer.code)
    Offer.objects.bulk_update(offers, ["code", "code_key", "given_at"], batch_size=500)


def own_code(promotion: Promotion) -> str:
    """A code that nobody guesses: thirty to the eighth are more than anybody tries."""
    letters = "".join(secrets.choice(LETTERS) for _n in range(LENGTH))
    return f"{promotion.code}-{letters}" if promotion.code else letters


def _hand_out(promotion: Promotion, wanting: list[int], now: dt.datetime) -> None:
    free = Offer.objects.filter(promotion=promotion, lead=None, given_at=None).exclude(code_key="")
    offers = list(free.order_by("pk")[: len(wanting)])
    lucky = wanting[: len(offers)]
    seen = Offer.objects.filter(promotion=promotion, lead__anyof=lucky)
    seen_at = dict(seen.values_list("lead", "seen_at"))
    seen.delete()
    for offer, pk in zip(offers, lucky, strict=True):
        offer.lead_id, offer.given_at, offer.seen_at = pk, now, seen_at.get(pk)
    Offer.objects.bulk_update(offers, ["lead", "given_at", "seen_at"], batch_size=500)


def show(promotion: Promotion, lead: Lead, *, now: dt.datetime | None = None) -> str:
    """Somebody sees the promotion: noted once, with the event ``promotion_seen``; returns the code for them,
    empty without one."""
    now = now or clock.now()
    with transaction.atomic():
        codes = give_codes(promotion, [lead.pk], now=now)
        offer = Offer.objects.filter(promotion=promotion, lead=lead)
        if not offer.filter(seen_at__isnull=False).exists():
            rows = [{"promotion": promotion.pk, "lead": lead.pk}]
            sql.insert_rows(Offer, rows, shared={"code": ""}, ignore_conflicts=True)
            offer.update(seen_at=now)
            record_event(
                name=PROMOTION_SEEN,
                lead=lead,
                about=promotion,
                channel="web",
                at=now,
                key=f"{PROMOTION_SEEN}:{promotion.pk}:{lead.pk}",
            )
    return promotion.code if promotion.codes == Promotion.Codes.SINGLE else codes.get(lead.pk, "")


def merge_offers(source: Lead, target: Lead) -> None:
    """A merge: offers go to the survivor, who keeps the one code that either got, and saw each promotion when
    the first of them did. Where both got a code, the other one stays given to nobody, so that an order with
    it is still owed to its promotion. At most six statements."""
    theirs = {offer.promotion_id: offer for offer in Offer.objects.filter(lead=target)}
    kept, without_code, other_codes = [], [], []
    for offer in Offer.objects.filter(lead=source):
        twin = theirs.get(offer.promotion_id)
        if twin is None:
            continue
        keep, spare = (twin, offer) if twin.code or not offer.code else (offer, twin)
        keep.seen_at = min(filter(None, (keep.seen_at, spare.seen_at)), default=None)
        kept.append(keep)
        (other_codes if spare.code else without_code).append(spare.pk)
    Offer.objects.filter(pk__anyof=without_code).delete()
    Offer.objects.filter(pk__anyof=other_codes).update(lead=None, seen_at=None)
    Offer.objects.bulk_update(kept, ["seen_at"], batch_size=500)
    Offer.objects.filter(lead=source).update(lead=target)
