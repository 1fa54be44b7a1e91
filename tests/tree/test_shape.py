"""What the server says of a tree's shape is what the editor's script draws, and it is told however a campaign
is published."""

import datetime as dt
import json
from pathlib import Path

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone, translation
from wagtail.log_actions import log
from wagtail.users.models import UserProfile

from wagtail_automation.campaigns import cautions, shape
from wagtail_automation.campaigns.models import Campaign
from wagtail_automation.campaigns.tree.strings import editor_strings

from .pieces import Steps
from .test_admin import form, url
from .test_moderation import decide, moderated  # noqa: F401  (a fixture)
from .test_warnings import email

pytestmark = pytest.mark.django_db

CASES = json.loads((Path(__file__).parents[1] / "js" / "cautions.json").read_text())


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_the_server_tells_what_the_script_tells(case):
    """``tests/js/tree-model.test.js`` runs the same cases."""
    told = shape.cautions(case["steps"], case["branches"], {"send": "email"}, set(case["ends"]))
    assert told == case["told"]


def test_all_that_can_be_told_is_tried_and_has_words():
    keys = {key for case in CASES for key in case["told"].values()}
    assert keys == {"sentTwice", "neverReached", "branchesAlike", "branchesEmpty"}
    assert all(isinstance(editor_strings()[key], str) for key in keys)


@pytest.fixture
def careless():
    """A greeting twice in a row and a question without consequence."""
    hello = email("Hello", live=True).pk
    steps = Steps().knock()
    steps.add("do_email_send", "greeting", {"email": hello})
    steps.add("do_email_send", "again", {"email": hello})
    return steps.ask()


TOLD = [
    "“again”: The step before sends the same: people get it twice.",
    "“ask”: All its branches are empty: it makes no difference which way people go.",
]


def history(client, campaign) -> str:
    name = Campaign.snippet_viewset.get_url_name("history")
    return client.get(reverse(name, args=[campaign.pk])).content.decode()


def test_a_kind_of_step_that_is_gone_and_a_jump(careless):
    steps = Steps().knock().letter("again")
    steps.add("gone_with_its_app", "gone").letter("below", parent="gone", branch="odd")
    campaign = Campaign.objects.create(name="C", tree=steps.json, live=False)
    assert cautions.of(Campaign.objects.get(pk=campaign.pk)) == []
    steps = Steps().knock().letter("again").add("wait_days", "pause", {"amount": 1, "unit": "days"})
    steps.add("go_to", "back", {"step": steps.ids["again"], "most": 3}).letter("never", "Nobody reads this")
    campaign = Campaign.objects.create(name="D", tree=steps.json, live=False)
    (said,) = cautions.of(Campaign.objects.get(pk=campaign.pk))
    assert said.startswith("“never”: Nobody can reach this step")


def test_publishing_in_the_editor_tells_it_and_keeps_it(admin_client, careless):
    publish = form(careless.json, **{"action-publish": "1"})
    said = admin_client.post(url("add"), publish, follow=True).content.decode()
    kept = history(admin_client, Campaign.objects.get())
    for line in TOLD:
        assert said.count(line) == 1 and line in kept


def test_the_history_speaks_the_readers_language_not_the_publishers(admin_client, admin, careless):
    publish = form(careless.json, **{"action-publish": "1"})
    admin_client.post(url("add"), publish, follow=True)
    campaign = Campaign.objects.get()
    UserProfile.objects.update_or_create(user=admin, defaults={"preferred_language": "fr"})
    read = history(admin_client, campaign)
    assert "« again » : L’étape précédente envoie la même chose" in read.replace("\xa0", " ")
    assert not any(line in read for line in TOLD)
    admin_client.post(url("edit", campaign.pk), publish, follow=True)  # by the French user this time
    UserProfile.objects.update(preferred_language="en")
    read = history(admin_client, campaign)
    assert all(read.count(line) == 2 for line in TOLD) and "étape" not in read


def test_a_title_is_nothing_but_words_in_the_history(admin_client):
    hello = email("Hello", live=True).pk
    steps = Steps().knock().add("do_email_send", "greeting", {"email": hello})
    steps.add("do_email_send", "<img src=x onerror=alert(1)>", {"email": hello})
    publish = form(steps.json, **{"action-publish": "1"})
    said = admin_client.post(url("add"), publish, follow=True).content.decode()
    for page in (said, history(admin_client, Campaign.objects.get())):
        assert "&lt;img src=x" in page and "<img src=x" not in page


