"""Points: groups and total, rules of sets, thresholds, decay, history, merges."""

import datetime as dt
import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.audiences.conftest import NOW
from tests.audiences.scores import make_set, on, stream, when
from wagtail_automation.audiences.models import (
    GroupScore,
    ScoreDecay,
    ScoreEntry,
    ScoreGroup,
    ScoreOnce,
    ScoreRule,
    ScoreSet,
    ScoreThreshold,
)
from wagtail_automation.audiences.scoring import actions, decay, publishing
from wagtail_automation.audiences.scoring.activities import ScoreChange
from wagtail_automation.audiences.scoring.conditions import ScoreAbove, ScoreBelow, ScoreBetween
from wagtail_automation.audiences.scoring.triggers import ScoreChanged
from wagtail_automation.audiences.watching import rules
from wagtail_automation.audiences.watching.models import Listener, PendingEvent, Watch
from wagtail_automation.audiences.watching.work import work_off
from wagtail_automation.leads.cohorts import LeadsCohort
from wagtail_automation.leads.merging import merge
from wagtail_automation.leads.models import Lead
from wagtail_automation.rules.binding import bind
from wagtail_automation.testing import clock as test_clock
from wagtail_automation.testing import contracts
from wagtail_automation.tracking import events
from wagtail_automation.tracking.actions import record_event
from wagtail_automation.tracking.models import Event
from wagtail_automation.triggers import Trigger, triggers

from .conftest import condition

pytestmark = pytest.mark.django_db


class Clicked(Trigger):
    """A trigger of the test's own."""

    key = "test_clicked"
    event = events.LINK_CLICKED

    class Meta:
        label = "Clicks"
        icon = "link"
        description = "A link is clicked."

    def matches(self, value, event):
        return event.url != "/never/"


@pytest.fixture
def clicked():
    with triggers.temporarily(Clicked):
        yield lambda lead, **more: record_event(name=events.LINK_CLICKED, lead=lead, at=NOW, **more)


@pytest.fixture
def fit():
    return ScoreGroup.objects.create(name="Fit")


def points(lead, group=None):
    if group is None:
        return Lead.objects.get(pk=lead.pk).score
    return GroupScore.objects.filter(lead=lead, group=group).values_list("points", flat=True).first() or 0


def change(lead, operation, value, group=None):
    actions.change_lead_score(lead=lead, operation=operation, value=value, group=group, now=NOW)


# -- groups and the total ------------------------------------------------------------------------------


def test_a_group_moves_the_total_by_as_much(fit, make_leads):
    aside = ScoreGroup.objects.create(name="Aside", in_total=False)
    (ada,) = make_leads(1, score=7)
    change(ada, "add", 10, fit)
    change(ada, "multiply", 1.5, fit)
    change(ada, "add", 100, aside)
    assert (points(ada), points(ada, fit), points(ada, aside)) == (22, 15, 100)
    change(ada, "set", 4, fit)
    change(ada, "subtract", 1)
    assert (points(ada), points(ada, fit)) == (10, 4)
    assert actions.set_in_total(group=aside, in_total=True, now=NOW)
    assert not actions.set_in_total(group=aside, in_total=True, now=NOW)
    assert points(ada) == 110
    actions.set_in_total(group=fit, in_total=False, now=NOW)
    assert points(ada) == 106
    change(ada, "add", 2_000_000_000, fit)
    change(ada, "multiply", 9, fit)
    assert points(ada, fit) == 2_000_000_000 and points(ada) == 106


def test_conditions_on_the_total_and_on_groups(fit, make_leads):
    (low,), (mid,), (high,), (none,) = (make_leads(1) for _n in range(4))
    for lead, number in ((low, -5), (mid, 3), (high, 9)):
        change(lead, "add", number, fit)
    everybody = {low.pk, mid.pk, high.pk, none.pk}

    def ask(cls, **value):
        return contracts.check_condition(cls, value=value, model=Lead)

    for group in (None, fit.pk):
        assert ask(ScoreAbove, value=2, group=group) == {mid.pk, high.pk}
        assert ask(ScoreAbove, value=-1, group=group) == everybody - {low.pk}
        assert ask(ScoreBelow, value=0, group=group) == {low.pk}
        assert ask(ScoreBelow, value=4, group=group) == everybody - {high.pk}
        assert ask(ScoreBetween, low=0, high=3, group=group) == {mid.pk, none.pk}
        assert ask(ScoreBetween, low=1, high=9, group=group) == {mid.pk, high.pk}
        assert ask(ScoreBetween, low=5, high=1, group=group) == set()
    block = ScoreBetween()
    value = bind(block, {"low": 1, "high": 2, "group": fit.pk})
    assert block.sentence(value) == "Score “Fit” from 1 to 2"
    assert block.get_depends_on(value).names == {f"score:{fit.pk}"}
    assert ScoreBelow().get_depends_on(bind(ScoreBelow(), {"value": 3})).names == {"field:score"}


