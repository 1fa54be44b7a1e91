"""Lists and scores: who really joined, one event each, constant statements."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.audiences.conftest import NOW
from wagtail_automation import signals
from wagtail_automation.audiences import actions
from wagtail_automation.audiences.activities import ListAdd, ListRemove, ScoreChange
from wagtail_automation.audiences.models import ListMembership
from wagtail_automation.leads.cohorts import LeadsCohort
from wagtail_automation.leads.models import Lead
from wagtail_automation.objects import ref_of
from wagtail_automation.rules.binding import bind
from wagtail_automation.testing import contracts
from wagtail_automation.tracking.models import Event

pytestmark = pytest.mark.django_db


def cohort(leads, key="campaign:1"):
    return LeadsCohort([lead.pk for lead in leads], key=key, now=NOW)


@pytest.fixture
def said():
    """Facts that were sent, with the leads they are about."""
    sent = []

    def note(sender, leads, facts, **kwargs):
        ids = leads if isinstance(leads, list) else list(leads.values_list("pk", flat=True))
        sent.append((sorted(ids), facts))

    signals.facts_changed.connect(note)
    yield sent
    signals.facts_changed.disconnect(note)


def test_only_those_who_were_not_on_the_list_join(make_leads, make_list, said):
    leads, one = make_leads(3), make_list()
    actions.add_lead_to_list(lead_list=one, lead=leads[0], now=NOW)
    said.clear()
    assert sorted(actions.add_to_list(lead_list=one, cohort=cohort(leads))) == [leads[1].pk, leads[2].pk]
    assert ListMembership.objects.filter(list=one).count() == 3
    events = Event.objects.filter(name="list_joined", object_key=one.uuid, object_kind=5)
    assert sorted(events.values_list("lead_id", flat=True)) == [lead.pk for lead in leads]
    assert ([leads[1].pk, leads[2].pk], frozenset({"list", f"list:{one.pk}"})) in said


def test_a_repeat_changes_nothing(make_leads, make_list, said):
    leads, one = make_leads(3), make_list()
    actions.add_to_list(lead_list=one, cohort=cohort(leads))
    said.clear()
    assert actions.add_to_list(lead_list=ref_of(one), cohort=cohort(leads)) == []
    assert Event.objects.count() == 3
    assert said == []


def test_removal_tells_only_those_who_were_on_it(make_leads, make_list):
    leads, one, other = make_leads(3), make_list(), make_list("Other")
    actions.add_to_list(lead_list=one, cohort=cohort(leads[:2]))
    actions.add_to_list(lead_list=other, cohort=cohort(leads))
    assert sorted(actions.remove_from_list(lead_list=one, cohort=cohort(leads))) == [leads[0].pk, leads[1].pk]
    assert not ListMembership.objects.filter(list=one).exists()
    assert ListMembership.objects.filter(list=other).count() == 3
    assert Event.objects.filter(name="list_left").count() == 2
    assert actions.remove_from_list(lead_list=one, cohort=cohort(leads)) == []
    assert Event.objects.filter(name="list_left").count() == 2


def test_a_person_who_acts_is_logged(make_leads, make_list, admin_user):
    from wagtail.models import ModelLogEntry

    (lead,), one = make_leads(), make_list()
    assert actions.add_lead_to_list(lead_list=one, lead=lead, now=NOW, user=admin_user)
    assert not actions.add_lead_to_list(lead_list=one, lead=lead, now=NOW, user=admin_user)
    assert actions.remove_lead_from_list(lead_list=one, lead=lead, now=NOW, user=admin_user)
    assert [entry.action for entry in ModelLogEntry.objects.order_by("pk")] == [
        "wagtail_automation.list_add",
        "wagtail_automation.list_remove",
    ]
    assert ListMembership.objects.count() == 0


@pytest.mark.parametrize(
    ("operation", "value", "before", "after"),
    [
        ("add", 10, 5, 15),
        ("subtract", 10, 5, -5),
        ("multiply", 1.5, 5, 8),
        ("multiply", 0.5, -5, -2),
        ("multiply", 0, 5, 0),
        ("set", 42, 5, 42),
        ("add", 1_000_000, 2_000_000_000, 2_000_000_000),
        ("multiply", 1_000_000, 2_000_000_000, 2_000_000_000),
        ("multiply", -1_000_000, 2_000_000_000, -2_000_000_000),
        ("subtract", 1_000_000, -2_000_000_000, -2_000_000_000),
    ],
)
def test_score_operations(make_leads, said, operation, value, before, after):
    leads = make_leads(2, score=before)
    others = make_leads(1, score=7)
    said.clear()
    actions.change_score(cohort=cohort(leads), operation=operation, value=value)
    assert set(Lead.objects.filter(pk__in=[lead.pk for lead in leads]).values_list("score", flat=True)) == {
        after
    }
    assert Lead.objects.get(pk=others[0].pk).score == 7
    assert said == [([lead.pk for lead in leads], frozenset({"field:score"}))]


def test_an_unknown_operation_is_refused(make_leads):
    with pytest.raises(ValueError, match="power"):
        actions.change_score(cohort=cohort(make_leads()), operation="power", value=2)


@pytest.mark.parametrize("cls", [ListAdd, ListRemove])
def test_list_activities_keep_the_contract(cls, make_leads, make_list):
    one = make_list()

    def cohort_of(size):
        leads = make_leads(size)
        if cls is ListRemove:
            actions.add_to_list(lead_list=one, cohort=cohort(leads))
        return cohort(leads)

    contracts.check_activity(cls, value={"list": one.pk}, cohort_of=cohort_of, sizes=(1, 40))


def test_score_activity_keeps_the_contract(make_leads):
    contracts.check_activity(
        ScoreChange,
        value={"operation": "add", "value": 10},
        cohort_of=lambda size: cohort(make_leads(size)),
        sizes=(1, 40),
    )


def test_statements_of_a_repeat_are_few(make_leads, make_list):
    leads, one = make_leads(20), make_list()
    actions.add_to_list(lead_list=one, cohort=cohort(leads))
    block = ListAdd()
    value = bind(block, {"list": one.pk})
    with CaptureQueriesContext(connection) as queries:
        block.apply(value, cohort(leads))
    assert len([q for q in queries.captured_queries if "SAVEPOINT" not in q["sql"]]) == 1


def test_points_are_whole_but_factors_are_not():
    from django.core.exceptions import ValidationError

    block = ScoreChange()
    assert block.clean(block.to_python({"operation": "multiply", "value": 0.5}))["value"] == 0.5
    with pytest.raises(ValidationError):
        block.clean(block.to_python({"operation": "add", "value": 0.5}))


def test_sentences(make_list):
    one = make_list("Élodie's “friends” <b>")
    assert ListAdd().sentence(bind(ListAdd(), {"list": one.pk})) == "Add to the list “Élodie's “friends” <b>”"
    block = ScoreChange()
    for operation, text in {"add": "Score + 10", "subtract": "Score − 10", "multiply": "Score × 10"}.items():
        assert block.sentence(bind(block, {"operation": operation, "value": 10})) == text
