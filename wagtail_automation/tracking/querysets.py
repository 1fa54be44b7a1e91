"""Every question the tracking app asks of the database."""

import datetime as dt
import re

from django.apps import apps
from django.db import connections, models, router
from django.db.models import Exists, F, OuterRef


def _model(name):
    return apps.get_model("wagtail_automation_tracking", name)


def events_for_rules(names, about=None, matching=None, **filters):
    """Events a rule may count: of these names, about this object, human unless asked otherwise.

    ``matching`` is a Q for what lookups by name cannot say.
    """
    filters.setdefault("human", True)
    events = _model("Event").objects.filter(**filters)
    events = events.filter(name=names[0]) if len(names) == 1 else events.filter(name__in=names)
    if matching is not None:
        events = events.filter(matching)
    return events if about is None else events.filter(object_key=about.key)


def url_matches(pattern: str) -> models.Q:
    """Events at addresses like ``/shop/*``: ``*`` stands for any characters, case does not count.

    Without ``?`` in it the pattern is about the path, whatever the query. Stored addresses are ASCII, so both
    databases compare alike. Stars at the end only become a prefix search.
    """
    head, star, rest = pattern.partition("*")
    if star and not rest.strip("*"):
        return models.Q(url__istartswith=head)
    if not star:
        whole = models.Q(url__iexact=pattern)
        return whole if "?" in pattern else whole | models.Q(url__istartswith=f"{pattern}?")
    body = ".*".join(re.escape(part) for part in pattern.split("*"))
    end = "$" if "?" in pattern or pattern.endswith("*") else r"(\?.*)?$"
    return models.Q(url__istartswith=head) & models.Q(url__iregex=f"^{body}{end}")


class VisitorQuerySet(models.QuerySet):
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
    def latest_of(self, visitor_id: int):
        return self.filter(visitor_id=visitor_id).order_by("-last_at").first()


class EventKeyQuerySet(models.QuerySet):
    def claim(self, key: str, at: dt.datetime) -> bool:
        """Insert the key; False when it was there. Waits for a transaction that is inserting the same."""
        using = router.db_for_write(self.model)
        connection = connections[using]
        table = connection.ops.quote_name(self.model._meta.db_table)
        value = connection.ops.adapt_datetimefield_value(at)
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {table} (key, at) VALUES (%s, %s) ON CONFLICT DO NOTHING",
                [key, value],
            )
            return cursor.rowcount == 1


class EventQuerySet(models.QuerySet):
    def human(self):
        """Without machine traffic."""
        return self.filter(human=True)

    def reassign(self, source_pk: int, target_pk: int, limit: int) -> int:
        """Rewrite the lead of up to ``limit`` of the newest events of a merged lead; returns how many."""
        newest = self.filter(lead_id=source_pk).order_by("-at").values("pk")[:limit]
        return self.filter(pk__in=newest).update(lead_id=target_pk)

    def names_of(self, lead_pk: int) -> list[str]:
        """The names of one lead's events."""
        return sorted(self.filter(lead_id=lead_pk).order_by().values_list("name", flat=True).distinct())

    def newest_ids(self, lead_pk: int, names, *, human: bool, before=None, limit: int = 50) -> list[int]:
        """Ids of one lead's newest events of these names, newest first, older than the keyset ``before``.

        One probe of the index (lead, name, at) per name, joined by UNION ALL: a lead with 50,000 events costs
        as much as one with 50, where ORDER BY at over the lead would read and sort all of them.
        ``before``: ``(at, id)`` of the last row seen.
        """
        names = list(names)
        if not names:
            return []
        using = router.db_for_read(self.model)
        connection = connections[using]
        table = connection.ops.quote_name(self.model._meta.db_table)
        older = ""
        tail: list = []
        if before is not None:
            at = connection.ops.adapt_datetimefield_value(before[0])
            older, tail = " AND (at < %s OR (at = %s AND id < %s))", [at, at, before[1]]
            # the plain bound is what the index can use
            older = " AND at <= %s" + older
            tail = [at, *tail]
        part = (
            f"SELECT id, at FROM {table} WHERE lead_id = %s AND name = %s AND human = %s{older} "
            "ORDER BY at DESC, id DESC LIMIT %s"
        )
        parts, params = [], []
        for position, name in enumerate(names):
            parts.append(f"SELECT id, at FROM ({part}) AS p{position}")
            params += [lead_pk, name, human, *tail, limit]
        sql = f"SELECT id FROM ({' UNION ALL '.join(parts)}) AS u ORDER BY at DESC, id DESC LIMIT %s"
        with connection.cursor() as cursor:
            cursor.execute(sql, [*params, limit])
            return [row[0] for row in cursor.fetchall()]

    def of_merged(self, since: dt.datetime):
        """``(old lead, survivor)`` of recent merges that left events behind."""
        merged = apps.get_model("wagtail_automation_leads", "MergedLead")
        left = self.filter(lead_id=OuterRef("old_pk"))
        return list(
            merged.objects.filter(at__gte=since).filter(Exists(left)).values_list("old_pk", "lead_id")
        )

    def in_visits(self, visits):
        """Events recorded by the browsers of these visits while the visits lasted."""
        during = visits.filter(
            visitor=OuterRef("visitor_id"), started_at__lte=OuterRef("at"), last_at__gte=OuterRef("at")
        )
        return self.filter(visitor__in=visits.values("visitor")).filter(Exists(during))


class LeadTotalsQuerySet(models.QuerySet):
    def add(self, lead_pk: int, *, visits: int, pages: int, at: dt.datetime) -> None:
        """Count; one UPDATE, and an INSERT the first time."""
        changed = self.filter(pk=lead_pk).update(
            visits=F("visits") + visits, pages=F("pages") + pages, last_seen_at=at
        )
        if not changed:
            self.create(lead_id=lead_pk, visits=visits, pages=pages, first_seen_at=at, last_seen_at=at)
