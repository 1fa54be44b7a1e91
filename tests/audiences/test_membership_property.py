"""Whatever changes in whatever order: stored membership is what a naive reading of the rules says."""

import datetime as dt

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.audiences.conftest import NOW, condition, rule
from wagtail_automation.audiences import actions
from wagtail_automation.audiences.models import (
    LeadList,
    ListMembership,
    Segment,
    SegmentMembership,
    SegmentState,
)
from wagtail_automation.leads import actions as leads
from wagtail_automation.leads.cohorts import LeadsCohort
from wagtail_automation.leads.models import Lead
from wagtail_automation.testing import clock as test_clock
from wagtail_automation.tracking.models import Event

pytestmark = pytest.mark.django_db

PEOPLE = 5

steps = st.lists(
    st.one_of(
        st.tuples(st.just("score"), st.sets(st.integers(0, PEOPLE - 1), min_size=1), st.integers(-20, 20)),
        st.tuples(st.just("add"), st.sets(st.integers(0, PEOPLE - 1), min_size=1), st.integers(0, 1)),
        st.tuples(st.just("remove"), st.sets(st.integers(0, PEOPLE - 1), min_size=1), st.integers(0, 1)),
        st.tuples(st.just("merge"), st.just({0}), st.integers(0, PEOPLE * PEOPLE - 1)),
        st.tuples(st.just("new"), st.just({0}), st.integers(0, 30)),
        st.tuples(st.just("delete"), st.just({0}), st.integers(0, PEOPLE - 1)),
        st.tuples(st.just("rule"), st.just({0}), st.integers(-10, 20)),
        st.tuples(st.just("publish"), st.just({0}), st.booleans()),
        st.tuples(st.just("refresh"), st.just({0}), st.just(0)),
        st.tuples(st.just("wait"), st.just({0}), st.integers(1, 10)),
    ),
    max_size=25,
)


class World:
    """A few people and four segments, one of them asking about others; with a naive reading of each."""

    def __init__(self):
        self.now = NOW
        self.lists = [LeadList.objects.create(name=f"List {number}") for number in range(2)]
        self.threshold, self.live = 5, True
        one, two = self.lists
        self.high = self.make("High", rule(condition("score_above", value=5)))
        group = {
            "id": "g",
            "type": "group",
            "value": {"match": "none", "items": [condition("in_list", list=two.pk)]},
        }
        self.mixed = self.make("Mixed", rule(condition("in_list", list=one.pk), group, match="any"))
        self.neither = self.make(
            "Neither",
            rule(condition("in_list", list=one.pk), condition("score_above", value=0), match="none"),
        )
        self.both = self.make(
            "A both",
            rule(
                condition("in_segment", segment=self.high.pk), condition("in_segment", segment=self.mixed.pk)
            ),
        )
        for number in range(PEOPLE):
            Lead.objects.create(score=number * 3, created_at=NOW)

    def make(self, name, its_rule):
        return Segment.objects.create(name=name, rule=its_rule)

    def people(self):
        return list(Lead.objects.order_by("pk"))

    def do(self, what, who, value):
        people = self.people()
        chosen = [people[index] for index in who if index < len(people)]
        cohort = LeadsCohort([lead.pk for lead in chosen], key="test", now=self.now)
        if what == "score":
            actions.change_score(cohort=cohort, operation="add", value=value)
        elif what == "add":
            actions.add_to_list(lead_list=self.lists[value], cohort=cohort)
        elif what == "remove":
            actions.remove_from_list(lead_list=self.lists[value], cohort=cohort)
        elif what == "merge" and len(people) > 1:
            source, target = people[value % len(people)], people[value // PEOPLE % len(people)]
            if source != target:
                leads.merge(source=source, target=target, now=self.now, reason="test")
        elif what == "new":
            actions.change_lead_score(
                lead=leads.create_anonymous(now=self.now), operation="set", value=value, now=self.now
            )
        elif what == "delete" and len(people) > 1:
            people[value % len(people)].delete()
        elif what == "rule":
            self.threshold = value
            self.high.rule = rule(condition("score_above", value=value))
            self.high.save()
        elif what == "publish":
            self.live = self.high.live = value
            self.high.save()
        elif what == "refresh":
            actions.refresh_pending()
        elif what == "wait":
            self.now += dt.timedelta(minutes=value)

    def expected(self):
        """Reads every row and asks in Python."""
        on = {number: set() for number in range(2)}
        for list_id, lead in ListMembership.objects.values_list("list_id", "lead_id"):
            on[[one.pk for one in self.lists].index(list_id)].add(lead)
        answers = {name: set() for name in ("High", "Mixed", "Neither", "A both")}
        for lead in self.people():
            high = self.live and lead.score > self.threshold
            mixed = lead.pk in on[0] or lead.pk not in on[1]
            neither = lead.pk not in on[0] and not lead.score > 0
            for name, answer in {
                "High": high,
                "Mixed": mixed,
                "Neither": neither,
                "A both": high and mixed,
            }.items():
                if answer:
                    answers[name].add(lead.pk)
        return answers

    def check(self):
        stored = {segment.name: set() for segment in (self.high, self.mixed, self.neither, self.both)}
        for name, lead in SegmentMembership.objects.values_list("segment__name", "lead_id"):
            assert lead not in stored[name], "twice in a segment"
            stored[name].add(lead)
        assert stored == self.expected()


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=steps)
def test_stored_membership_equals_a_naive_reading(steps, db):
    with transaction.atomic():
        world = World()
        actions.refresh_pending()
        world.check()
        for what, who, value in steps:
            with test_clock.freeze(world.now):
                world.do(what, who, value)
        with test_clock.freeze(world.now):
            actions.refresh_pending()
            world.check()
            changes = Event.objects.filter(name__startswith="segment_").count()
            for segment in Segment.objects.all():
                assert actions.refresh_segment(segment) == (0, 0), "the whole evaluation disagrees"
            for state in SegmentState.objects.all():
                assert state.member_count == SegmentMembership.objects.filter(segment=state.segment).count()
            actions.refresh_pending()
            assert Event.objects.filter(name__startswith="segment_").count() == changes
        transaction.set_rollback(True)


def members(segment):
    return set(SegmentMembership.objects.filter(segment=segment).values_list("lead_id", flat=True))


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=steps)
def test_events_tell_exactly_who_came_and_went(steps, db):
    """Replaying joins and leaves after the founding members gives the membership, but for people deleted or
    merged, and segments unpublished, meanwhile."""
    with transaction.atomic():
        world = World()
        actions.refresh_pending()
        founders = {segment.pk: members(segment) for segment in Segment.objects.all()}
        for what, who, value in steps:
            if what in ("merge", "delete", "publish"):
                continue
            with test_clock.freeze(world.now):
                world.do(what, who, value)
        with test_clock.freeze(world.now):
            actions.refresh_pending()
        for kind, joined, left in (
            ("segment", "segment_entered", "segment_left"),
            ("list", "list_joined", "list_left"),
        ):
            model, owners = (
                (SegmentMembership, Segment.objects.all())
                if kind == "segment"
                else (ListMembership, world.lists)
            )
            for owner in owners:
                inside = set(founders[owner.pk]) if kind == "segment" else set()
                for event in Event.objects.filter(object_key=owner.uuid, name__in=(joined, left)).order_by(
                    "pk"
                ):
                    assert (event.name == joined) == (event.lead_id not in inside), "told twice"
                    inside ^= {event.lead_id}
                assert inside == set(model.objects.filter(**{kind: owner}).values_list("lead_id", flat=True))
        transaction.set_rollback(True)
