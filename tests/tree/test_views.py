"""The editor's endpoints: who may ask, and what bad input gets."""

import json

import pytest
from django.urls import reverse
from wagtail.models import Page

from wagtail_automation.campaigns.models import Campaign
from wagtail_automation.campaigns.tree.validation import MAX_STEPS

from .pieces import Steps

pytestmark = pytest.mark.django_db

TREE = "wagtail_automation_campaigns_tree"
REQUIRED = ["This field is required."]


def ask(client, name, body, *args):
    text = body if isinstance(body, str) else json.dumps(body)
    return client.post(reverse(f"{TREE}:{name}", args=args), text, content_type="application/json")


@pytest.fixture
def campaign():
    return Campaign.objects.create(name="C", tree=Steps().knock().letter().json)


def test_the_form_of_a_step(admin_client):
    response = ask(admin_client, "form", {"type": "do_tree_letter", "config": {"text": "Hé <b>"}})
    assert response.status_code == 200
    page = response.content.decode()
    assert 'data-controller="wa-step-form"' in page
    assert "<b>" not in page


def test_bad_input_is_told_in_words(admin_client):
    cases = [
        "{",
        "[]",
        "null",
        "[" * 100_000,
        {"type": "do_nothing_known"},
        {"type": "_unknown"},
        {"type": 7},
        {"type": None},
        {},
        {"type": "do_tree_letter", "config": []},
        {"type": "do_tree_letter", "config": "x"},
        {"type": "do_tree_letter", "config": {"page": {"a": 1}}},
        {"type": "do_tree_letter", "config": {"page": "x"}},
    ]
    for body in cases:
        response = ask(admin_client, "form", body)
        assert response.status_code == 400, body
        assert response.json()["error"], body


def test_an_error_that_is_none_is_ignored(admin_client):
    assert ask(admin_client, "form", {"type": "do_tree_letter", "error": "x"}).status_code == 200


def test_cleaning_a_step(admin_client, site):
    home = Page.objects.get(pk=site.root_page_id)
    data = {"step_type": "do_tree_letter", "step-text": "Hello", "step-page": home.pk, "step-copies": "2"}
    answer = admin_client.post(reverse(f"{TREE}:clean"), data).json()
    assert answer["ok"] and answer["draft_ok"]
    assert answer["config"] == {"text": "Hello", "page": home.pk, "copies": 2}
    assert answer["summary"] == f"“Hello” × 2, {home}"


def test_cleaning_an_unfinished_and_an_impossible_step(admin_client):
    url = reverse(f"{TREE}:clean")
    answer = admin_client.post(url, {"step_type": "do_tree_letter", "step-copies": "2"}).json()
    assert (answer["ok"], answer["draft_ok"]) == (False, True)
    assert "required" in answer["messages"][0]
    answer = admin_client.post(url, {"step_type": "do_tree_letter", "step-copies": "x"}).json()
    assert (answer["ok"], answer["draft_ok"]) == (False, False)
    assert "config" not in answer
    for data in ({}, {"step_type": "nothing"}, {"step_type": "do_tree_letter", "step-page": "x"}):
        assert admin_client.post(url, data).status_code == 400, data


def test_a_decision_is_cleaned_with_its_question(admin_client):
    rule = Steps().ask().json[0]["value"]["config"]["rule"]
    data = {
        "step_type": "decision",
        "step-rule": json.dumps(rule),
        "step-patience": "2",
        "step-unit": "hours",
    }
    answer = admin_client.post(reverse(f"{TREE}:clean"), data).json()
    assert answer["ok"], answer
    assert answer["config"] == {"rule": rule, "patience": 2, "unit": "hours"}
    assert answer["label"] == "Rang the bell"
    assert answer["summary"].endswith("within 2 hours")
    assert [branch["key"] for branch in answer["branches"]] == ["yes", "no"]
    rule["match"] = "none"
    data["step-rule"] = json.dumps(rule)
    answer = admin_client.post(reverse(f"{TREE}:clean"), data).json()
    assert "waited for" in answer["error"]["blockErrors"]["patience"]["messages"][0]


def test_pasted_steps(admin_client):
    steps = Steps().letter().ask()
    answer = ask(admin_client, "info", {"steps": steps.json}).json()
    assert answer[steps.ids["letter"]] == {
        "summary": "“Hello” × 1, no page",
        "branches": [],
        "unfinished": [],
    }
    assert len(answer[steps.ids["ask"]]["branches"]) == 2


