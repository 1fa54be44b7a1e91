"""Two at once: an event and a merge, a key twice, one browser's two first pages. PostgreSQL, real threads."""

import datetime as dt
import threading
import uuid

import pytest
from django.db import connection, transaction

from wagtail_automation.leads import actions as leads
from wagtail_automation.leads.models import Lead
from wagtail_automation.tracking import actions, events
from wagtail_automation.tracking.models import Event, EventKey, Visitor

pytestmark = pytest.mark.django_db(transaction=True)

NOW = dt.datetime(2026, 4, 1, 12, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def postgresql_only(transactional_db):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite writes one after the other")


class Worker(threading.Thread):
    """Runs a function with its own connection; `result` or `error` afterwards."""

    def __init__(self, function):
        super().__init__(daemon=True)
        self.function, self.result, self.error = function, None, None

    def run(self):
        try:
            self.result = self.function()
        except Exception as error:  # noqa: BLE001  told by the test
            self.error = error
        finally:
            connection.close()

    def finish(self):
        self.join(20)
        assert not self.is_alive()
        if self.error:
            raise self.error
        return self.result


@pytest.mark.parametrize("kind", ["event", "view"])
def test_an_event_recorded_during_a_merge_belongs_to_the_survivor(kind):
    source = leads.create_anonymous(now=NOW)
    target = leads.create_known(identifiers={"email": "ada@example.com"}, source="test", now=NOW)
    visitor = actions.create_visitor(visitor_uuid=uuid.uuid4(), now=NOW, lead=source)
    merged, commit = threading.Event(), threading.Event()

    def merging():
        with transaction.atomic():
            leads.merge(source=source, target=target, now=NOW, reason="test")
            merged.set()
            commit.wait(10)

    def recording():
        if kind == "event":
            return actions.record_event(name=events.SITE_EVENT, visitor=visitor, at=NOW)
        return actions.record_page_view(visitor=visitor, site=None, url="/", page=None, now=NOW)

    first, second = Worker(merging), Worker(recording)
    first.start()
    assert merged.wait(10)
    second.start()
    second.join(0.5)
    assert second.is_alive(), "it must wait for the merge"
    commit.set()
    first.finish()
    assert second.finish().lead_id == target.pk
    assert not Event.objects.filter(lead_id=source.pk).exists()


def test_one_key_is_one_event_however_many_ask():
    lead = leads.create_anonymous(now=NOW)
    start = threading.Barrier(4)

    def record():
        start.wait(10)
        return actions.record_event(name=events.FORM_SUBMITTED, lead=lead, key="form:1", at=NOW)

    workers = [Worker(record) for _ in range(4)]
    for worker in workers:
        worker.start()
    stored = [worker.finish() for worker in workers]
    assert len([event for event in stored if event]) == 1
    assert (Event.objects.filter(name=events.FORM_SUBMITTED).count(), EventKey.objects.count()) == (1, 1)


def test_two_first_pages_of_one_browser_make_one_visitor():
    cookie, start = uuid.uuid4(), threading.Barrier(3)

    def create():
        start.wait(10)
        return actions.create_visitor(visitor_uuid=cookie, now=NOW).pk

    workers = [Worker(create) for _ in range(3)]
    for worker in workers:
        worker.start()
    assert len({worker.finish() for worker in workers}) == 1
    assert (Visitor.objects.count(), Lead.objects.count()) == (1, 1)
