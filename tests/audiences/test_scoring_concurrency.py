"""Two workers on the same events and the same people give each point once (PostgreSQL), and a worker that is
killed loses and doubles none (both databases)."""

import random
import threading

import pytest
from django.db import OperationalError, connection, connections

from tests.audiences.conftest import NOW
from tests.audiences.scores import make_set, on, when
from tests.audiences.test_scoring import Clicked
from wagtail_automation.audiences.goals.actions import reach_goal
from wagtail_automation.audiences.models import (
    Goal,
    GoalReach,
    GroupScore,
    LeadStage,
    ScoreEntry,
    ScoreGroup,
    Stage,
    StageMove,
)
from wagtail_automation.audiences.scoring import actions
from wagtail_automation.audiences.stages.actions import move_to_stage
from wagtail_automation.audiences.watching import inbox, rules
from wagtail_automation.audiences.watching.models import PendingEvent
from wagtail_automation.leads.cohorts import LeadsCohort
from wagtail_automation.leads.models import Lead
from wagtail_automation.testing import clock as test_clock
from wagtail_automation.tracking import events
from wagtail_automation.tracking.actions import record_event
from wagtail_automation.tracking.models import Event
from wagtail_automation.triggers import triggers

from .conftest import condition

CLICKS = 12


def click(leads, times):
    for _n in range(times):
        for lead in leads:
            record_event(name=events.LINK_CLICKED, lead=lead, at=NOW)


def sets(group):
    make_set(
        on("test_clicked", value=1, frequency="each"),
        on("test_clicked", value=100, frequency="daily", per_day=3),
        on("test_clicked", value=10_000, frequency="once", group=group.pk),
        when(condition("score_above", value=0), value=1_000_000, frequency="once"),
    )


def settle():
    while inbox.work_off():
        pass
    while rules.refresh_due(until=float("inf")) or rules.refresh_dirty():
        pass


@pytest.mark.django_db(transaction=True)
@pytest.mark.slow
def test_two_workers_give_each_point_once(monkeypatch):
    if connection.vendor != "postgresql":
        pytest.skip("one writer at a time")
    monkeypatch.setattr(rules.jobs, "enqueue", lambda *args, **kwargs: None)
    monkeypatch.setitem(inbox.BATCH, "postgresql", 7)
    fit = ScoreGroup.objects.create(name="Fit")
    stages = [Stage.objects.create(name=f"S{number}", weight=number) for number in range(1, 5)]
    goal = Goal.objects.create(name="Goal")
    leads = Lead.objects.bulk_create([Lead() for _n in range(8)])
    ids = [lead.pk for lead in leads]
    errors = []

    def worker(seed):
        chance = random.Random(seed)
        try:
            with test_clock.freeze(NOW):
                for _turn in range(30):
                    act = chance.choice(
                        [
                            inbox.work_off,
                            inbox.work_off,
                            rules.refresh_dirty,
                            lambda: move_to_stage(
                                stage=chance.choice(stages), cohort=some(chance), forward_only=True
                            ),
                            lambda: reach_goal(goal=goal, cohort=some(chance)),
                        ]
                    )
                    try:
                        act()
                    except OperationalError as error:
                        if "deadlock" not in str(error):
                            raise
        except Exception as error:  # noqa: BLE001  the test tells it
            errors.append(error)
        finally:
            connections.close_all()

    def some(chance):
        return LeadsCohort(chance.sample(ids, 4), key="storm", now=NOW)

    with triggers.temporarily(Clicked):
        sets(fit)
        settle()
        click(leads, CLICKS)
        threads = [threading.Thread(target=worker, args=(seed,)) for seed in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert errors == []
        settle()
    wanted = CLICKS + 300 + 10_000 + 1_000_000
    assert set(Lead.objects.values_list("score", flat=True)) == {wanted}
    assert set(GroupScore.objects.values_list("points", flat=True)) == {10_000}
    assert GoalReach.objects.count() == Event.objects.filter(name="goal_reached").count() <= len(ids)
    assert StageMove.objects.filter(left_at=None).count() == LeadStage.objects.count()
    assert StageMove.objects.count() == Event.objects.filter(name="stage_changed").count()


@pytest.mark.django_db
def test_a_killed_worker_loses_and_doubles_nothing(monkeypatch):
    """Killed at every statement that writes points, one after the other: the next one finishes exactly."""
    fit = ScoreGroup.objects.create(name="Fit")
    (lead,) = Lead.objects.bulk_create([Lead()])
    with triggers.temporarily(Clicked):
        sets(fit)
        settle()
        click([lead], CLICKS)
        change, number = actions.change_score, [0]
        for killed_at in range(1, 5):
            number[0] = 0

            def killed(killed_at=killed_at, **kwargs):
                number[0] += 1
                change(**kwargs)
                if number[0] == killed_at:
                    raise KeyboardInterrupt

            monkeypatch.setattr(actions, "change_score", killed)
            try:
                inbox.work_off()
            except KeyboardInterrupt:
                assert PendingEvent.objects.count() == CLICKS and not ScoreEntry.objects.exists()
            else:
                break
        monkeypatch.setattr(actions, "change_score", change)
        settle()
    assert killed_at == 4  # three rules, three kills, then it went through
    assert Lead.objects.get().score == CLICKS + 300 + 10_000 + 1_000_000
