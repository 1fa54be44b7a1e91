"""Runs in a process of its own, with the example apps installed: prints what happened as JSON."""

import datetime as dt
import io
import json
import os

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test.utils import (  # noqa: E402
    get_runner,  # noqa: F401
    setup_databases,
    setup_test_environment,
)

from tests import prepare  # noqa: E402

setup_test_environment()
if base := os.environ.get("WA_TEST_BASE"):  # a migrated database without the two apps
    prepare.copy(base, str(connection.settings_dict["TEST"]["NAME"]))
setup_databases(verbosity=0, interactive=False, keepdb=bool(base))

from acme_letters.models import Letter  # noqa: E402

from wagtail_automation import clock  # noqa: E402
from wagtail_automation.activities import activities  # noqa: E402
from wagtail_automation.leads.cohorts import LeadsCohort  # noqa: E402
from wagtail_automation.leads.models import Lead  # noqa: E402
from wagtail_automation.rules import conditions  # noqa: E402
from wagtail_automation.testing import contracts  # noqa: E402

report = {}

# Installing the apps asks for no migration, neither of ours nor of the site's.
out = io.StringIO()
try:
    call_command("makemigrations", check_changes=True, dry_run=True, stdout=out, verbosity=1)
    report["migrations"] = ""
except SystemExit:
    report["migrations"] = out.getvalue()

for month in (1, 5, 5, 12):
    Lead.objects.create(birth_date=dt.date(1990, month, 3))
Lead.objects.create(birth_date=None)
matching = contracts.check_condition(conditions["acme_born_in_month"], value={"month": "5"}, model=Lead)
report["born_in_may"] = len(matching)


def cohort_of(size):
    leads = [Lead.objects.create(first_name=f"N{number}") for number in range(size)]
    return LeadsCohort(
        Lead.objects.filter(pk__in=[lead.pk for lead in leads]),
        key=f"test:{size}",
        origin="test",
        now=clock.now(),
    )


contracts.check_activity(activities["acme_print_letter"], value={"text": "Dear =1+1"}, cohort_of=cohort_of)
report["letters"] = Letter.objects.count()

# Their scenario is in the gallery: installed, published, and lived through by somebody new.
from django.contrib.auth.models import User  # noqa: E402

from wagtail_automation.campaigns import engine  # noqa: E402
from wagtail_automation.campaigns.scenarios import actions as scenario_actions  # noqa: E402
from wagtail_automation.campaigns.scenarios import scenarios  # noqa: E402
from wagtail_automation.leads.actions import create_known  # noqa: E402
from wagtail_automation.testing import clock as test_clock  # noqa: E402

boss = User.objects.create_superuser("boss")
done = scenario_actions.install(scenario=scenarios["acme_letter_of_welcome"](), user=boss)
done.campaign.latest_revision.publish()
new = create_known(identifiers={"email": "new@example.com"}, source="api", now=clock.now())
engine.run(60)
report["letters_at_once"] = Letter.objects.filter(lead=new).count()
with test_clock.freeze(clock.now() + dt.timedelta(days=1, minutes=1)):
    engine.run(60)
report["letters_a_day_later"] = Letter.objects.filter(lead=new).count()

catalogue = io.StringIO()
call_command("automation_catalogue", format="json", stdout=catalogue)
ours = [row for row in json.loads(catalogue.getvalue()) if row["app"].startswith("acme")]
report["catalogue"] = [row["key"] for row in ours]

# The step in the tree's editor: its icon, its form, its place in the picker, and what it says on a card.
from wagtail.admin.icons import get_icons  # noqa: E402
from wagtail.admin.telepath import JSContext  # noqa: E402

from wagtail_automation.campaigns.models import Campaign  # noqa: E402
from wagtail_automation.campaigns.tree.describe import describe  # noqa: E402
from wagtail_automation.campaigns.tree.palette import installed_types, presets  # noqa: E402
from wagtail_automation.campaigns.tree.registry import step_types  # noqa: E402

