"""Every question the tracking app asks of the database."""

import datetime as dt
import json
import re
from collections.abc import Iterable

from django.apps import apps
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connections, models, router
from django.db.models import Exists, F, Func, OuterRef, Subquery, Sum, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce
from django.db.models.lookups import GreaterThanOrEqual

from wagtail_automation import sql


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


def _json(value) -> str:
    return json.dumps(value, cls=DjangoJSONEncoder)


def _new_values(change) -> str:
    """What becomes of the leads: one object for all, or one row for each."""
    each = change.pairs if change.pairs is not None else change.each
    if each is None:
        return _json(change.values)
    return _json([{"id": pk, "v": values} for pk, values in sorted(each.items())])


def _former(leads, column: str, quote) -> str:
    """The column before the write; empty text is no value."""
    is_text = isinstance(leads._meta.get_field(column), models.CharField)
    return f"NULLIF(t.{quote(column)}, '')" if is_text else f"t.{quote(column)}"


def _changes_on_postgresql(change, leads, quote):
    """``(an object of key and [former, new], the rows, (parameters of either))``."""
    new = _new_values(change)
    table = quote(leads._meta.db_table)
    each = "jsonb_to_recordset(%s::jsonb) AS v(id bigint, v jsonb)"
    joined = f"{table} t JOIN {each} ON t.id = v.id WHERE TRUE"
    if change.pairs is not None:
        return "v.v", joined, ([], [new])
    pairs, params = [], []
    for key, column in change.columns.items():
        former = f"to_jsonb({_former(leads, column, quote)})" if column else "t.attributes -> %s"
        pairs.append(f"%s::text, jsonb_build_array({former}, {'v.v' if change.each else '%s::jsonb'} -> %s)")
        params += [key, *([] if column else [key]), *([] if change.each else [new]), key]
    changes = f"jsonb_build_object({', '.join(pairs)})"
    if change.each:
        return changes, joined, (params, [new])
    return changes, f"{table} t WHERE t.id = ANY(%s::bigint[])", (params, [list(change.ids)])


def _changes_on_sqlite(change, leads, quote):
    """The same. Two paths in one ``json_extract`` give an array in which true stays true."""
    new = _new_values(change)
    table = quote(leads._meta.db_table)
    joined = f"{table} t JOIN json_each(%s) AS v ON t.id = json_extract(v.value, '$.id') WHERE 1"
    if change.pairs is not None:
        return "json_extract(v.value, '$.v')", joined, ([], [new])
    source = "json_extract(v.value, '$.v')" if change.each else "json(%s)"
    pairs, params = [], []
    for key, column in change.columns.items():
        former = f"json_object('k', {_former(leads, column, quote)})" if column else "json(t.attributes)"
        path = "$.o.k" if column else f'$.o."{key}"'
        pairs.append(f"%s, json_extract(json_object('o', {former}, 'n', {source}), %s, %s)")
        params += [key, *([] if change.each else [new]), path, f'$.n."{key}"']
    changes = f"json_object({', '.join(pairs)})"
    if change.each:
        return changes, joined, (params, [new])
    rows = f"{table} t WHERE t.id IN (SELECT value FROM json_each(%s))"
    return changes, rows, (params, [_json(list(change.ids))])


class VisitorQuerySet(models.QuerySet):
    def anonymous_list(self, leads):
        """Browsers of people nobody knows, of these leads, each with its lead, the lead's totals and what the
        last visit says of it (``visit_source``, ``visit_device``…). One statement."""
        visits = _model("Visit").objects.filter(visitor=OuterRef("pk")).order_by("-last_at", "-pk")
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
            changes, rows, params = _changes_on_postgresql(change, leads, quote)
            stored = f"%s::jsonb || jsonb_build_object('changes', {changes})"
        else:
            changes, rows, params = _changes_on_sqlite(change, leads, quote)
            stored = f"json_set(json(%s), '$.changes', {changes})"
        now = connection.ops.adapt_datetimefield_value(change.now)
        statement = (
            f"INSERT INTO {quote(self.model._meta.db_table)} "
            "(lead_id, name, url, data, channel, human, at) "
            f"SELECT t.id, %s, '', {stored}, '', true, %s FROM {rows} AND t.created_at <> %s RETURNING id"
        )
        pair_params, row_params = params
        with connection.cursor() as cursor:
            cursor.execute(statement, [name, _json(data), *pair_params, now, *row_params, now])
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


#: Leads (ids) with at least so many pages in their latest visits; Python fills in the tables.
_RECENT_PAGES = """
SELECT lead_id FROM (
  SELECT o.lead_id AS lead_id, v.pages AS pages,
         ROW_NUMBER() OVER (PARTITION BY o.lead_id ORDER BY v.started_at DESC, v.id DESC) AS place
  FROM {visit} v JOIN {visitor} o ON o.id = v.visitor_id WHERE v.human
) AS ranked WHERE place <= %s GROUP BY lead_id HAVING SUM(pages) >= %s
"""


def pages_of_latest_visits(scope, visits: int, pages: int) -> models.Q:
    """True where the lead saw at least so many pages in its latest so many visits together.

    For everybody one pass over the visits; for one lead its own visits alone, by their index.
    """
    visit, visitor = _model("Visit"), _model("Visitor")
    if scope.mode == "set":
        quote = connections[scope.using].ops.quote_name
        statement = _RECENT_PAGES.format(
            visit=quote(visit._meta.db_table), visitor=quote(visitor._meta.db_table)
        )
        return models.Q(**{f"{scope.lead_pk}__in": RawSQL(statement, (visits, pages))})  # noqa: S611  own text
    own = visit.objects.filter(visitor__lead_id=OuterRef(OuterRef(scope.lead_pk)), human=True)
    latest = own.order_by("-started_at", "-pk").values("pk")[:visits]
    total = (
        visit.objects.filter(pk__in=latest)
        .order_by()
        .annotate(_all=Value(1))
        .values("_all")
        .annotate(_pages=Sum("pages"))
        .values("_pages")
    )
    return models.Q(GreaterThanOrEqual(Coalesce(Subquery(total), 0), pages))


class PropertyNumber(Func):
    """A property of a custom event as a number; NULL where it is none."""

    output_field = models.FloatField()

    def __init__(self, name: str):
        super().__init__(F("data"))
        self.name = name

    def as_sql(self, compiler, connection, **context):
        data, params = compiler.compile(self.source_expressions[0])
        if connection.vendor == "postgresql":
            path = ["data", self.name]
            statement = (
                f"CASE WHEN jsonb_typeof({data} #> %s::text[]) = 'number' "
                f"THEN ({data} #>> %s::text[])::double precision END"
            )
        else:
            path = f'$."data"."{self.name}"'
            statement = (
                f"CASE WHEN JSON_TYPE({data}, %s) IN ('integer', 'real') THEN JSON_EXTRACT({data}, %s) END"
            )
        return statement, (*params, path, *params, path)


class PropertyText(Func):
    """A property of a custom event, folded; empty where there is no text."""

    output_field = models.TextField()

    def __init__(self, name: str):
        super().__init__(F("data"))
        self.name = name

    def as_sql(self, compiler, connection, **context):
        data, params = compiler.compile(self.source_expressions[0])
        if connection.vendor == "postgresql":
            return f"COALESCE({data} #>> %s::text[], '')", (*params, ["folded", self.name])
        return f"COALESCE(JSON_EXTRACT({data}, %s), '')", (*params, f'$."folded"."{self.name}"')
