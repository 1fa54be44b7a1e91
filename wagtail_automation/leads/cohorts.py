"""Cohorts made of leads directly: one who sent a form, many chosen for a bulk action."""

import datetime as dt

from django.db.models import BigIntegerField, CharField, DateTimeField, F, QuerySet, Value
from django.db.models.functions import Cast, Concat

from wagtail_automation import clock
from wagtail_automation.cohorts import Cohort

from .models import Lead


class LeadsCohort(Cohort):
    """The leads of a queryset, fixed when the cohort is made, so that acting on them does not change it.

    ``key`` is unique for the act (``form:<submission>``). One lead has the key itself, several have
    ``<key>:<lead id>`` each.
    """

    def __init__(
        self,
        leads: QuerySet | list[int],
        *,
        key: str,
        origin: str = "",
        now: dt.datetime | None = None,
        site=None,
        user=None,
    ):
        ids = leads.order_by().values_list("pk", flat=True) if isinstance(leads, QuerySet) else leads
        self.ids = sorted(set(ids))
        self.key = key
        self.origin = origin or key
        self.now = now or clock.now()
        self.site = site
        self.user = user

    @classmethod
    def of(cls, lead: Lead, *, key: str, **kwargs) -> "LeadsCohort":
        """A cohort of one, with the key as it is."""
        return cls([lead.pk], key=key, **kwargs)

    def rows(self):
        key = Value(self.key, output_field=CharField())
        if len(self.ids) != 1:
            key = Concat(key, Value(":"), Cast("pk", CharField()), output_field=CharField())
        return Lead.objects.filter(pk__anyof=self.ids).annotate(
            cohort_lead=F("pk") + Value(0, output_field=BigIntegerField()),
            cohort_key=key,
            cohort_since=Value(self.now, output_field=DateTimeField()),
        )

    def lead_ids(self):
        return Lead.objects.filter(pk__anyof=self.ids).order_by().values("pk")

    def size(self):
        return len(self.ids)
