"""Campaigns in Wagtail's own views: save, publish, refuse, lock, compare, revert, copy, look."""

import contextlib
import json
import re
from html import unescape

import pytest
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from wagtail.models import GroupApprovalTask, Workflow, WorkflowContentType, WorkflowTask

from wagtail_automation.campaigns import actions
from wagtail_automation.campaigns.models import Campaign, Enrollment
from wagtail_automation.campaigns.tree.fields import raw_steps
from wagtail_automation.leads.models import Lead
from wagtail_automation.messaging.models import Email

from .pieces import Steps

pytestmark = pytest.mark.django_db


def url(name, *args):
    return reverse(Campaign.snippet_viewset.get_url_name(name), args=args)


def form(steps, **extra):
    text = steps if isinstance(steps, str) else json.dumps(steps)
    settings = {
        "reentry": "never",
        "reentry_days": "30",
        "colour": "grey",
        "at_end": "finish",
        "holdout": "0",
    }
    settings |= {"limits": "site", "cap": "0", "cap_days": "7", "weekdays": list("0123456")}
    return {"name": "Welcome", "tree": text, **settings} | extra


def data_island(response) -> dict:
    """What the editor's script reads: its data, and under ``steps`` what stands in the textarea."""
    page = response.content.decode()
    found = re.search(r'<script id="tree-tree-data" type="application/json">(.*?)</script>', page)
    data = json.loads(found[1])
    text = re.search(r'<textarea hidden\s+name="tree"[^>]*>(.*?)</textarea>', page, re.DOTALL)
    return data | {"steps": json.loads(unescape(text[1])) if data["readable"] else []}


def good():
    return Steps().knock().letter().ask().letter("thanks", parent="ask", branch="yes")


def test_a_campaign_is_drafted_published_and_opened_again(admin_client):
    steps = good()
    response = admin_client.post(url("add"), form(steps.json))
    campaign = Campaign.objects.get()
    assert response.status_code == 302
    assert not campaign.live
    response = admin_client.post(url("edit", campaign.pk), form(steps.json, **{"action-publish": "1"}))
    assert response.status_code == 302, data_island(response)["errors"]
    campaign.refresh_from_db()
    assert campaign.live and campaign.current_version
    data = data_island(admin_client.get(url("edit", campaign.pk)))
    assert data["steps"] == [{**step} for step in raw_steps(campaign.tree)]
    assert data["errors"] == {}
    assert data["info"][steps.ids["ask"]]["label"] == "Rang the bell"


def test_publishing_says_in_words_that_nobody_gets_a_draft(admin_client, english):
    draft = Email.objects.create(name="Hello", subject="Hello", locale=english, live=False)
    fine = Email.objects.create(name="Fine", subject="Fine", locale=english, live=True)
    steps = Steps().knock()
    steps.add("do_email_send", "greeting <b>", {"email": draft.pk})
    kept = admin_client.post(url("add"), form(steps.json), follow=True).content.decode()
    assert "something to know" not in kept, "keeping a draft is nothing to warn of"
    publish = form(steps.json, **{"action-publish": "1"})
    said = admin_client.post(url("edit", Campaign.objects.get().pk), publish, follow=True).content.decode()
    assert "this campaign sends nothing" in said
    assert "“greeting &lt;b&gt;”: The email is a draft: nobody gets it until it is published." in said
    steps.add("do_email_send", "other", {"email": fine.pk})
    publish = form(steps.json, **{"action-publish": "1", "name": "Second"})
    said = admin_client.post(url("add"), publish, follow=True).content.decode()
    assert "nobody gets it" in said and "this campaign sends nothing" not in said
    steps = Steps().knock()
    steps.add("do_email_send", "greeting", {"email": fine.pk})
    publish = form(steps.json, **{"action-publish": "1", "name": "Third"})
    said = admin_client.post(url("add"), publish, follow=True).content.decode()
    assert "created and published" in said and "something to know" not in said


