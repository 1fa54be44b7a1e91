"""Moderation, schedule and autosave of a campaign in Wagtail's own edit view."""

import datetime as dt
import json

import pytest
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone
from wagtail.models import GroupApprovalTask, Workflow, WorkflowContentType, WorkflowTask

from wagtail_automation.campaigns.models import Campaign
from wagtail_automation.campaigns.tree.fields import raw_steps

from .pieces import Steps
from .test_admin import data_island, form, good, url

pytestmark = pytest.mark.django_db


@pytest.fixture
def moderated(user_with):
    """A campaign whose author needs somebody's consent: ``(campaign, author, moderator)``."""
    author, moderator = user_with("view", "change"), user_with("view", "change", "publish")
    group = Group.objects.create(name="Moderators of campaigns")
    moderator.groups.add(group)
    workflow = Workflow.objects.create(name="Check")
    task = GroupApprovalTask.objects.create(name="Look")
    task.groups.add(group)
    WorkflowTask.objects.create(workflow=workflow, task=task, sort_order=1)
    WorkflowContentType.objects.create(
        workflow=workflow, content_type=ContentType.objects.get_for_model(Campaign)
    )
    return Campaign.objects.create(name="C", tree=good().json, live=False), author, moderator


def decide(client, campaign, action, **data):
    """As the moderator's dialog of the edit view does."""
    state = Campaign.objects.get(pk=campaign.pk).current_workflow_task_state
    name = Campaign.snippet_viewset.get_url_name("workflow_action")
    return client.post(reverse(name, args=[campaign.pk, action, state.pk]), data)


def test_a_rejected_campaign_says_why_and_may_be_submitted_again(client, moderated):
    campaign, author, moderator = moderated
    steps = good()
    client.force_login(author)
    client.post(url("edit", campaign.pk), form(steps.json, **{"action-submit": "1"}))
    client.force_login(moderator)
    page = client.get(url("edit", campaign.pk)).content.decode()
    assert data_island(client.get(url("edit", campaign.pk)))["readOnly"] is False
    assert "workflow-action-name" in page or "reject" in page.lower()
    decide(client, campaign, "reject", comment="The second step is rude")
    campaign.refresh_from_db()
    assert not campaign.live and not campaign.current_version
    client.force_login(author)
    response = client.get(url("edit", campaign.pk))
    assert "The second step is rude" in response.content.decode()
    data = data_island(response)
    assert data["readOnly"] is False
    assert len(data["steps"]) == 4
    steps.json[1]["value"]["config"]["text"] = "Polite"
    client.post(url("edit", campaign.pk), form(steps.json, **{"action-restart-workflow": "1"}))
    client.force_login(moderator)
    decide(client, campaign, "approve", comment="")
    campaign.refresh_from_db()
    assert campaign.live and campaign.current_version
    assert raw_steps(campaign.tree)[1]["value"]["config"]["text"] == "Polite"


def test_an_unfinished_campaign_cannot_be_submitted(client, moderated):
    campaign, author, _moderator = moderated
    steps = good().letter("empty", text="", parent="ask", branch="no")
    client.force_login(author)
    response = client.post(url("edit", campaign.pk), form(steps.json, **{"action-submit": "1"}))
    errors = data_island(response)["errors"]
    assert list(errors) == [steps.ids["empty"]] and not errors[steps.ids["empty"]].get("fresh")
    assert Campaign.objects.get().current_workflow_state is None


def test_a_scheduled_campaign_goes_live_at_its_time(admin_client):
    campaign = Campaign.objects.create(name="C", tree=Steps().knock().json, live=False)
    tomorrow = timezone.localtime() + dt.timedelta(days=1)
    data = form(good().json, go_live_at=tomorrow.strftime("%Y-%m-%dT%H:%M"), **{"action-publish": "1"})
    response = admin_client.post(url("edit", campaign.pk), data)
    assert response.status_code == 302, data_island(response)["errors"]
    campaign.refresh_from_db()
    assert not campaign.live and not campaign.current_version
    revision = campaign.latest_revision
    assert revision.approved_go_live_at
    assert data_island(admin_client.get(url("edit", campaign.pk)))["readOnly"] is True
    revision.approved_go_live_at = timezone.now() - dt.timedelta(minutes=1)
    revision.save(update_fields=["approved_go_live_at"])
    content = revision.content | {"go_live_at": None}
    type(revision).objects.filter(pk=revision.pk).update(content=content)
    call_command("publish_scheduled")
    campaign.refresh_from_db()
    assert campaign.live and campaign.current_version
    assert len(raw_steps(campaign.tree)) == 4


def test_autosave_keeps_a_draft_and_changes_nothing_that_runs(admin_client):
    campaign = Campaign.objects.create(name="C", tree=good().json, live=False)
    admin_client.post(url("edit", campaign.pk), form(good().json, **{"action-publish": "1"}))
    running = Campaign.objects.get().current_version
    steps = good().letter("empty", text="", parent="ask", branch="no")
    response = admin_client.post(
        url("edit", campaign.pk), form(steps.json), headers={"accept": "application/json"}
    )
    assert response.status_code == 200
    assert json.loads(response.content)["success"] is True
    campaign = Campaign.objects.get()
    assert campaign.current_version == running
    assert len(raw_steps(campaign.get_latest_revision_as_object().tree)) == 5
    response = admin_client.post(url("edit", campaign.pk), form("{"), headers={"accept": "application/json"})
    assert response.status_code == 400
    assert len(raw_steps(Campaign.objects.get().get_latest_revision_as_object().tree)) == 5
