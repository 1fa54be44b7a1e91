"""Whatever can refer to a segment or a list is known to "where used", and so guards it from deletion."""

import uuid

import pytest
from django.urls import reverse
from wagtail.models import ReferenceIndex

from tests.audiences.conftest import condition, rule
from wagtail_automation.audiences.models import LeadList, Segment
from wagtail_automation.campaigns.models import Campaign

pytestmark = pytest.mark.django_db

SEGMENTS = "wagtailsnippets_wagtail_automation_audiences_segment"


@pytest.fixture
def boss(client, admin_user):
    client.force_login(admin_user)
    return client


def step(kind, config, branch="main"):
    place = {"parent": "", "branch": branch, "name": "", "config": config}
    return {"id": str(uuid.uuid4()), "type": kind, "value": place}


def ask(its_rule):
    return step("decision", {"rule": its_rule.raw, "patience": 0, "unit": "days"})


def campaign(**fields):
    return Campaign.objects.create(name=f"Campaign {uuid.uuid4().hex[:6]}", **fields)


def used_by_rule(target, in_rule):
    """Whatever holds a rule: another segment, a campaign's decision, goal and exit, content on a page."""
    yield "segment", lambda: Segment.objects.create(name="Other", rule=in_rule, live=True)
    yield "decision", lambda: campaign(tree=[ask(in_rule)])
    yield "goal", lambda: campaign(goal=in_rule)
    yield "exit", lambda: campaign(exit_rule=in_rule)


def uses_of(segment, lead_list):
    """``(name, what refers to, function that makes the reference)``."""
    in_segment = rule(condition("in_segment", segment=segment.pk))
    in_list = rule(
        {
            "id": "g",
            "type": "group",
            "value": {"match": "none", "items": [condition("in_list", list=lead_list.pk)]},
        }
    )
    for target, its_rule in ((segment, in_segment), (lead_list, in_list)):
        for name, make in used_by_rule(target, its_rule):
            yield name, target, make
    yield (
        "trigger",
        segment,
        lambda: campaign(tree=[step("on_segment_entered", {"segment": segment.pk}, "start")]),
    )
    yield "trigger", lead_list, lambda: campaign(tree=[step("on_list_left", {"list": lead_list.pk}, "start")])
    yield "activity", lead_list, lambda: campaign(tree=[step("do_list_add", {"list": lead_list.pk})])


def test_every_use_is_known_and_guards(boss, make_segment, make_list):
    segment, lead_list = make_segment(rule(condition("score_above", value=1))), make_list()
    delete = {
        Segment: reverse(f"{SEGMENTS}:delete", args=[segment.pk]),
        LeadList: reverse("wagtail_automation_lists:delete", args=[lead_list.pk]),
    }
    for name, target, make in uses_of(segment, lead_list):
        user = make()
        ReferenceIndex.create_or_update_for_object(user)
        found = ReferenceIndex.get_references_to(target)
        assert found.exists(), f"{name} of a {target._meta.verbose_name} is not known"
        boss.post(delete[type(target)])
        assert type(target).objects.filter(pk=target.pk).exists(), name
        ReferenceIndex.remove_for_object(user)
        user.delete()
        assert not ReferenceIndex.get_references_to(target).exists()
    for target in (segment, lead_list):
        boss.post(delete[type(target)])
        assert not type(target).objects.filter(pk=target.pk).exists()
