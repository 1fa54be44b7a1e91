"""Campaigns and rules that bring each other about – through lists, segments, points – come to an end."""

import datetime as dt

import pytest

from tests.audiences.conftest import condition, rule
from tests.audiences.scores import make_set, on
from tests.audiences.test_triggers import campaign, points
from tests.campaigns.pieces import Tree
from wagtail_automation import clock
from wagtail_automation.audiences import actions
from wagtail_automation.audiences.models import ScoreEntry
from wagtail_automation.audiences.scoring.actions import MOST_A_DAY
from wagtail_automation.audiences.watching.work import work_off
from wagtail_automation.campaigns import engine
from wagtail_automation.campaigns.entering import ENTRIES_A_DAY
from wagtail_automation.campaigns.models import Enrollment
from wagtail_automation.leads.cohorts import LeadsCohort
from wagtail_automation.testing import clock as test_clock
from wagtail_automation.tracking.actions import record_event
from wagtail_automation.tracking.models import Event
from wagtail_automation.triggers import triggers

pytestmark = pytest.mark.django_db

#: What no step of a campaign and no rule can bring about.
BY_PEOPLE = {
    "asset_downloaded",
    "cart_abandoned",
    "chat_message",
    "chat_started",
    "email_clicked",
    "email_opened",
    "email_replied",
    "email_unsubscribed",
    "event_recorded",
    "form_submitted",
    "lead_created",
    "lead_merged",
    "lead_source_changed",
    "link_clicked",
    "order_paid",
    "page_visited",
    "promo_clicked",
    "section_visited",
    "sms_clicked",
    "sms_replied",
}


def entries(made) -> int:
    return Enrollment.objects.filter(campaign=made).count()


@pytest.fixture(autouse=True)
def stopped_clock():
    """Time goes on here: two facts of one moment are one, and would end every circle."""


def rounds(number):
    """Everything that works in the background."""
    for _number in range(number):
        actions.refresh_pending()
        work_off()
        engine.run(60)


def test_every_trigger_says_whether_it_can_go_round():
    ours = [cls for cls in triggers if cls.__module__.startswith("wagtail_automation.") and cls.event]
    assert {cls.key for cls in ours if not cls.can_circle} == BY_PEOPLE


def alone(lead):
    return LeadsCohort.of(lead, key="test", now=clock.now())


def step(tree, activity, **config):
    return tree.add(f"do_{activity}", config)


def test_two_campaigns_around_a_list(make_leads, make_list):
    (lead, other), fair = make_leads(2), make_list("Fair")
    takes = step(Tree().on("on_list_joined", list=fair.pk), "list_remove", list=fair.pk)
    puts = step(Tree().on("on_list_left", list=fair.pk), "list_add", list=fair.pk)
    away, back = campaign(takes, reentry="each"), campaign(puts, reentry="each")
    actions.add_to_list(lead_list=fair, cohort=alone(lead))
    rounds(3)
    assert (entries(away), entries(back)) == (ENTRIES_A_DAY, ENTRIES_A_DAY)
    happened = Event.objects.count()
    rounds(2)
    assert Event.objects.count() == happened, "it came to rest"
    with test_clock.freeze(clock.now() + dt.timedelta(days=1, hours=1)):
        actions.remove_from_list(lead_list=fair, cohort=alone(lead))
    assert entries(back) == ENTRIES_A_DAY + 1, "the next day counts anew"
    assert not Enrollment.objects.filter(lead=other).exists()


def test_two_campaigns_around_a_segment_that_asks_for_points(make_leads, make_segment):
    (lead,) = make_leads(1)
    warm = make_segment(rule(condition("score_above", value=9)), name="Warm")
    entering, leaving = (Tree().on(f"on_segment_{way}", segment=warm.pk) for way in ("entered", "left"))
    down = step(entering, "score_change", operation="subtract", value=10)
    up = step(leaving, "score_change", operation="add", value=10)
    cooling, warming = campaign(down, reentry="each"), campaign(up, reentry="each")
    actions.refresh_pending()
    actions.change_lead_score(lead=lead, operation="add", value=10, now=clock.now(), origin="test")
    rounds(2 * ENTRIES_A_DAY + 5)
    assert (entries(cooling), entries(warming)) == (ENTRIES_A_DAY, ENTRIES_A_DAY)


def test_what_people_do_themselves_is_not_bounded(make_leads):
    (lead,) = make_leads(1)
    made = campaign(points(Tree().on("on_page_visited", url="/shop/*")), reentry="each")
    for _number in range(ENTRIES_A_DAY + 3):
        record_event(name="page_viewed", lead=lead, url="/shop/", at=clock.now())
    assert entries(made) == ENTRIES_A_DAY + 3


def test_points_for_entering_and_leaving_a_segment_of_points(make_leads, make_segment):
    (lead,) = make_leads(1)
    warm = make_segment(rule(condition("score_above", value=9)), name="Warm")
    make_set(
        on("segment_entered", {"segment": warm.pk}, operation="subtract", frequency="each"),
        on("segment_left", {"segment": warm.pk}, operation="add", frequency="each"),
    )
    actions.refresh_pending()
    work_off()
    actions.change_lead_score(lead=lead, operation="add", value=10, now=clock.now(), origin="test")
    rounds(2 * MOST_A_DAY + 5)
    times = list(ScoreEntry.objects.filter(source__startswith="rule:").values_list("times", flat=True))
    assert times == [MOST_A_DAY, MOST_A_DAY]
