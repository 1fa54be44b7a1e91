"""The benchmark suite ``engine``: many people through ENGINE.md's tree, against a loop over people and
against the bare statements.

All three do the same: the same questions, the same rows in list, events, outbox and log, the same points.
The loop is the natural way to write it (one person, one step, one transaction) and is extrapolated from
2,000 people; the floor is one statement per kind of row for everybody at once, without claim, chunks,
re-check or recovery – nobody could stop and resume it.
"""

import datetime as dt
import json
import os
import subprocess
import sys
import uuid
from pathlib import Path

from django.conf import settings
from django.db import connections, transaction
from django.db.models import CharField, F, OuterRef, UUIDField, Value
from django.db.models.functions import MD5, Cast, Concat, Mod

from wagtail_automation import clock, jobs, objects, sql
from wagtail_automation.audiences.models import LeadList, ListMembership
from wagtail_automation.bench import Stopwatch, peak_memory_mb, register_suite, timed
from wagtail_automation.leads.models import Lead
from wagtail_automation.messaging.models import Email, EmailVersion, Message
from wagtail_automation.outbox import State as Outbox
from wagtail_automation.rules.compiler import compile_rule
from wagtail_automation.rules.rule import Rule
from wagtail_automation.rules.scope import Scope
from wagtail_automation.tracking import events
from wagtail_automation.tracking.models import Event

from . import actions, engine
from .models import Campaign, Enrollment, Outcome, State, StepLog
from .nudge import walking

SCALE, NAIVE = 100_000, 2000
MARK = "automation_bench"
COUNTRIES = ("DE", "FR", "GB", "US", "ES", "IT", "PL", "SE", "NL", "PT")
SINCE = dt.timedelta(days=90)
HOURS = 4 * 3600


def _condition(kind: str, **value) -> dict:
    return {"id": str(uuid.uuid4()), "type": kind, "value": value}


#: 70 % of the scores and half of the countries; a page of the shop within 90 days: two thirds
WORTHY = {
    "match": "all",
    "items": [
        _condition("score_above", value=29),
        {
            "id": str(uuid.uuid4()),
            "type": "group",
            "value": {
                "match": "any",
                "items": [_condition("field_equals", field="country", value=code) for code in COUNTRIES[:5]],
            },
        },
    ],
}
SHOPPED = {"match": "all", "items": [_condition("page_visited", page=None, url="/shop/*", times=1)]}


def make_people(count: int) -> None:
    """Leads with three page views each, written by a few statements."""
    now = clock.now()
    for start in range(0, count, 5000):
        Lead.objects.bulk_create(
            [
                Lead(
                    email=f"bench{n}@example.com",
                    status="known",
                    source=MARK,
                    score=n * 37 % 100,
                    country=COUNTRIES[n % 10],
                )
                for n in range(start, min(start + 5000, count))
            ]
        )
    for number, url in enumerate(("/shop/chairs/", "/journal/", "/about/")):
        people = Lead.objects.filter(source=MARK)
        if number == 0:
            people = people.annotate(third=Mod("pk", 3)).exclude(third=0)
        sql.insert_select(
            Event,
            {
                "lead": F("pk"),
                "name": events.PAGE_VIEWED,
                "url": url,
                "data": {},
                "channel": "",
                "human": True,
                "at": now - dt.timedelta(days=1 + number),
            },
            people,
        )
    sql.analyze(Lead, Event)


def make_email() -> Email:
    email = Email(name=MARK, subject=MARK, live=False)
    block = Email._meta.get_field("body").stream_block
    email.body = block.to_python([{"type": "heading", "value": {"text": MARK, "level": "h1"}}])
    email.save()
    email.save_revision().publish()
    return email


