"""`page_visited`: the contract, and the answer compared with a naive reading of the events."""

import datetime as dt
import re

import pytest
from django.core.exceptions import ValidationError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wagtail_automation.leads import actions as leads
from wagtail_automation.leads.models import Lead
from wagtail_automation.rules.binding import bind
from wagtail_automation.rules.scope import Scope
from wagtail_automation.testing import contracts
from wagtail_automation.tracking import events
from wagtail_automation.tracking.conditions import PageVisited, pattern_of
from wagtail_automation.tracking.models import Event

pytestmark = pytest.mark.django_db

NOW = dt.datetime(2026, 1, 15, 12, tzinfo=dt.UTC)


def visit(lead, url="/", human=True, at=NOW, **values):
    return Event(lead=lead, name=events.PAGE_VIEWED, url=url, human=human, at=at, **values)


def matching(raw, mode="set"):
    block = PageVisited()
    q = block.q(bind(block, raw), Scope(NOW, mode=mode))
    return set(Lead.objects.filter(q).values_list("pk", flat=True))


def test_the_contract(site, pricing):
    one, two = (leads.create_anonymous(now=NOW) for _ in range(2))
    key = {"object_kind": 1, "object_key": pricing.translation_key}
    Event.objects.bulk_create([visit(one, **key), visit(one, **key), visit(two, "/other/")])
    assert contracts.check_condition(
        PageVisited, value={"page": pricing.pk, "url": "", "times": 2}, model=Lead
    ) == {one.pk}
    assert contracts.check_condition(PageVisited, value={"url": "/other/*", "times": 1}, model=Lead) == {
        two.pk
    }


def test_a_translation_counts_as_the_page(site, french, pricing):
    person = leads.create_anonymous(now=NOW)
    site.root_page.copy_for_translation(french, copy_parents=True)
    tarifs = pricing.copy_for_translation(french)
    Event.objects.bulk_create([visit(person, object_kind=1, object_key=tarifs.translation_key)])
    assert matching({"page": pricing.pk, "times": 1}) == {person.pk}
    assert matching({"page": tarifs.pk, "times": 1}) == {person.pk}


def test_machines_do_not_count(site, pricing):
    person = leads.create_anonymous(now=NOW)
    Event.objects.bulk_create([visit(person, "/a/", human=False)])
    assert matching({"url": "/a/"}) == set()


def test_an_empty_value_matches_nobody():
    Event.objects.bulk_create([visit(leads.create_anonymous(now=NOW), "/")])
    for raw in ({}, {"url": ""}, {"url": "  "}, {"page": None, "url": None}):
        assert matching(raw) == set()
    with pytest.raises(ValidationError):
        PageVisited().clean(PageVisited().to_python({"times": 1}))


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("https://example.com/pêche/*", "/p%C3%AAche/*"),
        ("shop", "/shop"),
        ("*.pdf", "*.pdf"),
        (" /a?b=* ", "/a?b=*"),
        ("https://example.com", "/"),
        ("", ""),
    ],
)
def test_what_authors_paste(text, pattern):
    assert pattern_of(text) == pattern


def naive(pattern, url):
    """What the documentation says, in Python."""
    body = ".*".join(re.escape(part) for part in pattern.split("*"))
    path = url if "?" in pattern or pattern.endswith("*") else url.partition("?")[0]
    return re.fullmatch(body, path, re.IGNORECASE) is not None


PARTS = st.sampled_from(
    ["/", "shop", "/shop/", "a", "A", ".", "%C3%A9", "_", "%", "\\", "(", "+", "?a=1", "x"]
)
URLS = st.lists(PARTS, max_size=4).map(lambda parts: "/" + "".join(parts).lstrip("/"))
PATTERNS = st.lists(st.one_of(PARTS, st.just("*")), max_size=4).map(lambda parts: "/" + "".join(parts))


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(urls=st.lists(URLS, min_size=1, max_size=5), pattern=PATTERNS, times=st.integers(1, 3))
def test_patterns_equal_a_naive_reading(urls, pattern, times):
    Event.objects.all().delete()
    person = leads.create_anonymous(now=NOW)
    Event.objects.bulk_create([visit(person, url) for url in urls])
    stored = pattern_of(pattern)
    expected = sum(naive(stored, url) for url in urls) >= times
    for mode in ("one", "set"):
        found = matching({"url": pattern, "times": times}, mode)
        assert (person.pk in found) == expected, (stored, urls)
