"""The benchmark suite ``segments``: fifty segments over many leads and ten times as many events, against bare
counts of the same rules in the same run.

The rows are written by sets alone – a thousand leads are made, then doubled; events are one INSERT … SELECT
for each moment – so that a million leads with ten million events are a matter of minutes.
"""

import datetime as dt
import statistics
import uuid

from django.db.models import F, Func, IntegerField, UUIDField, Value
from django.db.models.functions import Cast, Mod

from wagtail_automation import clock, jobs, sql
from wagtail_automation.bench import peak_memory_mb, percentile, register_suite, timed
from wagtail_automation.leads.models import Lead
from wagtail_automation.rules.compiler import compile_rule
from wagtail_automation.rules.evaluate import RuleSet
from wagtail_automation.rules.rule import Rule
from wagtail_automation.rules.scope import Scope
from wagtail_automation.tracking import events
from wagtail_automation.tracking.models import Event

from . import personal, refreshing
from .live_count import live_count
from .models import DirtyLead, LeadList, ListMembership, Segment, SegmentMembership
from .querysets import patient

SCALE, EVENTS_EACH, SEGMENTS = 20_000, 10, 50
CHANGED, ASKED = 10_000, 200
MARK = "automation_bench"
COUNTRIES = ("DE", "FR", "GB", "US", "ES", "IT", "PL", "SE", "NL", "PT")
PLANS = ("free", "team", "enterprise")
URLS = ("/shop/chairs/", "/shop/tables/", "/journal/", "/about/", "/pricing/")
#: Moments of the events, days ago, oldest first: block-range indexes need rows in the order of time.
DAYS = (170, 140, 110, 80, 55, 35, 20, 10, 5, 1)
PARTS = 7


class RandomUUID(Func):
    """A new UUID for each row, made by the database."""

    function = "gen_random_uuid"
    arity = 0
    output_field = UUIDField()

    def as_sqlite(self, compiler, connection, **context):
        return self.as_sql(compiler, connection, template="lower(hex(randomblob(16)))", **context)


def make_people(count: int) -> None:
    """Leads by doubling; then their events and a third of them on a list."""
    first = min(count, 1000)
    Lead.objects.bulk_create(
        Lead(
            status="known",
            source=MARK,
            email=f"bench{n}@example.com",
            country=COUNTRIES[n * 7 % 10],
            score=n * 37 % 100,
            attributes={"plan": PLANS[n % 3]},
        )
        for n in range(first)
    )
    mine = Lead.objects.filter(source=MARK).order_by("pk")
    copied = ("status", "source", "email", "country", "attributes", "folded", "field_sources", "created_at")
    empty = ("phone", "first_name", "last_name", "company", "job_title", "language", "region", "city")
    while (there := mine.count()) < count:
        columns = {name: F(name) for name in copied} | dict.fromkeys(
            (*empty, "postal_code", "street", "time_zone"), ""
        )
        spread = Cast(Mod(F("pk") * 7919 + there, Value(100)), IntegerField())
        bucket = Cast(Mod(F("pk") * 104_729 + there, Value(1_000_000)), IntegerField())
        columns |= {"uuid": RandomUUID(), "bucket": bucket, "score": spread}
        sql.insert_select(Lead, columns, mine[: min(there, count - there)])
    sql.analyze(Lead)
    make_events()
    lead_list = LeadList.objects.create(name=MARK)
    third = Lead.objects.filter(source=MARK).annotate(part=Mod("pk", 3)).filter(part=0)
    columns = {"list": lead_list.pk, "lead": F("pk"), "added_at": clock.now(), "origin": MARK}
    sql.insert_select(ListMembership, columns, third)
    sql.analyze(Event, ListMembership)