def make_tree(email: int, joined: int) -> list[dict]:
    """Question → (list → email) → wait 0 → question → points → end."""
    steps, ids = [], {}

    def step(name, kind, config, parent="", branch="main"):
        ids[name] = str(uuid.uuid4())
        place = {"parent": ids.get(parent, ""), "branch": branch, "name": name}
        steps.append({"id": ids[name], "type": kind, "value": {**place, "config": config}})

    ask = {"patience": 0, "unit": "days"}
    step("worthy", "decision", {"rule": WORTHY, **ask})
    step("list", "do_list_add", {"list": joined}, "worthy", "yes")
    step("email", "do_email_send", {"email": email}, "worthy", "yes")
    step("wait", "wait_minutes", {"amount": 0, "unit": "minutes"}, "worthy", "yes")
    step("shopped", "decision", {"rule": SHOPPED, **ask}, "worthy", "yes")
    step("over", "go_to", {"step": ids["wait"]}, "worthy", "no")
    step("more", "do_score_change", {"operation": "add", "value": 10}, "shopped", "yes")
    step("less", "do_score_change", {"operation": "add", "value": 1}, "shopped", "no")
    return steps


class Run:
    """One campaign with its people, ready to be walked, looped over or written in one go."""

    def __init__(self, email: Email, count: int):
        self.email, self.count = email, count
        self.joined = LeadList.objects.create(name=f"{MARK} {uuid.uuid4().hex[:6]}")
        self.campaign = Campaign(name=MARK, state=State.PAUSED, live=True)
        self.campaign.tree = make_tree(email.pk, self.joined.pk)
        self.campaign.save()
        version = actions.publish(campaign=self.campaign)
        self.steps = {row.name: row for row in version.steps.all()}
        people = Lead.objects.filter(source=MARK).order_by("pk")[:count]
        self.now = clock.now()
        actions.enroll(campaign=self.campaign, leads=people, since=self.now - SINCE, now=self.now)
        sql.analyze(Enrollment)

    def pk(self, name: str) -> int:
        return self.steps[name].identity_id

    @property
    def enrollments(self):
        return Enrollment.objects.filter(campaign=self.campaign)

    def scope(self) -> Scope:
        return Scope(self.now, to_lead="lead", since=OuterRef("since_at"))

    def visits(self) -> int:
        return StepLog.objects.filter(enrollment__campaign=self.campaign).count()

    def key(self, offset: int):
        return Concat(
            Value("c"),
            Cast("pk", CharField()),
            Value(":"),
            Cast(F("visit") + offset, CharField()),
            Value(f":{self.email.translation_key.hex[:12]}"),
            output_field=CharField(),
        )

    # -- the engine -------------------------------------------------------------------------------
    def by_engine(self, workers: int) -> dict:
        """Walk with so many processes; seconds from the first claim to the last commit."""
        Campaign.objects.filter(pk=self.campaign.pk).update(state=State.RUNNING)
        code = f"import django; django.setup(); from {__name__} import work; work()"
        environment = {**os.environ, "DJANGO_SETTINGS_MODULE": settings.SETTINGS_MODULE}
        children = [
            subprocess.Popen(  # noqa: S603  our own interpreter
                [sys.executable, "-c", code],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env=environment,
            )
            for _worker in range(workers)
        ]
        at_rest = max(float(child.stdout.readline()) for child in children)
        with timed() as watch:
            for child in children:
                child.stdin.write("go\n")
                child.stdin.flush()
            said = [json.loads(child.stdout.readline()) for child in children]
        for child in children:
            child.communicate()
        memory = max(row["memory_mb"] for row in said)
        cpu = sum(row["cpu"] for row in said)
        return {"seconds": watch.wall, "cpu": cpu, "memory_mb": memory, "at_rest_mb": at_rest}

    # -- the loop over people ---------------------------------------------------------------------
    def by_loop(self) -> Stopwatch:
        """One person, one step, one transaction."""
        with timed() as watch:
            while due := list(self.enrollments.due(clock.now()).order_by("due_at")[:100]):
                for enrollment in due:
                    with transaction.atomic():
                        self._one(enrollment)
        return watch

    def _one(self, enrollment: Enrollment) -> None:
        now = clock.now()
        lead = Lead.objects.get(pk=enrollment.lead_id)
        step = next(row for row in self.steps.values() if row.identity_id == enrollment.step_id)
        branch, outcome = "next", Outcome.DONE
        if step.type == "decision":
            rule = compile_rule(Rule(step.config["rule"]), self.scope())
            yes = Enrollment.objects.filter(pk=enrollment.pk).filter(rule).exists()
            branch, outcome = ("yes", Outcome.YES) if yes else ("no", Outcome.NO)
        elif step.type == "do_list_add":
            _row, new = ListMembership.objects.get_or_create(
                list=self.joined, lead=lead, defaults={"added_at": now, "origin": MARK}
            )
            if new:
                about = objects.ref_of(self.joined)
                Event.objects.create(
                    lead=lead, name=events.LIST_JOINED, object_kind=about.kind, object_key=about.key, at=now
                )
        elif step.type == "do_email_send":
            version = EmailVersion.objects.filter(email=self.email, is_current=True).get()
            key = f"c{enrollment.pk}:{enrollment.visit}:{self.email.translation_key.hex[:12]}"
            Message.objects.create(
                key=key, lead=lead, email_version=version, not_before=now, created_at=now, origin=MARK
            )
        elif step.type == "do_score_change":
            lead.score += step.config["value"]
            lead.save(update_fields=["score"])
        StepLog.objects.create(
            enrollment=enrollment,
            visit=enrollment.visit,
            step_id=step.identity_id,
            outcome=outcome,
            branch="" if branch == "next" else branch,
            at=now,
        )
        enrollment.step_id = step.edges.get(branch)
        enrollment.visit += 1
        enrollment.due_at = now if enrollment.step_id else None
        enrollment.save()

    # -- the bare statements ----------------------------------------------------------------------
    def by_statements(self) -> Stopwatch:
        """Everybody at once, one statement per kind of row."""
        with timed() as watch, transaction.atomic():
            worthy = self._ask(WORTHY)
            leads = Enrollment.objects.among(worthy).values("lead_id")
            everybody = self.enrollments
            chosen = Enrollment.objects.among(worthy)
            added = {"list": self.joined.pk, "lead": F("lead_id"), "added_at": self.now, "origin": MARK}
            sql.insert_select(ListMembership, added, chosen)
            joined = {"name": events.LIST_JOINED, "object_key": self.joined.uuid, "object_kind": 5}
            plain = {"url": "", "data": {}, "channel": "", "human": True, "at": self.now}
            sql.insert_select(Event, {"lead": F("lead_id"), **joined, **plain}, chosen)
            sql.insert_select(Message, self._message(), chosen)
            shopped = self._ask(SHOPPED)
            yes, all_ids = set(shopped), set(everybody.values_list("pk", flat=True))
            for ids, points in ((shopped, 10), (sorted(all_ids - yes), 1)):
                leads = Enrollment.objects.among(ids).values("lead_id")
                Lead.objects.filter(pk__in=leads).update(score=F("score") + points)
                self._log(ids, 7, self.pk("more"))
            for place, name in enumerate(("worthy", "wait", "shopped")):
                self._log(sorted(all_ids), place, self.pk(name))
            for place, name in enumerate(("list", "email")):
                self._log(worthy, 3 + place, self.pk(name))
            self._log(sorted(all_ids - set(worthy)), 3, self.pk("over"))
            everybody.update(
                step=None,
                visit=8,
                due_at=None,
                finished_at=self.now,
                left_reason="finished",
                deadline_at=None,
            )
        return watch

    def _ask(self, rule: dict) -> list[int]:
        true = self.enrollments.filter(compile_rule(Rule(rule), self.scope()))
        return sorted(true.values_list("pk", flat=True))

    def _message(self) -> dict:
        key = self.key(2)
        version = EmailVersion.objects.filter(email=self.email, is_current=True).get()
        return {
            "key": key,
            "uuid": Cast(MD5(key), UUIDField()),
            "origin": MARK,
            "lead": F("lead_id"),
            "email_version": version.pk,
            "site": version.site_id,
            "state": Outbox.QUEUED,
            "not_before": self.now,
            "created_at": self.now,
            "attempts": 0,
            "reason": "",
            "detail": "",
            "message_id": MD5(key),
            "variables": {},
        }

    def _log(self, ids: list[int], visit: int, step: int) -> None:
        columns = {"visit": visit, "step": step, "outcome": 1, "branch": "", "reason": "", "at": self.now}
        source = Enrollment.objects.among(ids)
        sql.insert_select(StepLog, {"enrollment": F("pk"), "detail": None, **columns}, source)


