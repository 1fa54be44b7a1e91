"""Becoming known: promoted in place, merged, or somebody else – never two people of one address."""

import datetime as dt
import threading
from functools import partial

import pytest
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from wagtail_automation import clock, signals
from wagtail_automation.leads import actions
from wagtail_automation.leads.identifiers import PLAIN_EMAIL, IdentifierKind, identifier_kinds, normalise
from wagtail_automation.leads.models import CustomField, Identifier, Lead, MergedLead

NOW = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
identify = partial(actions.identify, source="form:1", now=NOW)


@pytest.fixture
def anonymous(db):
    return actions.create_anonymous(now=NOW - dt.timedelta(days=3), source="ad")


@pytest.fixture
def known(db):
    return identify(lead=None, identifiers={"email": "zoe@example.com"}, fields={"first_name": "Zoé"})


@pytest.fixture
def told(monkeypatch):
    """What the signals said."""
    heard = []
    receivers = {
        signals.facts_changed: lambda sender, leads, facts, **kwargs: heard.append((leads, facts)),
        signals.lead_identified: lambda sender, lead, **kwargs: heard.append(("identified", lead.pk)),
        signals.lead_merged: lambda sender, source_pk, target, **kwargs: heard.append(
            ("merged", source_pk, target.pk)
        ),
    }
    for signal, receiver in receivers.items():
        signal.connect(receiver, weak=False)
    yield heard
    for signal, receiver in receivers.items():
        signal.disconnect(receiver)


def test_a_new_address_promotes_the_anonymous_lead_in_place(anonymous, told):
    lead = identify(
        lead=anonymous,
        identifiers={"email": " Zoe@Example.COM "},
        fields={"first_name": "Zoé", "country": "fr"},
    )
    assert lead.pk == anonymous.pk
    lead.refresh_from_db()
    assert (lead.status, lead.email, lead.first_name, lead.country) == (
        "known",
        "zoe@example.com",
        "Zoé",
        "FR",
    )
    assert (lead.source, lead.identified_at) == ("ad", NOW)
    assert lead.folded["first_name"] == "zoe"
    assert lead.field_sources["first_name"] == {"source": "form:1", "at": "2026-03-01T12:00:00+00:00"}
    assert set(lead.field_sources) == {"email", "first_name", "country"}
    assert ("identified", lead.pk) in told
    facts = frozenset().union(*(facts for leads, *rest in told if leads == [lead.pk] for facts in rest))
    assert {"field:email", "field:first_name", "field:country", "field:status"} <= facts


def test_a_repeat_changes_nothing(anonymous, told):
    first = identify(lead=anonymous, identifiers={"email": "z@example.com"}, fields={"city": "Lyon"})
    told.clear()
    again = identify(lead=first, identifiers={"email": "Z@example.com"}, fields={"city": "Lyon"})
    assert again.pk == first.pk
    assert told == []
    assert Identifier.objects.count() == Lead.objects.count() == 1


def test_a_known_address_takes_the_anonymous_lead_in(anonymous, known, told):
    lead = identify(lead=anonymous, identifiers={"email": "zoe@example.com"}, fields={"city": "Lyon"})
    assert lead.pk == known.pk
    assert (lead.city, lead.first_name) == ("Lyon", "Zoé")
    assert not Lead.objects.filter(pk=anonymous.pk).exists()
    assert Lead.objects.resolve(anonymous.pk) == Lead.objects.resolve(anonymous.uuid) == known
    assert ("merged", anonymous.pk, known.pk) in told


def test_two_known_leads_are_never_merged_by_an_address(known):
    other = identify(lead=None, identifiers={"email": "max@example.com"})
    assert identify(lead=known, identifiers={"email": "max@example.com"}).pk == other.pk
    third = identify(lead=known, identifiers={"email": "new@example.com"})
    assert third.pk not in {known.pk, other.pk}
    assert Lead.objects.count() == 3
    assert not MergedLead.objects.exists()


def test_the_strongest_identifier_decides_and_others_are_added_or_left(known):
    other = identify(lead=None, identifiers={"external": "A1", "phone": "+33 1 23 45 67 89"})
    lead = identify(
        lead=None, identifiers={"email": "zoe@example.com", "external": "A1", "phone": "+33987654321"}
    )
    assert lead.pk == other.pk
    assert lead.phone == "+33123456789"
    assert set(lead.identifiers.values_list("kind", "value")) == {
        ("external", "A1"),
        ("phone", "+33123456789"),
        ("phone", "+33987654321"),
    }
    assert known.identifiers.get().value == "zoe@example.com"


def test_a_known_lead_without_an_address_is_given_one(db):
    lead = identify(lead=None, identifiers={"user": "7"})
    assert identify(lead=lead, identifiers={"email": "u@example.com"}).pk == lead.pk
    lead.refresh_from_db()
    assert lead.email == "u@example.com"


def test_a_lead_merged_away_meanwhile_is_found(anonymous, known):
    stale = Lead.objects.get(pk=anonymous.pk)
    actions.merge(source=anonymous, target=known, now=NOW, reason="test")
    assert identify(lead=stale, identifiers={"phone": "+33123456789"}).pk == known.pk