entry = next(entry for entry in installed_types() if entry["name"] == "do_acme_print_letter")
report["picker"] = {name: entry[name] for name in ("label", "icon", "group", "tone", "keywords")}
report["question"] = any(entry["name"] == "decision:acme_born_in_month" for entry in presets())
report["sprite"] = f'id="icon-{entry["icon"]}"' in get_icons()
report["form"] = JSContext().pack(step_types["do_acme_print_letter"].config_block)["_type"]
step = {
    "id": "5b1f0d0e-8f0c-4c8e-9a55-0a3c0a3b0001",
    "type": "do_acme_print_letter",
    "value": {"parent": "", "branch": "main", "name": "", "config": {"text": "Dear you"}},
}
tree = Campaign._meta.get_field("tree").stream_block.to_python([step])
report["card"] = describe(tree)[step["id"]]["summary"]

# The block for emails: checked at its field, escaped, filled for each reader, in both parts.
from django.core.exceptions import ValidationError  # noqa: E402

from wagtail_automation import liquid  # noqa: E402
from wagtail_automation.messaging.compiler import compile_email  # noqa: E402
from wagtail_automation.messaging.models import Email, EmailSettings  # noqa: E402

body = Email._meta.get_field("body").stream_block


def stamped(words):
    return body.to_python([{"type": "acme_stamp", "value": {"words": words}, "id": "1"}])


compiled = compile_email(
    Email(subject="S", body=stamped("To <b> {{ lead.first_name }}")), site=None, settings=EmailSettings()
)
mine = next(part for part in compiled.html.split("</div>") if "dashed" in part)
report["stamp"] = liquid.render(mine.rpartition("<span")[2], {"lead": {"first_name": "<Zoé>"}}, escape=True)
report["stamp_text"] = compiled.text.splitlines()[0]
try:
    body.clean(stamped("{{ lead.oops }}"))
except ValidationError as error:
    report["stamp_error"] = list(error.block_errors[0].block_errors)

# Their channel: asked for in the admin, chosen by a text message, sent by a published step's queue.
from wagtail.models import Locale  # noqa: E402

from wagtail_automation.leads.actions import record_consent  # noqa: E402
from wagtail_automation.messaging.channels import actions as channel_actions  # noqa: E402
from wagtail_automation.messaging.channels import sender  # noqa: E402
from wagtail_automation.messaging.channels.forms import ChannelForm, NewChannelForm  # noqa: E402
from wagtail_automation.messaging.models import ChannelMessage, TextMessage  # noqa: E402
from wagtail_automation.objects import ref_of  # noqa: E402

form = NewChannelForm({"name": "Cellar", "kind": "acme_paper"})
channel = form.save()
form = ChannelForm({"name": "Cellar", "is_active": "on", "country": "too long"}, instance=channel)
report["channel_errors"] = sorted(form.errors)
asked = {"name": "Cellar", "is_active": "on", "country": "FR", "per_minute": "0"}
form = ChannelForm(asked, instance=channel)
assert form.is_valid(), form.errors
channel = form.save()
report["channel"] = [channel.medium, channel.options]
message = TextMessage.objects.create(
    name="L", text="Dear {{ lead.first_name }}", channel=channel, locale=Locale.objects.first()
)
message.save_revision().publish()
people = [
    Lead.objects.create(first_name="Zoé", city="Lyon", country="FR"),
    Lead.objects.create(first_name="Kim", city="Oslo", country="NO"),
    Lead.objects.create(first_name="Ann", city="Nice", country="FR"),
]
for person in people[:2]:
    record_consent(lead=person, subject="letter", granted=True, how="form", site=None, now=clock.now())
Letter.objects.all().delete()
cohort = LeadsCohort([person.pk for person in people], key="l:1", origin="campaign:1", now=clock.now())
channel_actions.queue_message(cohort=cohort, message=ref_of(message))
sender.send_due()
report["printed"] = list(Letter.objects.values_list("lead__first_name", "text"))
report["why"] = dict(ChannelMessage.objects.order_by("lead").values_list("lead__first_name", "reason"))
report["media"] = sorted({row["medium"] for row in ChannelMessage.objects.values("medium")})

# A trigger, two flow steps, an object and a filter of texts.
from acme_club.triggers import joined  # noqa: E402

