"""The history of changes: what a field was and became, by whom, for one person and for cohorts."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from wagtail_automation.leads import actions
from wagtail_automation.leads import history as history_of_leads
from wagtail_automation.leads.fields import lead_field
from wagtail_automation.leads.models import CustomField, Lead
from wagtail_automation.tracking import events
from wagtail_automation.tracking.models import Event

NOW = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
LATER = NOW + dt.timedelta(days=1)
pytestmark = pytest.mark.django_db


def history(lead):
    return [event.data for event in Event.objects.filter(lead=lead, name=events.LEAD_UPDATED).order_by("pk")]


@pytest.fixture
def fields():
    for type_ in ("text", "number", "boolean", "multiple_choice", "date"):
        CustomField.objects.create(key=f"f_{type_}", label=type_, type=type_, choices=["A", "É\"'"])


@pytest.fixture
def ann(fields):
    return actions.identify(
        lead=None, identifiers={"email": "ann@example.com"}, fields={"city": "Lyon"}, source="form:x", now=NOW
    )


def test_what_a_new_lead_says_first_is_no_change(ann):
    assert history(ann) == []


def test_one_act_is_one_event_with_former_and_new_values(ann, admin_user):
    values = {
        "city": "Paris",
        "birth_date": "1990-02-03",
        "f_boolean": "yes",
        "f_number": "1.5",
        "f_multiple_choice": ["A", "É\"'"],
        "company": "",
    }
    actions.set_fields(lead=ann, fields=values, source="admin", now=LATER, user=admin_user)
    assert history(ann) == [
        {
            "changes": {
                "city": ["Lyon", "Paris"],
                "birth_date": [None, "1990-02-03"],
                "f_boolean": [None, True],
                "f_number": [None, 1.5],
                "f_multiple_choice": [None, ["A", "É\"'"]],
            },
            "source": "admin",
            "user": admin_user.pk,
        }
    ]
    values = {"city": None, "birth_date": None, "f_boolean": False, "f_number": "2", "f_multiple_choice": []}
    actions.set_fields(lead=ann, fields=values, source="import", now=LATER)
    assert history(ann)[1] == {
        "changes": {
            "city": ["Paris", None],
            "birth_date": ["1990-02-03", None],
            "f_boolean": [True, False],
            "f_number": [1.5, 2],
            "f_multiple_choice": [["A", "É\"'"], None],
        },
        "source": "import",
        "user": None,
    }
    actions.set_fields(lead=ann, fields=values, source="import", now=LATER)
    assert len(history(ann)) == 2


def test_address_and_owner_are_in_the_history(ann, admin_user):
    actions.change_address(
        lead=ann, kind="email", value="b@example.com", source="admin", now=LATER, user=admin_user
    )
    actions.set_owner(lead=ann, owner=admin_user, now=LATER, user=admin_user)
    actions.set_owner(lead=ann, owner=admin_user, now=LATER, user=admin_user)
    changes = [data["changes"] for data in history(ann)]
    assert changes == [{"email": ["ann@example.com", "b@example.com"]}, {"owner": [None, admin_user.pk]}]


def test_a_cohort_takes_the_same_statements_for_any_number(ann):
    text, flag = lead_field("f_text"), lead_field("f_boolean")
    counts = []
    for number in (3, 400):
        Lead.objects.bulk_create(
            Lead(first_name=f"N{i}", created_at=NOW, attributes={"f_boolean": True}) for i in range(number)
        )
        ids = list(Lead.objects.order_by("-pk").values_list("pk", flat=True)[:number])
        with CaptureQueriesContext(connection) as queries:
            actions.set_field_for(ids=ids, field=text, value="x", source="campaign:1", now=LATER)
            actions.set_field_each(
                values={pk: pk % 2 == 0 for pk in ids}, field=flag, source="campaign:1", now=LATER
            )
        counts.append(len(queries))
        told = Event.objects.filter(lead_id__in=ids, name=events.LEAD_UPDATED)
        assert told.count() == 2 * number
        one = history(ids[0])
        assert one[0] == {"changes": {"f_text": [None, "x"]}, "source": "campaign:1", "user": None}
        assert one[1]["changes"] == {"f_boolean": [True, ids[0] % 2 == 0]}
    assert counts[0] == counts[1]


def test_former_values_in_hand(ann, admin_user):
    other = actions.identify(lead=None, identifiers={"email": "o@example.com"}, source="x", now=NOW)
    pairs = {
        ann.pk: {"city": ["Lyon", "Nice"], "f_boolean": [None, True]},
        other.pk: {"f_multiple_choice": [["A"], None]},
        999_999: {"city": [None, "x"]},
    }
    history_of_leads.tell_pairs(pairs, source="import:1", now=LATER, user=admin_user)
    assert [data["changes"] for data in history(ann)] == [pairs[ann.pk]]
    assert history(other) == [{"changes": pairs[other.pk], "source": "import:1", "user": admin_user.pk}]
    assert Event.objects.filter(name=events.LEAD_UPDATED).count() == 2


def test_the_history_goes_with_a_merge_and_an_erasure(ann):
    actions.set_fields(lead=ann, fields={"city": "Paris"}, source="x", now=LATER)
    other = actions.identify(lead=None, identifiers={"email": "o@example.com"}, source="x", now=NOW)
    survivor = actions.merge(source=ann, target=other, now=LATER, reason="test")
    assert history(survivor)[0]["changes"] == {"city": ["Lyon", "Paris"]}
    survivor.delete()
    assert not Event.objects.filter(name=events.LEAD_UPDATED).exists()
