"""Questions about products, orders, items, carts and claims."""

import datetime as dt

from django.apps import apps
from django.db import connections, models, router
from django.db.models import Count, Exists, F, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce


class ProductCategoryQuerySet(models.QuerySet):
    def with_counts(self):
        """Each with ``product_count``."""
        return self.annotate(product_count=Count("products"))


class ProductQuerySet(models.QuerySet):
    def on_offer(self):
        """Those that are still sold."""
        return self.filter(archived=False)


class OrderQuerySet(models.QuerySet):
    def counted(self):
        """Those that totals and rules count: paid, known, neither cancelled nor wholly paid back."""
        return self.filter(is_counted=True)

    def spent(self, currency: str, units: int, since: dt.datetime):
        """Leads (``lead_id``) whose orders since then make at least so much, less what was paid back."""
        rows = self.counted().filter(currency=currency, paid_at__gte=since).order_by().values("lead_id")
        return rows.annotate(_spent=Sum(F("total") - F("refunded"))).filter(_spent__gte=units)

    def of_lead(self, lead_pk: int):
        """All orders of one lead, the latest first."""
        latest = Coalesce("placed_at", "paid_at", "recorded_at")
        return self.filter(lead=lead_pk).order_by(latest.desc(), "-pk")

    def latest_of(self, leads: list[int]):
        """The latest order of each of these leads; one statement."""
        mine = self.filter(lead=OuterRef("pk")).order_by(
            Coalesce("placed_at", "paid_at", "recorded_at").desc(), "-pk"
        )
        people = apps.get_model("wagtail_automation_leads", "Lead").objects.filter(pk__in=leads)
        latest = people.annotate(_latest=Subquery(mine.values("pk")[:1])).values("_latest")
        return self.filter(pk__in=latest)

    def numbered(self, numbers):
        """Those of these ``(source, number)``; one statement by the unique key."""
        by_source: dict[str, list[str]] = {}
        for source, number in numbers:
            by_source.setdefault(source, []).append(number)
        wanted = Q(pk__in=[])
        for source, found in by_source.items():
            wanted |= Q(source=source, number__anyof=found)
        return self.filter(wanted)

    def without_touches(self):
        """Those whose touches could be collected and were not."""
        known = Q(placed_at__isnull=False) | Q(paid_at__isnull=False)
        return self.filter(known, touches_at__isnull=True, lead__isnull=False)

    def merged_since(self, moment: dt.datetime):
        """Those whose lead another one was merged into since, after their touches were collected: that one's
        visits belong to them now."""
        merges = apps.get_model("wagtail_automation_leads", "LeadMerge").objects.filter(at__gte=moment)
        return self.filter(lead__in=merges.values("lead"), touches_at__isnull=False).filter(
            Exists(merges.filter(lead=OuterRef("lead"), at__gt=OuterRef("touches_at")))
        )


class OrderItemQuerySet(models.QuerySet):
    def bought(self, quantity: int = 1, since=None):
        """Items of orders that count and did not come back, by lead where they make so many pieces together.

        The rows are leads (``order__lead_id``) if ``quantity`` is more than one, else items.
        """
        rows = self.filter(order__is_counted=True, quantity__gt=F("returned"))
        if since is not None:
            rows = rows.filter(order__paid_at__gte=since)
        if quantity <= 1:
            return rows
        pieces = Sum(F("quantity") - F("returned"))
        return rows.order_by().values("order__lead_id").annotate(_pieces=pieces).filter(_pieces__gte=quantity)


class CartQuerySet(models.QuerySet):
    def left(self):
        """Something lies in them and nobody has bought it."""
        return self.filter(state__in=self.model.LEFT)

    def untouched(self, hours: int, now: dt.datetime):
        """Left for at least so many hours, and not told of so many yet."""
        return self.left().filter(touched_at__lte=now - dt.timedelta(hours=hours), told_hours__lt=hours)


class ClaimQuerySet(models.QuerySet):
    def settled(self):
        """``(claim, order, cart, kind, lead)`` of those whose identifier belongs to somebody by now."""
        identifiers = apps.get_model("wagtail_automation_leads", "Identifier")
        claims, connection = self.model._meta.db_table, connections[router.db_for_write(self.model)]
        quote = connection.ops.quote_name
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT c.id, c.order_id, c.cart_id, c.kind, i.lead_id FROM {quote(claims)} c "
                f"JOIN {quote(identifiers._meta.db_table)} i ON i.kind = c.kind AND i.value = c.value "
                "ORDER BY c.id LIMIT 2000"
            )
            return cursor.fetchall()