def test_statements_do_not_grow_with_the_fields(anonymous, known):
    other = actions.create_anonymous(now=NOW - dt.timedelta(days=3))
    CustomField.objects.bulk_create(
        [CustomField(key=f"f{number}", label="F", type="text") for number in range(20)]
    )
    counts = []
    for lead, fields in [(anonymous, 1), (other, 20)]:
        with CaptureQueriesContext(connection) as queries:
            identify(
                lead=lead,
                identifiers={"email": f"n{lead.pk}@example.com"},
                fields={f"f{number}": "x" for number in range(fields)},
            )
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.parametrize(
    ("identifiers", "fields", "where"),
    [
        ({"email": "not an address"}, {}, "email"),
        ({"email": "a@b"}, {}, "email"),
        ({"email": ""}, {}, "email"),
        ({"email": None}, {}, "email"),
        ({"email": "a\x00@example.com"}, {}, "email"),
        ({"email": "a@example.com\r\nBcc: b@example.com"}, {}, "email"),
        ({"email": "a@exa\u2028mple.com"}, {}, "email"),
        ({"email": "\ud800@example.com"}, {}, "email"),
        ({"email": '"<script>"@example.com'}, {}, "email"),
        ({"email": "<script>@example.com"}, {}, "email"),
        ({"email": "a" * 250 + "@example.com"}, {}, "email"),
        ({"email": "a" * 10_000_000}, {}, "email"),
        ({"email": ["a@example.com"]}, {}, "email"),
        ({"phone": "12345"}, {}, "phone"),
        ({"nothing": "x"}, {}, "nothing"),
        ({}, {}, None),
        ({"email": "a@example.com"}, {"first_name": "x" * 101}, "first_name"),
        ({"email": "a@example.com"}, {"first_name": "x" * 10_000_000}, "first_name"),
        ({"email": "a@example.com"}, {"country": "Atlantis"}, "country"),
        ({"email": "a@example.com"}, {"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"email": "a@example.com"}, {"birth_date": "2026-02-31"}, "birth_date"),
        ({"email": "a@example.com"}, {"score": "100"}, "score"),
        ({"email": "a@example.com"}, {"status": "known"}, "status"),
        ({"email": "a@example.com"}, {"nobody_made_this": "x"}, "nobody_made_this"),
    ],
    ids=range(24),
)
def test_bad_input_is_refused_by_name_before_anything_is_written(anonymous, identifiers, fields, where):
    with pytest.raises(ValidationError) as error:
        identify(lead=anonymous, identifiers=identifiers, fields=fields)
    assert where is None or list(error.value.message_dict) == [where]
    assert not Identifier.objects.exists()
    anonymous.refresh_from_db()
    assert anonymous.status == "anonymous"


def test_control_characters_are_dropped_and_html_is_kept_as_text(anonymous):
    lead = identify(
        lead=anonymous,
        identifiers={"email": "a@example.com"},
        fields={"first_name": "\x00Zo\x1b\u00e9\ud800 \r\n <b>&</b>"},
    )
    lead.refresh_from_db()
    assert lead.first_name == "Zoé <b>&</b>"


@pytest.mark.parametrize(
    ("given", "normal"),
    [
        (" Zoe.Do@Example.COM\n", "zoe.do@example.com"),
        ("info@KÖLN.de", "info@xn--kln-sna.de"),
        ("info@xn--kln-sna.de", "info@xn--kln-sna.de"),
        ("a@straße.de", "a@xn--strae-oqa.de"),
    ],
)
def test_addresses(given, normal):
    assert normalise("email", given) == normal


@pytest.mark.parametrize(
    ("given", "normal"),
    [("+33 (0)1 23-45.67/89", "+33123456789"), ("0049 30 123456", "+4930123456")],
)
def test_numbers(given, normal):
    assert normalise("phone", given) == normal


def test_a_site_may_add_a_kind(anonymous):
    class Loyalty(IdentifierKind):
        key = "loyalty"
        strength = 95

        @classmethod
        def normalise(cls, value):
            return value.upper()

    with identifier_kinds.temporarily(Loyalty):
        identify(lead=anonymous, identifiers={"loyalty": "ab1"})
        assert (
            identify(lead=None, identifiers={"loyalty": "AB1", "email": "x@example.com"}).pk == anonymous.pk
        )


def together(*calls):
    """Run the calls in threads that start at once; returns results and errors."""
    barrier, results = threading.Barrier(len(calls)), []

    def run(call):
        barrier.wait()
        try:
            results.append(call())
        except Exception as error:  # noqa: BLE001  the test looks at it
            results.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results


@pytest.mark.django_db(transaction=True)
def test_eight_at_once_with_one_new_address_are_one_lead():
    leads = [actions.create_anonymous(now=clock.now()) for _number in range(8)]
    results = together(
        *(
            partial(
                identify, lead=lead, identifiers={"email": "one@example.com"}, fields={"city": f"C{lead.pk}"}
            )
            for lead in leads
        )
    )
    assert {getattr(result, "pk", result) for result in results} == {Lead.objects.get().pk}
    assert Identifier.objects.count() == 1
    assert MergedLead.objects.count() == 7
    for lead in leads:
        assert Lead.objects.resolve(lead.uuid) == Lead.objects.get()


@pytest.mark.django_db(transaction=True)
def test_merges_in_both_directions_at_once_end_with_one_lead():
    for _round in range(3):
        Lead.objects.all().delete()
        one, two = (
            identify(lead=None, identifiers={"email": f"{name}@example.com"}) for name in ("one", "two")
        )
        results = together(
            partial(actions.merge, source=one, target=two, now=NOW, reason="test"),
            partial(actions.merge, source=two, target=one, now=NOW, reason="test"),
        )
        survivor = Lead.objects.get()
        assert {getattr(result, "pk", result) for result in results} == {survivor.pk}
        assert survivor.identifiers.count() == 2


@given(st.from_regex(PLAIN_EMAIL, fullmatch=True) | st.emails().map(str.lower))
def test_plain_addresses_are_addresses(text):
    """What is taken without a closer look is what the closer look would have taken, unchanged."""
    if PLAIN_EMAIL.fullmatch(text):
        validate_email(text)
        assert text == text.strip().lower() and text.isascii()