def test_the_activity_keeps_the_contract(fit, make_leads):
    def cohort_of(number):
        return LeadsCohort([lead.pk for lead in make_leads(number)], key="c", now=NOW)

    for operation in ("add", "multiply", "set"):
        for group in (None, fit.pk):
            value = {"operation": operation, "value": 3, "group": group}
            contracts.check_activity(ScoreChange, value=value, cohort_of=cohort_of)
    with pytest.raises(ValueError):
        actions.change_score(cohort=cohort_of(1), operation="power", value=2)


def test_the_history_has_one_row_a_day_for_each_reason(fit, make_leads):
    (ada,) = make_leads(1)
    cohort = LeadsCohort.of(ada, key="k", origin="campaign:7", now=NOW)
    for value in (5, 6):
        actions.change_score(cohort=cohort, operation="add", value=value)
    actions.change_score(cohort=cohort, operation="multiply", value=2)
    actions.change_score(cohort=cohort, operation="multiply", value=1)  # changes nothing: no row, no time
    actions.change_score(cohort=cohort, operation="add", value=1, group=fit)
    rows = ScoreEntry.objects.order_by("key").values_list("source", "group", "points", "times", "day")
    assert list(rows) == [
        ("campaign:7", None, 22, 3, NOW.date()),
        ("campaign:7", fit.pk, 1, 1, NOW.date()),
    ]


# -- rules of sets -------------------------------------------------------------------------------------


def test_people_who_match_get_points_once_even_if_they_come_back(make_leads, fit):
    (ada,), (bob,) = make_leads(1, city="Lyon"), make_leads(1)
    one = make_set(when(condition("field_equals", field="city", value="lyon"), group=fit.pk))
    work_off()
    work_off()
    assert (points(ada), points(ada, fit), points(bob)) == (10, 10, 0)
    for city in ("Nice", "Lyon"):
        ada.city = city
        ada.save(update_fields=["city"])
        rules.mark_dirty(leads=[ada.pk], facts=frozenset({"field:city"}))
        work_off()
    assert points(ada) == 10
    rule = ScoreRule.objects.get()
    one.save()  # the same again
    work_off()
    assert points(ada) == 10 and ScoreRule.objects.get() == rule


def test_each_time_somebody_begins_to_match_but_not_for_ever(make_leads):
    (ada,) = make_leads(1, city="Lyon")
    make_set(when(condition("field_equals", field="city", value="lyon"), frequency="each", value=1))
    for number in range(30):
        work_off()
        ada.city = "Nice" if number % 2 == 0 else "Lyon"
        ada.save(update_fields=["city"])
        rules.mark_dirty(leads=[ada.pk], facts=frozenset({"field:city"}))
    assert points(ada) == 15
    ScoreEntry.objects.update(times=actions.MOST_A_DAY)
    for city in ("Nice", "Lyon"):
        ada.city = city
        ada.save(update_fields=["city"])
        rules.mark_dirty(leads=[ada.pk], facts=frozenset({"field:city"}))
        work_off()
    assert points(ada) == 15


def test_events_give_points_by_their_frequency(make_leads, clicked):
    (ada,) = make_leads(1)
    make_set(
        on("test_clicked", value=1, frequency="each"),
        on("test_clicked", value=100, frequency="daily", per_day=2),
        on("test_clicked", value=10_000, frequency="once"),
        on("test_clicked", value=1, frequency="each", operation="subtract"),
        on("test_clicked", value=0, frequency="daily"),
    )
    clicked(ada, url="/never/")
    work_off()
    assert points(ada) == 0
    for _n in range(3):
        clicked(ada, url="/x/")
    work_off()
    assert points(ada) == 10_200
    clicked(ada, url="/x/")
    work_off()
    assert points(ada) == 10_200
    with test_clock.freeze(NOW + dt.timedelta(days=1)):
        clicked(ada, url="/x/")
        work_off()
    assert points(ada) == 10_300
    assert not PendingEvent.objects.exists()


