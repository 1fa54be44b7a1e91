"""The benchmark suite ``rules``: ENGINE.md's rules over many leads with ten events each, asked of everybody
and of one lead, against statements written by hand for the same database in the same run.

R8 (a sum of purchases) stands in the suite ``commerce``, whose app knows purchases. Leads and events are made
by few statements: a thousand different people, doubled, then one INSERT … SELECT for each kind and day of
events.
"""

import datetime as dt
import json
import time
import uuid

from django.db import connection
from django.db.models import F, Q
from django.db.models.functions import Mod

from wagtail_automation import clock, objects, sql
from wagtail_automation.bench import percentile, register_suite
from wagtail_automation.leads.models import CustomField, Lead
from wagtail_automation.rules.compiler import compile_rule
from wagtail_automation.rules.rule import Rule
from wagtail_automation.rules.scope import Scope
from wagtail_automation.tracking import events
from wagtail_automation.tracking.models import Event
from wagtail_automation.tracking.querysets import url_matches

from .models import LeadList, ListMembership
from .querysets import patient

SCALE, SEED, PER_LEAD, SLICES = 100_000, 1000, 10, 9
SINGLE = 200
MARK = "automation_bench"
COUNTRIES = ("FR", "DE", "BE", "CH", "ES", "IT", "GB", "US", "PT", "NL")
PLANS = ("pro", "basic", "free", "trial")
NOTES = ("Aime le bois de chêne", "Cherche une table", "", "Rappeler en mai", "Atelier")
#: name and address of the events of every lead, by number
KINDS = (
    (events.PAGE_VIEWED, "/shop/chairs/"), (events.PAGE_VIEWED, "/shop/oak/"), (events.PAGE_VIEWED, "/shop/"),
    (events.PAGE_VIEWED, "/journal/"), (events.PAGE_VIEWED, "/about/"), (events.PAGE_VIEWED, "/journal/oak/"),
    (events.EMAIL_SENT, ""), (events.EMAIL_OPENED, ""), (events.EMAIL_CLICKED, ""), (events.SITE_EVENT, "/"),
)  # fmt: skip
MAIL = uuid.uuid5(objects.NAMESPACE, "bench mail 17")


def load(count: int, now: dt.datetime) -> LeadList:
    """``count`` leads, ten events each, and a list with a third of them."""
    CustomField.objects.get_or_create(key="plan", defaults={"label": "Plan", "type": "text"})
    CustomField.objects.get_or_create(key="note", defaults={"label": "Note", "type": "text"})
    CustomField.objects.get_or_create(key="nps", defaults={"label": "NPS", "type": "number"})
    Lead.objects.bulk_create(
        Lead(
            source=MARK, status="known", score=n * 37 % 100, country=COUNTRIES[n % 10],
            attributes={"plan": PLANS[n % 4], "nps": n % 11, "note": NOTES[n % 5]} if n % 3 else {},
        )
        for n in range(min(SEED, count))
    )  # fmt: skip
    made = min(SEED, count)
    people = Lead.objects.filter(source=MARK).order_by("pk")
    copied = ("status", "country", "attributes", "folded", "field_sources", "source", "score")
    empty = (
        "email",
        "phone",
        "first_name",
        "last_name",
        "company",
        "job_title",
        "language",
        "region",
        "city",
    )
    while made < count:
        more = min(made, count - made)
        columns = {name: F(name) for name in copied} | dict.fromkeys(
            (*empty, "postal_code", "street", "time_zone"), ""
        )
        columns |= {"uuid": sql.RandomUUID(), "bucket": Mod(F("pk") * 7919, 1_000_000), "created_at": now}
        made += sql.insert_select(Lead, columns, people[:more])
    sql.analyze(Lead)
    for number, (name, url) in enumerate(KINDS[:PER_LEAD]):
        for part in range(SLICES):
            at = now - dt.timedelta(days=(number * 3 + part * part * 2) % 150, minutes=number)
            about = {"object_kind": 2, "object_key": MAIL} if name == events.EMAIL_OPENED and part < 4 else {}
            sql.insert_select(
                Event,
                {"lead": F("pk"), "name": name, "url": url, "data": {}, "channel": "", "human": True,
                 "at": at, **about},
                Lead.objects.filter(source=MARK).annotate(_part=Mod("pk", SLICES)).filter(_part=part),
            )  # fmt: skip
    joined = LeadList.objects.create(name=f"{MARK} {uuid.uuid4().hex[:6]}")
    third = Lead.objects.filter(source=MARK).annotate(_third=Mod("pk", 3)).filter(_third=0)
    sql.insert_select(
        ListMembership, {"list": joined.pk, "lead": F("pk"), "added_at": now, "origin": MARK}, third
    )
    sql.analyze(Event, ListMembership)
    return joined


