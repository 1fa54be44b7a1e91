"""People, lists and segments to test with; conditions of this app are enough for most rules."""

import datetime as dt

import pytest
from django.core.cache import cache

from wagtail_automation.audiences.models import LeadList, Segment
from wagtail_automation.leads.models import Lead
from wagtail_automation.rules.rule import Rule
from wagtail_automation.testing import clock as test_clock

NOW = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)


def condition(key, id="c1", **value):
    return {"id": id, "type": key, "value": value}


def rule(*items, match="all"):
    return Rule({"match": match, "items": list(items)})


@pytest.fixture(autouse=True)
def stopped_clock():
    with test_clock.freeze(NOW):
        yield


@pytest.fixture(autouse=True)
def empty_cache():
    """Counts of computed lists are kept for a minute; here time stands still."""
    cache.clear()


@pytest.fixture
def make_leads(db):
    def make(count=1, **fields):
        return [Lead.objects.create(created_at=NOW, **fields) for _ in range(count)]

    return make


@pytest.fixture
def make_list(db):
    return lambda name="Newsletter": LeadList.objects.create(name=name)


@pytest.fixture
def make_segment(db):
    def make(rule_=None, *, name="Segment", live=True):
        return Segment.objects.create(name=name, rule=rule_ or Rule(), live=live)

    return make
