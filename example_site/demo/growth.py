"""How lists and segments grew before today, from the days on which people came: what the beat would have
counted, had the site run."""

import datetime as dt

from django.db.models import Count
from django.db.models.functions import TruncDate

from example_site.demo.history import DAYS
from wagtail_automation import clock
from wagtail_automation.audiences.growth.counting import count_now, today
from wagtail_automation.audiences.models import ListDay, ListMembership, SegmentDay, SegmentMembership


def grow() -> None:
    """A row a day since people came; today's is counted."""
    now = clock.now()
    last = today(now)
    for memberships, moment, days, owner in (
        (ListMembership, "added_at", ListDay, "list_id"),
        (SegmentMembership, "joined_at", SegmentDay, "segment_id"),
    ):
        joined: dict[int, dict[dt.date, int]] = {}
        rows = memberships.objects.annotate(on=TruncDate(moment)).order_by()
        for pk, day, number in rows.values_list(owner, "on").annotate(number=Count("*")):
            joined.setdefault(pk, {})[day] = number
        made = []
        for pk, numbers in joined.items():
            count = 0
            for back in range(DAYS, 0, -1):
                day = last - dt.timedelta(days=back)
                count += numbers.get(day, 0)
                made.append(days(**{owner: pk, "day": day, "count": count}))
        days.objects.bulk_create(made, ignore_conflicts=True)
    count_now(now=now)
