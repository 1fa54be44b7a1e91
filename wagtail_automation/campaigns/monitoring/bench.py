"""The benchmark suite ``log``: how long the database takes for a page of the log and for the overview.

So many rows in the step log, half as many events and a message for every ten, written by a few statements.
A walk writes one moment for a chunk of people, and so does this.
"""

import statistics
import time
import uuid
from contextlib import contextmanager

from django.contrib.auth import get_user_model
from django.db import connection
from django.db.models import BigIntegerField, F, TextField, Value
from django.db.models.functions import Cast, Concat, Mod

from wagtail_automation import clock, sql
from wagtail_automation.bench import register_suite
from wagtail_automation.campaigns import actions
from wagtail_automation.campaigns.models import Campaign, Enrollment, Outcome, StepLog
from wagtail_automation.leads.models import Lead
from wagtail_automation.messaging.models import EmailVersion, Message
from wagtail_automation.outbox import State
from wagtail_automation.tracking.models import Event

from . import log, overview
from .querysets import Narrowed

SCALE = 1_000_000
MARK = "automation_bench_log"
CAMPAIGNS, VISITS, CHUNK = 10, 10, 5000
ROUNDS = 5
#: minutes between two walks of a campaign
APART = 30


def tree() -> list[dict]:
    """Ten steps in a row: activities with two decisions among them."""
    steps, parent, branch = [], "", "main"
    for number in range(VISITS):
        kind, config, key = "do_score_change", {"operation": "add", "value": 1}, str(uuid.uuid4())
        if number in (3, 6):
            rule = {"match": "all", "items": [{"id": "1", "type": "score_above", "value": {"value": 1}}]}
            kind, config = "decision", {"rule": rule, "patience": 0, "unit": "days"}
        place = {"parent": parent, "branch": branch, "name": f"{number}", "config": config}
        steps.append({"id": key, "type": kind, "value": place})
        if kind == "decision":
            parent, branch = key, "yes"
    return steps


