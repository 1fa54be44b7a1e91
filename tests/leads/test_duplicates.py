"""Pairs that may be one person: found, dismissed, merged field by field; two merges at once."""

import datetime as dt

import pytest
from django.contrib.auth.models import Group, User
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from wagtail_automation.admin import roles
from wagtail_automation.leads import actions, duplicates, merge_by_hand
from wagtail_automation.leads.models import Lead, LeadMerge, MergeSuggestion
from wagtail_automation.testing import clock as test_clock
from wagtail_automation.tracking.models import Event

NOW = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
pytestmark = pytest.mark.django_db


def person(**fields):
    return Lead.objects.create(status="known", created_at=NOW, **fields)


def pairs():
    return {(row.first_id, row.second_id): row.reason for row in MergeSuggestion.objects.all()}


def test_what_is_suggested_and_what_is_not():
    one, same = person(phone="+33123456789"), person(phone="+33123456789")
    person(phone="+33123456780")
    zoe = person(first_name="Zoé", last_name="Dupré", postal_code="69001", country="FR")
    zoe2 = person(first_name="ZOE", last_name="dupre", postal_code="69001")
    person(first_name="Zoé", last_name="Dupré", postal_code="69001", country="BE")
    person(first_name="Zoé", last_name="Dupré", postal_code="75001")
    ann, anne = (
        person(first_name="Ann", last_name="Smithson", company="Acme"),
        person(first_name="Anne", last_name="Smithson", company="ACME"),
    )
    swapped = person(first_name="Smithson", last_name="Ann", company="Acme")
    person(first_name="Bob", last_name="Jones", company="Acme")
    Lead.objects.create(phone="+33123456789", created_at=NOW)  # anonymous
    assert duplicates.find(NOW) == len(pairs())
    found = pairs()
    assert found[one.pk, same.pk] == "phone"
    assert found[zoe.pk, zoe2.pk] == "address"
    assert found[ann.pk, anne.pk] == found[ann.pk, swapped.pk] == "company"
    belgian = Lead.objects.get(country="BE")
    assert set(found) == {
        (one.pk, same.pk), (zoe.pk, zoe2.pk), (zoe2.pk, belgian.pk), (ann.pk, anne.pk), (ann.pk, swapped.pk),
    }  # fmt: skip
    assert duplicates.find(NOW) == 0


ADDRESS = {"first_name": "Zoé", "last_name": "Dupré", "postal_code": "69001"}


@pytest.mark.parametrize(
    ("street", "other", "alike"),
    [
        ("12, bd. Victor-Hugo", "12 Boulevard Victor Hugo", True),
        ("Mill Lane 3", "3 mill ln", True),
        ("5 Chaussée d’Été", "5 chaussee d'ete", True),
        ("12 rue Hugo", "21 rue Hugo", False),
        ("12 rue Hugo", "12 rue Balzac", False),
        ("12 rue Hugo", "", True),
        ("12 rue Hugo", " ,.– ", True),
        ("", "", True),
    ],
)
def test_streets_that_differ_speak_against(street, other, alike):
    pair = (person(street=street, **ADDRESS).pk, person(street=other, **ADDRESS).pk)
    duplicates.find(NOW)
    assert pairs() == ({pair: "address"} if alike else {})


def test_statements_do_not_grow_with_streets():
    counts = []
    for number in (1, 5):
        for _index in range(number + 1):
            person(street="12 rue Hugo", **ADDRESS), person(street=f"{number} rue Balzac", **ADDRESS)
        with CaptureQueriesContext(connection) as queries:
            duplicates.find(NOW)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_a_switchboard_is_nobody():
    for _number in range(duplicates.SHARED_BY + 1):
        person(phone="+33100000000")
    assert duplicates.find(NOW) == 0


def test_statements_do_not_grow():
    counts = []
    for number in (1, 30):
        for index in range(number):
            person(phone=f"+331{number:04}{index:04}")
            person(phone=f"+331{number:04}{index:04}")
        with CaptureQueriesContext(connection) as queries:
            duplicates.find(NOW)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_dismissed_stays_dismissed_and_what_is_no_longer_alike_goes():
    one, two = person(phone="+33123456789"), person(phone="+33123456789")
    duplicates.find(NOW)
    user = User.objects.create_user("x")
    merge_by_hand.dismiss(one=two, other=one, now=NOW, user=user)
    duplicates.find(NOW)
    assert MergeSuggestion.objects.get().dismissed_by == user
    three = person(phone="+33123456789")
    assert duplicates.find(NOW) == 2
    three.phone = ""
    three.save()
    duplicates.find(NOW)
    assert set(pairs()) == {(one.pk, two.pk)}
    actions.merge(source=one, target=two, now=NOW, reason="x")
    assert not pairs()


def test_an_erasure_takes_the_pair_along_from_either_side():
    from wagtail_automation.leads.personal_data import personal_data

    one, two = person(phone="+33123456789"), person(phone="+33123456789")
    handler = next(found for found in personal_data.handlers() if found.model is MergeSuggestion)
    for lead in (one, two):
        duplicates.find(NOW)
        assert handler.erase([lead.pk]) == 1
    assert not pairs()


def test_the_beat_looks_every_few_hours():
    person(phone="+33123456789"), person(phone="+33123456789")
    with test_clock.freeze(NOW):
        assert duplicates.beat() == "1 new"
        assert duplicates.beat() == "not yet"
    with test_clock.freeze(NOW + duplicates.EVERY):
        assert duplicates.beat() == "0 new"


# -- field by field ----------------------------------------------------------------------------------------