def test_pasted_steps_tell_what_they_miss_here(admin_client):
    """What they refer to may be of another site, or deleted meanwhile."""
    steps = Steps().letter().letter("empty", "").add("do_email_send", "gone", {"email": 999_999})
    answer = ask(admin_client, "info", {"steps": steps.json}).json()
    missing = {name: answer[pk]["unfinished"] for name, pk in steps.ids.items()}
    assert missing == {"letter": [], "empty": REQUIRED, "gone": REQUIRED}


def test_more_steps_than_a_campaign_holds_are_not_pasted(admin_client):
    steps = Steps().letter("one").letter("two")
    assert ask(admin_client, "info", {"steps": steps.json, "beside": MAX_STEPS - 2}).status_code == 200
    response = ask(admin_client, "info", {"steps": steps.json, "beside": MAX_STEPS - 1})
    assert response.status_code == 400
    assert "at most 1000 steps" in response.json()["error"]
    for odd in (None, "many", [1], {}, 1.5):
        assert ask(admin_client, "info", {"steps": steps.json, "beside": odd}).status_code == 200


def test_pasted_nonsense_is_told_in_words(admin_client):
    good = Steps().letter().json[0]
    cases = [
        {},
        {"steps": None},
        {"steps": [None]},
        {"steps": [{"type": "do_tree_letter"}]},
        {"steps": [{**good, "type": "gone"}]},
        {"steps": [{**good, "type": "_unknown"}]},
        {"steps": [{**good, "id": "1"}]},
        {"steps": [{**good, "id": None}]},
        {"steps": [{**good, "value": {"config": {}}}]},
        {"steps": [{**good, "value": {**good["value"], "parent": 3}}]},
        {"steps": [{**good, "value": {**good["value"], "config": {"page": "x"}}}]},
        {"steps": [{**good, "value": {**good["value"], "config": {"page": [1]}}}]},
    ]
    for body in cases:
        response = ask(admin_client, "info", body)
        assert response.status_code == 400, body
        assert response.json()["error"], body


def test_a_saved_step_may_be_looked_at(client, user_with, campaign):
    client.force_login(user_with("view"))
    letter = campaign.tree[1].id
    assert ask(client, "look", {"id": letter}, campaign.pk).status_code == 200
    assert ask(client, "look", {"id": "x"}, campaign.pk).status_code == 400
    assert ask(client, "look", {}, campaign.pk).status_code == 400
    assert ask(client, "look", {"id": letter}, campaign.pk + 1).status_code == 404


@pytest.mark.parametrize(
    ("verbs", "may_look", "may_change"),
    [((), False, False), (("view",), True, False), (("add",), True, True), (("change",), True, True)],
)
def test_who_may_ask(client, user_with, campaign, verbs, may_look, may_change):
    client.force_login(user_with(*verbs))
    changing = [
        ask(client, "form", {"type": "do_tree_letter"}),
        ask(client, "info", {"steps": []}),
        client.post(reverse(f"{TREE}:clean"), {"step_type": "do_tree_letter"}),
    ]
    looking = [
        client.get(reverse(f"{TREE}:stats", args=[campaign.pk])),
        ask(client, "look", {"id": campaign.tree[1].id}, campaign.pk),
    ]
    # Wagtail answers a refusal in the admin by a redirect
    assert {response.status_code for response in changing} == ({200} if may_change else {302})
    assert {response.status_code for response in looking} == ({200} if may_look else {302})


def test_nobody_asks_without_logging_in(client, campaign):
    assert ask(client, "form", {"type": "do_tree_letter"}).status_code == 302
    assert client.get(reverse(f"{TREE}:stats", args=[campaign.pk])).status_code == 302


def test_only_the_right_methods(admin_client, campaign):
    for name in ("form", "clean", "info"):
        assert admin_client.get(reverse(f"{TREE}:{name}")).status_code == 405
    assert admin_client.post(reverse(f"{TREE}:stats", args=[campaign.pk])).status_code == 405


def test_numbers_are_the_engines(admin_client, campaign):
    answer = admin_client.get(reverse(f"{TREE}:stats", args=[campaign.pk])).json()
    none = dict.fromkeys(("entered", "inside", "held", "goal", "finished", "left"), 0)
    assert answer == {"steps": {}, "branches": {}, "totals": none}
    assert admin_client.get(reverse(f"{TREE}:stats", args=[campaign.pk + 1])).status_code == 404
