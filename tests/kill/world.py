"""What the clusters work on: a site, its people, the campaign."""

import re
import uuid

from django.db import connection
from django.db.models import QuerySet
from django.db.models.functions import Mod
from wagtail.models import Locale, Page, Site

from wagtail_automation import clock, sql
from wagtail_automation.audiences.models import LeadList, ListMembership
from wagtail_automation.campaigns import actions
from wagtail_automation.campaigns.models import Campaign, StepLog
from wagtail_automation.leads.models import Lead
from wagtail_automation.messaging.models import Email, Message

CAMPAIGN, MEMBERS, JOINED, DONE = "Kill", "Members", "Joined", "Done"
POINTS = {"more": 10, "less": 1, "thanks": 2}
#: Seconds at the campaign's waits; an hour is longer than each.
WAIT, PATIENCE, PAUSE = 30, 50, 20


def rule(kind: str, **value) -> dict:
    return {"match": "all", "items": [{"id": str(uuid.uuid4()), "type": kind, "value": value}]}


def make_tree(shape: str = "plain") -> list[dict]:
    """Twelve steps: list, email, wait, a question with patience; yes: points, email; no: points, and over to
    the yes; a pause, points, email, list. In the shape "other" another wait stands for the pause."""
    emails = dict(Email.objects.values_list("name", "pk"))
    lists = dict(LeadList.objects.values_list("name", "pk"))
    steps = []

    def identity(name: str) -> str:
        return str(uuid.uuid5(uuid.NAMESPACE_OID, name))

    def step(name, kind, config, parent="", branch="main"):
        place = {"parent": identity(parent) if parent else "", "branch": branch, "name": name}
        steps.append({"id": identity(name), "type": kind, "value": {**place, "config": config}})

    def points(name, *place):
        step(name, "do_score_change", {"operation": "add", "value": POINTS[name]}, *place)

    yes, no = ("member", "yes"), ("member", "no")
    pause = "pause" if shape == "plain" else "rest"
    step("joined", "do_list_add", {"list": lists[JOINED]})
    step("first", "do_email_send", {"email": emails["First"]})
    step("wait", "wait_minutes", {"amount": WAIT, "unit": "minutes"})
    ask = {"rule": rule("in_list", list=lists[MEMBERS]), "patience": PATIENCE, "unit": "minutes"}
    step("member", "decision", ask)
    points("more", *yes)
    step("second", "do_email_send", {"email": emails["Second"]}, *yes)
    step(pause, "wait_minutes", {"amount": PAUSE, "unit": "minutes"}, *yes)
    points("thanks", *yes)
    step("third", "do_email_send", {"email": emails["Third"]}, *yes)
    step("done", "do_list_add", {"list": lists[DONE]}, *yes)
    points("less", *no)
    step("over", "go_to", {"step": identity(pause)}, *no)
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
    """So many people enrolled, the unique keys of log and outbox dropped. Four of ten are members."""
    now = clock.now()
    make_site()
    Lead.objects.bulk_create(
        [Lead(email=address(number), status="known") for number in range(count)], batch_size=5000
    )
    Lead.objects.update(score=Mod("pk", 100))
    members = LeadList.objects.create(name=MEMBERS)
    LeadList.objects.bulk_create([LeadList(name=JOINED), LeadList(name=DONE)])
    ListMembership.objects.bulk_create(
        [
            ListMembership(list=members, lead=lead, added_at=now)
            for lead in Lead.objects.only("pk", "email")
            if number_of(lead) % 5 < 2
        ],
        batch_size=5000,
    )
    for name in ("First", "Second", "Third"):
        make_email(name)
    campaign = Campaign(name=CAMPAIGN, live=False)
    campaign.tree = make_tree()
    campaign.save()
    campaign.save_revision().publish()
    campaign.refresh_from_db()
    drop_unique_keys()
    sql.analyze(Lead)
    return {"entered": actions.enroll(campaign=campaign, leads=late(0))}


def address(number: int) -> str:
    return f"p{number}@example.com"


def late(group: int) -> QuerySet:
    """Who enters from the beginning (0), and who while it runs: the fortieth parts 1 and 2."""
    early = Lead.objects.annotate(part=Mod("pk", 40))
    return early.filter(part__gt=1) if group == 0 else early.filter(part=group - 1)


def number_of(lead: Lead) -> int:
    return int(lead.email.removeprefix("p").partition("@")[0])


def people_numbered(numbers) -> QuerySet:
    """The leads with these numbers; who was erased or merged is not among them."""
    return Lead.objects.filter(email__in=[address(number) for number in numbers])


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
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE INDEX kill_log ON "{StepLog._meta.db_table}" (enrollment_id)')
    # proof: twice the same is accepted
    row = {"visit": 0, "step_id": 0, "outcome": 1, "at": clock.now(), "enrollment_id": 0}
    StepLog.objects.bulk_create([StepLog(**row), StepLog(**row)])
    StepLog.objects.filter(enrollment_id=0).delete()