@pytest.fixture
def two():
    one = actions.identify(
        lead=None,
        identifiers={"email": "zoe@example.com"},
        fields={"first_name": "Zoé", "city": "Lyon", "country": "FR"},
        source="form",
        now=NOW,
    )
    other = actions.identify(
        lead=None,
        identifiers={"email": "z.roy@example.com"},
        fields={"first_name": "Zoe", "city": "Nîmes", "company": "Acme"},
        source="import",
        now=NOW,
    )
    return one, other


def test_values_are_chosen_one_by_one(two, admin_user):
    one, other = two
    for lead, granted in ((one, True), (other, False)):
        actions.record_consent(lead=lead, subject="email", granted=granted, how="form", now=NOW)
    assert merge_by_hand.stricter(one, other) == ["email"]
    assert {row.key for row in merge_by_hand.rows(one, other) if row.differs} == {
        "first_name",
        "city",
        "email",
    }
    survivor = merge_by_hand.merge_chosen(
        source=other, target=one, take=["city", "email"], now=NOW, user=admin_user
    )
    assert survivor.pk == one.pk
    assert (survivor.first_name, survivor.city, survivor.company) == ("Zoé", "Nîmes", "Acme")
    assert survivor.email == "z.roy@example.com" and survivor.folded["city"] == "nimes"
    assert survivor.identifiers.filter(kind="email").count() == 2
    assert not survivor.consent_states.get(subject="email").granted
    assert LeadMerge.objects.get().user == admin_user
    assert Lead.objects.resolve(other.pk) == survivor


def test_the_second_of_two_merges_is_told(two, admin_user):
    one, other = two
    merge_by_hand.merge_chosen(source=other, target=one, take=[], now=NOW, user=admin_user)
    for source, target in ((other, one), (one, other)):
        with pytest.raises(ValidationError, match="meanwhile"):
            merge_by_hand.merge_chosen(source=source, target=target, take=[], now=NOW, user=admin_user)
    assert Lead.objects.count() == LeadMerge.objects.count() == 1


def test_unknown_fields_change_nothing(two, admin_user):
    one, other = two
    for name in ("owner", "score", "x" * 1000, "<b>"):
        with pytest.raises(ValidationError):
            merge_by_hand.merge_chosen(source=other, target=one, take=[name], now=NOW, user=admin_user)
    assert Lead.objects.count() == 2


def test_the_screen(two, client, admin_user, english):
    one, other = two
    client.force_login(admin_user)
    address = reverse("wagtail_automation_lead_merge", args=[one.pk, other.pk])
    page = client.get(address).content.decode()
    for text in ("Zoé", "Nîmes", "z.roy@example.com", "Identifiers: 1"):
        assert text in page, text
    posted = {"survivor": other.pk, "field-city": one.pk, "field-first_name": other.pk, "field-score": one.pk}
    answer = client.post(address, posted)
    survivor = Lead.objects.get()
    assert answer.url == reverse("wagtail_automation_lead:inspect", args=[survivor.pk])
    assert (survivor.pk, survivor.city, survivor.first_name) == (other.pk, "Lyon", "Zoe")
    # both numbers lead to the survivor now
    assert client.get(address).url == answer.url
    assert client.post(address, posted).url == answer.url


def test_bulk_and_dismissing(two, client, admin_user, english):
    one, other = two
    client.force_login(admin_user)
    bulk = reverse("wagtail_bulk_action", args=["wagtail_automation_leads", "lead", "merge"])
    screen = reverse("wagtail_automation_lead_merge", args=[one.pk, other.pk])
    assert client.get(f"{bulk}?id={one.pk}&id={other.pk}").url == screen
    listing = reverse("wagtail_automation_lead:index")
    third = person(first_name="X")
    for chosen in ((one,), (one, other, third)):
        query = "&".join(f"id={lead.pk}" for lead in chosen)
        assert client.get(f"{bulk}?{query}&next={listing}").url == listing
    MergeSuggestion.objects.create(first=one, second=other, reason="phone", found_at=NOW)
    suggestions = reverse("wagtail_automation_merges")
    assert screen in client.get(suggestions).content.decode()
    client.post(reverse("wagtail_automation_lead_merge_dismiss", args=[one.pk, other.pk]))
    assert screen not in client.get(suggestions).content.decode()


def test_nobody_merges_a_lead_they_do_not_see(two, client, english):
    one, other = two
    roles.create_groups()
    seller = User.objects.create_user("seller")
    seller.groups.add(Group.objects.get(name="Salesperson"))
    Lead.objects.filter(pk=one.pk).update(owner=seller)
    MergeSuggestion.objects.create(first=one, second=other, reason="phone", found_at=NOW)
    client.force_login(seller)
    for numbers in ((one.pk, other.pk), (other.pk, one.pk)):
        address = reverse("wagtail_automation_lead_merge", args=numbers)
        assert client.get(address).status_code == client.post(address).status_code == 404
    assert "z.roy" not in client.get(reverse("wagtail_automation_merges")).content.decode()
    assert Lead.objects.count() == 2


def test_the_survivors_history_says_what_came_by_the_merge(two, admin_user):
    one, other = two
    later = NOW + dt.timedelta(days=1)
    merge_by_hand.merge_chosen(source=other, target=one, take=["city"], now=later, user=admin_user)
    told = Event.objects.filter(name="lead_updated", lead=one)
    changes = [event.data for event in told if "city" in event.data["changes"]]
    assert [data["changes"]["city"] for data in changes] == [["Lyon", "Nîmes"]]
    assert (changes[0]["source"], changes[0]["user"]) == ("merge", admin_user.pk)
