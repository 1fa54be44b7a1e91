"""Two walkers at once on PostgreSQL, and what happens between a walk and somebody else's transaction."""

import datetime as dt
import os
import threading
import time

import pytest
from django.db import connections, transaction

from wagtail_automation import jobs
from wagtail_automation.campaigns import actions, engine
from wagtail_automation.campaigns.flow_steps import WaitMinutes
from wagtail_automation.campaigns.models import Enrollment, StepLog
from wagtail_automation.campaigns.tree.decisions import Decision
from wagtail_automation.leads.models import Lead
from wagtail_automation.testing import clock as test_clock
from wagtail_automation.tracking.actions import record_event

from .pieces import NOW, Tree

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(os.environ.get("WA_TEST_DB") != "postgres", reason="SQLite has one writer"),
]


def in_thread(function):
    """Run in a thread with its own connection; returns a function that joins and raises what it raised."""
    errors = []

    def run():
        try:
            function()
        except BaseException as error:  # noqa: BLE001  raised again by join()
            errors.append(error)
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()

    def join():
        thread.join(30)
        assert not thread.is_alive()
        if errors:
            raise errors[0]

    return join


@pytest.fixture(autouse=True)
def quiet(monkeypatch):
    """Nobody walks unless the test says so."""
    monkeypatch.setattr(jobs, "enqueue", lambda *args, **options: None)


@pytest.fixture
def small_chunks(settings):
    settings.WAGTAIL_AUTOMATION = {**settings.WAGTAIL_AUTOMATION, "ENGINE_CHUNK": 7}


def test_two_walkers_share_the_work(campaign, people, small_chunks):
    leads = people(150) + people(150, score=50)
    tree = Tree().do(1).ask("test_score", value={"above": 10}, name="q")
    tree.do(1, parent="q", branch="yes").do(1, parent="q", branch="no")
    actions.enroll(campaign=campaign(tree.json), leads=[lead.pk for lead in leads])
    joins = [in_thread(lambda: engine.run(30)) for _walker in range(2)]
    for join in joins:
        join()
    engine.run(30)
    assert StepLog.objects.count() == 900
    assert sorted(set(Lead.objects.values_list("score", flat=True))) == [2, 52]
    assert not Enrollment.objects.inside().exists()


@pytest.mark.parametrize("order", ["click first", "walk first"])
def test_a_click_while_the_walk_is_under_way_is_not_lost(campaign, people, order, monkeypatch):
    """The click is recorded after the decision was answered and committed before, or after, the walk is:
    either way the decision is asked again."""
    tree = Tree().do(0).ask("test_clicked", 3, name="q").do(1, parent="q", branch="yes")
    (lead,) = people(1)
    actions.enroll(campaign=campaign(tree.json), leads=[lead.pk])
    decided, clicked = threading.Event(), threading.Event()
    original = Decision.visit

    def decide(self, visit):
        original(self, visit)
        if not decided.is_set():
            decided.set()
            assert clicked.wait(20)

    monkeypatch.setattr(Decision, "visit", decide)

    join = in_thread(lambda: engine.run(30))
    assert decided.wait(20)
    if order == "click first":
        record_event(name="link_clicked", lead=lead)  # does not wait for the walk
        clicked.set()
        join()
    else:
        with transaction.atomic():
            record_event(name="link_clicked", lead=lead)
            clicked.set()
            join()
            assert Enrollment.objects.inside().exists()
    engine.run(30)
    lead.refresh_from_db()
    assert lead.score == 1


def test_publishing_while_a_walk_is_under_way_strands_nobody(campaign, people, monkeypatch):
    tree = Tree().do(1, name="a").minutes(10, name="w").do(10, name="b")
    (lead,) = people(1)
    made = campaign(tree.json)
    actions.enroll(campaign=made, leads=[lead.pk])
    walking, published = threading.Event(), threading.Event()
    original = WaitMinutes.visit

    def wait(self, visit):
        walking.set()
        assert published.wait(20)
        original(self, visit)

    monkeypatch.setattr(WaitMinutes, "visit", wait)
    join = in_thread(lambda: engine.run(30))
    assert walking.wait(20)
    made.tree = [step for step in tree.json if step["value"]["name"] != "w"]
    made.save()
    actions.publish(campaign=made)
    published.set()
    join()
    assert Enrollment.objects.inside().exists()  # at the removed step, until its time comes
    with test_clock.freeze(NOW + dt.timedelta(minutes=10)):
        engine.run(30)
    lead.refresh_from_db()
    assert lead.score == 11


def test_somebody_erased_while_many_enter_stops_nobody(campaign, people):
    """Their row is read, then gone: PostgreSQL looks at foreign keys at the commit, and refused them all."""
    leads = people(3)
    made = campaign(Tree().do(1).json)
    deleted, entered = threading.Event(), []

    def delete():
        with transaction.atomic():
            Lead.objects.filter(pk=leads[1].pk).delete()
            deleted.set()
            # until the other waits for our lock
            for _moment in range(200):
                with connections["default"].cursor() as cursor:
                    cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
                    if cursor.fetchone()[0]:
                        return
                time.sleep(0.05)

    join = in_thread(delete)
    assert deleted.wait(20)
    entered.append(actions.enroll(campaign=made, leads=Lead.objects.order_by("pk")))
    join()
    assert entered == [2]
    assert set(Enrollment.objects.values_list("lead_id", flat=True)) == {leads[0].pk, leads[2].pk}
