"""The gallery: what it shows and to whom, what a click makes, and what it makes again."""

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from wagtail.users.models import UserProfile

from wagtail_automation.activities import activities
from wagtail_automation.audiences.models import LeadList, Segment
from wagtail_automation.campaigns.models import Campaign
from wagtail_automation.campaigns.plan import compile_tree
from wagtail_automation.campaigns.scenarios import Scenario, actions, scenarios
from wagtail_automation.campaigns.tree.fields import raw_steps
from wagtail_automation.leads.models import CustomField
from wagtail_automation.messaging.models import Email
from wagtail_automation.rules.conditions import conditions
from wagtail_automation.rules.rule import Rule

pytestmark = pytest.mark.django_db
GALLERY = "wagtail_automation_campaigns_scenarios"
KEYS = [cls.key for cls in scenarios]
KEYS_SHOWN = ["welcome", "double_opt_in_onboarding"]


def everything() -> tuple[int, ...]:
    return tuple(model.objects.count() for model in (Campaign, Email, LeadList, Segment, CustomField))


def test_the_library_is_complete():
    assert set(KEYS) >= {
        "welcome",
        "double_opt_in_onboarding",
        "birthday",
        "win_back",
        "lead_nurturing",
        "event_reminder",
        "renewal",
        "data_hygiene",
    }


def test_the_gallery_shows_every_scenario_and_makes_nothing(world):
    before = everything()
    response = world.client.get(reverse(GALLERY))
    page = response.content.decode()
    for card in response.context["cards"]:
        assert str(card.scenario.sentence) in page.replace("&#x27;", "'")
        assert reverse("wagtail_automation_campaigns_scenario", args=[card.scenario.key]) in page
        assert len(card.steps) >= 2
        assert card.missing == []
    assert [card.scenario.key for card in response.context["cards"]][:2] == KEYS_SHOWN
    assert "Clicked within 3 days?" in page
    assert everything() == before


def test_the_gallery_costs_the_same_whatever_stands_in_it(world, monkeypatch):
    def price():
        world.client.get(reverse(GALLERY))
        with CaptureQueriesContext(connection) as asked:
            world.client.get(reverse(GALLERY))
        return len(asked)

    whole = price()
    for cls in list(scenarios)[1:]:
        scenarios.unregister(cls)
    try:
        assert price() == whole
    finally:
        for key in KEYS[1:]:
            scenarios.register(next(cls for cls in Scenario.__subclasses__() if cls.key == key))


def test_the_list_of_campaigns_leads_to_it(world):
    page = world.client.get(reverse(Campaign.snippet_viewset.get_url_name("list"))).content.decode()
    assert reverse(GALLERY) in page


@pytest.mark.parametrize("key", KEYS)
def test_a_click_makes_a_draft_that_can_be_published(world, key):
    response = world.install(key)
    campaign = Campaign.objects.get()
    assert response.url == reverse(Campaign.snippet_viewset.get_url_name("edit"), args=[campaign.pk])
    assert not campaign.live
    assert not Email.objects.filter(live=True).exists()
    assert not compile_tree(raw_steps(campaign.tree)).refusals
    assert str(scenarios[key].sentence) in campaign.description
    # the editor says which emails are to be published first
    page = world.client.get(response.url).content.decode()
    for email in Email.objects.all():
        assert reverse("wagtail_automation_emails:edit", args=[email.pk]) in page
        assert email.name.startswith(campaign.name)


@pytest.mark.parametrize("key", KEYS)
def test_a_second_click_makes_another_and_uses_lists_segments_and_fields_again(world, key):
    world.install(key)
    lists, segments, fields = LeadList.objects.count(), Segment.objects.count(), CustomField.objects.count()
    emails = Email.objects.count()
    world.install(key)
    assert Campaign.objects.values_list("name").distinct().count() == 2
    assert (LeadList.objects.count(), Segment.objects.count()) == (lists, segments)
    assert CustomField.objects.count() == fields
    assert Email.objects.count() == 2 * emails
    assert Email.objects.values_list("name").distinct().count() == 2 * emails


