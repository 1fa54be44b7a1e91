"""Merged leads, the trace with its reasons, the lead page, the jobs."""

import datetime as dt

import pytest
from django.db import connection
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from wagtail_automation import jobs
from wagtail_automation.campaigns import actions, reasons, stats, tallies, tasks, trace
from wagtail_automation.campaigns.models import Enrollment, FactNote, Outcome, StepLog, StepTally
from wagtail_automation.campaigns.panels import CampaignsPanel
from wagtail_automation.campaigns.standing import standings
from wagtail_automation.leads.actions import merge
from wagtail_automation.leads.models import Lead
from wagtail_automation.objects import MissingReference
from wagtail_automation.signals import facts_changed
from wagtail_automation.testing import clock as test_clock
from wagtail_automation.tracking.actions import record_event

from .pieces import NOW, Tree

pytestmark = pytest.mark.django_db


def later(**delta):
    return test_clock.freeze(NOW + dt.timedelta(**delta))


def asking() -> Tree:
    tree = Tree().do(1, name="hello").ask("test_clicked", 3, name="ask")
    tree.do(10, name="thanks", parent="ask", branch="yes").do(0, name="again", parent="ask", branch="no")
    return tree


def test_a_merged_lead_goes_on_as_its_survivor(campaign, people, walk):
    made = campaign(asking().json)
    source, target = people(2)
    actions.enroll(campaign=made, leads=[source.pk])
    walk()
    merge(source=source, target=target, now=NOW, reason="test")
    record_event(name="link_clicked", lead=target)
    walk()
    assert Enrollment.objects.get().lead_id == target.pk
    assert Lead.objects.get(pk=target.pk).score >= 10
    assert [entry.name for entry in trace.for_lead(target)[0].entries] == ["hello", "ask", "thanks"]


@pytest.mark.parametrize("reentry", ["never", "each"])
def test_nobody_is_twice_inside_after_a_merge(campaign, people, walk, reentry):
    made = campaign(asking().json, reentry=reentry)
    source, target = people(2)
    actions.enroll(campaign=made, leads=[source.pk], key="one")
    actions.enroll(campaign=made, leads=[target.pk], key="two")
    walk()
    merge(source=source, target=target, now=NOW, reason="test")
    assert Enrollment.objects.filter(lead=target).count() == 2
    assert Enrollment.objects.inside().get().key in ("", "two")
    assert StepLog.objects.filter(outcome=Outcome.LEFT, reason="merged").count() == 1
    with later(days=4):
        walk()
    assert StepLog.objects.filter(outcome=Outcome.NO).count() == 1


def test_a_note_survives_the_merge(campaign, people, walk):
    made = campaign(asking().json)
    source, target = people(2)
    actions.enroll(campaign=made, leads=[source.pk])
    walk()
    record_event(name="link_clicked", lead=source)
    assert FactNote.objects.get().lead_id == source.pk
    merge(source=source, target=target, now=NOW, reason="test")
    assert set(FactNote.objects.values_list("lead", flat=True)) == {target.pk}
    walk()
    assert not Enrollment.objects.inside().exists()
    assert not FactNote.objects.exists()


def test_facts_nobody_waits_for_leave_no_note(campaign, people, walk):
    campaign(asking().json)
    (lead,) = people(1)
    record_event(name="page_viewed", lead=lead)
    assert not FactNote.objects.exists()


def test_the_trace_gives_times_and_reasons(campaign, people, walk):
    made = campaign(asking().json)
    yes, no, waiting = people(3)
    actions.enroll(campaign=made, leads=[yes.pk, no.pk])
    walk()
    with later(hours=1):
        record_event(name="link_clicked", lead=yes)
        walk()
    with later(days=3):
        actions.enroll(campaign=made, leads=[waiting.pk])
        walk()
    (way,) = trace.for_lead(yes)
    assert [(entry.at, entry.name, entry.outcome) for entry in way.entries] == [
        (NOW, "hello", Outcome.DONE),
        (NOW + dt.timedelta(hours=1), "ask", Outcome.YES),
        (NOW + dt.timedelta(hours=1), "thanks", Outcome.DONE),
    ]
    assert way.entries[1].reason == "True: Clicked, within 3 days."
    assert way.status == "Came to the end."
    (way,) = trace.for_lead(no)
    assert way.entries[1].reason == (
        "Not true when the waiting ended on 03/13/2026 9 a.m.: Clicked, within 3 days."
    )
    (way,) = trace.for_lead(waiting)
    assert way.entries[-1].outcome is None
    assert way.entries[-1].reason == "Waiting until 03/16/2026 9 a.m. at the latest."


def test_the_trace_takes_as_many_queries_for_many_steps_as_for_few(campaign, people, walk):
    long = Tree()
    for _number in range(20):
        long.do(1)
    short, lead = campaign(Tree().do(1).json), people(1)[0]
    actions.enroll(campaign=short, leads=[lead.pk])
    walk()
    counts = []
    for _time in range(2):
        with CaptureQueriesContext(connection) as queries:
            trace.for_lead(lead)
        counts.append(len(queries))
        actions.enroll(campaign=campaign(long.json), leads=[lead.pk])
        walk()
    assert counts[0] == counts[1] <= 4


