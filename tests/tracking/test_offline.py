"""Events from elsewhere: attached by any identifier, at a time in a stated zone, once."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.leads.imports.conftest import NOW, boss, load, reasons  # noqa: F401  (fixtures)
from wagtail_automation import signals
from wagtail_automation.leads import actions
from wagtail_automation.leads.imports.runner import run_import
from wagtail_automation.leads.models import Lead
from wagtail_automation.tracking import timeline
from wagtail_automation.tracking.models import Event, EventKey
from wagtail_automation.tracking.offline import offline_event_ref

pytestmark = pytest.mark.django_db
KIND = {"kind": "offline_events", "zone": "Europe/Paris", "name": "shop_visited", "unit": "hundredths"}


@pytest.fixture
def zoe(db):
    return actions.identify(
        lead=None,
        identifiers={"email": "zoe@x.example", "external": "C-1", "phone": "+33123456789"},
        source="x",
        now=NOW,
    )


def test_events_attach_by_any_identifier(load, zoe):
    run = load(
        "email,external id,phone number,event,date,amount,Shop\n"
        "ZOE@x.example,,,Shop visit,2025-07-01 14:30,49.90,Lyon\n"
        ",C-1,,appel,01/02/2025 9:05,,\n"
        ',,+33 1 23 45 67 89,Fair of Metz,2025-03-01T10:00:00Z,"1 000,5",=cmd()\n'
        "max@x.example,,,call,2025-07-01,,\n",
        columns={"Shop": "event.data", "phone number": "id.phone"},
        **KIND,
    )
    assert run.state == "done", run.problem
    assert run.counts | {"recorded": 3, "known": 0, "people": 1, "refused": 1} == run.counts
    assert "Nobody with this identifier" in reasons(run)[5]
    visit, call, fair = (
        Event.objects.get(name=name) for name in ("shop_visited", "call_made", "offline_event")
    )
    assert {visit.lead_id, call.lead_id, fair.lead_id} == {zoe.pk}
    assert visit.at == dt.datetime(2025, 7, 1, 12, 30, tzinfo=dt.UTC), "Paris in summer"
    assert call.at == dt.datetime(2025, 2, 1, 8, 5, tzinfo=dt.UTC), "Paris in winter"
    assert fair.at == dt.datetime(2025, 3, 1, 10, tzinfo=dt.UTC), "its own zone"
    assert (visit.value, call.value, fair.value) == (4990, None, 100_050)
    assert visit.data == {"data": {"Shop": "Lyon"}} and visit.channel == "offline"
    assert fair.data["event"] == "Fair of Metz" and fair.object_key == offline_event_ref("fair of METZ").key
    page = timeline.page_of(zoe.pk, timeline.Wanted(group="offline"))
    titles = {entry.title: entry.detail for entry in page.entries}
    assert titles == {"Shop visited": "Shop: Lyon", "Phone call": "", "Fair of Metz": "Shop: =cmd()"}


def test_the_same_file_again_records_nothing(load, zoe):
    text = "email,date,ticket\nzoe@x.example,2025-07-01 14:30,\nzoe@x.example,2025-07-01 14:30,\n"
    first, again = load(text, **KIND), load(text, **KIND)
    assert first.counts | {"recorded": 1, "known": 1} == first.counts
    assert again.counts | {"recorded": 0, "known": 2} == again.counts
    assert Event.objects.filter(channel="offline").count() == 1
    # a key of the file's own makes two of the same minute two, and a corrected time no second one
    keyed = "email,date,ticket\nzoe@x.example,2025-07-01 14:30,A\nzoe@x.example,2025-07-01 14:30,B\n"
    load(keyed, **KIND)
    load(keyed.replace("14:30,A", "14:31,A"), **KIND)
    assert Event.objects.filter(channel="offline").count() == 3
    assert EventKey.objects.filter(key__startswith="offline:").count() == 3


def test_bad_rows(load, zoe):
    run = load(
        "email,date,value\n"
        "zoe@x.example,2125-01-01,1\n"
        "zoe@x.example,31/02/2025,1\n"
        "zoe@x.example,,1\n"
        ",2025-01-01,1\n"
        "zoe@x.example,2025-01-01,many\n"
        "zoe@x.example,2025-01-01,1.5\n",
        **KIND | {"unit": "whole"},
    )
    assert run.counts["recorded"] == 0 and not Event.objects.filter(channel="offline").exists()
    said = reasons(run)
    assert "future" in said[2] and "Enter a date" in said[3] and "when it happened" in said[4]
    assert "who it is" in said[5] and "Enter a number" in said[6] and "whole numbers" in said[7]


def test_hours_that_a_zone_leaves_out_or_has_twice(load, zoe):
    run = load("email,date\nzoe@x.example,2025-03-30 02:30\nzoe@x.example,2025-10-26 02:30\n", **KIND)
    assert run.counts["recorded"] == 2


@pytest.mark.parametrize("wake", [False, True])
def test_campaigns_are_told_only_when_asked(load, zoe, wake):
    heard, facts = [], []

    def told(sender, events, **kwargs):
        heard.extend(event.name for event in events)

    def changed(sender, leads, **kwargs):
        facts.extend(kwargs["facts"])

    signals.events_recorded.connect(told)
    signals.facts_changed.connect(changed)
    try:
        load("email,date\nzoe@x.example,2025-03-30\n", wake=wake, **KIND)
    finally:
        signals.events_recorded.disconnect(told)
        signals.facts_changed.disconnect(changed)
    assert heard == (["shop_visited"] if wake else [])
    assert "event:shop_visited" in facts


def test_statements_do_not_grow(load, zoe):
    Lead.objects.exists()
    counts = []
    for number in (3, 300):
        rows = "".join(f"zoe@x.example,2025-01-01,k{number}-{n}\n" for n in range(number))
        run = load("email,date,key\n" + rows, go=False, **KIND)
        with CaptureQueriesContext(connection) as queries:
            run_import(run.pk, seconds=60)
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert Event.objects.filter(channel="offline").count() == 303
