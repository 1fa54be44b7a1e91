"""What the cluster works on, and the verdict afterwards (``manage.py kill_world``)."""

import re
import time
import uuid
from collections import Counter

from django.db import connection
from wagtail.models import Locale, Page, Site

from wagtail_automation import clock
from wagtail_automation.audiences.models import LeadList, ListMembership
from wagtail_automation.campaigns import actions
from wagtail_automation.campaigns.models import Campaign, Enrollment, Step, StepLog, StepTally
from wagtail_automation.leads.models import Lead
from wagtail_automation.messaging import sender
from wagtail_automation.messaging.models import Email, Message
from wagtail_automation.outbox import State

POINTS = {"more": 10, "less": 1}


def rule(kind: str, **value) -> dict:
    return {"match": "all", "items": [{"id": str(uuid.uuid4()), "type": kind, "value": value}]}


def make_tree(first: int, second: int, joined: int, members: int) -> list[dict]:
    """ENGINE.md's campaign with a second email: question, list, email, wait, question, points, email."""
    steps, ids = [], {}

    def step(name, kind, config, parent="", branch="main"):
        ids[name] = str(uuid.uuid4())
        place = {"parent": ids.get(parent, ""), "branch": branch, "name": name}
        steps.append({"id": ids[name], "type": kind, "value": {**place, "config": config}})

    step("rich", "decision", {"rule": rule("score_above", value=64), "patience": 0, "unit": "days"})
    step("list", "do_list_add", {"list": joined}, "rich", "yes")
    step("first", "do_email_send", {"email": first}, "rich", "yes")
    step("wait", "wait_minutes", {"amount": 5, "unit": "minutes"}, "rich", "yes")
    step(
        "member",
        "decision",
        {"rule": rule("in_list", list=members), "patience": 0, "unit": "days"},
        "rich",
        "yes",
    )
    step("over", "go_to", {"step": ids["wait"]}, "rich", "no")
    step("more", "do_score_change", {"operation": "add", "value": POINTS["more"]}, "member", "yes")
    step("second", "do_email_send", {"email": second}, "member", "yes")
    step("less", "do_score_change", {"operation": "add", "value": POINTS["less"]}, "member", "no")
    return steps


def make_site() -> None:
    """What Wagtail's migrations would have brought."""
    locale = Locale.objects.get_or_create(language_code="en")[0]
    root = Page.add_root(title="Root", slug="root", locale=locale)
    Site.objects.create(hostname="localhost", root_page=root, is_default_site=True)


def make_email(name: str) -> Email:
    email = Email(name=name, subject=name, live=False)
    block = Email._meta.get_field("body").stream_block
    email.body = block.to_python([{"type": "heading", "value": {"text": name, "level": "h1"}}])
    email.save()
    email.save_revision().publish()
    return email


def people(count: int) -> dict:
    """So many people enrolled, the unique keys of log and outbox dropped."""
    now = clock.now()
    make_site()
    Lead.objects.bulk_create(
        [
            Lead(email=f"p{n}@example.com", status="known", score=n % 100, attributes={"start": n % 100})
            for n in range(count)
        ]
    )
    members, joined = LeadList.objects.create(name="Members"), LeadList.objects.create(name="Joined")
    ListMembership.objects.bulk_create(
        [
            ListMembership(list=members, lead=lead, added_at=now)
            for lead in Lead.objects.filter(pk__gt=0)
            if lead.pk % 5 < 2
        ]
    )
    emails = make_email("First"), make_email("Second")
    campaign = Campaign(name="Kill", live=False)
    campaign.tree = make_tree(emails[0].pk, emails[1].pk, joined.pk, members.pk)
    campaign.save()
    campaign.save_revision().publish()
    campaign.refresh_from_db()
    drop_unique_keys()
    entered = actions.enroll(campaign=campaign, leads=Lead.objects.all())
    return {"entered": entered}