def test_a_segment_of_that_name_and_another_rule_is_left_alone(world):
    other = Segment.objects.create(name="Quiet for three months", rule=Rule({"match": "all", "items": []}))
    world.install("win_back")
    other.refresh_from_db()
    assert other.rule.is_empty
    assert set(Segment.objects.values_list("name", flat=True)) == {
        "Quiet for three months",
        "Quiet for three months (2)",
    }


def test_a_field_of_that_key_and_another_type_is_left_alone(world):
    CustomField.objects.create(key="event_date", label="Event", type="text")
    world.install("event_reminder")
    assert CustomField.objects.get(key="event_date").type == "text"
    assert CustomField.objects.get(key="event_date_2").type == "date"
    tree = str(raw_steps(Campaign.objects.get().tree))
    assert "event_date_2" in tree


def test_in_the_language_of_the_editor(world, editor, french):
    UserProfile.objects.create(user=editor, preferred_language="fr")
    page = world.client.get(reverse(GALLERY)).content.decode()
    assert "Bienvenue" in page
    assert "Use this scenario" not in page
    world.install("welcome")
    campaign = Campaign.objects.get()
    assert campaign.name == "Bienvenue"
    assert "Avant de publier" in campaign.description
    for email in Email.objects.all():
        assert email.locale == french
        assert "lead.first_name" in str(email.body) and "Hello" not in str(email.body)


def test_what_is_not_installed_is_said(world):
    with activities.without("email_send"):
        response = world.client.get(reverse(GALLERY))
        assert "This kind of step is not installed: do_email_send." in response.content.decode()
        before = everything()
        assert world.install("welcome").url == reverse(GALLERY)
        assert everything() == before
    with conditions.without("email_clicked"):
        (card,) = (
            c for c in world.client.get(reverse(GALLERY)).context["cards"] if c.scenario.key == "welcome"
        )
        assert card.missing == ["This condition is not installed: email_clicked."]


def test_what_the_editor_may_not_make_is_said(world, editor):
    editor.groups.clear()
    names = ("access_admin", "add_campaign", "change_campaign")
    editor.user_permissions.add(*Permission.objects.filter(codename__in=names))
    response = world.client.get(reverse(GALLERY))
    assert response.status_code == 200
    assert "You may not add: emails." in response.content.decode()
    world.install("welcome")
    assert not Campaign.objects.exists()


def test_who_may_not_publish_segments_gets_a_draft_and_is_told(world, editor):
    editor.groups.clear()
    names = ("access_admin", "add_campaign", "change_campaign", "add_email", "add_segment", "add_leadlist")
    editor.user_permissions.add(*Permission.objects.filter(codename__in=names))
    world.install("win_back")
    assert not Segment.objects.get().live
    assert "Publish the segment “Quiet for three months”." in Campaign.objects.get().description


@pytest.mark.parametrize("role", ["Analyst", "Salesperson"])
def test_who_may_not_add_campaigns_sees_no_gallery(world, editor, role):
    from django.contrib.auth.models import Group

    editor.groups.set([Group.objects.get(name=role)])
    assert world.client.get(reverse(GALLERY)).status_code == 302
    world.install("welcome")
    assert not Campaign.objects.exists()


def test_bad_requests(world):
    address = reverse("wagtail_automation_campaigns_scenario", args=["welcome"])
    assert world.client.get(address).status_code == 405
    assert world.install("nothing-such").status_code == 404
    assert not Campaign.objects.exists()


def test_a_failure_leaves_nothing_behind(world, monkeypatch):
    before = everything()
    monkeypatch.setattr(Campaign, "save_revision", lambda *a, **k: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        world.install("welcome")
    assert everything() == before


def test_a_scenario_of_a_site_joins_the_gallery(world):
    class Own(Scenario):
        key = "own"
        name = "Our own"
        sentence = "Says hello."

        def build(self, kit):
            kit.start("lead_created")
            kit.do("email_send", email=kit.email("Hello", "Hello", "Hello", "Text"))

    with scenarios.temporarily(Own):
        assert "Says hello." in world.client.get(reverse(GALLERY)).content.decode()
        world.install("own")
    assert Campaign.objects.get().name == "Our own"
    assert [step.label for step in actions.outline(Own()).drawn] == ["New lead", "Send email"]