def test_warnings_kept_before_there_were_several_languages_are_still_read(admin_client):
    campaign = Campaign.objects.create(name="Old", live=True)
    log(instance=campaign, action=cautions.WARNED, data={"warnings": ["“a”: said then."], "count": 1})
    assert "“a”: said then." in history(admin_client, campaign)
    with translation.override("de"):
        assert cautions.kept({"warnings": {"pt-br": ["dito"], "en": ["said"]}}) == ["dito"]
    with translation.override("fr-ca"):
        assert cautions.kept({"warnings": {"en": ["said"], "fr": ["dit"]}}) == ["dit"]
    assert cautions.kept({}) == []


def test_what_is_published_without_anything_to_know_leaves_no_such_entry(admin_client):
    publish = form(Steps().knock().letter().json, **{"action-publish": "1"})
    said = admin_client.post(url("add"), publish, follow=True).content.decode()
    assert "something to know" not in said + history(admin_client, Campaign.objects.get())


def test_who_approves_the_last_task_is_told(client, moderated, careless):
    campaign, author, moderator = moderated
    client.force_login(author)
    submit = form(careless.json, **{"action-submit": "1"})
    assert (
        "something to know" not in client.post(url("edit", campaign.pk), submit, follow=True).content.decode()
    )
    client.force_login(moderator)
    assert decide(client, campaign, "approve", comment="").status_code == 302
    assert Campaign.objects.get(pk=campaign.pk).live
    said = client.get(url("list")).content.decode()
    assert all(line in said for line in TOLD)
    assert all(line in history(client, campaign) for line in TOLD)


def test_who_approves_while_editing_is_told(client, moderated, careless):
    campaign, author, moderator = moderated
    client.force_login(author)
    client.post(url("edit", campaign.pk), form(careless.json, **{"action-submit": "1"}))
    client.force_login(moderator)
    data = {"action-workflow-action": "true", "workflow-action-name": "approve"}
    data["workflow-action-extra-data"] = json.dumps({"comment": ""})
    said = client.post(url("edit", campaign.pk), form(careless.json, **data), follow=True).content.decode()
    assert Campaign.objects.get(pk=campaign.pk).live
    assert all(line in said for line in TOLD)


def test_who_plans_a_publication_is_told_at_once_and_the_history_when_it_happens(admin_client, careless):
    tomorrow = (timezone.localtime() + dt.timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    publish = form(careless.json, go_live_at=tomorrow, **{"action-publish": "1"})
    said = admin_client.post(url("add"), publish, follow=True).content.decode()
    campaign = Campaign.objects.get()
    assert all(said.count(line) == 1 for line in TOLD) and not campaign.live
    assert TOLD[0] not in history(admin_client, campaign)
    revision = campaign.latest_revision
    revision.approved_go_live_at = timezone.now() - dt.timedelta(minutes=1)
    revision.content |= {"go_live_at": None}
    revision.save()
    with translation.override("en"):
        call_command("publish_scheduled")
    assert Campaign.objects.get().live
    assert all(line in history(admin_client, campaign) for line in TOLD)


def test_who_plans_a_change_of_a_live_campaign_is_told(admin_client, careless):
    publish = {"action-publish": "1"}
    admin_client.post(url("add"), form(Steps().knock().letter().json, **publish))
    campaign = Campaign.objects.get()
    tomorrow = (timezone.localtime() + dt.timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    data = form(careless.json, go_live_at=tomorrow, **publish)
    said = admin_client.post(url("edit", campaign.pk), data, follow=True).content.decode()
    assert all(line in said for line in TOLD)
    assert TOLD[0] not in history(admin_client, campaign)


def test_code_that_publishes_in_another_language_leaves_it_in_the_history_for_each_reader(
    admin_client, careless
):
    campaign = Campaign.objects.create(name="C", tree=careless.json, live=False)
    with translation.override("fr"):
        campaign.save_revision().publish()
    read = history(admin_client, campaign)
    assert all(line in read for line in TOLD) and "«\xa0again\xa0»" not in read


def test_a_long_list_is_cut_in_the_history_too(admin_client):
    steps = Steps().knock()
    for number in range(60):
        steps.add("do_email_send", f"letter {number}", {"email": email(f"{number}", live=False).pk})
    Campaign.objects.create(name="C", tree=steps.json, live=False).save_revision().publish()
    kept = history(admin_client, Campaign.objects.get())
    assert "“letter 4”" in kept and "“letter 8”" not in kept and "… and 55 more" in kept
