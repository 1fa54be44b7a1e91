"""Whom a rule is asked about, and from when: helpers that choose the SQL for the database and mode."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace

from django.core.exceptions import ImproperlyConfigured
from django.db import connections
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet

#: Set by tracking: ``source(names, about=None, **filters) -> QuerySet`` of events with a ``lead_id``.
_event_source: list[Callable] = []


def register_event_source(function: Callable) -> Callable:
    """Tell the compiler where events are. The last registration wins."""
    _event_source.append(function)
    return function


@dataclass(frozen=True)
class Scope:
    """Rows to filter. ``Scope(now)``: rows are leads; ``to_lead="lead"``: rows with a key to the lead.

    ``now``: aware UTC datetime from which relative time is counted. ``since``: an expression (such as
    ``OuterRef("since_at")`` seen from the event's side) before which events do not count, for
    conditions counted from entry. ``mode``: "one" (one lead or one chunk: every part correlated) or
    "set" (everybody: counts are grouped once). The wrong form costs 23 to 1000 times (ENGINE.md).
    """

    now: dt.datetime
    to_lead: str = ""
    since: object = None
    mode: str = "one"
    using: str = "default"
    #: what happened later is not seen; for questions about a past moment
    until: dt.datetime | None = None

    @property
    def prefix(self) -> str:
        return f"{self.to_lead}__" if self.to_lead else ""

    @property
    def lead_pk(self) -> str:
        """Name of the row's column that holds the lead's id."""
        return f"{self.to_lead}_id" if self.to_lead else "pk"

    def nobody(self) -> Q:
        return Q(pk__in=[])

    def lead(self, **lookups) -> Q:
        """A question about the lead's own columns: ``scope.lead(score__gt=10)``."""
        return Q(**{f"{self.prefix}{name}": value for name, value in lookups.items()})

    def field(self, path: str) -> F:
        """The lead's column (or JSON path) as an expression over the rows."""
        return F(f"{self.prefix}{path}")

    def where(self, queryset: QuerySet, *, lead: str = "lead", times: int = 1) -> Q:
        """True where ``queryset`` holds at least ``times`` rows about the lead (``lead``: its key there)."""
        if times < 1:
            return self.nobody()
        column = f"{lead}_id" if not lead.endswith(("_id", "pk")) else lead
        postgresql = connections[self.using].vendor == "postgresql"
        correlated = self.mode == "one" or self.since is not None
        # rows that are grouped already (a sum per lead) are asked once for all, not once for each lead
        is_grouped = queryset.query.group_by is not None
        if correlated or (postgresql and times == 1 and not is_grouped):
            rows = queryset.filter(**{column: OuterRef(self.lead_pk)}).order_by()
            if times > 1:
                # stops at the Nth row; a correlated COUNT reads them all
                return Q(Exists(rows.values("pk")[times - 1 : times]))
            return Q(Exists(rows))
        rows = queryset.filter(**{f"{column}__isnull": False}).order_by().values(column)
        if times > 1:
            rows = rows.annotate(_times=Count("*")).filter(_times__gte=times).values(column)
        return Q(**{f"{self.lead_pk}__in": rows})

    def happened(
        self,
        *names: str,
        about=None,
        times: int = 1,
        within: dt.timedelta | None = None,
        ever: bool = False,
        **filters,
    ) -> Q:
        """True where the lead has at least ``times`` human events of these names.

        ``about``: a ``Ref`` the events must be about; ``within``: only the last so long; ``ever``: do not
        count from entry; ``filters``: lookups on the event (``url__startswith=…``, ``human=False``).
        """
        if not _event_source:
            raise ImproperlyConfigured("Conditions on events need 'wagtail_automation.tracking'.")
        events = _event_source[-1](names, about=about, **filters)
        if self.until is not None:
            events = events.filter(at__lte=self.until)
        scope = self
        if within is not None:
            events = events.filter(at__gte=self.now - within, at__lte=self.now)
            scope = self._without_since()
        elif ever or self.since is None:
            scope = self._without_since()
        else:
            events = events.filter(at__gte=self.since)
        return scope.where(events, times=times)

    def entered_before(self, moment: dt.datetime) -> Q:
        """True where the row counts from before this moment; nobody where nothing is counted from entry."""
        if self.since is None:
            return self.nobody()
        return Q(**{f"{self.since.name}__lt": moment})

    def _without_since(self) -> "Scope":
        if self.since is None:
            return self
        return replace(self, since=None)
