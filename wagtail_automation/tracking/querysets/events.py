"""Events and the keys that make them once."""

import datetime as dt
import json
from collections.abc import Iterable

from django.apps import apps
from django.db import connections, models, router
from django.db.models import Exists, OuterRef

from wagtail_automation import sql

from . import changes


def _bounds(connection, before, since, until) -> tuple[str, list]:
    """Conditions on time, and their parameters."""
    adapt = connection.ops.adapt_datetimefield_value
    bounds, params = [], []
    if before is not None:
        at = adapt(before[0])
        # the plain bound is what the index can use
        bounds.append("at <= %s AND (at < %s OR id < %s)")
        params += [at, at, before[1]]
    if since is not None:
        bounds.append("at >= %s")
        params.append(adapt(since))
    if until is not None:
        bounds.append("at < %s")
        params.append(adapt(until))
    return "".join(f" AND {bound}" for bound in bounds), params


def _found(connection, words, name: str) -> tuple[str, list]:
    """Each word that the event's name does not hold must be in its object, address or values."""
    clauses, params = "", []
    is_postgresql = connection.vendor == "postgresql"
    for word in words:
        if name in word.names:
            continue
        if is_postgresql:
            places, contains = ["object_key = ANY(%s::uuid[])"], "(url ILIKE %s OR data::text ILIKE %s)"
            params.append([str(key) for key in word.keys])
        else:
            places = ["object_key IN (SELECT value FROM json_each(%s))"]
            contains = "(url LIKE %s ESCAPE '\\' OR data LIKE %s ESCAPE '\\')"
            params.append(json.dumps([key.hex for key in word.keys]))
        for pattern in word.patterns:
            places.append(contains)
            escaped = pattern.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
            params += [f"%{escaped}%"] * 2
        clauses += f" AND ({' OR '.join(places)})"
    return clauses, params


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

    def claim_all(self, keys: Iterable[str], at: dt.datetime) -> set[str]:
        """The same for any number of keys; returns those that were not there. One statement."""
        rows = [{"key": key} for key in sorted(set(keys))]
        made = sql.insert_rows(self.model, rows, shared={"at": at}, ignore_conflicts=True, returning=("key",))
        return {key for (key,) in made}


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

    def newest_ids(
        self,
        lead_pk: int,
        names,
        *,
        human: bool,
        before=None,
        since=None,
        until=None,
        words=(),
        limit: int = 50,
    ) -> list[int]:
        """Ids of one lead's newest events of these names, newest first, older than the keyset ``before``.

        One probe of the index (lead, name, at) per name, joined by UNION ALL: a lead with 50,000 events costs
        as much as one with 50, where ORDER BY at over the lead would read and sort all of them.
        ``before``: ``(at, id)`` of the last row seen. ``words``: ``timeline_search.Word``, all of which must
        be found; such a search reads at most this lead's events.
        """
        names = list(names)
        if not names:
            return []
        connection = connections[router.db_for_read(self.model)]
        bounds, tail = _bounds(connection, before, since, until)
        table = connection.ops.quote_name(self.model._meta.db_table)
        parts, params = [], []
        for position, name in enumerate(names):
            found, found_params = _found(connection, words, name)
            parts.append(
                f"SELECT id, at FROM (SELECT id, at FROM {table} WHERE lead_id = %s AND name = %s "
                f"AND human = %s{bounds}{found} ORDER BY at DESC, id DESC LIMIT %s) AS p{position}"
            )
            params += [lead_pk, name, human, *tail, *found_params, limit]
        union = " UNION ALL ".join(parts)
        statement = f"SELECT id FROM ({union}) AS u ORDER BY at DESC, id DESC LIMIT %s"
        with connection.cursor() as cursor:
            cursor.execute(statement, [*params, limit])
            return [row[0] for row in cursor.fetchall()]

    def insert_changes(self, change, name: str, data: dict) -> list[int]:
        """One event of this name for each lead of a ``leads.history.Change``, before it is written; returns
        the events' ids. ``data`` gets ``changes``: ``{key: [former, new]}``. One statement."""
        leads = apps.get_model("wagtail_automation_leads", "Lead")
        using = router.db_for_write(self.model)
        connection = connections[using]
        quote = connection.ops.quote_name
        if connection.vendor == "postgresql":
            found, rows, params = changes.on_postgresql(change, leads, quote)
            stored = f"%s::jsonb || jsonb_build_object('changes', {found})"
        else:
            found, rows, params = changes.on_sqlite(change, leads, quote)
            stored = f"json_set(json(%s), '$.changes', {found})"
        now = connection.ops.adapt_datetimefield_value(change.now)
        statement = (
            f"INSERT INTO {quote(self.model._meta.db_table)} "
            "(lead_id, name, url, data, channel, human, at) "
            f"SELECT t.id, %s, '', {stored}, '', true, %s FROM {rows} AND t.created_at <> %s RETURNING id"
        )
        pair_params, row_params = params
        with connection.cursor() as cursor:
            cursor.execute(statement, [name, changes.as_json(data), *pair_params, now, *row_params, now])
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
