"""What the editor says before publishing without refusing it."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from playwright.sync_api import expect
from wagtail.models import Locale

from wagtail_automation.blocks import Idle
from wagtail_automation.campaigns import cautions
from wagtail_automation.campaigns.models import Campaign
from wagtail_automation.campaigns.tree.describe import describe
from wagtail_automation.messaging.models import Email, MarketingMessage, PushMessage, TextMessage
from wagtail_automation.testing.clock import freeze

from .pieces import Steps

pytestmark = pytest.mark.django_db


def email(name, **state):
    locale = Locale.objects.get_or_create(language_code="en")[0]
    return Email.objects.create(name=name, subject=name, locale=locale, **state)


def told(steps) -> dict[str, str]:
    campaign = Campaign.objects.create(name="Warned", tree=steps.json)
    said = describe(Campaign.objects.get(pk=campaign.pk).tree)
    return {name: " ".join(said[pk].get("warnings", [])) for name, pk in steps.ids.items()}


def test_an_email_that_nobody_would_get_and_one_that_is_older_than_its_draft():
    steps = Steps().knock()
    steps.add("do_email_send", "draft", {"email": email("Draft", live=False).pk})
    steps.add("do_email_send", "newer", {"email": email("Newer", has_unpublished_changes=True).pk})
    steps.add("do_email_send", "fine", {"email": email("Fine").pk})
    steps.add("do_email_send", "none", {"email": None})
    said = told(steps)
    assert "nobody gets it" in said["draft"] and "without them" in said["newer"]
    assert said["fine"] == said["none"] == ""


def marketing_message(name, **variants) -> int:
    return MarketingMessage.objects.create(name=name, **variants).pk


def test_a_marketing_message_tells_of_each_variant_that_is_not_published():
    hello = email("Hello")
    written = {"text": "Hello", "locale": hello.locale}
    draft = TextMessage.objects.create(name="Ping", live=False, **written)
    fine = TextMessage.objects.create(name="Pong", **written)
    push = PushMessage.objects.create(name="Bell", has_unpublished_changes=True, locale=hello.locale)
    steps = Steps().knock()
    for name, pk in (
        ("half", marketing_message("Half", email=hello, text_message=draft)),
        ("older", marketing_message("Older", text_message=fine, push_message=push)),
        ("nothing", marketing_message("Nothing", email=email("Draft", live=False), text_message=draft)),
        ("fine", marketing_message("Fine", email=hello, text_message=fine)),
        ("empty", marketing_message("Empty")),
        ("none", None),
    ):
        steps.add("do_message_send", name, {"message": pk})
    campaign = Campaign.objects.create(name="Warned", tree=steps.json)
    tree = Campaign.objects.get(pk=campaign.pk).tree
    said = {name: describe(tree)[pk].get("warnings", []) for name, pk in steps.ids.items()}
    (half,), (older,), (nothing,) = said["half"], said["older"], said["nothing"]
    assert "“Ping” (text message) is a draft: people who prefer this channel get nothing" in half
    assert "“Bell” (push message) has changes that are not published" in older
    assert "None of its variants is published" in nothing
    assert [isinstance(one, Idle) for one in (half, older, nothing)] == [False, False, True]
    assert said["fine"] == said["empty"] == said["none"] == []


def test_a_campaign_whose_only_marketing_message_is_a_draft_sends_nothing():
    steps = Steps().knock()
    steps.add("do_message_send", "all", {"message": marketing_message("All", email=email("A", live=False))})
    campaign = Campaign.objects.create(name="Idle", tree=steps.json, live=False)
    assert "this campaign sends nothing" in cautions.of(Campaign.objects.get(pk=campaign.pk))[0]


def test_a_campaign_that_lets_nobody_in_and_a_day_that_is_over():
    asleep = Campaign.objects.create(name="Asleep", live=False)
    awake = Campaign.objects.create(name="Awake", live=True)
    steps = Steps().knock()
    for name, campaign in (("asleep", asleep), ("awake", awake)):
        steps.add("campaign_enter", name, {"campaign": campaign.pk})
    for name, day in (("past", "2026-02-27"), ("today", "2026-02-28"), ("later", "2026-03-01")):
        steps.add("wait_until_date", name, {"date": day, "past": "go"})
    with freeze(dt.datetime(2026, 2, 28, 12, tzinfo=dt.UTC)):
        said = told(steps)
    assert "nobody enters it" in said["asleep"] and "is over" in said["past"]
    assert said["awake"] == said["today"] == said["later"] == ""


def test_a_window_of_the_week_that_is_never_closed():
    steps, week = Steps().knock(), list("0123456")
    for name, days, begin, end in (
        ("always", week, "09:00:00", "09:00:00"),
        ("weekend closed", week[:5], "09:00:00", "09:00:00"),
        ("nights closed", week, "09:00:00", "17:00:00"),
        ("unfinished", week, None, None),
    ):
        steps.add("wait_weekday", name, {"weekdays": days, "begin": begin, "end": end})
    said = told(steps)
    assert "always open" in said.pop("always")
    assert set(said.values()) == {""}


@pytest.mark.parametrize("kind", ["do_email_send", "do_message_send"])
def test_each_kind_of_step_is_asked_once(kind):
    def asked(count):
        steps = Steps().knock()
        for number in range(count):
            name = f"{count}.{number}"
            config = {"email": email(name).pk}
            if kind == "do_message_send":
                config = {"message": marketing_message(name, email_id=config["email"])}
            steps.add(kind, name, config)
        campaign = Campaign.objects.create(name=f"Asked {count}", tree=steps.json)
        tree = Campaign.objects.get(pk=campaign.pk).tree
        list(tree)
        with CaptureQueriesContext(connection) as caught:
            describe(tree)
        return len(caught)

    asked(1)
    assert asked(2) == asked(12)


@pytest.mark.browser
def test_the_same_email_twice_in_a_row_is_told_until_it_is_mended(visit):
    hello = email("Hello").pk
    steps = Steps().knock()
    steps.add("do_email_send", "greeting", {"email": hello})
    steps.add("do_email_send", "again", {"email": hello})
    editor = visit("edit", Campaign.objects.create(name="Twice", live=False, tree=steps.json).pk)
    expect(editor.card("again")).to_contain_text("people get it twice")
    expect(editor.card("greeting")).not_to_contain_text("twice")
    editor.card("again").focus()
    editor.page.keyboard.press("Delete")
    expect(editor.page.get_by_role("button", name="1 warning")).to_have_count(0)
    editor.page.keyboard.press("Control+z")
    expect(editor.card("again")).to_contain_text("people get it twice")
    assert editor.page.problems == []


@pytest.mark.browser
def test_empty_branches_are_told_until_something_stands_in_one(visit):
    steps = Steps().knock().ask()
    editor = visit("edit", Campaign.objects.create(name="Empty", live=False, tree=steps.json).pk)
    expect(editor.card("ask")).to_contain_text("All its branches are empty")
    editor.page.get_by_role("button", name="1 warning").click()
    expect(editor.page.locator(".ct-problem-list").get_by_role("button", name="ask")).to_be_visible()
    editor.branch("Yes").focus()
    editor.page.keyboard.press("a")
    editor.pick("Wait days")
    expect(editor.card("ask")).not_to_contain_text("branches are empty")
    assert editor.page.problems == []


@pytest.mark.browser
def test_a_step_that_nobody_reaches_is_told_before_publishing(visit):
    steps = Steps().knock().letter("again").add("wait_days", "pause", {"amount": 1, "unit": "days"})
    steps.add("go_to", "back", {"step": steps.ids["again"], "most": 3}).letter("never", "Nobody reads this")
    editor = visit("edit", Campaign.objects.create(name="Round", live=False, tree=steps.json).pk)
    expect(editor.card("never")).to_contain_text("Nobody can reach this step")
    expect(editor.tree.locator(".ct-warning")).to_have_count(1)
    assert editor.page.problems == []


@pytest.mark.browser
def test_a_warning_stands_on_the_card_and_in_the_list_and_keeps_nobody_from_publishing(visit):
    steps = Steps().knock()
    steps.add("do_email_send", "greeting", {"email": email("Hello", live=False).pk})
    campaign = Campaign.objects.create(name="Warned", live=False, tree=steps.json)
    editor = visit("edit", campaign.pk)
    expect(editor.card("greeting")).to_contain_text("nobody gets it until it is published")
    editor.page.get_by_role("button", name="1 warning").click()
    editor.page.locator(".ct-problem-list").get_by_role("button", name="greeting").click()
    editor.slid()
    editor.done()
    expect(editor.card("greeting")).to_contain_text("nobody gets it until it is published")
    editor.publish()
    editor.page.wait_for_url("**/campaign/")
    assert Campaign.objects.get(pk=campaign.pk).live
    assert editor.page.problems == []


@pytest.mark.parametrize("rule", [{"match": "all", "items": []}, {"match": "all"}, "nonsense"])
def test_a_decision_that_asks_nothing_yet_says_no_more_than_that(rule):
    steps = Steps().knock()
    steps.add("decision", "asks", {"rule": rule, "patience": 3, "unit": "days"})
    campaign = Campaign.objects.create(name="Empty", tree=steps.json)
    said = describe(Campaign.objects.get(pk=campaign.pk).tree)
    sentence = said[steps.ids["asks"]]["summary"]
    assert sentence.endswith("matches nobody.") and "3 days" not in sentence