def test_a_long_list_of_warnings_is_cut(admin_client, english):
    steps = Steps().knock()
    for number in range(9):
        draft = Email.objects.create(name=f"{number}", subject="Hello", locale=english, live=False)
        steps.add("do_email_send", f"letter {number}", {"email": draft.pk})
    publish = form(steps.json, **{"action-publish": "1"})
    said = admin_client.post(url("add"), publish, follow=True).content.decode()
    assert "“letter 4”" in said and "“letter 8”" not in said and "… and 4 more" in said


def test_a_refused_publication_says_why_at_the_step(admin_client):
    steps = good().letter("empty", text="", parent="ask", branch="no")
    admin_client.post(url("add"), form(steps.json))
    campaign = Campaign.objects.get()
    response = admin_client.post(url("edit", campaign.pk), form(steps.json, **{"action-publish": "1"}))
    assert response.status_code == 200
    data = data_island(response)
    assert list(data["errors"]) == [steps.ids["empty"]]
    error = data["errors"][steps.ids["empty"]]
    assert "required" in error["messages"][0]
    assert "text" in error["form"]["blockErrors"]
    assert not error.get("fresh")
    campaign.refresh_from_db()
    assert not campaign.live
    assert len(raw_steps(campaign.get_latest_revision_as_object().tree)) == 5
    # the draft opens with a mark, not with an error
    fresh = data_island(admin_client.get(url("edit", campaign.pk)))["errors"][steps.ids["empty"]]
    assert fresh["fresh"]


@pytest.mark.parametrize("text", ["{", "null", "7", '[{"type": "x"}]', "[" * 100_000, '{"a": 1}'])
def test_a_damaged_tree_is_refused_and_nothing_is_lost(admin_client, text):
    campaign = Campaign.objects.create(name="C", tree=good().json, live=False)
    response = admin_client.post(url("edit", campaign.pk), form(text))
    assert response.status_code == 200
    assert data_island(response)["treeErrors"]
    campaign.refresh_from_db()
    assert len(raw_steps(campaign.tree)) == 4
    assert campaign.latest_revision is None


def test_a_missing_tree_changes_nothing(admin_client):
    campaign = Campaign.objects.create(name="C", tree=good().json, live=False)
    data = form("")
    del data["tree"]
    response = admin_client.post(url("edit", campaign.pk), data)
    assert data_island(response)["treeErrors"]
    assert len(raw_steps(Campaign.objects.get().get_latest_revision_as_object().tree)) == 4


def test_comparing_shows_moves_and_sentences(admin_client):
    steps = good()
    campaign = Campaign.objects.create(name="C", tree=steps.json)
    first = campaign.save_revision()
    steps.json[1]["value"]["config"]["text"] = "Bonjour"
    steps.json[3]["value"]["branch"] = "no"
    campaign.tree = steps.json
    second = campaign.save_revision()
    page = admin_client.get(url("revisions_compare", campaign.pk, first.pk, second.pk)).content.decode()
    assert "Moved to another branch" in page
    assert re.search(r"deletion.*Hello.*addition.*Bonjour", unescape(page), re.DOTALL)
    for step in steps.ids.values():
        assert step not in page


def test_comparing_nothing_changed(admin_client):
    campaign = Campaign.objects.create(name="C", tree=good().json)
    first, second = campaign.save_revision(), campaign.save_revision()
    page = admin_client.get(url("revisions_compare", campaign.pk, first.pk, second.pk)).content.decode()
    assert "no differences" in page


def test_reverting_brings_the_old_tree_back(admin_client):
    campaign = Campaign.objects.create(name="C", tree=good().json)
    first = campaign.save_revision()
    campaign.tree = Steps().knock().json
    campaign.save_revision()
    response = admin_client.get(url("revisions_revert", campaign.pk, first.pk))
    assert len(data_island(response)["steps"]) == 4


