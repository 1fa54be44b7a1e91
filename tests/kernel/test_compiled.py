"""Queries that are compiled once answer as the ORM would, whatever values are given."""

import datetime as dt
import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from wagtail_automation import clock
from wagtail_automation.compiled import CompiledQuery, Given
from wagtail_automation.leads.models import ConsentState, Lead
from wagtail_automation.messaging.models import DirectMessage

pytestmark = pytest.mark.django_db

ODD = [
    "plain@example.com",
    "o'brien@example.com",
    'q"uote\\@example.com',
    "100%s@example.com",
    "é☃@example.com",
]


@pytest.fixture
def people():
    return Lead.objects.bulk_create([Lead(email=email, status="known") for email in ODD])


def test_objects_are_those_of_the_orm(people):
    made = []

    def make():
        made.append(1)
        return Lead.objects.filter(pk__anyof=Given("leads")).order_by("pk")

    query = CompiledQuery(make)
    for wanted in ([people[0].pk], {person.pk for person in people}, []):
        found = query(leads=wanted)
        expected = list(Lead.objects.filter(pk__in=wanted).order_by("pk"))
        assert found == expected
        for one, other in zip(found, expected, strict=True):
            assert {**one.__dict__, "_state": 0} == {**other.__dict__, "_state": 0}
            assert (one._state.db, one._state.adding) == (other._state.db, False)
    assert len(made) == 1, "compiled once"


def test_texts_of_any_kind_and_number(people):
    query = CompiledQuery(
        lambda: (
            Lead.objects.filter(email__anyof=Given("emails")).order_by("pk").values_list("email", flat=True)
        )
    )
    assert query(emails=ODD) == ODD
    assert query(emails=[ODD[3]]) == [ODD[3]]
    assert query(emails=()) == []
    many = [*ODD, *(f"nobody{number}@example.com" for number in range(5000))]
    with CaptureQueriesContext(connection) as asked:
        assert query(emails=many) == ODD
    assert len(asked) == 1
    assert list(Lead.objects.filter(email__anyof=ODD[:2]).order_by("pk")) == people[:2], "without a Given too"


def test_moments_keys_and_rows(people):
    now = clock.now()
    for number, person in enumerate(people):
        ConsentState.objects.create(
            lead=person, subject="email", granted=True, at=now - dt.timedelta(days=number)
        )
    query = CompiledQuery(
        lambda: ConsentState.objects.filter(at__lte=Given("until"), lead__uuid=Given("key")).values_list(
            "lead_id", "at"
        )
    )
    asked = people[2]
    assert query(until=now, key=asked.uuid) == [(asked.pk, now - dt.timedelta(days=2))]
    assert query(until=now - dt.timedelta(days=3), key=asked.uuid) == []
    assert query(until=now, key=uuid.uuid4()) == []


def test_a_value_that_is_missing_and_a_query_that_cannot_be():
    query = CompiledQuery(lambda: Lead.objects.filter(email=Given("email")))
    with pytest.raises(KeyError, match="email"):
        query(mail="a@example.com")
    joined = CompiledQuery(
        lambda: ConsentState.objects.select_related("lead").filter(subject=Given("subject"))
    )
    with pytest.raises(ValueError, match="one model"):
        joined(subject="email")


def test_a_lease_asked_of_some_rows_only_and_of_all():
    now = clock.now()
    DirectMessage.objects.bulk_create(
        [
            DirectMessage(
                key=str(number), origin=f"o{number % 2}", to="a@example.com", not_before=now, created_at=now
            )
            for number in range(6)
        ]
    )
    later = now + dt.timedelta(seconds=1)
    taken = DirectMessage.objects.lease(2, later, origin="o1")
    assert [row.key for row in taken] == ["1", "3"]
    assert [row.key for row in DirectMessage.objects.filter(key="4").lease(2, later)] == ["4"]
    assert [row.key for row in DirectMessage.objects.lease(9, now - dt.timedelta(seconds=1))] == []
    assert [row.key for row in DirectMessage.objects.lease(9, later)] == ["0", "2", "5"]
