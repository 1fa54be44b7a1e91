"""How long we remember people who never said who they are."""

import datetime as dt

from django.db import transaction

from wagtail_automation import conf, pruning
from wagtail_automation.leads.models import Lead

from .models import Event, EventKey, Visit, Visitor

BATCH = 500


@pruning.register
def prune_anonymous(now: dt.datetime) -> dict[str, int]:
    """Delete anonymous leads not seen for ANONYMOUS_RETENTION_DAYS, with their visitors, visits and events.

    In transactions of at most 500 people. Also forgets idempotency keys of that age: a message that old is
    not delivered twice.
    """
    before = now - dt.timedelta(days=conf.get("ANONYMOUS_RETENTION_DAYS"))
    counts = {"leads": 0, "events": 0}
    while True:
        with transaction.atomic():
            ids = list(
                Lead.objects.filter(
                    status=Lead.Status.ANONYMOUS, created_at__lt=before, anonymised_at__isnull=True
                )
                .exclude(visitors__last_seen_at__gte=before)
                .order_by("pk")
                .values_list("pk", flat=True)[:BATCH]
            )
            if not ids:
                break
            visitors = Visitor.objects.filter(lead_id__in=ids)
            visitor_ids = list(visitors.values_list("pk", flat=True))
            counts["events"] += Event.objects.filter(lead_id__in=ids).delete()[0]
            counts["events"] += Event.objects.filter(visitor_id__in=visitor_ids).delete()[0]
            Visit.objects.filter(visitor_id__in=visitor_ids).delete()
            visitors.delete()
            Lead.objects.filter(pk__in=ids).delete()
            counts["leads"] += len(ids)
    counts["event keys"] = EventKey.objects.filter(at__lt=before).delete()[0]
    return counts
