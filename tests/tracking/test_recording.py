"""Facts: keys, signals, cohorts, merges."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from wagtail_automation import clock, signals
from wagtail_automation.leads import actions as leads
from wagtail_automation.leads.cohorts import LeadsCohort
from wagtail_automation.leads.models import Lead, MergedLead
from wagtail_automation.tracking import actions, events, merging
from wagtail_automation.tracking.actions import UnknownEventError, record_event, record_events_for
from wagtail_automation.tracking.models import Event, EventKey, LeadTotals, Visit, Visitor

pytestmark = pytest.mark.django_db

NOW = dt.datetime(2026, 4, 1, 12, tzinfo=dt.UTC)


def person(address=None):
    if address is None:
        return leads.create_anonymous(now=NOW)
    return leads.identify(lead=None, identifiers={"email": address}, source="test", now=NOW)


@pytest.fixture
def heard():
    """What the two signals told."""
    told = {"events": [], "facts": []}

    def on_events(sender, events, **kwargs):
        told["events"].append(events)

    def on_facts(sender, leads, facts, **kwargs):
        told["facts"].append((leads, facts))

    signals.events_recorded.connect(on_events)
    signals.facts_changed.connect(on_facts, sender=Event)
    yield told
    signals.events_recorded.disconnect(on_events)
    signals.facts_changed.disconnect(on_facts, sender=Event)


def test_a_fact_is_stored_and_told(heard):
    lead = person()
    event = record_event(
        name=events.FORM_SUBMITTED, lead=lead, value=3, data={"a": "é"}, channel="web", at=NOW
    )
    stored = Event.objects.get()
    assert stored == event
    assert (stored.lead_id, stored.value, stored.data, stored.at) == (lead.pk, 3, {"a": "é"}, NOW)
    assert heard["events"] == [[event]]
    assert heard["facts"] == [([lead.pk], frozenset({"event:form_submitted"}))]


def test_a_key_makes_repeats_harmless(heard):
    lead = person()
    assert record_event(name=events.FORM_SUBMITTED, lead=lead, key="form:1")
    assert record_event(name=events.FORM_SUBMITTED, lead=lead, key="form:1") is None
    assert Event.objects.count() == 1
    assert len(heard["events"]) == 1
    with pytest.raises(ValueError, match="200"):
        record_event(name=events.FORM_SUBMITTED, lead=lead, key="x" * 201)
    with pytest.raises(ValueError, match="time zone"):
        record_event(name=events.FORM_SUBMITTED, lead=lead, key="naive", at=dt.datetime(2026, 4, 1))  # noqa: DTZ001
    assert not EventKey.objects.filter(key="naive").exists()


@pytest.mark.parametrize(
    ("wrong", "word"),
    [({"lead": Visitor(pk=1)}, "lead"), ({"lead": "1"}, "lead"), ({"lead": True}, "lead"),
     ({"lead": Lead()}, "lead"), ({"visitor": Lead(pk=1)}, "visitor"), ({"visitor": "x"}, "visitor"),
     ({"value": 1.5}, "value"), ({"value": True}, "value"), ({"value": "1"}, "value"),
     ({"data": ["x"]}, "data"), ({"data": "x"}, "data")],
)  # fmt: skip
def test_values_of_another_type_are_refused(wrong, word):
    """The id of a visitor taken for that of a lead would be another person's fact."""
    lead = person()
    with pytest.raises(ValueError, match=word):
        record_event(**{"name": events.FORM_SUBMITTED, "lead": lead, "key": "k", **wrong})
    assert not Event.objects.exists() and not EventKey.objects.exists()


def test_a_fact_of_nobody_counts_for_its_object_alone(heard):
    gone = person("gone@example.com")
    pk = gone.pk
    gone.delete()
    heard["facts"].clear()
    record_event(name=events.FORM_SUBMITTED)
    record_event(name=events.FORM_SUBMITTED, lead=pk)
    submitted = Event.objects.filter(name=events.FORM_SUBMITTED)
    assert list(submitted.values_list("lead", "visitor")) == [(None, None)] * 2 and not heard["facts"]


def test_machines_are_stored_and_told_to_nobody(heard):
    record_event(name=events.EMAIL_CLICKED, lead=person(), human=False)
    assert Event.objects.get().human is False
    assert not heard["events"]
    assert not heard["facts"]


def test_unknown_names_are_refused():
    with pytest.raises(UnknownEventError):
        record_event(name="page_veiwed", lead=person())
    assert not Event.objects.exists()


def test_a_stale_visitor_or_lead_gives_its_survivor():
    source, target = person(), person("ada@example.com")
    visitor = actions.create_visitor(
        visitor_uuid="7f2f5bd8-ad5e-4a4e-a1c4-0f3a56c5a0f1", now=NOW, lead=source
    )
    stale = Visitor.objects.get(pk=visitor.pk)
    leads.merge(source=source, target=target, now=NOW, reason="test")
    event = record_event(name=events.SITE_EVENT, lead=source, visitor=stale)
    assert (event.lead_id, event.visitor_id) == (target.pk, visitor.pk)
    assert record_event(name=events.SITE_EVENT, lead=source).lead_id == target.pk
    assert record_event(name=events.SITE_EVENT, visitor=stale).lead_id == target.pk