from wagtail_automation.campaigns.testing import Case, Step, run_case  # noqa: E402
from wagtail_automation.flow import flow_steps  # noqa: E402
from wagtail_automation.messaging import personal  # noqa: E402
from wagtail_automation.triggers import triggers  # noqa: E402

contracts.check_trigger(triggers["acme_club_joined"])


def somebody_joins(world):
    gold, silver = world.lead(), world.lead()
    run = yield Step({"level": "gold"})
    for number, (person, level) in enumerate([(gold, "gold"), (silver, "silver")]):
        joined(person, level, number)
        joined(person, level, number)
    run.walk()
    report["joined"] = {"gold": run.entered(gold), "silver": run.entered(silver), "twice": run.entered(gold)}


def until_the_next_month(world):
    people = [world.lead(time_zone=zone) for zone in ("Europe/Paris", "America/New_York")]
    run = yield Step({}, people)
    report["next_month"] = {person.time_zone: run.waits_until(person).isoformat() for person in people}


def home_or_abroad(world):
    people = [world.lead(country=country) for country in ("FR", "", "NO")]
    run = yield Step({"country": "FR"}, people)
    report["branches"] = {person.country: run.branch(person) for person in people}


for kind, key, story in (
    ("trigger", "acme_club_joined", somebody_joins),
    ("flow", "acme_wait_next_month", until_the_next_month),
    ("flow", "acme_home_or_abroad", home_or_abroad),
):
    run_case(Case(kind, key, story))
report["branch_words"] = [
    branch["label"] for branch in flow_steps["acme_home_or_abroad"]().get_branches({"country": "FR"})
]
text = '{{ club.number | card: "-" }} of {{ club.city }}'
personal.check(text)
reader = Lead(pk=17, city="<Lyon>")
report["club"] = liquid.render(text, liquid.contexts([reader])[17], escape=True)
try:
    personal.check("{{ club.oops }}")
except ValidationError as error:
    report["club_error"] = error.messages[0]

# The classes that stand on pages only: each block of code is run as it stands there.
import re  # noqa: E402
import types  # noqa: E402
from pathlib import Path  # noqa: E402

from django.core.checks import run_checks  # noqa: E402

HOWTO = Path(__file__).resolve().parents[2] / "docs" / "howto"


def shown_on(page: str, name: str):
    """The class of that name, as the page shows it."""
    blocks = re.findall(r"^```python\n(.*?)^```", (HOWTO / f"{page}.md").read_text(), re.M | re.S)
    (code,) = (block for block in blocks if f"class {name}(" in block)
    module = types.ModuleType(f"shown_{page}")
    exec(compile(code, f"{page}.md", "exec"), module.__dict__)  # noqa: S102  our own documentation
    return getattr(module, name)


def answer_or_refusal(function, *values):
    found = []
    for value in values:
        try:
            found.append(function(value))
        except ValidationError as error:
            found.append(error.messages[0])
    return found


from wagtail_automation.admin.panels import lead_panels  # noqa: E402
from wagtail_automation.content.promos import kinds as promo_kinds  # noqa: E402

pages = report["pages"] = {}
field = shown_on("forms", "ColourField")().form_field({"label": "Colour", "required": True})
pages["colour"] = answer_or_refusal(field.clean, "#00ff00", "green")
card = shown_on("identify_visitors", "LoyaltyCard")
pages["loyalty"] = answer_or_refusal(card.normalise, "12345 67890", "12")
section = shown_on("landing_pages", "MapSection")
from wagtail_automation.content.landing.sections import SectionBlocks  # noqa: E402

pages["map"] = section in SectionBlocks().offered()
panel = shown_on("lead_page", "OrdersPanel")
pages["orders"] = [cls.__name__ for cls in lead_panels if cls is panel]
shown_on("promos", "Ribbon")
pages["ribbon"] = str(dict(promo_kinds.choices())["ribbon"])
pages["yes_no"] = shown_on("surveys", "YesNo")().numbers({})
report["checks"] = [str(message) for message in run_checks(tags=["wagtail_automation"])]

print("REPORT", json.dumps(report))  # noqa: T201
