"""What the benchmarks of messaging work on: people who agreed to emails, an email of 33 KB, its messages."""

from django.db.models import CharField, F, Value
from django.db.models.functions import Concat

from wagtail_automation import clock, sql
from wagtail_automation.leads.cohorts import LeadsCohort
from wagtail_automation.leads.models import ConsentState, Lead
from wagtail_automation.objects import ref_of

from . import actions
from .models import Email, Message

MARK = "automation_bench_mail"
LINKS, PARAGRAPHS, QUEUED_AT_ONCE = 12, 41, 2_000
#: as a campaign's, so that its quiet hours are asked for
ORIGIN = "campaign:1"
#: leads made one by one; the others are copies of them
MODELS = 10_000
WORDS = (
    "The workshop opens its doors on the first Sunday of the month; whoever comes early sees how the oak is "
    "chosen, cut and left to dry. Été comme hiver, on travaille au même rythme. "
)


def make_people(count: int) -> None:
    """Leads who agreed to emails, by a few statements; a repeat makes those that are missing."""
    first = min(count, MODELS)
    mine = Lead.objects.filter(source=MARK)
    if not mine.exists():
        Lead.objects.bulk_create(
            [
                Lead(
                    email=f"bench{number}@example.com",
                    status="known",
                    source=MARK,
                    first_name=f"Zoé {number % 97}",
                    company=f"Société {number % 500} & Cie",
                    city="Besançon",
                )
                for number in range(first)
            ],
            batch_size=5000,
        )
    while (there := mine.count()) < count:
        same = {field.name: F(field.attname) for field in Lead._meta.concrete_fields if field.name != "id"}
        email = Concat(Value(f"{there}-"), F("email"), output_field=CharField())
        sql.insert_select(
            Lead, {**same, "email": email, "uuid": sql.RandomUUID()}, mine.order_by("pk")[: count - there]
        )
    sql.insert_select(
        ConsentState,
        {"lead": F("pk"), "subject": "email", "granted": True, "at": clock.now()},
        mine.filter(consent_states__isnull=True),
    )
    sql.analyze(Lead, ConsentState)


def make_email() -> Email:
    """A published email: three Liquid values, twelve links, text that needs both alphabets."""
    value = "{{ lead.first_name }}"
    body = [("heading", {"text": f"Welcome, {value}", "level": "h1"})]
    for number in range(PARAGRAPHS):
        link = f' <a href="https://shop.example/page/{number}?a=1&amp;b=2">page {number}</a>'
        company = " For {{ lead.company }} in {{ lead.city }}." if number == 2 else ""
        body.append(("rich_text", {"text": f"<p>{WORDS}{link if number < LINKS - 1 else ''}{company}</p>"}))
    button = {"label": "See prices", "link": {"page": None, "url": "https://shop.example/prices"}}
    body.append(("button", button))
    email = Email(name=MARK, subject=f"News for {value}", preheader="A few words before", live=False)
    block = Email._meta.get_field("body").stream_block
    email.body = block.to_python([{"type": kind, "value": value} for kind, value in body])
    email.save()
    email.save_revision().publish()
    return email


def queue(email: Email, count: int) -> None:
    """A message for each of so many people, as a campaign queues them."""
    people = list(Lead.objects.filter(source=MARK).order_by("pk").values_list("pk", flat=True)[:count])
    turn = Message.objects.count()
    for start in range(0, count, QUEUED_AT_ONCE):
        some = people[start : start + QUEUED_AT_ONCE]
        cohort = LeadsCohort(some, key=f"bench:{turn}:{start}", origin=ORIGIN)
        actions.queue_email(cohort=cohort, email=ref_of(email))
    sql.analyze(Message)