def make_events() -> None:
    """Ten views of a page for each lead on average, in the order of time."""
    now = clock.now()
    people = Lead.objects.filter(source=MARK).annotate(part=Mod(F("pk") * 31 + F("bucket"), Value(PARTS)))
    for turn, days in enumerate(DAYS):
        for part in range(PARTS):
            at = now - dt.timedelta(days=days) + dt.timedelta(hours=part)
            row = {"url": URLS[(turn + part) % len(URLS)], "data": {}, "channel": "", "human": True, "at": at}
            columns = {"lead": F("pk"), "name": events.PAGE_VIEWED, **row}
            sql.insert_select(Event, columns, people.filter(part=part))


def condition(kind: str, **value) -> dict:
    return {"id": str(uuid.uuid4()), "type": kind, "value": value}


def rules(lead_list: LeadList) -> list[dict]:
    """Fifty rules of five kinds: columns, events, events counted, lists, and groups with a negation."""
    made = []
    for n in range(SEGMENTS // 5):
        country = condition("field_equals", field="country", value=COUNTRIES[n])
        shop = condition("page_visited", page=None, url="/shop/*", times=1 + n % 3)
        made += [
            {"match": "all", "items": [condition("score_above", value=90 - n)]},
            {"match": "all", "items": [country, condition("score_above", value=50 + n)]},
            {"match": "all", "items": [shop, country]},
            {"match": "all", "items": [condition("in_list", list=lead_list.pk), country]},
            {
                "match": "all",
                "items": [
                    country,
                    {
                        "id": str(uuid.uuid4()),
                        "type": "group",
                        "value": {
                            "match": "none",
                            "items": [
                                condition("page_visited", page=None, url="/pricing/", times=1),
                                condition("score_above", value=80),
                            ],
                        },
                    },
                ],
            },
        ]
    return made


def make_segments() -> list[Segment]:
    lead_list = LeadList.objects.get(name=MARK)
    found = [
        Segment.objects.create(name=f"{MARK} {number}", rule=Rule(raw), live=True)
        for number, raw in enumerate(rules(lead_list))
    ]
    DirtyLead.objects.all().erase()
    return found


def count_bare(segments: list[Segment], now: dt.datetime) -> list[float]:
    """Seconds of ``COUNT(*)`` for each rule: what a refresh cannot do without."""
    seconds = []
    for segment in segments:
        with patient(), timed() as watch:
            Lead.objects.filter(compile_rule(segment.rule, Scope(now, mode="set"))).count()
        seconds.append(watch.wall)
    return seconds


def refresh(segments: list[Segment]) -> list[float]:
    """Seconds of a whole refresh of each segment."""
    seconds = []
    for segment in segments:
        with timed() as watch:
            refreshing.refresh_segment(segment)
        seconds.append(watch.wall)
    return seconds


def change_some(segments: list[Segment]) -> dict:
    """10,000 leads change their score: every rule that asks for it is evaluated for them alone."""
    now = clock.now()
    ids = list(Lead.objects.filter(source=MARK).order_by("bucket").values_list("pk", flat=True)[:CHANGED])
    changed = Lead.objects.filter(pk__anyof=ids)
    changed.update(score=Cast(Mod(F("score") + 37, Value(100)), IntegerField()))
    refreshing.mark_dirty(leads=ids, facts=frozenset({"field:score"}))
    asking = [segment for segment in segments if "score_above" in str(segment.rule.raw)]
    with timed() as bare:
        for segment in asking:
            scope = Scope(now, mode="one")
            found = Lead.objects.filter(compile_rule(segment.rule, scope), pk__anyof=ids)
            list(found.values_list("pk", flat=True))
    with timed() as watch:
        while refreshing.refresh_dirty():
            pass
    wholly = _wholly(ids)
    return {
        "incremental_leads": len(ids),
        "incremental_segments_asking": len(asking),
        "incremental_seconds": round(watch.wall, 2),
        "incremental_bare_seconds": round(bare.wall, 2),
        "incremental_times_bare": round(watch.wall / bare.wall, 2),
        "incremental_all_segments_seconds": round(wholly, 2),
    }


def _wholly(ids: list[int]) -> float:
    """The same leads in every segment, none of them having changed any more."""
    refreshing.mark_wholly_dirty(ids)
    with timed() as watch:
        while refreshing.refresh_dirty():
            pass
    return watch.wall


def ask_one(segments: list[Segment]) -> dict:
    """One lead against fifty segments: by stored membership, and by their rules in one cached statement."""
    now = clock.now()
    everybody = RuleSet([segment.rule for segment in segments])
    wanted = {segment.pk for segment in segments}
    ids = list(Lead.objects.filter(source=MARK).order_by("bucket").values_list("pk", flat=True)[:ASKED])
    everybody.answers(Lead, ids[0], now)
    stored, asked = [], []
    for pk in ids:
        with timed() as watch:
            known = personal.memberships_in(wanted, pk)
        stored.append(watch.wall * 1000)
        with timed() as watch:
            answers = everybody.answers(Lead, pk, now)
        asked.append(watch.wall * 1000)
        if [known[segment.pk] for segment in segments] != answers:
            raise RuntimeError(f"lead {pk}: stored membership and rules disagree, the figures would be false")
    return {
        "one_lead_stored_ms": round(statistics.median(stored), 2),
        "one_lead_stored_ms_p95": round(percentile(stored, 0.95), 2),
        "one_lead_rules_ms": round(statistics.median(asked), 2),
        "one_lead_rules_ms_p95": round(percentile(asked, 0.95), 2),
    }


def count_live(segments: list[Segment], bare: list[float]) -> dict:
    """What the editor asks while somebody types: the count and five examples."""
    seconds = []
    for segment in segments:
        with timed() as watch:
            live_count(segment.rule)
        seconds.append(watch.wall)
    return {
        "live_count_ms": round(statistics.median(seconds) * 1000, 1),
        "live_count_ms_worst": round(max(seconds) * 1000, 1),
        "live_count_times_bare": round(sum(seconds) / sum(bare), 2),
    }


@register_suite("segments")
def suite(scale: int | None, say) -> dict:
    """``scale`` leads (20,000) with ten events each; the queue is left out."""
    count = scale or SCALE
    queue, jobs.enqueue = jobs.enqueue, lambda *args, **options: None
    try:
        return _measure(count, say)
    finally:
        jobs.enqueue = queue


def _measure(count: int, say) -> dict:
    say(f"Making {count:,} leads with {count * EVENTS_EACH:,} events …")
    with timed() as loading:
        make_people(count)
    segments = make_segments()
    figures = {"scale": count, "events": Event.objects.count(), "segments": len(segments)}
    figures["load_seconds"] = round(loading.wall, 1)
    now = clock.now()
    say("Bare counts of the fifty rules …")
    count_bare(segments, now)  # warms the cache for everybody
    bare = count_bare(segments, now)
    say("First and steady refresh …")
    first, steady = refresh(segments), refresh(segments)
    members = SegmentMembership.objects.count()
    figures |= {
        "members": members,
        "bare_counts_seconds": round(sum(bare), 2),
        "first_refresh_seconds": round(sum(first), 2),
        "steady_refresh_seconds": round(sum(steady), 2),
        "steady_times_bare": round(sum(steady) / sum(bare), 2),
        "first_microseconds_a_member": round((sum(first) - sum(bare)) / max(members, 1) * 1_000_000, 1),
        "slowest_rule_seconds": round(max(bare), 2),
    }
    say("Changed leads, the live count, one lead …")
    figures |= change_some(segments) | ask_one(segments) | count_live(segments, bare)
    figures["memory_mb"] = peak_memory_mb()
    say(
        f"Refresh {figures['steady_times_bare']} times the bare counts; {CHANGED:,} changed leads in "
        f"{figures['incremental_seconds']} s."
    )
    return figures
