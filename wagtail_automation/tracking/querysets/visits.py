"""Browsers, their visits, and what is kept of them for each lead."""

import datetime as dt

from django.apps import apps
from django.db import connections, models, router
from django.db.models import Exists, F, OuterRef, Subquery

from .base import model_named


class VisitorQuerySet(models.QuerySet):
    def anonymous_list(self, leads):
        """Browsers of people nobody knows, of these leads, each with its lead, the lead's totals and what the
        last visit says of it (``visit_source``, ``visit_device``…). One statement."""
        visits = model_named("Visit").objects.filter(visitor=OuterRef("pk")).order_by("-last_at", "-pk")
        found = self.filter(lead__status="anonymous").select_related("lead__tracking_totals")
        if leads.query.where:  # not everybody's: whoever sees all needs no second look at the leads
            found = found.filter(lead__in=leads.values("pk"))
        columns = ("source", "medium", "campaign", "device")
        return found.annotate(
            visit_agent=Subquery(visits.values("user_agent")[:1]),
            **{f"visit_{name}": Subquery(visits.values(name)[:1]) for name in columns},
        )

    def with_lead(self):
        """Each with its lead, and `refused`: the ledger says that this lead withdrew consent to tracking."""
        states = apps.get_model("wagtail_automation_leads", "ConsentState")
        refusals = states.objects.filter(lead=OuterRef("lead_id"), subject="tracking", granted=False)
        return self.select_related("lead").annotate(refused=Exists(refusals))

    def lock_lead_id(self, pk: int, *, share: bool) -> int | None:
        """The lead the visitor belongs to, held until the end of the transaction; None when it is gone.

        A merge updates the visitor before it rewrites its events, so whoever holds this lock inserts before
        that rewriting or sees the survivor. ``share`` lets several inserts pass at once (PostgreSQL); take
        the other when the visitor itself will be updated, since two sharers that both update deadlock.
        """
        if not share:
            return self.filter(pk=pk).select_for_update(no_key=True).values_list("lead_id", flat=True).first()
        using = router.db_for_write(self.model)
        connection = connections[using]
        suffix = " FOR SHARE" if connection.vendor == "postgresql" else ""
        with connection.cursor() as cursor:
            table = connection.ops.quote_name(self.model._meta.db_table)
            cursor.execute(f"SELECT lead_id FROM {table} WHERE id = %s{suffix}", [pk])
            row = cursor.fetchone()
        return row[0] if row else None


class VisitQuerySet(models.QuerySet):
    def of_lead(self, lead_pk: int):
        """The human visits of all browsers of a lead, the latest first."""
        return self.filter(visitor__lead=lead_pk, human=True).order_by("-last_at", "-pk")

    def latest_of(self, visitor_id: int):
        return self.filter(visitor_id=visitor_id).order_by("-last_at").first()


class LeadTotalsQuerySet(models.QuerySet):
    def add(
        self, lead_pk: int, *, visits: int, pages: int, at: dt.datetime, visit_at: dt.datetime | None = None
    ) -> None:
        """Count; one UPDATE, and an INSERT the first time. ``visit_at``: when the visit under way began."""
        latest = {}
        if visit_at is not None:
            latest = {"visit_at": visit_at, "visit_seconds": max(0, int((at - visit_at).total_seconds()))}
        changed = self.filter(pk=lead_pk).update(
            visits=F("visits") + visits, pages=F("pages") + pages, last_seen_at=at, **latest
        )
        if not changed:
            self.create(
                lead_id=lead_pk, visits=visits, pages=pages, first_seen_at=at, last_seen_at=at, **latest
            )

    def prolong(self, lead_pk: int, *, visit_at: dt.datetime, at: dt.datetime) -> None:
        """The visit that began then has lasted until now, if it still is the latest."""
        self.filter(pk=lead_pk, visit_at=visit_at).update(
            visit_seconds=max(0, int((at - visit_at).total_seconds()))
        )


class ArrivalQuerySet(models.QuerySet):
    def note(self, lead_pk: int, columns: dict) -> dict | None:
        """A visit began: it is the latest now, and the first if there was none. Returns what the one before
        said of its source, None for a first visit."""
        names = ("source", "medium", "campaign")
        before = self.filter(lead_id=lead_pk, which="latest").values(*names).first()
        if before is None:
            self.bulk_create(
                [self.model(lead_id=lead_pk, which=which, **columns) for which in ("first", "latest")],
                ignore_conflicts=True,
            )
            return None
        self.filter(lead_id=lead_pk, which="latest").update(**columns)
        return before

    def merge(self, source_pk: int, target_pk: int) -> None:
        """The earlier first and the later latest visit of two leads become the survivor's."""
        rows = {(row.lead_id, row.which): row for row in self.filter(lead_id__in=[source_pk, target_pk])}
        for which in ("first", "latest"):
            old, new = rows.get((source_pk, which)), rows.get((target_pk, which))
            if old is None:
                continue
            wins = new is None or (old.at < new.at if which == "first" else old.at > new.at)
            if wins and new is not None:
                self.filter(pk=new.pk).delete()
            if wins:
                self.filter(pk=old.pk).update(lead_id=target_pk)
        self.filter(lead_id=source_pk).delete()
