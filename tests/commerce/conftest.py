"""Orders and people to test with."""

import datetime as dt

import pytest

from wagtail_automation.leads import actions as leads
from wagtail_automation.testing import clock as test_clock

NOW = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)


def hours_ago(hours: float) -> dt.datetime:
    return NOW - dt.timedelta(hours=hours)


def item(sku="otter", price="10.00", quantity=1, **more) -> dict:
    return {"sku": sku, "name": sku.title(), "price": price, "quantity": quantity, **more}


@pytest.fixture(autouse=True)
def stopped_clock():
    with test_clock.freeze(NOW):
        yield


@pytest.fixture
def person(db):
    def make(name="ada"):
        address = f"{name}@example.com"
        return leads.create_known(identifiers={"email": address}, source="test", now=NOW)

    return make