def fill(rows: int) -> tuple[Campaign, Lead]:
    """Write the rows; returns the last campaign and somebody in it."""
    now = clock.now()
    people = max(rows // (CAMPAIGNS * VISITS), 10)
    for start in range(0, people, CHUNK):
        Lead.objects.bulk_create(
            Lead(email=f"log{n}@example.com", status="known", source=MARK)
            for n in range(start, min(start + CHUNK, people))
        )
    leads = Lead.objects.filter(source=MARK)
    version = EmailVersion.objects.create(
        translation_key=uuid.uuid4(), language="en", name=MARK, subject=MARK, created_at=now
    )
    campaign = None
    for number in range(CAMPAIGNS):
        campaign = Campaign(name=f"{MARK} {number}", live=True)
        campaign.tree = tree()
        campaign.save()
        steps = list(actions.publish(campaign=campaign).steps.order_by("position"))
        last = steps[-1].identity_id
        sql.insert_select(
            Enrollment,
            {
                "campaign": campaign.pk,
                "lead": F("pk"),
                "key": "",
                "visit": VISITS,
                "step": last,
                "due_at": sql.Later(now, Mod("pk", 1000) * 60_000_000 + 86_400_000_000),
                "entered_at": now,
                "since_at": now,
                "left_reason": "",
                "held_reason": "",
            },
            leads,
        )
        inside = Enrollment.objects.filter(campaign=campaign)
        inside.annotate(rest=Mod("pk", 5000)).filter(rest=0).update(due_at=None, held_reason="error:bench")
        for visit, step in enumerate(steps):
            back = (number * VISITS + VISITS - visit) * APART * 60_000_000
            # a chunk of people has one moment
            moment = sql.Later(now, Cast(F("pk") / CHUNK, BigIntegerField()) * 1_000_000 - back)
            held = Mod("pk", 5000)
            outcome = Outcome.DONE.value
            if step.type == "decision":
                outcome = Mod("pk", 2) + Value(Outcome.YES.value)
            rest = {"branch": "", "reason": "", "detail": None, "at": moment}
            row = {"enrollment": F("pk"), "visit": visit, "step": step.identity_id, **rest}
            few = inside.annotate(wa_held=held)
            sql.insert_select(StepLog, row | {"outcome": outcome}, few.exclude(wa_held=0))
            sql.insert_select(StepLog, row | {"outcome": Outcome.HELD.value}, few.filter(wa_held=0))
            if visit % 2 == 0:
                name = ("page_viewed", "email_sent", "email_opened", "link_clicked", "page_viewed")[
                    visit // 2
                ]
                event = {"lead": F("lead_id"), "name": name, "url": "", "data": {}, "channel": ""}
                sql.insert_select(Event, event | {"human": True, "at": moment}, inside)
        sql.insert_select(
            Message,
            {
                "key": Concat(Value(f"{MARK}{number}:"), Cast("pk", TextField()), output_field=TextField()),
                "origin": f"campaign:{campaign.pk}",
                "state": State.SENT.value,
                "not_before": now,
                "attempts": 1,
                "reason": "",
                "created_at": now,
                "uuid": sql.RandomUUID(),
                "lead": F("lead_id"),
                "email_version": version.pk,
                "message_id": "",
                "detail": "",
                "sent_to": "",
                "domain": "",
                "provider_id": "",
                "bounce_kind": "",
                "sent_by": "",
                "device": "",
                "variables": {},
                "sent_at": now,
            },
            inside,
        )
    sql.analyze(Lead, Enrollment, StepLog, Event, Message)
    return campaign, leads.order_by("pk").first()


@contextmanager
def database_time():
    """``with database_time() as spent: …`` then ``spent`` holds the seconds of every statement."""
    spent: list[float] = []

    def timed(execute, statement, params, many, context):
        begun = time.perf_counter()
        try:
            return execute(statement, params, many, context)
        finally:
            spent.append(time.perf_counter() - begun)

    with connection.execute_wrapper(timed):
        yield spent


def measure(act) -> tuple[int, float]:
    """``(statements, milliseconds of the database)``: the median of some rounds after a first one."""
    act()
    times, statements = [], 0
    for _round in range(ROUNDS):
        with database_time() as spent:
            act()
        statements = len(spent)
        times.append(sum(spent) * 1000)
    return statements, round(statistics.median(times), 1)


@register_suite("log")
def suite(scale: int | None, say) -> dict:
    """A page of the log by each filter, and the overview, over ``scale`` rows (1,000,000) of the step log.

    The rows stay: a fresh database is meant.
    """
    rows = scale or SCALE
    say(f"Writing {rows:,} rows of the step log, {rows // 2:,} events, {rows // 10:,} messages …")
    begun = time.perf_counter()
    campaign, lead = fill(rows)
    say(f"  {time.perf_counter() - begun:.0f} s")
    user = get_user_model()(is_superuser=True, is_active=True, pk=0)
    now = clock.now()
    long_ago = now - (now - StepLog.objects.earliest("at").at) / 2
    deep = log.page_of(Narrowed(user, until=long_ago)).older
    asked = {
        "no filter": ({}, "", ""),
        "no filter, from the middle on": ({}, "", deep),
        "one day": ({"since": overview.today()[0], "until": overview.today()[1]}, "", ""),
        "campaign": ({"campaign": campaign}, "", ""),
        "campaign, the oldest half": ({"campaign": campaign, "until": long_ago}, "", ""),
        "lead": ({"lead": lead.pk}, "", ""),
        "result: done": ({"outcomes": (Outcome.DONE.value,)}, "", ""),
        "result: held (one in 5,000)": ({"outcomes": (Outcome.HELD.value,)}, "", ""),
        "result: skipped (none)": ({"outcomes": (Outcome.SKIPPED.value,)}, "", ""),
        "decisions": ({}, "decision", ""),
        "events": ({}, "events", ""),
        "emails opened and the like": ({}, "event:email", ""),
        "what the team did": ({}, "acts", ""),
    }
    figures: dict = {"scale": rows, "pages": {}}
    for name, (narrowed, kind, cursor) in asked.items():
        statements, ms = measure(
            lambda n=narrowed, k=kind, c=cursor: log.page_of(Narrowed(user, **n), kind=k, cursor=c)
        )
        figures["pages"][name] = {"statements": statements, "database_ms": ms}
        say(f"  {name}: {statements} statements, {ms} ms")
    campaigns = list(Campaign.objects.filter(name__startswith=MARK).defer("tree"))
    for name, act in (
        ("overview of ten campaigns", lambda: overview.lines(campaigns, user)),
        ("state of the engine", lambda: overview.engine_state(user)),
    ):
        statements, ms = measure(act)
        figures["pages"][name] = {"statements": statements, "database_ms": ms}
        say(f"  {name}: {statements} statements, {ms} ms")
    return figures