def memory_mb() -> float:
    """The most this process had so far. Linux: VmHWM, since ru_maxrss is inherited from the parent."""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return peak_memory_mb()
    return round(int(status.split("VmHWM:")[1].split()[0]) / 1024, 1)


def work() -> None:
    """A worker process: says how much memory it has, waits for a line, walks, says the most it had.

    It leaves the queue out, as the loop and the statements do; the beat would find the mail to send.
    """
    jobs.enqueue = lambda *args, **options: None
    sys.stdout.write(f"{memory_mb()}\n")
    sys.stdout.flush()
    sys.stdin.readline()
    with walking(), timed() as watch:
        engine.run(HOURS)
    sys.stdout.write(json.dumps({"memory_mb": memory_mb(), "cpu": watch.cpu}) + "\n")
    sys.stdout.flush()


@register_suite("engine")
def suite(scale: int | None, say) -> dict:
    """``scale`` people (100,000) by the engine, 2,000 by the loop, ``scale`` by bare statements."""
    count = scale or SCALE
    postgresql = sql.is_postgresql()
    say(f"Making {count:,} people with three page views each …")
    make_people(count)
    email = make_email()
    figures: dict = {"scale": count, "chunk": engine.chunk_size()}
    naive = min(NAIVE, count)
    say(f"A loop over {naive:,} people …")
    loop = Run(email, naive).by_loop()
    figures["loop_per_second"] = round(naive / loop.wall)
    say(f"  {figures['loop_per_second']:,} people a second")
    for workers in (1, 2) if postgresql else (1,):
        run = Run(email, count)
        connections.close_all()
        say(f"The engine, {workers} process(es) …")
        result = run.by_engine(workers)
        if left := run.enrollments.inside().count():
            raise RuntimeError(f"{left} people are left inside: the figures would be false")
        name = "engine" if workers == 1 else "engine_2"
        figures[f"{name}_seconds"] = round(result["seconds"], 2)
        figures[f"{name}_cpu"] = round(result["cpu"], 2)
        figures[f"{name}_per_second"] = round(count / result["seconds"])
        figures[f"{name}_steps_per_second"] = round(run.visits() / result["seconds"])
        figures[f"{name}_memory_mb"] = result["memory_mb"]
        figures["memory_at_rest_mb"] = result["at_rest_mb"]
        say(f"  {figures[f'{name}_per_second']:,} people a second, {result['memory_mb']} MB")
    say("The bare statements …")
    floor = Run(email, count).by_statements()
    figures["floor_seconds"] = round(floor.wall, 2)
    figures["times_the_loop"] = round(figures["engine_per_second"] / figures["loop_per_second"])
    figures["times_the_floor"] = round(figures["engine_seconds"] / floor.wall, 2)
    if not postgresql:  # all of it runs in these processes: a figure that a busy machine does not blur
        figures["times_the_loop_cpu"] = round(loop.cpu / naive / (figures["engine_cpu"] / count))
        figures["times_the_floor_cpu"] = round(figures["engine_cpu"] / floor.cpu, 2)
    if postgresql:
        figures["second_worker"] = round(figures["engine_seconds"] / figures["engine_2_seconds"], 2)
    Message.objects.filter(email_version__email=email).delete()  # nobody shall send them
    say(
        f"Engine: {figures['times_the_loop']} times the loop, {figures['times_the_floor']} times the floor's "
        "time."
    )
    return figures