def test_a_locked_campaign_is_read_only_for_others(admin_client, admin, client, user_with):
    campaign = Campaign.objects.create(name="C", tree=good().json, locked=True, locked_by=admin)
    assert data_island(admin_client.get(url("edit", campaign.pk)))["readOnly"] is False
    client.force_login(user_with("view", "change"))
    assert data_island(client.get(url("edit", campaign.pk)))["readOnly"] is True


def test_a_workflow_locks_publishes_and_starts_the_engine(admin_client, client, admin, user_with):
    author = user_with("view", "change")
    moderators = Group.objects.create(name="Moderators of campaigns")
    workflow = Workflow.objects.create(name="Check")
    task = GroupApprovalTask.objects.create(name="Look")
    task.groups.add(moderators)
    WorkflowTask.objects.create(workflow=workflow, task=task, sort_order=1)
    WorkflowContentType.objects.create(
        workflow=workflow, content_type=ContentType.objects.get_for_model(Campaign)
    )
    campaign = Campaign.objects.create(name="C", tree=good().json, live=False)
    client.force_login(author)
    response = client.post(url("edit", campaign.pk), form(good().json, **{"action-submit": "1"}))
    assert response.status_code == 302
    assert data_island(client.get(url("edit", campaign.pk)))["readOnly"] is True
    task_state = Campaign.objects.get().current_workflow_task_state
    client.force_login(admin)
    approve = reverse(
        Campaign.snippet_viewset.get_url_name("workflow_action"),
        args=[campaign.pk, "approve", task_state.pk],
    )
    client.post(approve, {"comment": "Good"})
    campaign.refresh_from_db()
    assert campaign.live and campaign.current_version


def test_a_draft_that_cannot_run_never_replaces_what_runs(admin_client):
    """Publishing past the form (a schedule, a workflow, code) is checked by the engine again."""
    campaign = Campaign.objects.create(name="C", tree=good().json, live=False)
    campaign.save_revision().publish()
    campaign.refresh_from_db()
    running = campaign.current_version
    assert running
    steps = good()
    steps.json[3]["value"]["branch"] = "perhaps"
    campaign.tree = steps.json
    with contextlib.suppress(ValidationError):
        campaign.save_revision().publish()
    assert Campaign.objects.get().current_version == running


def test_those_who_may_only_look_see_the_tree_and_cannot_change_it(client, user_with):
    campaign = Campaign.objects.create(name="C", tree=good().json)
    client.force_login(user_with("view"))
    response = client.get(url("inspect", campaign.pk))
    assert response.status_code == 200
    assert data_island(response)["readOnly"] is True
    assert "scripts/campaign-tree.js" in response.content.decode()
    assert client.get(url("edit", campaign.pk)).status_code == 302
    assert client.post(url("edit", campaign.pk), form([])).status_code == 302
    campaign.refresh_from_db()
    assert len(raw_steps(campaign.tree)) == 4


def test_a_copy_is_another_campaign(admin_client):
    original = Campaign.objects.create(name="C", tree=good().json)
    actions.publish(campaign=original)
    response = admin_client.get(url("copy", original.pk))
    steps = data_island(response)["steps"]
    assert len(steps) == 4
    response = admin_client.post(url("copy", original.pk), form(steps))
    assert response.status_code == 302
    copy = Campaign.objects.exclude(pk=original.pk).get()
    assert copy.uuid != original.uuid
    assert copy.current_version is None
    original.refresh_from_db()
    assert original.name == "C" and original.current_version


