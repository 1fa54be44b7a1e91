"""People who never said who they are are forgotten after the promised time; all others stay."""

import datetime as dt

import pytest
from django.core.management import call_command

from wagtail_automation import clock, pruning
from wagtail_automation.leads.models import Lead
from wagtail_automation.testing import clock as test_clock
from wagtail_automation.tracking.models import Event, Visitor

pytestmark = pytest.mark.django_db


def make(status, days_ago, seen_days_ago):
    now = clock.now()
    lead = Lead.objects.create(status=status, created_at=now - dt.timedelta(days=days_ago))
    seen = now - dt.timedelta(days=seen_days_ago)
    visitor = Visitor.objects.create(lead=lead, created_at=lead.created_at, last_seen_at=seen)
    Event.objects.create(lead=lead, visitor=visitor, name="page_viewed", at=seen)
    return lead


def test_only_old_and_anonymous_people_are_forgotten(capsys):
    gone = make(Lead.Status.ANONYMOUS, 400, 300)
    back = make(Lead.Status.ANONYMOUS, 400, 3)
    new = make(Lead.Status.ANONYMOUS, 3, 3)
    known = make(Lead.Status.KNOWN, 400, 300)
    call_command("automation_prune")
    assert "leads: 1" in capsys.readouterr().out
    assert set(Lead.objects.values_list("pk", flat=True)) == {back.pk, new.pk, known.pk}
    assert not Event.objects.filter(lead_id=gone.pk).exists()
    assert Visitor.objects.count() == Event.objects.count() == 3


def test_the_beat_prunes_once_a_day():
    assert pruning.prune_daily() != "not due"
    assert pruning.prune_daily() == "not due"
    with test_clock.shift(dt.timedelta(hours=25)):
        assert pruning.prune_daily() != "not due"


def test_more_people_than_a_batch(monkeypatch):
    monkeypatch.setattr("wagtail_automation.tracking.retention.BATCH", 2)
    for _number in range(5):
        make(Lead.Status.ANONYMOUS, 400, 300)
    assert pruning.prune()["leads"] == 5
    assert not Lead.objects.exists()
