"""What conditions, scores and triggers ask of events and visits."""

import re

from django.db import connections, models
from django.db.models import F, Func, OuterRef, Subquery, Sum, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce
from django.db.models.lookups import GreaterThanOrEqual

from .base import model_named


def events_for_rules(names, about=None, matching=None, **filters):
    """Events a rule may count: of these names, about this object, human unless asked otherwise.

    ``matching`` is a Q for what lookups by name cannot say.
    """
    filters.setdefault("human", True)
    events = model_named("Event").objects.filter(**filters)
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
    visit, visitor = model_named("Visit"), model_named("Visitor")
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
