"""The benchmark of the engine compares like with like; what is kept of the step log, and for how long."""

import datetime as dt

import pytest
from django.db import transaction
from django.db.models import Count, Sum

from wagtail_automation import clock, jobs, pruning, sql
from wagtail_automation.audiences.models import ListMembership, ScoreEntry
from wagtail_automation.campaigns import actions, bench_rivals, engine, retention, trace
from wagtail_automation.campaigns.models import Campaign, Enrollment, State, StepLog, StepTally
from wagtail_automation.leads.models import Lead
from wagtail_automation.messaging.models import Message
from wagtail_automation.testing import clock as test_clock
from wagtail_automation.tracking.models import Event

from .pieces import NOW, Tree

pytestmark = pytest.mark.django_db


def engine_walks(run: bench_rivals.Run) -> None:
    Campaign.objects.filter(pk=run.campaign.pk).update(state=State.RUNNING)
    engine.run(60)


def rows_of(run: bench_rivals.Run) -> dict:
    """What one way of doing it left behind, without what the two others did."""
    events = Event.objects.filter(at__gte=run.now).values_list("name").annotate(n=Count("pk"))
    return {
        "log": sorted(StepLog.objects.values_list("step__uuid").annotate(n=Count("visit")).values_list("n")),
        "out": Enrollment.objects.filter(campaign=run.campaign, step=None).count(),
        "listed": ListMembership.objects.filter(list=run.joined).count(),
        "messages": Message.objects.count(),
        "events": dict(events),
        "scores": Lead.objects.aggregate(total=Sum("score"))["total"],
        "history": ScoreEntry.objects.aggregate(rows=Count("pk"), points=Sum("points")),
    }


@pytest.mark.parametrize("way", [bench_rivals.Run.by_loop, bench_rivals.Run.by_statements])
def test_the_rivals_of_the_engine_do_the_same(monkeypatch, way):
    """Each on the same people in turn; a savepoint takes back what the one before did."""
    monkeypatch.setattr(jobs, "enqueue", lambda *args, **options: None)
    bench_rivals.make_people(30)
    email = bench_rivals.make_email()
    found = []
    for doing in (engine_walks, way):
        try:
            with transaction.atomic():
                run = bench_rivals.Run(email, 30)
                doing(run)
                found.append(rows_of(run))
                raise InterruptedError
        except InterruptedError:
            continue
    assert found[0] == found[1]
    assert found[0]["out"] == 30 and found[0]["history"]["rows"] == 30
    assert {"campaign_entered", "campaign_left", "list_joined"} <= set(found[0]["events"])


def test_people_of_the_benchmark_are_copies_of_a_few(monkeypatch):
    monkeypatch.setattr(bench_rivals, "MODELS", 20)
    bench_rivals.make_people(90)
    people = Lead.objects.filter(source=bench_rivals.MARK)
    assert people.count() == len(set(people.values_list("email", flat=True))) == 90
    assert len(set(people.values_list("uuid", flat=True))) == 90
    assert people.values("country").distinct().count() == 10
    assert sql.storage_bytes(Lead) is None or sql.storage_bytes(Lead) > 90 * 50


# -- retention -------------------------------------------------------------------------------------
@pytest.fixture
def walked(campaign, people, walk):
    """Three who came to the end and one who waits."""
    leads = people(3) + people(1, score=50)
    tree = Tree().ask("test_score", value={"above": 10}, name="q")
    tree.minutes(10**6, parent="q", branch="yes").do(1, parent="q", branch="no")
    made = campaign(tree.json)
    actions.enroll(campaign=made, leads=[lead.pk for lead in leads])
    walk()
    return leads


def test_the_log_of_those_who_left_is_pruned_by_its_age(walked, monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 2)
    before, tallies = StepLog.objects.count(), StepTally.objects.count()
    kind = next(kind for kind in pruning.kinds() if kind.key == "step_log")
    assert kind.days == 760
    with test_clock.freeze(NOW + dt.timedelta(days=759)):
        assert list(kind.function(clock.now() - dt.timedelta(days=kind.days))) == []
        assert StepLog.objects.count() == before
    with test_clock.freeze(NOW + dt.timedelta(days=761)):
        assert list(kind.function(clock.now() - dt.timedelta(days=kind.days))) == [4, 2]
        assert list(kind.function(clock.now() - dt.timedelta(days=kind.days))) == []
    left = StepLog.objects.values_list("enrollment__lead", flat=True)
    assert set(left) == {walked[3].pk}
    assert StepLog.objects.count() == before - 6
    assert Enrollment.objects.count() == 4 and StepTally.objects.count() == tallies
    assert [one.entries for one in trace.for_lead(walked[0])] == [[]]


def test_pruning_takes_the_same_statements_for_any_number(walked, django_assert_num_queries):
    late = NOW + dt.timedelta(days=5)
    with django_assert_num_queries(5):  # whom, a savepoint, their log, its end, whom else
        list(retention.prune_step_log(late))