def test_a_fact_of_another_lead_does_not_get_the_browser():
    mine, other = person(), person("ada@example.com")
    visitor = actions.create_visitor(visitor_uuid="7f2f5bd8-ad5e-4a4e-a1c4-0f3a56c5a0f1", now=NOW, lead=mine)
    event = record_event(name=events.EMAIL_CLICKED, lead=other, visitor=visitor)
    assert (event.lead_id, event.visitor_id) == (other.pk, None)


def test_a_cohort_costs_the_same_whatever_its_size(heard):
    counts = []
    for size in (1, 40):
        cohort = LeadsCohort([person().pk for _ in range(size)], key=f"act:{size}", now=NOW)
        with CaptureQueriesContext(connection) as queries:
            stored = record_events_for(cohort, events.LIST_JOINED, value=2, data={"why": "x"}, once="joined")
        counts.append(len(queries))
        assert stored == size
    assert counts[0] == counts[1]
    assert Event.objects.filter(value=2, data={"why": "x"}, at=NOW, human=True).count() == 41
    assert heard["events"][1].names == {"list_joined"}
    assert len(heard["events"][1]) == 40
    assert {event.name for event in heard["events"][1]} == {"list_joined"}


def test_a_cohort_repeated_with_once_changes_nothing(heard):
    cohort = LeadsCohort([person().pk, person().pk], key="act", now=NOW)
    assert record_events_for(cohort, events.LIST_JOINED, once="joined") == 2
    assert record_events_for(cohort, events.LIST_JOINED, once="joined") == 0
    assert (Event.objects.count(), EventKey.objects.count(), len(heard["events"])) == (2, 2, 1)
    assert record_events_for(LeadsCohort([], key="none", now=NOW), events.LIST_JOINED) == 0


def bulk(lead, count, name=events.PAGE_VIEWED, human=True, start=NOW):
    Event.objects.bulk_create(
        Event(lead=lead, name=name, human=human, at=start + dt.timedelta(seconds=n), url=f"/{n}/")
        for n in range(count)
    )


def test_a_merge_adds_totals_and_moves_browsers_visits_and_events():
    source, target = person(), person("ada@example.com")
    visitor = actions.create_visitor(
        visitor_uuid="7f2f5bd8-ad5e-4a4e-a1c4-0f3a56c5a0f1", now=NOW, lead=source
    )
    actions.record_page_view(visitor=visitor, site=None, url="/a/", page=None, now=NOW)
    LeadTotals.objects.create(
        lead=target, visits=4, pages=9, first_seen_at=NOW - dt.timedelta(days=3), last_seen_at=NOW
    )
    survivor = leads.merge(source=source, target=target, now=NOW, reason="test")
    assert survivor.pk == target.pk
    totals = LeadTotals.objects.get()
    assert (totals.pk, totals.visits, totals.pages) == (target.pk, 5, 10)
    assert totals.first_seen_at == NOW - dt.timedelta(days=3)
    assert Visit.objects.get().visitor.lead_id == target.pk
    assert not Event.objects.filter(lead_id=source.pk).exists()
    assert Event.objects.get(name=events.PAGE_VIEWED).lead_id == target.pk


def test_500_events_move_inline_and_the_rest_by_a_job(monkeypatch, django_capture_on_commit_callbacks):
    source, target = person(), person("ada@example.com")
    bulk(source, 1200)
    monkeypatch.setattr(merging, "CHUNK", 300)
    with django_capture_on_commit_callbacks(execute=False) as callbacks:
        leads.merge(source=source, target=target, now=NOW, reason="test")
    moved = Event.objects.filter(lead=target, name=events.PAGE_VIEWED)
    assert moved.count() == 500
    assert moved.filter(at__gte=NOW + dt.timedelta(seconds=700)).count() == 500
    for callback in callbacks:
        callback()
    assert moved.count() == 1200


def test_the_sweeper_completes_what_a_crash_left():
    source, target = person(), person("ada@example.com")
    old = source.pk
    leads.merge(source=source, target=target, now=clock.now(), reason="test")
    Event.objects.create(lead_id=old, name=events.PAGE_VIEWED, at=NOW)
    assert merging.sweep() == "1 merged leads completed"
    assert Event.objects.get(name=events.PAGE_VIEWED).lead_id == target.pk
    assert merging.sweep() == "0 merged leads completed"
    assert MergedLead.objects.count() == 1


def test_the_rewriting_does_not_touch_a_lead_that_lives():
    one, two = person(), person()
    bulk(one, 3)
    assert merging.reassign_events(one.pk, two.pk) == 0
    assert Event.objects.filter(lead=one).count() == 3
    assert Lead.objects.count() == 2


def names(lead):
    return sorted(Event.objects.filter(lead=lead).values_list("name", flat=True))


def test_what_happens_to_leads_is_on_their_timeline():
    anonymous = person()
    lead = leads.identify(lead=anonymous, identifiers={"email": "ada@example.com"}, source="test", now=NOW)
    leads.record_consent(lead=lead, subject="email", granted=True, how="form", now=NOW)
    leads.record_consent(lead=lead, subject="email", granted=False, how="preferences", now=NOW)
    assert names(lead) == ["consent_granted", "consent_withdrawn", "lead_identified"]
    other = person()
    leads.merge(source=other, target=lead, now=NOW, reason="test")
    merged = Event.objects.get(name=events.LEAD_MERGED)
    assert (merged.lead_id, merged.data) == (lead.pk, {"lead": other.pk})


def test_a_deleted_lead_takes_its_events_along():
    lead, other = person("ada@example.com"), person("grace@example.com")
    lead.delete()
    assert set(Event.objects.values_list("lead_id", flat=True)) == {other.pk}
