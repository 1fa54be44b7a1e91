"""Questions about promotions: which are on, and what came of them."""

import datetime as dt

from django.db import models
from django.db.models import Count, F, Q, Sum

from .base import model_named


class PromotionQuerySet(models.QuerySet):
    def live(self, now: dt.datetime):
        """Those offered at this moment."""
        started = Q(starts_at__isnull=True) | Q(starts_at__lte=now)
        on = Q(ends_at__isnull=True) | Q(ends_at__gt=now)
        return self.filter(started, on, archived=False)


def results(promotions: list[int], orders) -> dict[int, dict]:
    """``{promotion: {"seen", "given", "used", "revenue": {currency: units}}}``; two statements. ``orders``:
    those that the asking person may see."""
    found = {pk: {"seen": 0, "given": 0, "used": 0, "revenue": {}} for pk in promotions}
    offers = model_named("Offer").objects.filter(promotion__anyof=promotions).order_by()
    rows = offers.values_list("promotion").annotate(
        _seen=Count("pk", filter=Q(seen_at__isnull=False)),
        _given=Count("pk", filter=Q(given_at__isnull=False)),
    )
    for pk, seen, given in rows:
        found[pk] |= {"seen": seen, "given": given}
    counted = orders.filter(is_counted=True, promotion__anyof=promotions).order_by()
    sums = counted.values_list("promotion", "currency").annotate(
        _count=Count("pk"), _sum=Sum(F("total") - F("refunded"))
    )
    for pk, currency, count, revenue in sums:
        found[pk]["used"] += count
        found[pk]["revenue"][currency] = revenue
    return found
