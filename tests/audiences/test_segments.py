"""Stored membership: filled by publishing, kept true by changes, closed on failure."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.audiences.conftest import NOW, condition, rule
from wagtail_automation import jobs
from wagtail_automation.audiences import actions, personal, refreshing
from wagtail_automation.audiences.models import (
    DirtyLead,
    ListMembership,
    Segment,
    SegmentFact,
    SegmentMembership,
    SegmentState,
)
from wagtail_automation.leads import actions as lead_actions
from wagtail_automation.leads.models import Lead
from wagtail_automation.rules.conditions import Condition, Events, Time, conditions
from wagtail_automation.rules.rule import Rule
from wagtail_automation.testing import clock as test_clock
from wagtail_automation.tracking.actions import record_event
from wagtail_automation.tracking.models import Event

pytestmark = pytest.mark.django_db


def members(segment):
    return set(SegmentMembership.objects.filter(segment=segment).values_list("lead_id", flat=True))


def pks(leads):
    return {lead.pk for lead in leads}


def set_score(lead, value):
    actions.change_lead_score(lead=lead, operation="set", value=value, now=NOW)


@pytest.fixture
def high(make_segment):
    return make_segment(rule(condition("score_above", value=10)), name="High score")


# -- whole segments ------------------------------------------------------------------------------------


def test_publishing_founds_a_segment_silently_and_later_changes_are_told(make_leads, high):
    founders, outside = make_leads(3, score=20), make_leads(2, score=10)
    assert actions.refresh_segment(high, now=NOW) == (3, 0)
    assert members(high) == pks(founders)
    told = Event.objects.filter(object_key=high.uuid, object_kind=6)
    assert not told.exists()
    assert SegmentState.objects.get(segment=high).member_count == 3
    high.rule = rule(condition("score_above", value=5))  # a wider rule: they begin to match
    high.save()
    assert actions.refresh_segment(high, now=NOW) == (2, 0)
    assert set(told.filter(name="segment_entered").values_list("lead_id", flat=True)) == pks(outside)
    assert actions.refresh_segment(high, now=NOW) == (0, 0)
    assert told.count() == 2


def test_unpublishing_and_publishing_again_tells_nobody(make_leads, high):
    make_leads(2, score=20)
    actions.refresh_segment(high, now=NOW)
    for live, change in ((False, (0, 2)), (True, (2, 0))):
        high.live = live
        high.save()
        assert actions.refresh_segment(high, now=NOW) == change
    assert not Event.objects.filter(object_key=high.uuid).exists()


def test_a_changed_lead_does_not_found_a_segment_with_an_event(make_leads, high):
    """The first refresh failed or is still to come: whoever changes meanwhile is a founding member too."""
    (lead,) = make_leads(1, score=1)
    set_score(lead, 20)
    refreshing.refresh_dirty(now=NOW)
    assert members(high) == {lead.pk}
    assert not Event.objects.filter(name="segment_entered").exists()


def test_people_leave_when_the_rule_changes(make_leads, high):
    make_leads(3, score=20)
    (best,) = make_leads(1, score=100)
    actions.refresh_segment(high, now=NOW)
    high.rule = rule(condition("score_above", value=50))
    high.save()
    assert actions.refresh_segment(high, now=NOW) == (0, 3)
    assert members(high) == {best.pk}
    assert Event.objects.filter(name="segment_left", object_key=high.uuid).count() == 3


@pytest.mark.django_db(transaction=True)
def test_the_wagtail_way_publish_draft_unpublish(make_leads):
    make_leads(2, score=20)
    segment = Segment(name="S", rule=rule(condition("score_above", value=10)), live=False)
    segment.save()
    assert members(segment) == set()
    segment.save_revision().publish()
    assert len(members(segment)) == 2
    segment.rule = rule(condition("score_above", value=1000))
    segment.save_revision()  # a draft changes nothing for anybody
    refreshing.refresh_pending()
    assert len(members(segment)) == 2
    Segment.objects.get(pk=segment.pk).unpublish()
    assert members(segment) == set()
    assert personal.segment_ids(Lead.objects.first()) == frozenset()


def test_between_unpublishing_and_emptying_nobody_is_in(make_leads, high, make_segment):
    (lead,) = make_leads(1, score=20)
    other = make_segment(rule(condition("in_segment", segment=high.pk)), name="Both")
    actions.refresh_segment(high, now=NOW)
    assert actions.refresh_segment(other, now=NOW) == (1, 0)
    Segment.objects.filter(pk=high.pk).update(live=False)
    assert personal.segment_ids(lead) == {other.pk}
    assert actions.refresh_segment(other, now=NOW) == (0, 1)


@pytest.mark.parametrize(
    "broken",
    [
        Rule(),
        rule(),
        rule({"id": "g", "type": "group", "value": {"match": "all", "items": []}}),
        rule({"id": "x", "type": "not_installed_anywhere", "value": {}}, match="none"),
        rule(condition("in_list", list=987654), match="none"),
        rule(condition("in_list", list=None), match="none"),
        rule(condition("score_above", value="many"), match="none"),
        rule(condition("score_above", value={"a": [1]}), match="none"),
        rule(condition("in_list", list={"a": 1}), match="none"),
        rule({"id": "x", "type": "score_above", "value": "?"}, match="none"),
        Rule({"match": "some", "items": [condition("score_above", value=0)]}),
        Rule({"items": "none"}),
    ],
    ids=str,
)
def test_a_broken_or_empty_rule_matches_nobody(make_leads, make_segment, broken):
    make_leads(2, score=20)
    segment = make_segment(broken)
    assert actions.refresh_segment(segment, now=NOW) == (0, 0)
    (lead,) = make_leads(1)
    set_score(lead, 5)
    actions.refresh_pending()
    assert members(segment) == set()


def test_members_leave_when_the_app_of_a_condition_goes(make_leads, make_segment):
    make_leads(2, score=20)
    segment = make_segment(rule(condition("score_above", value=10)))
    actions.refresh_segment(segment, now=NOW)
    before = Segment.objects.get(pk=segment.pk).rule.raw
    with conditions.without("score_above"):
        assert actions.refresh_segment(segment, now=NOW) == (0, 2)
        Segment.objects.get(pk=segment.pk).save()
    assert Segment.objects.get(pk=segment.pk).rule.raw == before
    assert actions.refresh_segment(segment, now=NOW) == (2, 0)


def test_a_failing_condition_is_noted_and_stops_nobody_else(make_leads, make_segment, high):
    class Exploding(Condition):
        key = "exploding"

        def q(self, value, scope):
            raise RuntimeError("as third parties do")

    make_leads(1, score=20)
    with conditions.temporarily(Exploding):
        bad = make_segment(rule(condition("exploding")), name="A bad one")
        actions.refresh_pending()
        assert "third parties" in SegmentState.objects.get(segment=bad).problem
    assert len(members(high)) == 1


# -- changed leads -------------------------------------------------------------------------------------


def test_a_change_is_worked_off_by_the_segments_that_depend_on_it(make_leads, make_list, make_segment, high):
    newsletter = make_list()
    readers = make_segment(rule(condition("in_list", list=newsletter.pk)), name="Readers")
    leads = make_leads(3)
    actions.refresh_pending()
    set_score(leads[0], 50)
    actions.add_lead_to_list(lead_list=newsletter, lead=leads[1], now=NOW)
    actions.add_lead_to_list(lead_list=make_list("Other"), lead=leads[2], now=NOW)
    assert set(DirtyLead.objects.values_list("lead_id", "fact")) == {
        (leads[0].pk, "field:score"),
        (leads[1].pk, f"list:{newsletter.pk}"),
    }
    actions.refresh_pending()
    assert members(high) == {leads[0].pk}
    assert members(readers) == {leads[1].pk}
    assert not DirtyLead.objects.exists()
    set_score(leads[0], 0)
    actions.refresh_pending()
    assert members(high) == set()
    assert SegmentState.objects.get(segment=high).member_count == 0
    assert list(
        Event.objects.filter(name__startswith="segment_").order_by("pk").values_list("name", flat=True)
    ) == [
        "segment_entered",
        "segment_entered",
        "segment_left",
    ]


def test_a_fact_nobody_depends_on_costs_one_query_and_writes_nothing(make_leads, high):
    (lead,) = make_leads()
    DirtyLead.objects.all().delete()
    with CaptureQueriesContext(connection) as queries:
        actions.mark_dirty(leads=[lead.pk], facts=frozenset({"event:unheard_of"}))
    assert len(queries) == 1
    assert not DirtyLead.objects.exists()


def test_drafts_and_broken_segments_make_nobody_look_again(make_leads, make_segment):
    make_segment(rule(condition("score_above", value=10)), live=False)
    make_segment(rule(condition("score_above", value=10), {"id": "x", "type": "gone", "value": {}}))
    assert not SegmentFact.objects.exists()
    set_score(make_leads()[0], 20)
    assert not DirtyLead.objects.exists()


def test_a_new_lead_enters_what_is_true_of_those_to_whom_nothing_happened(make_segment):
    lonely = make_segment(rule(condition("score_above", value=10), match="none"), name="Lonely")
    actions.refresh_pending()
    lead = lead_actions.create_anonymous(now=NOW)
    actions.refresh_pending()
    assert members(lonely) == {lead.pk}


def test_a_whole_cohort_is_marked_by_queries_that_do_not_grow(make_leads, high):
    counts = []
    for size in (2, 60):
        leads = make_leads(size)
        DirtyLead.objects.all().delete()
        with CaptureQueriesContext(connection) as queries:
            actions.mark_dirty(
                leads=Lead.objects.filter(pk__in=pks(leads)).values("pk"),
                facts=frozenset({"field:score", "field:country"}),
            )
        counts.append(len(queries))
        assert DirtyLead.objects.count() == size
    assert counts == [2, 2]


def test_working_off_takes_the_same_queries_for_few_and_many(make_leads, high):
    counts = []
    for size in (2, 60):
        for lead in make_leads(size):
            set_score(lead, 20)
        with CaptureQueriesContext(connection) as queries:
            assert refreshing.refresh_dirty(now=NOW) >= size
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert counts[0] < 30


def test_a_change_during_the_refresh_is_not_lost(make_leads, high, monkeypatch):
    (lead,) = make_leads()
    actions.refresh_pending()
    set_score(lead, 20)
    looked = refreshing._refresh_leads

    def look_and_change(segment, leads, now):
        looked(segment, leads, now)
        if not getattr(look_and_change, "done", False):
            look_and_change.done = True
            set_score(lead, 0)

    monkeypatch.setattr(refreshing, "_refresh_leads", look_and_change)
    refreshing.refresh_dirty(now=NOW)
    assert DirtyLead.objects.count() == 1
    refreshing.refresh_dirty(now=NOW)
    assert members(high) == set()


@pytest.mark.django_db(transaction=True)
def test_within_seconds_a_job_is_asked_for_once_for_a_flood(make_leads, high, monkeypatch):
    asked = []
    actions.refresh_pending()
    monkeypatch.setattr(jobs, "enqueue", lambda path, *args, **kwargs: asked.append(path))
    leads = make_leads(3)
    asked.clear()
    DirtyLead.objects.all().delete()
    for lead in leads:
        set_score(lead, 20)
    assert asked == [refreshing.JOB]
    assert members(high) == set()
    refreshing.refresh_pending()
    assert members(high) == pks(leads)


@pytest.mark.django_db(transaction=True)
def test_a_change_that_rolls_back_marks_nobody(make_leads, high):
    from django.db import transaction

    (lead,) = make_leads()
    actions.refresh_pending()
    with pytest.raises(RuntimeError), transaction.atomic():
        set_score(lead, 20)
        raise RuntimeError
    assert not DirtyLead.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_inline_jobs_bring_it_up_to_date_at_once(make_leads, high):
    (lead,) = make_leads()
    set_score(lead, 20)
    assert members(high) == {lead.pk}


def test_only_one_process_works_at_a_time(make_leads, high):
    with jobs.lease(refreshing.LEASE, 60) as mine:
        assert mine
        assert "somebody else" in refreshing.refresh_pending()


# -- time ----------------------------------------------------------------------------------------------


class SawPricing(Condition):
    key = "saw_pricing"
    depends_on = Events("page_viewed") | Time()

    def q(self, value, scope):
        return scope.happened("page_viewed", within=dt.timedelta(days=7))


def test_segments_that_depend_on_time_are_looked_at_every_few_minutes(make_leads, make_segment):
    with conditions.temporarily(SawPricing):
        recent = make_segment(rule(condition("saw_pricing")))
        (lead,) = make_leads()
        actions.refresh_pending()
        record_event(name="page_viewed", lead=lead, at=NOW)
        actions.refresh_pending()
        assert members(recent) == {lead.pk}
    with conditions.temporarily(SawPricing), test_clock.freeze(NOW + dt.timedelta(minutes=3)):
        jobs.tick()  # the second look after the publication
        assert SegmentState.objects.get(segment=recent).due_at == NOW + dt.timedelta(minutes=8)
    with conditions.temporarily(SawPricing), test_clock.freeze(NOW + dt.timedelta(days=7, minutes=9)):
        jobs.tick()
        assert members(recent) == set()


def test_others_are_looked_at_once_a_day_so_that_what_was_missed_heals(make_leads, high):
    actions.refresh_pending()
    with test_clock.freeze(NOW + dt.timedelta(minutes=2)):
        actions.refresh_pending()
    (lead,) = make_leads(1)
    Lead.objects.filter(pk=lead.pk).update(score=50)  # past the actions
    DirtyLead.objects.all().delete()
    with test_clock.freeze(NOW + dt.timedelta(hours=20)):
        actions.refresh_pending()
        assert members(high) == set()
    with test_clock.freeze(NOW + dt.timedelta(hours=25)):
        actions.refresh_pending()
        assert members(high) == {lead.pk}


# -- segments in segments ------------------------------------------------------------------------------


def test_segments_in_segments_follow_in_one_go(make_leads, make_segment):
    first = make_segment(rule(condition("score_above", value=10)), name="First")
    # made before it can be known by name order: the order of dependence decides
    second = make_segment(rule(condition("in_segment", segment=first.pk)), name="A second")
    third = make_segment(rule(condition("in_segment", segment=second.pk)), name="A third")
    (lead,) = make_leads()
    actions.refresh_pending()
    set_score(lead, 20)
    actions.refresh_pending()
    assert members(first) == members(second) == members(third) == {lead.pk}
    set_score(lead, 0)
    actions.refresh_pending()
    assert members(first) == members(second) == members(third) == set()


def test_deleting_what_a_rule_asks_about_empties_it(make_leads, make_list, make_segment, high):
    newsletter = make_list()
    everyone_else = make_segment(
        rule(condition("in_list", list=newsletter.pk), match="none"), name="Not readers"
    )
    not_high = make_segment(rule(condition("in_segment", segment=high.pk), match="none"), name="Not high")
    make_leads(2)
    actions.refresh_pending()
    assert len(members(everyone_else)) == len(members(not_high)) == 2
    newsletter.delete()
    high.delete()
    actions.refresh_pending()
    assert members(everyone_else) == members(not_high) == set()


def test_circles_are_refused_at_the_field(make_segment):
    first = make_segment(rule(condition("score_above", value=10)), name="First")
    second = make_segment(rule(condition("in_segment", segment=first.pk)), name="Second")
    third = make_segment(rule(condition("in_segment", segment=second.pk)), name="Third")
    group = {
        "id": "g",
        "type": "group",
        "value": {"match": "any", "items": [condition("in_segment", segment=third.pk)]},
    }
    first.rule = rule(condition("score_above", value=1), group)
    with pytest.raises(ValidationError) as caught:
        first.full_clean()
    assert list(caught.value.message_dict) == ["rule"]
    assert "First → Third → Second → First" in caught.value.message_dict["rule"][0]
    first.rule = rule(condition("in_segment", segment=first.pk))
    with pytest.raises(ValidationError, match="First → First"):
        first.full_clean()
    first.rule = rule(condition("score_above", value=1))
    first.full_clean()


def test_a_circle_that_came_past_validation_matches_nobody_and_ends(make_leads, make_segment):
    make_leads(2, score=20)
    first = make_segment(rule(condition("score_above", value=10)), name="First")
    second = make_segment(rule(condition("in_segment", segment=first.pk), match="none"), name="Second")
    actions.refresh_pending()
    first.rule = rule(condition("in_segment", segment=second.pk))
    first.save()
    refreshing.refresh_pending()
    assert members(first) == set()


# -- merge ---------------------------------------------------------------------------------------------


def test_a_merge_never_doubles_memberships(make_leads, make_list, make_segment, high):
    source, target = make_leads(2, score=20)
    both, one = make_list("Both"), make_list("One")
    for lead_list, lead, day in ((both, source, 1), (both, target, 2), (one, source, 3)):
        actions.add_lead_to_list(lead_list=lead_list, lead=lead, now=NOW + dt.timedelta(days=day))
    readers = make_segment(rule(condition("in_list", list=one.pk)), name="Readers")
    actions.refresh_pending()
    assert members(readers) == {source.pk}
    Event.objects.all().delete()
    lead_actions.merge(source=source, target=target, now=NOW, reason="test")
    assert sorted(ListMembership.objects.values_list("list__name", "lead_id", "added_at")) == [
        ("Both", target.pk, NOW + dt.timedelta(days=1)),
        ("One", target.pk, NOW + dt.timedelta(days=3)),
    ]
    actions.refresh_pending()
    assert members(high) == members(readers) == {target.pk}
    assert SegmentState.objects.get(segment=high).member_count == 1
    assert not Event.objects.filter(name__startswith="segment_").exists()
    assert Lead.objects.get(pk=target.pk).score == 40


# -- pages ---------------------------------------------------------------------------------------------


def test_pages_read_membership_with_one_query(make_leads, make_segment, high, django_assert_num_queries):
    (lead,) = make_leads(1, score=20)
    low = make_segment(rule(condition("score_above", value=1000)), name="Very high")
    actions.refresh_pending()
    with django_assert_num_queries(1):
        assert personal.segment_ids(lead) == {high.pk}
    gone = 987654
    rules = [
        rule(condition("in_segment", segment=high.pk)),
        rule(condition("in_segment", segment=low.pk)),
        rule(condition("in_segment", segment=low.pk), condition("in_segment", segment=high.pk), match="any"),
        rule(condition("in_segment", segment=low.pk), match="none"),
        rule(condition("in_segment", segment=gone), match="none"),
        rule(condition("in_segment", segment=high.pk), condition("in_segment", segment=gone), match="any"),
        rule(condition("in_segment", segment=None), match="none"),
        rule(condition("in_segment", segment="x"), match="none"),
        rule({"id": "g", "type": "group", "value": {"match": "none", "items": []}}),
        rule(
            {
                "id": "g",
                "type": "group",
                "value": {"match": "none", "items": [condition("in_segment", segment=low.pk)]},
            }
        ),
        Rule(),
        Rule({"match": "what"}),
    ]
    with django_assert_num_queries(1):
        known = personal.memberships(rules, lead)
    decided = [personal.decide(one, known) for one in rules]
    assert decided == [True, False, True, True, False, False, False, False, False, True, False, False]
    from wagtail_automation.rules.evaluate import RuleSet

    assert RuleSet(rules).answers(Lead, lead.pk, NOW) == decided
    assert personal.decide(rule(condition("score_above", value=1)), known) is None
    with django_assert_num_queries(0):
        assert personal.memberships([rule(condition("score_above", value=1))], lead) == {}