def drop_unique_keys() -> None:
    """Nothing but the transaction shall protect: no key may refuse what happens twice."""
    for model in (StepLog, Message):
        table = model._meta.db_table
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute(
                    "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint "
                    "WHERE conrelid = %s::regclass AND contype IN ('p', 'u')",
                    [table],
                )
                for name, definition in cursor.fetchall():
                    if definition != "PRIMARY KEY (id)":
                        cursor.execute(f'ALTER TABLE "{table}" DROP CONSTRAINT "{name}"')
                continue
            cursor.execute(
                "SELECT type, sql FROM sqlite_master WHERE tbl_name = %s AND sql IS NOT NULL", [table]
            )
            parts = cursor.fetchall()
            create = next(sql for kind, sql in parts if kind == "table")
            bare = re.sub(r",?\s*(CONSTRAINT \"\w+\" )?PRIMARY KEY \([^)]*\)", "", create)
            bare = re.sub(r"\bUNIQUE\b", "", bare)
            assert bare != create
            cursor.execute(f'DROP TABLE "{table}"')
            cursor.execute(bare)
            for kind, sql in parts:
                if kind == "index":
                    cursor.execute(sql.replace("CREATE UNIQUE INDEX", "CREATE INDEX"))
    # proof: twice the same is accepted
    row = {"visit": 0, "step_id": 0, "outcome": 1, "at": clock.now(), "enrollment_id": 0}
    StepLog.objects.bulk_create([StepLog(**row), StepLog(**row)])
    StepLog.objects.filter(enrollment_id=0).delete()


def verdict(handed_over: list[str]) -> dict:
    """Every way in which somebody could be lost or treated twice, counted; all must be 0.

    Compares log, scores, lists and messages with each other and with what the mail server accepted.
    """
    settle()
    steps = {row.identity_id: row for row in Step.objects.all()}
    named = {row.name: row.identity_id for row in steps.values()}
    logs: dict[int, list] = {}
    for row in StepLog.objects.order_by("enrollment_id", "visit", "at"):
        logs.setdefault(row.enrollment_id, []).append(row)
    first = Campaign.objects.get().current_version.first_id
    leads = {lead.pk: lead for lead in Lead.objects.all()}
    wrong = Counter()
    expected_keys: Counter = Counter()
    for enrollment in Enrollment.objects.all():
        way = logs.get(enrollment.pk, [])
        wrong["not finished"] += enrollment.step_id is not None
        wrong["held"] += bool(enrollment.held_reason)
        wrong["nothing happened"] += not way
        wrong["twice at a step"] += len({row.step_id for row in way}) != len(way)
        wrong["visit number twice"] += len({row.visit for row in way}) != len(way)
        place = first
        for row in way:
            wrong["a step left out or out of order"] += row.step_id != place
            place = steps[row.step_id].edges.get(row.branch or "next") if row.step_id in steps else None
        wrong["did not come to an end"] += place is not None
        gained = sum(POINTS.get(steps[row.step_id].name, 0) for row in way)
        lead = leads[enrollment.lead_id]
        wrong["points differ from the log"] += lead.score != lead.attributes["start"] + gained
        for row in way:
            if steps[row.step_id].type == "do_email_send":
                expected_keys[f"c{enrollment.pk}:{row.visit}"] += 1
    joined = StepLog.objects.filter(step_id=named["list"]).values("enrollment_id").distinct().count()
    wrong["list differs from the log"] = abs(
        ListMembership.objects.filter(list__name="Joined").count() - joined
    )
    tallied = sum(StepTally.objects.values_list("count", flat=True))
    wrong["counts differ from the log"] = abs(tallied - StepLog.objects.count())

    messages = list(Message.objects.all())
    keys = Counter(message.key.rpartition(":")[0] for message in messages)
    wrong["message key twice in the outbox"] = sum(count - 1 for count in keys.values())
    wrong["logged but not in the outbox"] = sum((expected_keys - keys).values())
    wrong["in the outbox but not logged"] = sum((keys - expected_keys).values())
    times = Counter(handed_over)
    by_id = {message.message_id: message for message in messages}
    wrong["handed over but unknown"] = len(set(times) - set(by_id))
    wrong["handed over twice"] = sum(times[message.message_id] > 1 for message in by_id.values())
    wrong["sent but never handed over"] = sum(
        message.state == State.SENT and not times[message.message_id] for message in messages
    )
    wrong["neither sent nor doubtful"] = sum(
        message.state not in (State.SENT, State.DOUBTFUL) for message in messages
    )
    wrong["handed over but not sent nor doubtful"] = sum(
        message.state not in (State.SENT, State.DOUBTFUL) and times[message.message_id] > 0
        for message in messages
    )
    doubtful = [message for message in messages if message.state == State.DOUBTFUL]
    return {
        "wrong": {reason: count for reason, count in wrong.items() if count},
        "enrollments": Enrollment.objects.count(),
        "log": StepLog.objects.count(),
        "messages": len(messages),
        "doubtful": len(doubtful),
        "doubtful and handed over": sum(times[message.message_id] > 0 for message in doubtful),
    }


def settle() -> None:
    """As the beat does: what a dead worker had in hand becomes doubtful when its lease is over."""
    for _second in range(30):
        sender.expire_leases()
        if not Message.objects.filter(state=State.IN_HAND).exists():
            return
        time.sleep(0.5)