def _conditions(scope: Scope, *items, match="all") -> Q:
    numbered = [{"id": str(n), "type": key, "value": value} for n, (key, value) in enumerate(items)]
    return compile_rule(Rule({"match": match, "items": numbered}), scope)


def rules(joined: LeadList) -> dict:
    """``{name: function(scope) -> Q}``."""
    mail = objects.Ref(Lead, 17, MAIL)
    equals = lambda field, value: ("field_equals", {"field": field, "value": value})  # noqa: E731
    number = lambda field, **compare: ("field_number", {"field": field, "compare": compare})  # noqa: E731
    on_list = ("in_list", {"list": joined.pk})
    days = lambda count: dt.timedelta(days=count)  # noqa: E731
    shop = url_matches("/shop/*")
    viewed = events.PAGE_VIEWED
    return {
        "R1": lambda s: _conditions(s, equals("country", "FR"), equals("plan", "pro")),
        "R2": lambda s: _conditions(s, ("field_contains", {"field": "note", "value": "CHENE"})),
        "R3": lambda s: (
            _conditions(s, equals("plan", "pro"), equals("plan", "basic"), match="any")
            & _conditions(s, number("nps", operator="gte", value=8))
        ),
        "R4": lambda s: _conditions(s, number("score", operator="between", value=40, to=60)),
        "R5": lambda s: s.happened(viewed, matching=shop, times=3, within=days(7)),
        "R6": lambda s: s.happened(events.EMAIL_OPENED, about=mail),
        "R7": lambda s: s.happened(events.EMAIL_CLICKED, within=days(30)) & ~_conditions(s, on_list),
        "R9": lambda s: (
            _conditions(s, equals("country", "FR"), equals("country", "BE"), match="any")
            & (s.happened(viewed, matching=shop, within=days(90)) | s.lead(score__gt=50))
            & ~(_conditions(s, on_list) | s.happened(events.EMAIL_OPENED, about=mail))
        ),
        "R10": lambda s: ~s.happened(viewed, within=days(90)),
    }


#: The same by hand. ``{…}`` are tables and the few words in which the databases differ.
BY_HAND = {
    "R1": "country = 'FR' AND {plan} = 'pro'",
    "R2": "{note} LIKE '%%chene%%'",
    "R3": "{plan} IN ('pro', 'basic') AND {nps} >= 8",
    "R4": "score BETWEEN 40 AND 60",
    "R5": "id IN (SELECT lead_id FROM {event} WHERE name = 'page_viewed' AND human AND at >= {d7} "
    "AND url LIKE '/shop/%%' GROUP BY lead_id HAVING COUNT(*) >= 3)",
    "R6": "id IN (SELECT lead_id FROM {event} WHERE name = 'email_opened' AND human AND object_key = {mail})",
    "R7": "id IN (SELECT lead_id FROM {event} WHERE name = 'email_clicked' AND human AND at >= {d30}) "
    "AND NOT EXISTS (SELECT 1 FROM {list} m WHERE m.lead_id = l.id AND m.list_id = {joined})",
    "R9": "country IN ('FR', 'BE') AND (score > 50 OR EXISTS (SELECT 1 FROM {event} e WHERE e.lead_id = l.id "
    "AND name = 'page_viewed' AND human AND at >= {d90} AND url LIKE '/shop/%%')) "
    "AND NOT EXISTS (SELECT 1 FROM {list} m WHERE m.lead_id = l.id AND m.list_id = {joined}) "
    "AND NOT EXISTS (SELECT 1 FROM {event} e WHERE e.lead_id = l.id AND name = 'email_opened' AND human "
    "AND object_key = {mail})",
    "R10": "NOT EXISTS (SELECT 1 FROM {event} e WHERE e.lead_id = l.id AND name = 'page_viewed' AND human "
    "AND at >= {d90})",
}