def test_the_panel_of_the_lead_page(campaign, people, walk, admin_user):
    made = campaign(asking().json)
    (lead,) = people(1)
    request = RequestFactory().get("/")
    request.user = admin_user
    panel = CampaignsPanel(lead, request)
    assert panel.is_shown()
    assert "in no campaign yet" in render_to_string(panel.template_name, panel.get_context())
    made.name = "<b>Welcome</b>"
    made.save()
    actions.enroll(campaign=made, leads=[lead.pk])
    walk()
    html = render_to_string(panel.template_name, panel.get_context())
    assert "&lt;b&gt;Welcome" in html and "Here now" in html and "Waiting until" in html
    with translation.override("fr"):
        assert render_to_string(panel.template_name, panel.get_context())


def test_the_beat_finds_whom_no_nudge_told_of(campaign, people):
    made = campaign(Tree().do(1).json)
    actions.enroll(campaign=made, leads=[lead.pk for lead in people(2)])
    assert "wagtail_automation.campaigns.tasks.beat" in jobs.tick()
    assert not Enrollment.objects.inside().exists()


@pytest.fixture
def nudges(monkeypatch) -> list[str]:
    """What was asked to run."""
    asked: list[str] = []
    monkeypatch.setattr(jobs, "enqueue", lambda path, *args, **options: asked.append(path))
    return asked


def test_entering_nudges_and_the_walker_not_itself(campaign, people, nudges):
    """A click that matters to nobody inside nudges nobody; a walk starts no walk inside itself."""
    tree = Tree().on().do(1).ask("test_score", 3, value={"above": 5}, name="ask")
    tree.do(1, parent="ask", branch="yes")
    campaign(tree.json)
    one, other = people(2)
    nudges.clear()
    record_event(name="page_viewed", lead=one)
    assert nudges == ["wagtail_automation.campaigns.tasks.walk"]
    nudges.clear()
    assert tasks.walk() == "ok"
    assert nudges == []
    facts = frozenset({"field:score"})
    facts_changed.send(sender=Lead, leads=[other.pk], facts=facts, now=NOW)
    assert nudges == []
    facts_changed.send(sender=Lead, leads=[one.pk], facts=facts, now=NOW)
    assert nudges == ["wagtail_automation.campaigns.tasks.walk"]


def test_a_task_that_runs_out_of_time_asks_for_another(campaign, people, monkeypatch, nudges, settings):
    from wagtail_automation.campaigns import engine

    settings.WAGTAIL_AUTOMATION = {**settings.WAGTAIL_AUTOMATION, "ENGINE_CHUNK": 2}
    monkeypatch.setattr(engine.run, "__defaults__", (0,))
    made = campaign(Tree().do(1).json)
    actions.enroll(campaign=made, leads=[lead.pk for lead in people(5)])
    runs = 0
    more = "more"
    while more == "more":
        nudges.clear()
        more = tasks.walk()
        assert len(nudges) == (more == "more")
        runs += 1
        assert runs < 9
    assert set(Lead.objects.values_list("score", flat=True)) == {1}
    assert runs == 4


def test_summing_up_the_counts_changes_no_count(campaign, people, walk, monkeypatch):
    monkeypatch.setattr(tallies, "MANY", 2)
    made = campaign(asking().json, reentry="each")
    for number in range(4):
        actions.enroll(campaign=made, leads=[lead.pk for lead in people(3)], key=str(number))
        walk()
    before = stats.for_campaign(made)
    rows = StepTally.objects.count()
    assert tallies.compact() == rows - 1
    assert StepTally.objects.count() == 1
    assert stats.for_campaign(made) == before
    assert tallies.compact() == 0


def test_reasons_of_being_held_are_said_in_words(campaign, people, walk):
    tree = Tree().do(1).add("do_test_poison", name="sick")
    (lead,) = people(1, company="poison")
    actions.enroll(campaign=campaign(tree.json), leads=[lead.pk])
    walk()
    (way,) = trace.for_lead(lead)
    assert way.status == "Held."
    assert [entry.reason for entry in way.entries[1:]] == [
        "It failed: no antidote.",
        "Held until the campaign is published again.",
    ]


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (reasons.of_error(MissingReference(Lead, 17)), "What this step needs was deleted: lead no. 17."),
        ("missing:gone.Model:3", "What this step needs was deleted: gone.Model no. 3."),
        (reasons.not_installed("do_x"), "This kind of step is not installed: do_x."),
        (reasons.unanswerable("empty"), "The question cannot be asked: empty."),
        (reasons.of_error(KeyError()), "It failed: KeyError."),
    ],
)
def test_every_reason_has_words(code, said):
    assert reasons.words(code) == said


def test_where_somebody_stands_and_what_comes_next(campaign, people, walk):
    made = campaign(asking().json)
    lead, gone = people(2)
    actions.enroll(campaign=made, leads=[lead.pk, gone.pk])
    walk()
    (standing,) = standings(trace.for_lead(lead))
    assert (standing.step, standing.since) == ("ask", NOW)
    assert standing.until == NOW + dt.timedelta(days=3)
    assert ("Yes", "thanks") in standing.following
    assert not standing.is_paused
    made.state = "paused"
    type(made).objects.filter(pk=made.pk).update(state="paused")
    assert standings(trace.for_lead(lead))[0].is_paused
    with later(hours=1):
        type(made).objects.filter(pk=made.pk).update(state="running")
        record_event(name="link_clicked", lead=gone)
        walk()
    assert standings(trace.for_lead(gone)) == [], "whoever left stands nowhere"


def test_standings_take_as_many_queries_for_many_campaigns_as_for_one(campaign, people, walk):
    (lead,) = people(1)
    counts = []
    for number in (1, 4):
        for _extra in range(number):
            actions.enroll(campaign=campaign(asking().json), leads=[lead.pk])
        walk()
        traces = trace.for_lead(lead)
        with CaptureQueriesContext(connection) as queries:
            assert standings(traces)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 4
