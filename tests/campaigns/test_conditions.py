"""The contract of the conditions of campaigns, and the events that wake them."""

import pytest

from wagtail_automation.campaigns import actions
from wagtail_automation.campaigns.conditions import CampaignState, MinutesSince, TouchedByCampaign
from wagtail_automation.campaigns.models import Enrollment
from wagtail_automation.leads.models import Lead
from wagtail_automation.testing import contracts
from wagtail_automation.tracking.models import Event

from .pieces import Tree

pytestmark = pytest.mark.django_db


def test_the_contract(campaign, people):
    people(3)
    made = campaign(Tree().wait(1).json)
    actions.enroll(campaign=made, leads=Lead.objects.all()[:2].values_list("pk", flat=True))
    found = contracts.check_condition(
        CampaignState, value={"campaign": made.pk, "state": "inside"}, model=Lead
    )
    assert len(found) == 2
    contracts.check_condition(TouchedByCampaign, value={"campaign": made.pk, "days": 3}, model=Lead)
    for reference in ("last_visit", "last_email", "entry"):
        value = {"minutes": 3, "reference": reference}
        assert contracts.check_condition(MinutesSince, value=value, model=Lead) == set()


def test_entering_and_leaving_are_events_each_once(campaign, people, walk):
    (lead,) = people(1)
    made = campaign(Tree().do(1).json, reentry="each")
    actions.enroll(campaign=made, leads=[lead.pk], key="a")
    actions.enroll(campaign=made, leads=[lead.pk], key="a")
    walk()
    walk()
    rows = list(Event.objects.filter(lead=lead).order_by("pk"))
    assert [(row.name, row.object_key) for row in rows] == [
        ("campaign_entered", made.uuid),
        ("campaign_left", made.uuid),
    ]
    assert rows[1].data == {"reason": "finished"}
    waiting = campaign(Tree().wait(1).json)
    actions.enroll(campaign=waiting, leads=[lead.pk])
    walk()
    actions.stop(campaign=waiting)
    assert Event.objects.filter(name="campaign_left", object_key=waiting.uuid).get().data == {
        "reason": "stopped"
    }


def test_a_decision_that_waits_for_another_campaign_is_woken_by_it(campaign, people, walk):
    (lead,) = people(1)
    other = campaign(Tree().do(1).json)
    question = {"campaign": other.pk, "state": "finished"}
    tree = Tree().ask("campaign_state", 3, value=question, name="q").do(10, parent="q", branch="yes")
    actions.enroll(campaign=campaign(tree.json), leads=[lead.pk])
    walk()
    assert Enrollment.objects.inside().count() == 1
    actions.enroll(campaign=other, leads=[lead.pk])
    walk()
    lead.refresh_from_db()
    assert (lead.score, Enrollment.objects.inside().count()) == (11, 0)
