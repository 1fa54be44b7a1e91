"""Lists and segments start campaigns and answer their decisions, through the real engine."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.audiences.conftest import NOW, condition, rule
from tests.campaigns.pieces import Tree
from wagtail_automation.audiences import actions
from wagtail_automation.audiences.conditions import AddedToList, RemovedFromList
from wagtail_automation.campaigns import actions as campaign_actions
from wagtail_automation.campaigns import engine
from wagtail_automation.campaigns.models import Campaign, Enrollment
from wagtail_automation.leads import actions as lead_actions
from wagtail_automation.leads.cohorts import LeadsCohort
from wagtail_automation.leads.models import Lead
from wagtail_automation.rules.binding import bind
from wagtail_automation.testing import clock as test_clock
from wagtail_automation.testing import contracts
from wagtail_automation.tracking.models import Event
from wagtail_automation.triggers import Trigger, triggers

pytestmark = pytest.mark.django_db


def campaign(tree, **fields):
    made = Campaign.objects.create(name="Test", tree=tree.json, **fields)
    campaign_actions.publish(campaign=made)
    return made


def points(tree, value=1, **place):
    return tree.add("do_score_change", {"operation": "add", "value": value}, **place)


def cohort(leads, key="test"):
    return LeadsCohort([lead.pk for lead in leads], key=key, now=NOW)


def entered(made):
    return set(Enrollment.objects.filter(campaign=made).values_list("lead_id", flat=True))


def pks(leads):
    return {lead.pk for lead in leads}


def test_entering_and_leaving_a_segment_starts_campaigns_but_founding_it_does_not(make_leads, make_segment):
    founders, others = make_leads(2, country="FR"), make_leads(3, country="DE")
    french = make_segment(rule(condition("field_equals", field="country", value="FR")), name="French")
    other = make_segment(rule(condition("field_equals", field="country", value="DE")), name="German")
    coming = campaign(points(Tree().on("on_segment_entered", segment=french.pk), 5))
    going = campaign(points(Tree().on("on_segment_left", segment=french.pk), 100))
    elsewhere = campaign(points(Tree().on("on_segment_entered", segment=other.pk), 1000))
    actions.refresh_pending()
    engine.run(60)
    assert entered(coming) == entered(going) == entered(elsewhere) == set()
    lead_actions.set_fields(lead=others[0], fields={"country": "FR"}, source="test", now=NOW)
    lead_actions.set_fields(lead=founders[0], fields={"country": "IT"}, source="test", now=NOW)
    actions.refresh_pending()
    engine.run(60)
    assert entered(coming) == {others[0].pk}
    assert entered(going) == {founders[0].pk}
    assert entered(elsewhere) == set()
    scores = dict(Lead.objects.values_list("pk", "score"))
    assert (scores[others[0].pk], scores[founders[0].pk], scores[others[1].pk]) == (5, 100, 0)


def test_lists_start_campaigns(make_leads, make_list):
    people, one, other = make_leads(4), make_list("One"), make_list("Other")
    joined = campaign(points(Tree().on("on_list_joined", list=one.pk), 5))
    left = campaign(points(Tree().on("on_list_left", list=one.pk), 100))
    actions.add_to_list(lead_list=one, cohort=cohort(people[:2]))
    actions.add_to_list(lead_list=other, cohort=cohort(people[2:]))
    actions.remove_from_list(lead_list=one, cohort=cohort(people[1:3]))
    actions.add_to_list(lead_list=one, cohort=cohort(people[:1]))  # is on it already: nothing happens
    engine.run(60)
    assert entered(joined) == pks(people[:2])
    assert entered(left) == {people[1].pk}
    assert sorted(Lead.objects.values_list("score", flat=True)) == [0, 0, 5, 105]


def test_a_cohort_enters_by_a_constant_number_of_statements_and_unread(make_leads, make_list, monkeypatch):
    """A hundred thousand who enter a segment are one INSERT … SELECT; no event is read back into Python."""
    one = make_list()
    campaign(points(Tree().on("on_list_joined", list=one.pk)), reentry="each")
    monkeypatch.setattr(
        "wagtail_automation.tracking.actions.recording.CohortEvents._all",
        lambda self: pytest.fail("was read"),
    )
    counts = []
    for size in (2, 60):
        people = make_leads_quickly(size)
        with CaptureQueriesContext(connection) as queries:
            actions.add_to_list(lead_list=one, cohort=cohort(people, key=f"t{size}"))
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert Enrollment.objects.count() == 62


def make_leads_quickly(count):
    return Lead.objects.bulk_create([Lead(created_at=NOW) for _n in range(count)])


def test_a_trigger_that_looks_at_each_event_still_does(make_leads, make_list):
    class OnlyEven(Trigger):
        key = "test_even"
        event = "list_joined"

        class Meta:
            label = "Even"

        def matches(self, value, event):
            return event.lead_id % 2 == 0

    people, one = make_leads(6), make_list()
    with triggers.temporarily(OnlyEven):
        made = campaign(points(Tree().on("on_test_even")))
        actions.add_to_list(lead_list=one, cohort=cohort(people))
    assert entered(made) == {pk for pk in pks(people) if pk % 2 == 0}


def test_a_deleted_list_starts_nothing_and_breaks_nobody(make_leads, make_list):
    one, other = make_list("One"), make_list("Other")
    made = campaign(points(Tree().on("on_list_joined", list=one.pk)))
    one.delete()
    actions.add_to_list(lead_list=other, cohort=cohort(make_leads(2)))
    assert entered(made) == set()


@pytest.mark.parametrize(("key", "happens"), [("added_to_list", "add"), ("removed_from_list", "remove")])
def test_a_decision_counts_list_changes_from_entry(make_leads, make_list, key, happens):
    """Yes for who was put on (taken off) after entering; no for who was before, and for another list."""
    before, after, elsewhere, never = make_leads(4)
    one, other, start = make_list("One"), make_list("Other"), make_list("Start")
    ever = (before, after, elsewhere, never)
    if happens == "remove":
        for target in (one, other):
            actions.add_to_list(lead_list=target, cohort=cohort(ever, key="all"))
    act = actions.add_to_list if happens == "add" else actions.remove_from_list
    act(lead_list=one, cohort=cohort([before], key="early"))
    tree = Tree().on("on_list_joined", list=start.pk).ask(key, 3, value={"list": one.pk}, name="ask")
    points(tree, 10, parent="ask", branch="yes")
    points(tree, 1, parent="ask", branch="no")
    campaign(tree)
    with test_clock.freeze(NOW.replace(hour=13)):
        later = LeadsCohort([lead.pk for lead in ever], key="in", now=NOW.replace(hour=13))
        actions.add_to_list(lead_list=start, cohort=later)
        engine.run(60)
    with test_clock.freeze(NOW.replace(hour=14)) as _frozen:
        now = NOW.replace(hour=14)
        act(lead_list=one, cohort=LeadsCohort([after.pk], key="late", now=now))
        act(lead_list=other, cohort=LeadsCohort([elsewhere.pk], key="late", now=now))
        engine.run(60)
    with test_clock.freeze(NOW.replace(day=9)):
        engine.run(60)
    scores = dict(Lead.objects.values_list("pk", "score"))
    assert [scores[lead.pk] for lead in ever] == [1, 10, 1, 1]


@pytest.mark.parametrize("cls", [AddedToList, RemovedFromList])
def test_list_changes_keep_the_contract(cls, make_leads, make_list):
    people, one = make_leads(3), make_list("A “list” <b>")
    actions.add_to_list(lead_list=one, cohort=cohort(people[:2]))
    actions.remove_from_list(lead_list=one, cohort=cohort(people[:1]))
    found = contracts.check_condition(cls, value={"list": one.pk}, model=Lead)
    assert found == (pks(people[:2]) if cls is AddedToList else pks(people[:1]))
    assert "A “list” <b>" in cls().sentence(bind(cls(), {"list": one.pk}))
    assert Event.objects.count() == 3
