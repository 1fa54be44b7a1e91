"""What the picker offers."""

import datetime as dt
import json

import pytest
from django.utils.translation import override

from wagtail_automation import clock
from wagtail_automation.activities import activities
from wagtail_automation.campaigns.models import Campaign
from wagtail_automation.campaigns.tree import palette
from wagtail_automation.campaigns.tree.describe import describe
from wagtail_automation.campaigns.tree.palette import installed_types, presets
from wagtail_automation.campaigns.tree.ranking import ranks
from wagtail_automation.rules.conditions import conditions

from .pieces import Letter, Silent, Steps

pytestmark = pytest.mark.django_db


def test_every_installed_type_is_offered_with_a_usable_default(tree_block):
    types = {entry["name"]: entry for entry in installed_types()}
    assert {"on_tree_knock", "do_tree_letter", "decision", "tree_fork", "wait_days", "go_to"} <= set(types)
    assert "_unknown" not in types
    assert types["do_tree_letter"]["unfinished"] == ["This field is required."]
    assert types["do_tree_letter"]["keywords"] == "post"
    assert types["on_tree_knock"]["kind"] == "source"
    assert types["go_to"]["kind"] == "jump"
    assert types["go_to"]["refs"] == ["step"]
    assert types["tree_fork"]["kind"] == "decision"
    assert [branch["key"] for branch in types["decision"]["branches"]] == ["yes", "no"]
    sends = {
        name: types[name]["sends"] for name in ("do_email_send", "do_sms_send", "wait_days", "do_list_add")
    }
    assert list(sends.values()) == ["email", "message", "", ""]
    for entry in types.values():
        assert entry["label"] and entry["icon"] and entry["group"], entry["name"]


def test_every_condition_is_offered_as_a_decision():
    offered = {entry["name"]: entry for entry in presets()}
    assert set(offered) == {f"decision:{key}" for key, _cls in conditions.items()}
    rang, silent = offered["decision:tree_rang"], offered["decision:tree_silent"]
    assert rang["config"]["rule"]["items"][0]["type"] == "tree_rang"
    assert (rang["config"]["patience"], silent["config"]["patience"]) == (3, 0)
    assert Silent.negative
    assert rang["unfinished"]


def test_nothing_but_the_registries_decides():
    with activities.without(Letter.key):
        assert "do_tree_letter" not in {entry["name"] for entry in installed_types()}
    assert "do_tree_letter" in {entry["name"] for entry in installed_types()}


def test_the_defaults_are_checked_once_for_each_language_and_day(monkeypatch):
    palette._presets.cache_clear()
    expected = {entry["name"]: entry["unfinished"] for entry in presets()}
    monkeypatch.setattr(palette, "unfinished", lambda *_args: ["again"])
    assert {entry["name"]: entry["unfinished"] for entry in presets()} == expected
    tomorrow = clock.now() + dt.timedelta(days=1)
    with override("fr"):
        assert {entry["name"]: entry for entry in presets()}["decision:tree_rang"]["unfinished"] == ["again"]
    monkeypatch.setattr(clock, "now", lambda: tomorrow)
    assert {entry["name"]: entry for entry in presets()}["decision:tree_rang"]["unfinished"] == ["again"]
    palette._presets.cache_clear()


def test_steps_alike_are_described_once_and_each_with_its_own_branches(tree_block, monkeypatch):
    asked = []
    sentence = Letter.sentence
    monkeypatch.setattr(Letter, "sentence", lambda self, value: asked.append(value) or sentence(self, value))
    tree = tree_block.to_python(Steps().knock().letter("one").letter("two").letter("three", "Three").json)
    infos = describe(tree)
    assert len(infos) == 4 and len(asked) == 2
    letters = [infos[child.id]["summary"] for child in tree if child.block_type == "do_tree_letter"]
    assert letters[0] == letters[1] != letters[2]


def test_a_question_about_an_email_takes_it_from_the_step_that_sends():
    offered = {entry["name"]: entry for entry in presets()}
    assert offered["decision:email_clicked"]["fills"] == {
        "email": {"do_email_send": "email", "do_survey_send": "email"}
    }
    assert offered["decision:in_list"]["fills"] == {}


def test_what_is_used_most_stands_first(django_assert_num_queries):
    names = palette.palette().names
    with django_assert_num_queries(1):
        fresh = ranks(names)
    assert max(fresh, key=fresh.get) == "do_email_send"
    steps = Steps().knock().letter("one").letter("two", "Two")
    campaign = Campaign.objects.create(name="Letters", tree=steps.json, live=False)
    assert "do_tree_letter" not in ranks(names)
    campaign.save_revision().publish()
    found = ranks(names)
    assert found["do_tree_letter"] == 20 > found["do_email_send"] and "tree_fork" not in found


def test_the_page_says_what_is_offered_in_the_readers_language_and_harms_no_page(monkeypatch):
    entry = {"name": "x", "label": "</script><script>alert(1)</script>"}
    monkeypatch.setattr(palette, "installed_types", lambda: [entry])
    palette._palette.cache_clear()
    written = palette.palette()
    assert written.names[0] == "x" and written.script.count("</script>") == 2
    assert json.loads(written.script.split(">", 1)[1].split("</script>")[0])["types"] == [entry]
    with override("fr"):
        assert (
            "Étapes de la campagne"
            in json.loads(palette.palette().script.split(">", 1)[1].split("</script>")[0])["strings"].values()
        )
    palette._palette.cache_clear()
