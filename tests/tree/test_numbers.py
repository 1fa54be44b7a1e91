"""What the cards are told of people: by period, by permission, step by step."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from wagtail_automation.campaigns import actions, engine, stats
from wagtail_automation.campaigns.models import Campaign
from wagtail_automation.leads.models import Lead
from wagtail_automation.rules.rule import Rule
from wagtail_automation.testing import clock as test_clock

from .pieces import Steps

pytestmark = pytest.mark.django_db

TREE = "wagtail_automation_campaigns_tree"
NOW = dt.datetime(2030, 5, 10, 12, tzinfo=dt.UTC)


def running(**fields):
    steps = Steps().knock().letter("first").ask(patience=30).letter("thanks", parent="ask", branch="yes")
    campaign = Campaign.objects.create(name="C", tree=steps.json, **fields)
    actions.publish(campaign=campaign)
    return campaign, steps


def enter(campaign, *names):
    leads = Lead.objects.bulk_create(
        [Lead(first_name=name, email=f"{name}@example.com".lower(), status="known") for name in names]
    )
    actions.enroll(campaign=campaign, leads=[lead.pk for lead in leads])
    engine.run(10)
    return leads


def ask(client, name, *args, **query):
    return client.get(reverse(f"{TREE}:{name}", args=args), query)


def test_numbers_of_a_period(admin_client):
    with test_clock.freeze(NOW - dt.timedelta(days=10)):
        campaign, steps = running()
        enter(campaign, "Ada")
    with test_clock.freeze(NOW):
        enter(campaign, "Bo", "Cy")
        first = steps.ids["first"]
        for days, passed in (("", 3), ("30", 3), ("7", 2), ("1", 2)):
            answer = ask(admin_client, "stats", campaign.pk, days=days).json()
            assert answer["steps"][first]["passed"] == passed, days
            assert answer["steps"][steps.ids["ask"]]["waiting"] == 3
            assert answer["totals"]["entered"] == passed
            assert answer["totals"]["inside"] == 3


@pytest.mark.parametrize("days", ["0", "-1", "x", "1.5", "²", "9" * 400, "3661"])
def test_a_period_that_is_none_is_refused_in_words(admin_client, days):
    campaign, _steps = running()
    answer = ask(admin_client, "stats", campaign.pk, days=days)
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_who_reached_the_goal_is_counted_where_they_left(admin_client):
    item = {"id": "g", "type": "score_above", "value": {"value": 5, "group": None}}
    campaign, steps = running(goal=Rule({"match": "all", "items": [item]}))
    (ada, _bo) = Lead.objects.bulk_create([Lead(first_name="Ada", score=9), Lead(first_name="Bo")])
    actions.enroll(campaign=campaign, leads=list(Lead.objects.values_list("pk", flat=True)))
    engine.run(10)
    answer = ask(admin_client, "stats", campaign.pk).json()
    assert answer["totals"] == {"entered": 2, "inside": 1, "held": 0, "goal": 1, "finished": 0, "left": 0}
    assert answer["steps"][steps.ids["first"]] == {"waiting": 0, "passed": 1, "held": 0, "goal": 1}
    assert campaign.enrollments.get(lead=ada).left_reason == "goal_reached"


def test_the_day_is_that_of_the_site_whoever_looks(settings):
    settings.TIME_ZONE = "Asia/Tokyo"
    late = dt.datetime(2030, 5, 10, 20, tzinfo=dt.UTC)
    from django.utils import timezone

    timezone.get_default_timezone.cache_clear()
    try:
        assert stats.day_of(late) == dt.date(2030, 5, 11)
        with timezone.override("America/New_York"):
            assert stats.day_of(late) == dt.date(2030, 5, 11)
    finally:
        settings.TIME_ZONE = "UTC"
        timezone.get_default_timezone.cache_clear()


def test_the_way_of_one_lead(admin_client):
    campaign, steps = running()
    (ada,) = enter(campaign, "Ada")
    people = ask(admin_client, "who", campaign.pk).json()["people"]
    assert [person["name"] for person in people] == [str(ada)]
    assert "inside" in people[0]["where"]
    way = ask(admin_client, "way", campaign.pk, people[0]["id"]).json()
    assert way["name"] == str(ada) and way["url"]
    assert [(entry["step"], entry["outcome"]) for entry in way["entries"]] == [
        (steps.ids["first"], "done"),
        (steps.ids["ask"], ""),
    ]
    assert way["entries"][0]["when"]
    assert "Waiting until" in way["entries"][1]["reason"]
    assert ask(admin_client, "way", campaign.pk, people[0]["id"] + 1).status_code == 404
    assert ask(admin_client, "way", campaign.pk + 1, people[0]["id"]).status_code == 404
    assert ask(admin_client, "who", campaign.pk + 1).status_code == 404


def test_people_are_searched_and_few_are_told(admin_client):
    campaign, _steps = running()
    enter(campaign, "Zoé", *(f"P{number}" for number in range(25)))
    assert len(ask(admin_client, "who", campaign.pk).json()["people"]) == 20
    found = ask(admin_client, "who", campaign.pk, q="zoe").json()["people"]
    assert len(found) == 1
    assert ask(admin_client, "who", campaign.pk, q="nobody at all").json()["people"] == []
    with CaptureQueriesContext(connection) as one:
        ask(admin_client, "who", campaign.pk, q="zoe")
    with CaptureQueriesContext(connection) as many:
        ask(admin_client, "who", campaign.pk)
    assert len(many) <= len(one)


def test_only_leads_that_one_may_see_are_followed(client, user_with):
    campaign, _steps = running()
    ada, _bo = enter(campaign, "Ada", "Bo")
    seller = user_with("view")
    Lead.objects.filter(pk=ada.pk).update(owner=seller)
    client.force_login(seller)
    people = ask(client, "who", campaign.pk).json()["people"]
    assert [person["name"] for person in people] == [str(ada)]
    hidden = campaign.enrollments.exclude(lead=ada).get()
    assert ask(client, "way", campaign.pk, hidden.pk).status_code == 404
    assert ask(client, "way", campaign.pk, people[0]["id"]).status_code == 200
    client.force_login(user_with())
    for answer in (ask(client, "who", campaign.pk), ask(client, "way", campaign.pk, hidden.pk)):
        assert answer.status_code == 302


def test_the_list_of_people_knows_who_came_past(admin_client):
    campaign, steps = running()
    enter(campaign, "Ada")
    people = reverse("wagtail_automation_campaigns_people", args=[campaign.pk])
    page = admin_client.get(people, {"passed": steps.ids["first"]}).content.decode()
    assert "Ada" in page
    page = admin_client.get(people, {"passed": steps.ids["ask"]}).content.decode()
    assert "ada@example.com" not in page and ">Ada" not in page
    assert admin_client.get(people, {"passed": "nonsense"}).status_code == 200