def test_only_events_since_publication_count_and_none_of_a_draft(make_leads, clicked):
    (ada,) = make_leads(1)
    clicked(ada)
    draft = make_set(on("test_clicked", frequency="each"), live=False)
    clicked(ada)
    work_off()
    assert points(ada) == 0 and not Listener.objects.exists()
    draft.save_revision().publish()
    clicked(ada)
    work_off()
    assert points(ada) == 10
    draft.refresh_from_db()
    draft.unpublish()
    clicked(ada)
    work_off()
    assert points(ada) == 10 and not Listener.objects.exists()
    draft.refresh_from_db()
    draft.delete()
    assert not Watch.objects.exists() and not ScoreRule.objects.exists()


def test_a_rule_that_is_not_available_gives_nothing_and_stays(make_leads, fit):
    item = {"id": str(uuid.uuid4()), "type": "on_gone", "value": {"when": {"x": 1.0}}}
    one = make_set(item, when(condition("score_below", value=5), group=fit.pk))
    work_off()
    kept = ScoreSet.objects.get(pk=one.pk)
    assert publishing.raw_rules(kept)[0] == item
    assert ScoreRule.objects.count() == 1
    fit.delete()  # not silently the total from now on
    kept.save()
    (ada,) = make_leads(1)
    work_off()
    assert points(ada) == 0 and not ScoreRule.objects.filter(is_active=True).exists()


def test_statements_do_not_grow_with_people_or_events(make_leads, clicked):
    make_set(on("test_clicked", frequency="each"), on("test_clicked", frequency="daily"))
    work_off()
    counts = []
    for number in (2, 30):
        leads = make_leads(number)
        for lead in leads:
            clicked(lead)
        with CaptureQueriesContext(connection) as queries:
            work_off()
        counts.append(len(queries))
        assert {points(lead) for lead in leads} == {20}
    assert counts[0] == counts[1]


# -- preview -------------------------------------------------------------------------------------------


def test_the_preview_counts_without_changing(make_leads, clicked, fit):
    ada, bob = make_leads(2, city="Lyon")
    for _n in range(2):
        clicked(bob)
    lyon = when(condition("field_equals", field="city", value="lyon"), group=fit.pk)
    draft = make_set(lyon, on("test_clicked", value=3, operation="multiply"), live=False)
    people, clicks = publishing.forecast(draft, now=NOW)
    assert (people.people, people.effect, people.sentence) == (2, "+10 (Fit)", "city is “lyon”")
    assert people.examples == [bob, ada]
    assert (clicks.people, clicks.times, clicks.is_event, clicks.examples) == (1, 2, True, [bob])
    assert not ScoreRule.objects.exists() and points(ada) == 0
    draft.live = True
    draft.save()
    work_off()
    assert publishing.forecast(ScoreSet.objects.get(pk=draft.pk), now=NOW)[0].people == 0
    broken = make_set(when(condition("gone")), {"type": "on_gone", "value": {}}, live=False)
    assert all(line.problem for line in publishing.forecast(broken, now=NOW))


# -- thresholds ----------------------------------------------------------------------------------------


def crossings(threshold):
    rows = Event.objects.filter(name=events.SCORE_CHANGED, object_key=threshold.uuid).order_by("pk")
    return [(event.lead_id, event.data["direction"]) for event in rows]


def test_a_threshold_tells_each_crossing_once(make_leads, fit):
    (ada,), (bob,) = make_leads(1), make_leads(1, score=10)
    warm = ScoreThreshold.objects.create(name="Warm", points=10)
    grouped = ScoreThreshold.objects.create(name="Fit", points=1, group=fit)
    work_off()
    assert crossings(warm) == []  # nobody crossed: bob was there
    change(ada, "add", 10)
    work_off()
    work_off()
    change(bob, "subtract", 1)
    work_off()
    assert crossings(warm) == [(ada.pk, "up"), (bob.pk, "down")] and crossings(grouped) == []
    change(bob, "add", 1, fit)
    work_off()
    assert crossings(warm)[2:] == [(bob.pk, "up")] and crossings(grouped) == [(bob.pk, "up")]
    warm.points = 5
    warm.save()
    work_off()
    assert len(crossings(warm)) == 3
    warm.delete()
    assert not Watch.objects.filter(owner=f"threshold:{warm.pk}").exists()


def test_the_trigger_looks_at_the_direction(make_leads):
    warm = ScoreThreshold.objects.create(name="Warm", points=10)
    contracts.check_trigger(ScoreChanged)
    block = ScoreChanged()
    value = bind(block, {"threshold": warm.pk, "direction": "down"})
    assert block.subject(value).key == warm.uuid
    assert block.matches(value, Event(data={"direction": "down"}))
    assert not block.matches(value, Event(data={"direction": "up"}))
    assert not block.matches(value, Event(data={}))
    assert block.sentence(value) == "Score falls below “Warm”"


