"""Generic SQL: id arrays, INSERT … SELECT, set difference – the same on both databases."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import F, Value
from django.test.utils import CaptureQueriesContext

from wagtail_automation import clock, sql
from wagtail_automation.leads.models import ConsentState, Lead

pytestmark = pytest.mark.django_db


@pytest.fixture
def leads():
    return [Lead.objects.create(city=f"C{number}", score=number) for number in range(5)]


def columns():
    return {"lead": F("pk"), "subject": "email", "granted": True, "at": clock.now()}


def test_any_number_of_ids_is_one_parameter(leads):
    ids = [lead.pk for lead in leads[:2]] + list(range(10**6, 10**6 + 40_000))
    with CaptureQueriesContext(connection) as queries:
        found = set(Lead.objects.filter(pk__anyof=ids).values_list("pk", flat=True))
    assert found == {lead.pk for lead in leads[:2]}
    assert len(queries) == 1
    assert not Lead.objects.filter(pk__anyof=[]).exists()


def test_insert_select_counts_and_conflicts_raise_or_are_left_out(leads):
    some = Lead.objects.filter(score__lt=2)
    assert sql.insert_select(ConsentState, columns(), some) == 2
    assert sql.insert_select(ConsentState, columns(), Lead.objects.all(), ignore_conflicts=True) == 3
    with pytest.raises(IntegrityError), transaction.atomic():
        sql.insert_select(ConsentState, columns(), some)
    assert sql.insert_select(ConsentState, columns(), Lead.objects.none()) == 0
    state = ConsentState.objects.get(lead=leads[0])
    assert (state.subject, state.granted) == ("email", True)


def test_insert_select_may_keep_the_rows_it_points_at(leads):
    """Plain, sliced and joined sources, with conflicts and with what was inserted returned."""
    first = Lead.objects.order_by("pk")[:2]
    assert sql.insert_select(ConsentState, columns(), first, keep=True) == 2
    everybody = Lead.objects.filter(owner__isnull=True)
    new = sql.insert_select(
        ConsentState, columns(), everybody, ignore_conflicts=True, returning="lead", keep=True
    )
    assert sorted(new) == [lead.pk for lead in leads[2:]]


def test_insert_select_takes_expressions_and_quotes_text(leads):
    sql.insert_select(
        ConsentState, {**columns(), "subject": Value('it\'s 100 % "x"')}, Lead.objects.filter(score=1)
    )
    assert ConsentState.objects.get().subject == 'it\'s 100 % "x"'


def test_difference_returns_only_what_must_change(leads):
    ids = [lead.pk for lead in leads]
    wanted = Lead.objects.filter(score__gte=2).values_list("pk", flat=True)
    present = Lead.objects.filter(score__lte=3).values_list("pk", flat=True)
    assert sql.difference(wanted, present) == (ids[4:], ids[:2])
    assert sql.difference(Lead.objects.none().values_list("pk"), present) == ([], ids[:4])
    assert sql.difference(wanted, Lead.objects.none().values_list("pk")) == (ids[2:], [])
