"""Whatever can refer to a segment or a list is known to "where used", and so guards it from deletion."""

import uuid

import pytest
from django.urls import reverse
from wagtail.models import ReferenceIndex, Revision

from tests.audiences.conftest import condition, rule
from tests.content.conftest import dynamic, make_page  # noqa: F401
from wagtail_automation import clock, drafts
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


def drafts_of(segment):
    """``(name, the object that is live without it, function that drafts a use)``."""
    plain = rule(condition("score_above", value=1))
    in_segment = rule(condition("in_segment", segment=segment.pk))

    def draft(user, **fields):
        for name, value in fields.items():
            setattr(user, name, value)
        user.save_revision()

    one = campaign(live=True)
    yield "a step of a campaign", one, lambda: draft(one, tree=Campaign(tree=[ask(in_segment)]).tree)
    two = campaign(live=True)
    yield "the goal of a campaign", two, lambda: draft(two, goal=in_segment)
    other = Segment.objects.create(name="Other", rule=plain, live=True)
    yield "another segment", other, lambda: draft(other, rule=in_segment)


def test_drafts_and_what_is_scheduled_count(boss, make_segment):
    segment = make_segment(rule(condition("score_above", value=1)), name="Fans")
    delete, usage = (reverse(f"{SEGMENTS}:{name}", args=[segment.pk]) for name in ("delete", "usage"))
    for name, user, write in drafts_of(segment):
        assert not len(drafts.uses_of(segment)), name
        write()
        assert [thing for thing, _references in drafts.uses_of(segment)] == [user], name
        assert "(in a draft)" in boss.get(usage).content.decode(), name
        boss.post(delete)
        assert Segment.objects.filter(pk=segment.pk).exists(), name
        # scheduled, and meanwhile drafted anew without it
        revision = user.latest_revision
        Revision.objects.filter(pk=revision.pk).update(approved_go_live_at=clock.now())
        type(user).objects.get(pk=user.pk).save_revision()
        assert [thing for thing, _references in drafts.uses_of(segment)] == [user], name
        Revision.objects.filter(pk=revision.pk).delete()
    assert not len(drafts.uses_of(segment))
    boss.post(delete)
    assert not Segment.objects.filter(pk=segment.pk).exists()


def test_a_live_use_is_told_once_though_its_draft_has_it_too(boss, make_segment):
    segment = make_segment(rule(condition("score_above", value=1)))
    user = campaign(live=True, goal=rule(condition("in_segment", segment=segment.pk)))
    ReferenceIndex.create_or_update_for_object(user)
    user.save_revision()
    (use,) = drafts.uses_of(segment)
    assert use[0] == user and len(use[1]) == 1
    assert "(in a draft)" not in use[1][0].describe_source_field()


def test_pages_in_draft_count(make_segment, make_page):
    segment = make_segment(rule(condition("score_above", value=1)))
    page = make_page([])
    its_rule = rule(condition("in_segment", segment=segment.pk))
    page.body = page.body.stream_block.to_python([dynamic([(its_rule.raw, "For fans")])])
    page.save_revision()
    assert [thing.pk for thing, _references in drafts.uses_of(segment)] == [page.pk]