# -- decay ---------------------------------------------------------------------------------------------


def run_decay(days):
    with test_clock.freeze(NOW + dt.timedelta(days=days)):
        decay.run()


def test_points_fade_once_a_period_for_those_who_do_nothing(make_leads, fit, monkeypatch):
    monkeypatch.setitem(decay.CHUNK, "sqlite", 2)
    monkeypatch.setitem(decay.CHUNK, "postgresql", 2)
    quiet, active, negative = make_leads(3)
    for lead, number in ((quiet, 99), (active, 99), (negative, -5)):
        change(lead, "add", number, fit)
        change(lead, "add", 7)
    ScoreDecay.objects.create(group=fit, how="percent", amount=10, days=10)
    ScoreDecay.objects.create(group=None, how="points", amount=5, days=10)
    run_decay(0)
    run_decay(9)
    assert points(quiet) == 106
    record_event(name=events.PAGE_VIEWED, lead=active, at=NOW + dt.timedelta(days=8))
    record_event(name=events.EMAIL_SENT, lead=quiet, at=NOW + dt.timedelta(days=8))
    for _n in range(3):
        run_decay(10)
    assert (points(quiet, fit), points(quiet)) == (89, 91)
    assert (points(active, fit), points(active)) == (99, 106)
    assert (points(negative, fit), points(negative)) == (-4, -2)
    run_decay(35)  # nobody worked for two periods: it fades once
    assert (points(quiet, fit), points(quiet)) == (80, 80)
    assert ScoreEntry.objects.filter(lead=quiet, source__startswith="decay:").count() == 4


def test_a_killed_decay_goes_on_where_it_stopped(make_leads, monkeypatch):
    monkeypatch.setitem(decay.CHUNK, "sqlite", 2)
    monkeypatch.setitem(decay.CHUNK, "postgresql", 2)
    leads = make_leads(5, score=100)
    ScoreDecay.objects.create(how="points", amount=1, days=1)
    run_decay(0)
    fade, calls = decay._fade, []

    def killed(*args):
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        fade(*args)

    monkeypatch.setattr(decay, "_fade", killed)
    with pytest.raises(KeyboardInterrupt):
        run_decay(1)
    assert sorted(points(lead) for lead in leads) == [99, 99, 100, 100, 100]
    run_decay(1)
    assert {points(lead) for lead in leads} == {99}


# -- merges --------------------------------------------------------------------------------------------


def test_a_merge_adds_points_but_what_was_given_once_stays_once(make_leads, clicked, fit):
    aside = ScoreGroup.objects.create(name="Aside", in_total=False)
    make_set(
        on("test_clicked", value=10, frequency="once"),
        on("test_clicked", value=3, frequency="once", group=fit.pk),
        on("test_clicked", value=2, frequency="once", group=aside.pk),
        on("test_clicked", value=1, frequency="each"),
    )
    (source,), (target,) = make_leads(1), make_leads(1)
    for lead in (source, target):
        change(lead, "add", 5, fit)
        clicked(lead)
        work_off()
    clicked(source)
    assert points(source) == 19 == points(target)
    merge(source=source, target=target, now=NOW, reason="test")
    work_off()
    # 2 × 5 by hand, 10 and 3 once, 1 for each of three clicks – one of them told after the merge
    assert (points(target), points(target, fit), points(target, aside)) == (26, 13, 2)
    assert ScoreOnce.objects.count() == 3
    total = sum(ScoreEntry.objects.exclude(group=aside).values_list("points", flat=True))
    assert total == 26 and set(ScoreEntry.objects.values_list("lead", flat=True)) == {target.pk}


# -- what an editor may type -----------------------------------------------------------------------------


def test_rules_are_validated_at_their_field(clicked):
    block = ScoreSet._meta.get_field("rules").stream_block
    from wagtail.blocks.stream_block import StreamBlockValidationError

    for wrong in ({"value": 1.5}, {"frequency": "daily", "per_day": None}, {"value": None}):
        with pytest.raises(StreamBlockValidationError):
            block.clean(stream(when(condition("score_below", value=5), **wrong)))
        with pytest.raises(StreamBlockValidationError):
            block.clean(stream(on("test_clicked", **wrong)))
    block.clean(stream(on("test_clicked", value=1.5, operation="multiply")))
    assert "on_score_changed" not in block.child_blocks  # points must not go round in a circle
