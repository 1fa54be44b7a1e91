"""What is stored comes back as it was, whatever is installed."""

import copy
import html
import json
import re
from contextlib import ExitStack
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection, models
from django.db.migrations.writer import MigrationWriter

from wagtail_automation.activities import activities
from wagtail_automation.campaigns.models import Campaign
from wagtail_automation.campaigns.tree.fields import CampaignTreeField, raw_steps
from wagtail_automation.flow import flow_steps
from wagtail_automation.rules.conditions import conditions

from .pieces import Fork, Letter, Rang, Steps

pytestmark = pytest.mark.django_db


def full_tree():
    return (
        Steps()
        .knock()
        .letter(text="Été – “œuvre” 😀")
        .ask()
        .letter("thanks", parent="ask", branch="yes")
        .add("tree_fork", "fork", parent="ask", branch="no")
        .letter("left", parent="fork", branch="left")
    )


def test_a_tree_survives_the_database_and_a_revision():
    steps = full_tree().json
    campaign = Campaign.objects.create(name="C", tree=json.dumps(steps))
    assert raw_steps(Campaign.objects.get().tree) == steps
    list(campaign.tree)  # read into blocks
    campaign.save()
    assert raw_steps(Campaign.objects.get().tree) == steps
    revision = campaign.save_revision()
    assert raw_steps(revision.as_object().tree) == steps


def test_steps_of_an_app_that_is_gone_are_kept_to_the_letter():
    steps = full_tree().json
    steps[1]["value"]["config"]["weight"] = 1.0  # JavaScript would write 1
    steps[1]["value"]["more"] = {"b": 1, "a": [None]}
    campaign = Campaign.objects.create(name="C", tree=steps)
    stored = _stored(campaign)
    with ExitStack() as without:
        without.enter_context(activities.without(Letter.key))
        without.enter_context(flow_steps.without(Fork.key))
        without.enter_context(conditions.without(Rang.key))
        loaded = Campaign.objects.get()
        list(loaded.tree)
        loaded.save()
        revision = loaded.save_revision()
        revision.as_object().save()
        kept = _stored(campaign)
        for position in (1, 3, 4, 5):  # letters and the fork, order of keys included
            assert kept[position] == stored[position]
        assert _config(kept[2]) == _config(stored[2])  # a decision with a condition that is gone
    assert raw_steps(Campaign.objects.get().tree)[1]["value"]["more"] == {"b": 1, "a": [None]}


def _stored(campaign) -> list[str]:
    """The text of each step as the database has it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT CAST(tree AS text) FROM wagtail_automation_campaigns_campaign WHERE id = %s",
            [campaign.pk],
        )
        return [json.dumps(step) for step in json.loads(cursor.fetchone()[0])]


def _config(step: str) -> str:
    return json.dumps(json.loads(step)["value"]["config"])


def test_unknown_steps_travel_through_the_browser_to_the_letter(tree_block):
    steps = full_tree().json
    steps[1]["value"]["config"]["weight"] = 1.0
    steps[2]["value"]["config"]["rule"]["items"][0]["value"]["loudness"] = 2.0
    with ExitStack() as without:
        without.enter_context(activities.without(Letter.key))
        without.enter_context(conditions.without(Rang.key))
        field = Campaign._meta.get_field("tree").formfield()
        posted = _textarea(field.widget.render("tree", tree_block.to_python(copy.deepcopy(steps))))
        # what JSON.parse and JSON.stringify make of it
        through_script = json.dumps(json.loads(posted, parse_float=lambda text: int(float(text))))
        kept = raw_steps(_draft(field, through_script))
    assert [json.dumps(step["value"]) for step in kept] == [json.dumps(step["value"]) for step in steps]


def test_an_unknown_step_can_be_moved(tree_block):
    steps = full_tree()
    with activities.without(Letter.key):
        field = Campaign._meta.get_field("tree").formfield()
        posted = json.loads(_textarea(field.widget.render("tree", tree_block.to_python(steps.json))))
        letter = next(step for step in posted if step["id"] == steps.ids["left"])
        letter["value"]["branch"] = "right"
        moved = next(
            step for step in raw_steps(_draft(field, json.dumps(posted))) if step["id"] == steps.ids["left"]
        )
    assert moved["value"] == {**steps.json[-1]["value"], "branch": "right"}


def _draft(field, text):
    field.is_deferred_validation = True
    return field.clean(text)


def _textarea(page: str) -> str:
    return html.unescape(re.search(r"<textarea[^>]*>(.*)</textarea>", page, re.DOTALL)[1])


def test_an_alias_keeps_its_name_in_the_tree(tree_block):
    class Renamed(Letter):
        key = "tree_letter_new"
        aliases = ("tree_letter_old",)

        class Meta:
            label = "Renamed"

    with activities.temporarily(Renamed):
        steps = Steps().add("do_tree_letter_old", "letter", {"text": "x", "page": None, "copies": 1}).json
        tree = tree_block.to_python(steps)
        assert tree[0].block.kind == "activity"
        assert raw_steps(tree) == steps


def test_migrations_hold_only_the_field():
    field = CampaignTreeField(blank=True)
    _name, path, args, kwargs = field.deconstruct()
    assert (path, args, kwargs) == (
        "wagtail_automation.campaigns.tree.fields.CampaignTreeField",
        [],
        {"blank": True},
    )
    text, _imports = MigrationWriter.serialize(field)
    assert text.endswith("CampaignTreeField(blank=True)")


def test_a_step_type_of_another_app_changes_no_migration():
    out = StringIO()
    call_command("makemigrations", "wagtail_automation_campaigns", check=True, dry_run=True, stdout=out)
    assert "No changes" in out.getvalue()


def test_a_clone_of_the_field_is_a_field():
    assert isinstance(CampaignTreeField(blank=True).clone(), models.Field)
