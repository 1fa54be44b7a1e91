"""Trees, people and a tree's pieces for the tests of campaigns."""

import uuid

import pytest

from wagtail_automation.campaigns import actions, engine
from wagtail_automation.campaigns.models import Campaign
from wagtail_automation.leads.models import Lead
from wagtail_automation.testing import clock as test_clock

from .pieces import NOW, REGISTERED


@pytest.fixture(autouse=True)
def registered():
    """The activities, conditions and triggers of these tests."""
    for registry, cls in REGISTERED:
        registry.register(cls)
    yield
    for registry, cls in REGISTERED:
        registry.unregister(cls)


@pytest.fixture(autouse=True)
def still():
    """Time stands unless a test moves it."""
    with test_clock.freeze(NOW):
        yield


@pytest.fixture
def people(db):
    """``people(5)``: so many new leads."""

    def make(count: int, **fields) -> list[Lead]:
        return Lead.objects.bulk_create(
            [Lead(email=f"{uuid.uuid4().hex[:12]}@example.com", **fields) for _n in range(count)]
        )

    return make


@pytest.fixture
def campaign(db):
    """``campaign(tree)``: published, ready to run."""

    def make(tree: list[dict], **fields) -> Campaign:
        made = Campaign.objects.create(name="Test", tree=tree, **fields)
        actions.publish(campaign=made)
        return made

    return make


@pytest.fixture
def walk():
    """Walk until nobody is due."""
    return lambda: engine.run(60)


@pytest.fixture
def tree_block():
    """The block of ``Campaign.tree``."""
    return Campaign._meta.get_field("tree").stream_block
