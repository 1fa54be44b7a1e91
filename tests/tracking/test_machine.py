"""The verdict, and its recomputation from what was kept."""

import datetime as dt

import pytest

from wagtail_automation.testing import clock as test_clock
from wagtail_automation.tracking import actions, addresses, events, machine, rejudging
from wagtail_automation.tracking.models import Event, LeadTotals, Visit, Visitor

from .conftest import FIREFOX, GOOGLEBOT, IPHONE


@pytest.mark.parametrize(
    ("agent", "human"),
    [
        (FIREFOX, True),
        (IPHONE, True),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Safari/605.1.15",
            True,
        ),
        (
            "Mozilla/5.0 (Linux; Android 15; CUBOT_X70; Cubot X70) Chrome/137.0 Mobile Safari/537.36",
            True,
        ),
        (GOOGLEBOT, False),
        ("Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)", False),
        ("facebookexternalhit/1.1", False),
        ("python-requests/2.32", False),
        ("Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)", False),
        ("", False),
    ],
)
def test_user_agents(agent, human):
    assert machine.judge(machine.Evidence(agent)).human is human


def test_methods_and_purposes():
    assert machine.judge(machine.Evidence(FIREFOX, "HEAD")).reason == "head"
    assert (
        machine.judge(machine.Evidence(FIREFOX, "GET", "prefetch;anonymous-client-ip")).reason == "prefetch"
    )


def test_evidence_survives_being_stored(rf):
    request = rf.head("/", headers={"user-agent": "x\x00\ny" + "z" * 900, "purpose": "prefetch"})
    found = machine.evidence(request)
    assert found.user_agent.startswith("xyz")
    assert len(found.user_agent) == machine.USER_AGENT_LENGTH
    assert machine.Evidence.from_data(found.as_data()) == found
    for damaged in (None, [], {}, {"u": 1}):
        assert machine.Evidence.from_data(damaged) is None


@pytest.mark.parametrize(
    ("agent", "device"),
    [
        (FIREFOX, "desktop"),
        (IPHONE, "mobile"),
        ("Mozilla/5.0 (iPad; CPU OS 18_5 like Mac OS X)", "tablet"),
        ("Mozilla/5.0 (Linux; Android 15; SM-X910) AppleWebKit/537.36 Chrome/137 Safari/537.36", "tablet"),
        ("Mozilla/5.0 (Linux; Android 15; Pixel 9) Chrome/137 Mobile Safari/537.36", "mobile"),
        ("SmartTV", "other"),
    ],
)
def test_devices(agent, device):
    assert machine.device(agent) == device


@pytest.mark.django_db
def test_visits_are_judged_again_with_the_events_they_caused(site, consented, browser_class, monkeypatch):
    start = dt.datetime(2026, 3, 1, 9, tzinfo=dt.UTC)
    with test_clock.freeze(start):
        consented.view("/a/")
        consented.view("/b/")
    lead = Visitor.objects.get().lead
    with test_clock.freeze(start + dt.timedelta(days=1)):
        actions.record_event(name=events.EMAIL_OPENED, lead=lead)
    other = browser_class(agent=IPHONE)
    other.accept()
    other.view("/c/")
    assert rejudging.rejudge() == 0

    known = machine._BOTS
    monkeypatch.setattr(machine, "_BOTS", machine.re.compile("firefox", machine.re.IGNORECASE))
    assert rejudging.rejudge() == 2
    assert set(Event.objects.filter(human=False).values_list("url", flat=True)) == {"/a/", "/b/"}
    assert Event.objects.get(name=events.EMAIL_OPENED).human
    assert Event.objects.get(url="/c/").human
    totals = LeadTotals.objects.get(pk=lead.pk)
    assert (totals.visits, totals.pages) == (0, 0)
    assert rejudging.rejudge() == 0

    monkeypatch.setattr(machine, "_BOTS", known)
    rejudging.rejudge()
    assert not Event.objects.filter(human=False).exists()
    assert not Visit.objects.filter(human=False).exists()
    assert LeadTotals.objects.get(pk=lead.pk).pages == 2


@pytest.mark.django_db
def test_events_with_evidence_of_their_own_are_judged_again(lead, monkeypatch):
    data = {"agent": {"ua": "NewScanner/1"}}
    event = actions.record_event(name=events.EMAIL_CLICKED, lead=lead, data=data)
    assert rejudging.rejudge() == 1  # "scanner" is known already; it was stored as human
    event.refresh_from_db()
    assert not event.human


@pytest.mark.parametrize(
    ("landing", "referrer", "expected"),
    [
        (
            "/?utm_source=x&utm_medium=cpc&utm_campaign=c&utm_term=t&utm_content=d",
            "",
            ("x", "cpc", "c", "t", "d"),
        ),
        ("/", "", ("", "direct", "", "", "")),
        ("/", "https://www.google.fr/", ("google.fr", "organic", "", "", "")),
        ("/", "https://t.co/abc", ("t.co", "social", "", "", "")),
        ("/", "https://not-t.co.example/abc", ("not-t.co.example", "referral", "", "", "")),
        ("/", "https://blog.example/x", ("blog.example", "referral", "", "", "")),
        ("/", "https://[bad", ("", "direct", "", "", "")),
    ],
)
def test_where_a_visit_came_from(landing, referrer, expected):
    found = addresses.origin(landing, referrer)
    assert (found.source, found.medium, found.campaign, found.term, found.content) == expected
