"""People who become leads together are what they would have become one by one."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from wagtail_automation.leads import actions, suppression
from wagtail_automation.leads.models import ConsentState, Identifier, Lead
from wagtail_automation.leads.newcomers import create_together
from wagtail_automation.signals import facts_changed
from wagtail_automation.tracking.models import Event

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
PEOPLE = [
    (("external", "k-1"), ("email", "zoe@example.com"), ("phone", "+33612345678")),
    (("email", "bob@example.com"),),
    (("crm", "c-3"),),
]
PLAIN = (
    "status", "email", "phone", "first_name", "source", "attributes", "folded", "field_sources", "created_at",
    "identified_at", "score", "owner",
)  # fmt: skip


def described() -> list:
    """What there is, without keys and ids."""
    found = []
    for lead in Lead.objects.order_by("pk"):
        pairs = sorted(lead.identifiers.values_list("kind", "value", "source", "created_at"))
        states = sorted(ConsentState.objects.filter(lead=lead).values_list("subject", "granted"))
        told = sorted(Event.objects.filter(lead=lead).values_list("name", "at"))
        found.append(([getattr(lead, name) for name in PLAIN], pairs, states, told))
    return found


@pytest.fixture
def refused(db):
    suppression.suppress([("email", "bob@example.com")], now=NOW)


def test_together_is_what_it_is_one_by_one(refused):
    heard = []

    def hear(sender, leads, facts, **kwargs):
        heard.append(facts)

    facts_changed.connect(hear)
    try:
        for pairs in PEOPLE:
            actions.identify(lead=None, identifiers=dict(pairs), source="shop", now=NOW)
        one_by_one, said = described(), frozenset().union(*heard)
        Event.objects.all().delete()
        Lead.objects.all().delete()
        heard.clear()
        owners = create_together(PEOPLE, source="shop", now=NOW)
    finally:
        facts_changed.disconnect(hear)
    assert described() == one_by_one
    assert said <= frozenset().union(*heard)
    assert owners == {(row.kind, row.value): row.lead_id for row in Identifier.objects.all()}
    assert len({lead.bucket for lead in Lead.objects.all()} | {1, 2}) > 3


def test_statements_do_not_grow_with_the_people():
    counts = []
    for size in (1, 60):
        people = [(("email", f"{size}.{number}@example.com"),) for number in range(size)]
        with CaptureQueriesContext(connection) as queries:
            create_together(people, source="shop", now=NOW)
        counts.append(len(queries))
    assert counts[0] == counts[1], counts
    assert Lead.objects.count() == 61


def test_where_somebody_was_faster_nothing_is_made():
    actions.create_known(identifiers={"email": "bob@example.com"}, source="test", now=NOW)
    assert create_together(PEOPLE, source="shop", now=NOW) == {}
    assert Lead.objects.count() == 1 and create_together([], source="shop", now=NOW) == {}