def test_the_list_counts_people_in_a_constant_number_of_queries(admin_client):
    def load():
        with CaptureQueriesContext(
            connection,
        ) as queries:
            response = admin_client.get(url("list"))
        return response.content.decode(), len(queries)

    def make(number):
        for _n in range(number):
            made = Campaign.objects.create(name=f"C{_n}", tree=good().json)
            actions.publish(campaign=made)
            leads = Lead.objects.bulk_create([Lead(), Lead()])
            actions.enroll(campaign=made, leads=Lead.objects.filter(pk__in=[lead.pk for lead in leads]))

    make(1)
    load()
    page, few = load()
    assert "People in" in page
    make(6)
    page, many = load()
    assert many <= few


def test_the_list_is_searched_filtered_and_sorted(admin_client):
    for name in ("Welcome", "Farewell"):
        Campaign.objects.create(name=name, tree=good().json, live=False)
    page = admin_client.get(url("list"), {"q": "welc"}).content.decode()
    assert "Welcome" in page and "Farewell" not in page
    for query in (
        {"state": "running"},
        {"state": "x"},
        {"ordering": "-people_inside"},
        {"ordering": "state"},
    ):
        assert admin_client.get(url("list"), query).status_code == 200
    results = admin_client.get(url("list_results"), {"q": "fare"}).content.decode()
    assert "Farewell" in results and "Welcome" not in results


def test_the_people_of_a_campaign_and_the_way_of_one(admin_client, client, user_with):
    campaign = Campaign.objects.create(name="Welcome", tree=good().json)
    actions.publish(campaign=campaign)
    leads = Lead.objects.bulk_create([Lead(email=f"l{n}@example.com", status="known") for n in range(3)])
    actions.enroll(campaign=campaign, leads=Lead.objects.filter(pk__in=[lead.pk for lead in leads]))
    people = reverse("wagtail_automation_campaigns_people", args=[campaign.pk])
    page = admin_client.get(people).content.decode()
    assert "l1@example.com" in page
    first = Enrollment.objects.first()
    trace = reverse("wagtail_automation_campaigns_trace", args=[campaign.pk, first.pk])
    assert trace in page
    assert admin_client.get(trace).status_code == 200
    assert admin_client.get(people, {"where": "left"}).content.decode().count("@example.com") == 0
    assert admin_client.get(people, {"where": "x", "step": "y"}).status_code == 200
    results = reverse("wagtail_automation_campaigns_people_results", args=[campaign.pk])
    assert admin_client.get(results).status_code == 200
    with CaptureQueriesContext(connection) as few:
        admin_client.get(people)
    more = Lead.objects.bulk_create([Lead(email=f"m{n}@example.com") for n in range(20)])
    actions.enroll(campaign=campaign, leads=Lead.objects.filter(pk__in=[lead.pk for lead in more]))
    with CaptureQueriesContext(connection) as many:
        admin_client.get(people)
    assert len(many) <= len(few)
    client.force_login(user_with())
    assert client.get(people).status_code == 302
    assert client.get(trace).status_code == 302


def test_pausing_asks_first_and_is_logged(admin_client, client, user_with):
    campaign = Campaign.objects.create(name="Welcome", tree=good().json)
    actions.publish(campaign=campaign)

    def change(name):
        return reverse("wagtail_automation_campaigns_state", args=[campaign.pk, name])

    assert "Yes, pause it" in admin_client.get(change("pause")).content.decode()
    campaign.refresh_from_db()
    assert campaign.state == "running"
    states = {"pause": "paused", "resume": "running", "stop": "stopped"}
    for name in ("pause", "resume", "stop", "resume"):
        assert admin_client.post(change(name)).status_code == 302
        campaign.refresh_from_db()
        assert campaign.state == states[name]
    history = admin_client.get(url("history", campaign.pk)).content.decode()
    assert "paused" in history.lower()
    assert admin_client.get(change("explode")).status_code == 404
    page = admin_client.get(url("edit", campaign.pk)).content.decode()
    assert change("pause") in page and change("stop") in page and change("resume") not in page
    client.force_login(user_with("view"))
    assert client.post(change("pause")).status_code == 302
    campaign.refresh_from_db()
    assert campaign.state == "running"
