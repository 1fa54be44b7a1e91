"""The dry run against the real engine and against an interpreter that knows neither.

More examples: ``WA_FORESEE_EXAMPLES=500 pytest tests/campaigns/test_foreseeing.py``.
"""

import os
from collections import Counter

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from wagtail_automation.activities import activities
from wagtail_automation.campaigns import actions
from wagtail_automation.campaigns.foreseeing import counting, running, starts
from wagtail_automation.campaigns.foreseeing.plans import plan_of_draft
from wagtail_automation.campaigns.models import Campaign, Limits
from wagtail_automation.campaigns.plan import compile_tree
from wagtail_automation.leads.models import Lead
from wagtail_automation.rules.rule import Rule

from . import foreseen
from .foreseen import END, LIMITS
from .oracle import Oracle
from .pieces import NOW

pytestmark = pytest.mark.django_db

EXAMPLES = int(os.environ.get("WA_FORESEE_EXAMPLES", "12"))
some = settings(
    max_examples=EXAMPLES,
    deadline=None,
    # to make a failure small takes as long as a hundred examples
    phases=[Phase.explicit, Phase.generate, *([Phase.shrink] if "WA_FORESEE_EXAMPLES" in os.environ else [])],
    derandomize="WA_FORESEE_EXAMPLES" not in os.environ,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture(autouse=True)
def nothing():
    with activities.temporarily(foreseen.Nothing):
        yield


@pytest.fixture
def email(db):
    from tests.catalogue.cases.messaging import make_email

    return make_email("Hello").pk


def world(data, email, again=("never", "each")):
    """A campaign that was published, its people and the events to come."""
    steps = data.draw(foreseen.trees(email))
    assume(not compile_tree(foreseen.start_of(steps)).refusals)
    goal, leave = data.draw(foreseen.rules_for_all())
    limits = LIMITS[data.draw(st.sampled_from(sorted(LIMITS)))]
    reentry = data.draw(st.sampled_from(["never"] if limits.get("cap") else again))
    campaign = foreseen.publish(
        steps, goal=Rule(goal), exit_rule=Rule(leave), reentry=reentry, limits=Limits.OWN, **limits
    )
    crowd, future = data.draw(foreseen.crowds()), data.draw(foreseen.futures())
    quiet = (limits["quiet_begin"], limits["quiet_end"]) if "quiet_begin" in limits else None
    oracle = Oracle(
        steps,
        goal=goal,
        leave=leave,
        quiet=quiet,
        weekdays=limits.get("weekdays", "0123456"),
        cap=limits.get("cap", 0),
        cap_days=limits.get("cap_days", 7),
    )
    return campaign, crowd, future, oracle


def replayed(campaign: Campaign, start=NOW, end=END):
    """``(course, number of step → uuid)`` of a replay."""
    plan, graph = plan_of_draft(campaign)
    audience = starts.audience(campaign, graph, start=start, end=end, replay=True, limit=1000)
    course = running.run(plan, audience.entries, start=start, end=end, open_after=None, exact=10_000)
    return course, {step.pk: step.uuid for step in plan.steps}


def foreseen_stories(course, uuids) -> list[tuple]:
    stories = []
    for entry in course.entries:
        (way,) = entry.ways
        log = [
            (uuids[note.step], note.outcome.name, note.branch, note.reason, note.at) for note in way.notes()
        ]
        stories.append((entry.lead, log, uuids.get(way.step), way.left.partition(":")[0]))
    return stories


def oracle_stories(oracle, crowd, future, leads, reentry) -> tuple[list[tuple], Counter]:
    stories, messages, entered = [], Counter(), set()
    for at, whose, name in future:
        if name != "page_viewed" or (reentry == "never" and whose in entered):
            continue
        entered.add(whose)
        story = oracle.follow(foreseen.as_person(crowd[whose], whose, future), at, END)
        stories.append((leads[whose].pk, story.log, story.place, story.reason))
        messages.update(moment.date() for moment in story.messages)
    return stories, messages


@some
@given(data=st.data())
def test_replay_engine_and_oracle_agree(email, data):
    with transaction.atomic():
        campaign, crowd, future, oracle = world(data, email)
        leads = foreseen.make_leads(crowd)
        foreseen.live(campaign, leads, future)
        expected, expected_messages = oracle_stories(oracle, crowd, future, leads, campaign.reentry)
        assert foreseen.real_stories(campaign) == expected
        assert foreseen.real_messages(campaign) == expected_messages
        course, uuids = replayed(campaign)
        assert foreseen_stories(course, uuids) == expected
        (_low, high), days = counting.messages(course, lambda step, lead, written: written)
        assert high == sum(expected_messages.values())
        assert {day: (count, count) for day, count in expected_messages.items()} == {
            day: counts for day, counts in days.items() if counts != (0, 0)
        }
        transaction.set_rollback(True)


def counted(campaign: Campaign) -> Counter:
    """How many came to each step and branch in the real engine."""
    counts: Counter = Counter()
    for _lead, log, place, _reason in foreseen.real_stories(campaign):
        marks = {note[0] for note in log} | {(note[0], note[2]) for note in log if note[2]}
        counts.update(marks | ({place} if place else set()))
    return counts


def within(real, ranges) -> list:
    """What lies outside of its range."""
    return [
        (mark, real.get(mark, 0), ranges.get(mark, (0, 0)))
        for mark in {*real, *ranges}
        if not ranges.get(mark, (0, 0))[0] <= real.get(mark, 0) <= ranges.get(mark, (0, 0))[1]
    ]


def foreseen_from_now(campaign: Campaign, leads, end=END):
    plan, graph = plan_of_draft(campaign)
    everybody = Lead.objects.filter(pk__in=[lead.pk for lead in leads])
    audience = starts.audience(
        campaign, graph, start=NOW, end=end, replay=False, limit=1000, instead=everybody
    )
    course = running.run(plan, audience.entries, start=NOW, end=end, open_after=NOW, exact=10_000)
    return course, {step.pk: step.uuid for step in plan.steps}


@some
@given(data=st.data())
def test_whatever_people_do_the_numbers_lie_within_what_was_foreseen(email, data):
    with transaction.atomic():
        campaign, crowd, future, _oracle = world(data, email, again=("never",))
        leads = foreseen.make_leads(crowd)
        course, uuids = foreseen_from_now(campaign, leads)
        actions.enroll(campaign=campaign, leads=[lead.pk for lead in leads], now=NOW)
        foreseen.live(campaign, leads, future)
        ranges = {
            uuids[mark] if isinstance(mark, int) else (uuids[mark[0]], mark[1]): counts
            for mark, counts in counting.people_at_steps(course).items()
        }
        assert within(counted(campaign), ranges) == []
        real = foreseen.real_messages(campaign)
        (low, high), days = counting.messages(course, lambda step, lead, written: written)
        assert low <= sum(real.values()) <= high
        assert within(real, days) == []
        transaction.set_rollback(True)
