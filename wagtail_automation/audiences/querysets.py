"""Every question to the database about lists, segments and changed leads."""

import json
import time
from contextlib import contextmanager

from django.db import connections, models, transaction
from django.db.models import Count, Exists, OuterRef, Subquery
from django.db.models.functions import Coalesce

from wagtail_automation import sql

#: A refresh sorts and hashes whole tables; at PostgreSQL's default of 4 MB it spills (ENGINE.md, pitfall 1).
WORK_MEM = "64MB"
TIMEOUT_SECONDS = 120
COUNT_TIMEOUT_SECONDS = 3


#: ``LeadList.builtin`` of lists without rows (``lists.builtin``).
COMPUTED = ("all", "unsubscribed", "bounced")


class PlainQuerySet(models.QuerySet):
    """Rows that nothing points at and nobody is told about."""

    def erase(self) -> int:
        """One DELETE. ``delete()`` reads every row and deletes a hundred at a time as soon as anybody listens
        to the deletion of any model."""
        return self.order_by()._raw_delete(self.db)

    erase.alters_data = True


class MembershipQuerySet(PlainQuerySet):
    """Rows of one lead in one list or segment."""

    def leads(self):
        """Ids of the leads, for set operations."""
        return self.order_by().values_list("lead_id", flat=True)

    def take_away(self, lead_ids) -> list[int]:
        """Delete the rows of these leads (ids, or a queryset that selects them); returns whose were there.

        The rows are locked first, so that of two who remove at once only one is told that it did.
        """
        lookup = "lead_id__in" if isinstance(lead_ids, models.QuerySet) else "lead_id__anyof"
        rows = self.filter(**{lookup: lead_ids})
        present = dict(rows.select_for_update().order_by("lead_id").values_list("pk", "lead_id"))
        if present:
            self.model.objects.filter(pk__anyof=list(present)).erase()
        return list(present.values())


class LeadListQuerySet(models.QuerySet):
    """Lists of leads."""

    def stored(self):
        """Those that people can be put on: not the ones that the system computes."""
        return self.exclude(builtin__in=COMPUTED)

    def with_member_count(self):
        """Annotates ``member_count`` and ``last_added_at``, by an index each."""
        memberships = self.model._meta.get_field("memberships").related_model.objects
        mine = memberships.filter(list=OuterRef("pk")).order_by()
        numbers = mine.values("list").annotate(number=Count("*")).values("number")
        latest = memberships.filter(list=OuterRef("pk")).order_by("-added_at").values("added_at")[:1]
        return self.annotate(member_count=Coalesce(Subquery(numbers), 0), last_added_at=Subquery(latest))


class SegmentQuerySet(models.QuerySet):
    """Segments; only live ones have members."""

    def live(self):
        return self.filter(live=True)

    def due(self, now):
        """Those to be evaluated as a whole: published, unpublished or changed, or moved by time."""
        return self.filter(state__due_at__lte=now).order_by("state__due_at", "pk")

    def depending_on(self, facts):
        """Live segments whose rule depends on one of these facts."""
        facts_model = self.model._meta.get_field("facts").related_model
        return self.live().filter(
            pk__in=facts_model.objects.filter(fact__in=list(facts)).values("segment_id")
        )


class DirtyQuerySet(PlainQuerySet):
    """Leads to look at again, oldest first."""

    def batch(self, size: int) -> list[tuple[int, int, str]]:
        """``(row id, lead id, fact)`` of the oldest rows."""
        return list(self.order_by("pk").values_list("pk", "lead_id", "fact")[:size])

    def oldest(self) -> int | None:
        return self.order_by("pk").values_list("pk", flat=True).first()


def not_yet_in(queryset, memberships, lead: str):
    """The rows of ``queryset`` whose ``lead`` has no row in ``memberships``."""
    return queryset.filter(~Exists(memberships.filter(lead_id=OuterRef(lead)).order_by()))


@contextmanager
def patient(using: str = "default", *, seconds: int = TIMEOUT_SECONDS):
    """A transaction for one heavy question: memory to hash in, no parallel workers or JIT beside it, and an
    end after ``seconds`` (OperationalError). SQLite has one reader's patience and needs none of it."""
    connection = connections[using]
    if connection.vendor != "postgresql":
        with _time_limit(connection, seconds):
            yield
        return
    with transaction.atomic(using=using), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL work_mem = '{WORK_MEM}'")
        cursor.execute(f"SET LOCAL statement_timeout = {int(seconds) * 1000}")
        cursor.execute("SET LOCAL max_parallel_workers_per_gather = 0")
        cursor.execute("SET LOCAL jit = off")
        yield


@contextmanager
def _time_limit(connection, seconds: int):
    """SQLite asks now and then whether to go on; interrupted it raises OperationalError."""
    connection.ensure_connection()
    end = time.monotonic() + seconds
    connection.connection.set_progress_handler(lambda: int(time.monotonic() > end), 100_000)
    try:
        yield
    finally:
        connection.connection.set_progress_handler(None, 0)


def stored_answers(
    segments: type[models.Model], memberships: type[models.Model], wanted, lead_pk: int
) -> dict:
    """``{segment: is the lead in it, by stored membership of a live segment}`` of those that exist.

    Written out, since every page with personal blocks asks it: building the same query with the ORM took
    more processor time than the database took to answer (1.2 of 1.5 ms for twenty segments).
    """
    using = segments.objects.db
    quote = connections[using].ops.quote_name
    segment, membership = quote(segments._meta.db_table), quote(memberships._meta.db_table)
    ids = sorted(wanted)
    if connections[using].vendor == "postgresql":
        chosen, parameter = "= ANY(%s)", ids
    else:
        chosen, parameter = "IN (SELECT value FROM json_each(%s))", json.dumps(ids)
    statement = (
        f"SELECT s.id, s.live, EXISTS(SELECT 1 FROM {membership} m "
        f"WHERE m.segment_id = s.id AND m.lead_id = %s) FROM {segment} s WHERE s.id {chosen}"
    )
    return {pk: bool(live and is_in) for pk, live, is_in in sql.fetch(using, statement, [lead_pk, parameter])}