def _words(joined: LeadList, now: dt.datetime) -> dict:
    quote = connection.ops.quote_name
    words = {
        "event": quote(Event._meta.db_table),
        "list": quote(ListMembership._meta.db_table),
        "joined": joined.pk,
    }
    for days in (7, 30, 90):
        moment = connection.ops.adapt_datetimefield_value(now - dt.timedelta(days=days))
        words[f"d{days}"] = f"'{moment.isoformat() if isinstance(moment, dt.datetime) else moment}'"
    if connection.vendor == "postgresql":
        return words | {
            "plan": "attributes->>'plan'",
            "note": "folded->>'note'",
            "nps": "(attributes->>'nps')::numeric",
            "mail": f"'{MAIL}'",
        }
    paths = {name: f"json_extract({column}, '$.{name}')" for name, column in
             (("plan", "attributes"), ("note", "folded"), ("nps", "attributes"))}  # fmt: skip
    return words | paths | {"mail": f"'{MAIL.hex}'"}


def _best(run, times: int = 3) -> tuple[int, float]:
    """``(count, milliseconds)``: the fastest of some runs, when everything is in memory."""
    count, best = 0, None
    for _n in range(times):
        started = time.perf_counter()
        count = run()
        seconds = time.perf_counter() - started
        best = seconds if best is None else min(best, seconds)
    return count, round(best * 1000, 2)


@register_suite("rules")
def rules_suite(scale: int | None, out) -> dict:
    """``scale`` leads with ten events each. Fills the database."""
    count, now = scale or SCALE, clock.now()
    started = time.perf_counter()
    joined = load(count, now)
    out(f"{count} leads and {Event.objects.count()} events in {time.perf_counter() - started:.1f} s")
    table, words = connection.ops.quote_name(Lead._meta.db_table), _words(joined, now)
    ids = list(Lead.objects.filter(source=MARK).order_by("bucket").values_list("pk", flat=True)[:SINGLE])
    figures = {}
    for name, build in rules(joined).items():
        everybody = Lead.objects.filter(source=MARK).filter(build(Scope(now, mode="set")))
        by_hand = (
            f"SELECT COUNT(*) FROM {table} l WHERE source = '{MARK}' AND {BY_HAND[name].format(**words)}"  # noqa: S608
        )
        with patient():
            found, ours = _best(everybody.count)
            expected, bare = _best(
                lambda sql_=by_hand: sql.fetch("default", sql_.replace("%%", "%"), None)[0][0]
            )
        one = Lead.objects.filter(build(Scope(now, mode="one")))
        singles = []
        for pk in ids:
            begun = time.perf_counter()
            one.filter(pk=pk).exists()
            singles.append((time.perf_counter() - begun) * 1000)
        figures[name] = {
            "matching": found,
            "by_hand_matching": expected,
            "set_ms": ours,
            "by_hand_ms": bare,
            "ratio": round(ours / bare, 2) if bare else None,
            "one_p50_ms": round(percentile(singles, 0.5), 2),
            "one_p95_ms": round(percentile(singles, 0.95), 2),
        }
        out(f"{name}: {json.dumps(figures[name])}")
    return {"scale": count, "events": Event.objects.count(), "rules": figures}
