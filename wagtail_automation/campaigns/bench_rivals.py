"""What the engine is measured with: people and a tree, the loop over people, the bare statements."""

import datetime as dt
import uuid

from django.db import transaction
from django.db.models import CharField, F, OuterRef, UUIDField, Value
from django.db.models.functions import MD5, Cast, Concat, Mod

from wagtail_automation import clock, objects, signals, sql
from wagtail_automation.audiences.models import LeadList, ListMembership, ScoreEntry
from wagtail_automation.audiences.scoring.actions import day_of, entry_key
from wagtail_automation.bench import Stopwatch, timed
from wagtail_automation.leads.models import Lead
from wagtail_automation.messaging.models import Email, EmailVersion, Message
from wagtail_automation.outbox import State as Outbox
from wagtail_automation.rules.compiler import compile_rule
from wagtail_automation.rules.rule import Rule
from wagtail_automation.rules.scope import Scope
from wagtail_automation.tracking import events
from wagtail_automation.tracking.models import Event

from . import actions
from .models import Campaign, Enrollment, Outcome, State, StepLog

MARK = "automation_bench"
COUNTRIES = ("DE", "FR", "GB", "US", "ES", "IT", "PL", "SE", "NL", "PT")
SCORE_FACTS = frozenset({"field:score"})
SINCE = dt.timedelta(days=90)


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


#: Leads made one by one; the others are copies of them.
MODELS = 10_000


def make_people(count: int) -> None:
    """Leads with three page views each, written by a few statements."""
    now = clock.now()
    first = min(count, MODELS)
    Lead.objects.bulk_create(
        [
            Lead(
                email=f"bench{n}@example.com",
                status="known",
                source=MARK,
                score=n * 37 % 100,
                country=COUNTRIES[n % 10],
            )
            for n in range(first)
        ],
        batch_size=5000,
    )
    while (there := Lead.objects.filter(source=MARK).count()) < count:
        same = {field.name: F(field.attname) for field in Lead._meta.concrete_fields if field.name != "id"}
        email = Concat(Value(f"{there}-"), F("email"), output_field=CharField())
        models = Lead.objects.filter(source=MARK).order_by("pk")[: count - there]
        sql.insert_select(Lead, {**same, "email": email, "uuid": sql.RandomUUID()}, models)
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
                self._tell([lead.pk], self._list_facts(), now)
        elif step.type == "do_email_send":
            version = EmailVersion.objects.filter(email=self.email, is_current=True).get()
            key = f"c{enrollment.pk}:{enrollment.visit}:{self.email.translation_key.hex[:12]}"
            Message.objects.create(
                key=key, lead=lead, email_version=version, not_before=now, created_at=now, origin=MARK
            )
        elif step.type == "do_score_change":
            lead.score += step.config["value"]
            lead.save(update_fields=["score"])
            entry = {"day": day_of(now), "key": entry_key(None, MARK), "source": MARK, "at": now}
            ScoreEntry.objects.create(lead=lead, points=step.config["value"], times=1, **entry)
            self._tell([lead.pk], SCORE_FACTS, now)
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
        if not enrollment.step_id:
            about, data = objects.ref_of(self.campaign), {"reason": "finished"}
            left = {"object_kind": about.kind, "object_key": about.key, "data": data, "at": now}
            Event.objects.create(lead=lead, name=events.CAMPAIGN_LEFT, **left)

    @staticmethod
    def _tell(leads, facts: frozenset[str], now) -> None:
        """Whoever depends on what was changed (segments) notes it, as after every change."""
        signals.facts_changed.send(sender=Lead, leads=leads, facts=facts, now=now)

    def _list_facts(self) -> frozenset[str]:
        return frozenset({"list", f"list:{self.joined.pk}"})

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
            self._tell(leads, self._list_facts(), self.now)
            sql.insert_select(Message, self._message(), chosen)
            shopped = self._ask(SHOPPED)
            yes, all_ids = set(shopped), set(everybody.values_list("pk", flat=True))
            for name, ids, points in (("more", shopped, 10), ("less", sorted(all_ids - yes), 1)):
                leads = Enrollment.objects.among(ids).values("lead_id")
                ScoreEntry.objects.note(
                    Lead.objects.filter(pk__in=leads),
                    lead=F("pk"),
                    points=Value(points),
                    day=day_of(self.now),
                    key=entry_key(None, MARK),
                    group=None,
                    reason=MARK,
                    times=1,
                    now=self.now,
                )
                Lead.objects.filter(pk__in=leads).update(score=F("score") + points)
                self._tell(leads, SCORE_FACTS, self.now)
                self._log(ids, 7, self.pk(name))
            for place, name in enumerate(("worthy", "wait", "shopped")):
                self._log(sorted(all_ids), place, self.pk(name))
            for place, name in enumerate(("list", "email")):
                self._log(worthy, 3 + place, self.pk(name))
            self._log(sorted(all_ids - set(worthy)), 3, self.pk("over"))
            about = objects.ref_of(self.campaign)
            left = {"name": events.CAMPAIGN_LEFT, "object_key": about.key, "object_kind": about.kind}
            data = {"data": {"reason": "finished"}}
            sql.insert_select(Event, {"lead": F("lead_id"), **left, **plain, **data}, everybody)
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
            "sent_to": "",
            "domain": "",
            "provider_id": "",
            "bounce_kind": "",
            "sent_by": "",
            "device": "",
            "message_id": MD5(key),
            "variables": {},
        }

    def _log(self, ids: list[int], visit: int, step: int) -> None:
        columns = {"visit": visit, "step": step, "outcome": 1, "branch": "", "reason": "", "at": self.now}
        source = Enrollment.objects.among(ids)
        sql.insert_select(StepLog, {"enrollment": F("pk"), "detail": None, **columns}, source)
