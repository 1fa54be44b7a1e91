"""Going on after a pause, and what becomes of those whose time came meanwhile."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from wagtail.models import ModelLogEntry

from wagtail_automation.campaigns import actions, moves, trace
from wagtail_automation.campaigns.models import Enrollment, Outcome, StepLog
from wagtail_automation.leads.models import Lead
from wagtail_automation.testing import clock as test_clock

from .pieces import NOW, Tree

pytestmark = pytest.mark.django_db


def later(**delta):
    return test_clock.freeze(NOW + dt.timedelta(**delta))


def scores() -> list[int]:
    return sorted(Lead.objects.values_list("score", flat=True))


@pytest.fixture
def paused(campaign, people, walk):
    """``paused(3)``: so many people at a wait of two days, one more at a wait of nine; then a pause."""

    def make(count: int, **fields):
        tree = Tree().do(1).wait(2, name="w").do(10, name="late").wait(1, name="w2").do(100, name="end")
        made = campaign(tree.json, **fields)
        actions.enroll(campaign=made, leads=[lead.pk for lead in people(count)])
        walk()
        with later(days=1):
            actions.enroll(campaign=made, leads=[people(1)[0].pk])
            walk()
            actions.pause(campaign=made)
        return made

    return make


def test_by_default_they_go_on_now(paused, walk):
    made = paused(3)
    with later(days=2, hours=1):
        assert actions.resume(campaign=made) == 3
        walk()
        assert scores() == [1, 11, 11, 11]
        assert actions.resume(campaign=made) == 0, "it runs already"
    with later(days=3):
        walk()
    assert scores() == [11, 11, 11, 11]


def test_little_by_little(paused, walk, admin_user):
    made = paused(40)
    with later(days=2, hours=1):
        assert actions.resume(campaign=made, overdue="spread", hours=10, user=admin_user) == 40
        walk()
        assert scores().count(11) <= 4
        (way,) = trace.for_lead(Lead.objects.order_by("pk").first())
        due = Enrollment.objects.order_by("pk").first().due_at
        assert NOW + dt.timedelta(days=2, hours=1) <= due <= NOW + dt.timedelta(days=2, hours=11)
        assert "Waiting until" in way.entries[-1].reason
    with later(days=2, hours=6):
        walk()
        assert 12 <= scores().count(11) <= 28, "about half of them after half of the time"
    with later(days=2, hours=11, seconds=1):
        walk()
        assert scores().count(11) == 40
    entry = ModelLogEntry.objects.get(action="wagtail_automation.campaign_resumed")
    assert entry.message == "Resumed; 40 people were due: They go on little by little (over 10 hours)"


def test_what_was_due_is_skipped(paused, walk):
    made = paused(3)
    with later(days=2, hours=1):
        assert actions.resume(campaign=made, overdue="skip") == 3
        walk()
        assert scores() == [1, 1, 1, 1]
        assert Enrollment.objects.filter(step__steps__name="w2").distinct().count() == 3
    rows = StepLog.objects.filter(outcome=Outcome.BY_HAND)
    assert {row.reason for row in rows} == {"overdue_skipped"}
    with later(days=3, hours=1):
        walk()
    assert scores() == [11, 101, 101, 101], "the wait behind it began when the campaign was resumed"


def test_what_was_due_first_of_all_is_skipped(campaign, people, walk):
    """Who entered during the pause stands before the first step: it was due at once."""
    made = campaign(Tree().do(1).wait(1).do(10).json)
    actions.pause(campaign=made)
    actions.enroll(campaign=made, leads=[lead.pk for lead in people(2)])
    with later(hours=1):
        actions.resume(campaign=made, overdue="skip")
        walk()
    with later(days=1, hours=1):
        walk()
    assert scores() == [10, 10]


def test_a_wait_that_has_not_begun_is_not_skipped(campaign, people, walk):
    made = campaign(Tree().wait(1).do(10).json)
    actions.pause(campaign=made)
    actions.enroll(campaign=made, leads=[lead.pk for lead in people(2)])
    with later(hours=1):
        actions.resume(campaign=made, overdue="skip")
        walk()
    with later(days=1, hours=2):
        walk()
    assert scores() == [10, 10]


def test_questions_are_asked_however_late(campaign, people, walk):
    tree = Tree().ask("test_clicked", 1, name="ask")
    tree.do(1, parent="ask", branch="yes").do(10, parent="ask", branch="no")
    made = campaign(tree.json)
    actions.enroll(campaign=made, leads=[lead.pk for lead in people(2)])
    walk()
    actions.pause(campaign=made)
    with later(days=2):
        assert actions.resume(campaign=made, overdue="skip") == 2
        walk()
    assert scores() == [10, 10]


def test_they_leave(paused, walk, admin_user):
    made = paused(3)
    with later(days=2, hours=1):
        assert actions.resume(campaign=made, overdue="leave", user=admin_user) == 3
        walk()
    assert sorted(Enrollment.objects.values_list("left_reason", flat=True)) == ["", *["overdue"] * 3]
    (way,) = trace.for_lead(Lead.objects.order_by("pk").first())
    assert way.entries[-1].reason.endswith("while the campaign was paused (by admin)")


def test_as_many_statements_for_many_as_for_few(paused):
    for choice in ("spread", "skip", "leave"):
        counts = []
        for count in (2, 50):
            made = paused(count)
            with later(days=2, hours=1), CaptureQueriesContext(connection) as queries:
                actions.resume(campaign=made, overdue=choice, hours=5)
            counts.append(len(queries))
        assert counts[0] == counts[1] < 25, choice


def test_in_chunks(paused, monkeypatch):
    monkeypatch.setattr(moves, "BATCH", 7)
    made = paused(30)
    with later(days=2, hours=1):
        assert actions.resume(campaign=made, overdue="leave") == 30
    assert Enrollment.objects.inside().count() == 1


@pytest.mark.parametrize(
    ("choice", "hours"), [("burn", None), ("spread", None), ("spread", 0), ("spread", 1000), ("spread", "x")]
)
def test_other_choices_are_refused(paused, choice, hours):
    made = paused(1)
    with pytest.raises(ValidationError):
        actions.resume(campaign=made, overdue=choice, hours=hours)
    made.refresh_from_db()
    assert made.state == "paused"


def test_a_stopped_campaign_has_nobody_to_ask_about(paused):
    made = paused(2)
    actions.stop(campaign=made)
    with later(days=5):
        assert actions.resume(campaign=made) == 0


# -- the page ------------------------------------------------------------------------------------------
def url(made) -> str:
    return reverse("wagtail_automation_campaigns_state", args=[made.pk, "resume"])


def test_the_page_says_how_many_are_overdue(paused, admin_client):
    made = paused(3)
    with later(days=2, hours=1):
        page = admin_client.get(url(made)).content.decode()
        assert "4 people are inside." in page and "The time of 3 of them came meanwhile." in page
        assert 'value="go_on"' in page and "checked" in page
        for data in ({"overdue": "burn"}, {"overdue": "spread", "hours": ""}, {"overdue": "spread"}):
            assert admin_client.post(url(made), data).status_code == 200
        made.refresh_from_db()
        assert made.state == "paused"
        assert admin_client.post(url(made), {"overdue": "leave", "hours": "soon"}).status_code == 302
    made.refresh_from_db()
    assert made.state == "running"
    assert Enrollment.objects.inside().count() == 1


def test_nothing_is_asked_where_nobody_is_overdue(paused, admin_client):
    made = paused(3)
    page = admin_client.get(url(made)).content.decode()
    assert "Nobody’s time came meanwhile." in page and "little by little" not in page
    assert admin_client.post(url(made), {"overdue": "go_on"}).status_code == 302
