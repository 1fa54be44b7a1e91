"""Several processes change people and refresh segments at once (PostgreSQL: SQLite has one writer)."""

import random
import threading

import pytest
from django.db import OperationalError, connection, connections

from tests.audiences.conftest import NOW, condition, rule
from wagtail_automation.audiences import actions, refreshing
from wagtail_automation.audiences.models import DirtyLead, ListMembership, Segment, SegmentMembership
from wagtail_automation.leads.cohorts import LeadsCohort
from wagtail_automation.leads.models import Lead
from wagtail_automation.tracking.models import Event

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def test_membership_and_events_agree_after_a_storm(make_list, make_segment, monkeypatch):
    if connection.vendor != "postgresql":
        pytest.skip("one writer at a time")
    one = make_list()
    high = make_segment(rule(condition("score_above", value=10)), name="High")
    both = make_segment(
        rule(condition("in_segment", segment=high.pk), condition("in_list", list=one.pk)), name="Both"
    )
    ids = [lead.pk for lead in Lead.objects.bulk_create([Lead() for _n in range(40)])]
    for segment in (high, both):
        assert refreshing.refresh_segment(segment) == (0, 0)  # no founding members: all that follows is told
    # everybody works at once: the lease would let only one refresh at a time, the locks alone must do
    monkeypatch.setattr(refreshing.jobs, "enqueue", lambda *args, **kwargs: None)
    errors = []

    def change(chance):
        some = sorted(chance.sample(ids, 8))
        cohort = LeadsCohort(some, key="storm", now=NOW)
        chance.choice(
            [
                lambda: actions.change_score(cohort=cohort, operation="set", value=chance.choice([0, 20])),
                lambda: actions.add_to_list(lead_list=one, cohort=cohort),
                lambda: actions.remove_from_list(lead_list=one, cohort=cohort),
            ]
        )()

    def refresh(chance):
        if chance.random() < 0.3:
            refreshing.refresh_segment(chance.choice([high, both]))
        else:
            refreshing.refresh_dirty()

    threads = [
        threading.Thread(target=work_on, args=(work, seed, errors))
        for seed, work in enumerate((change, change, refresh, refresh))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    while DirtyLead.objects.exists():
        refreshing.refresh_dirty()
    listed = set(ListMembership.objects.filter(list=one).values_list("lead_id", flat=True))
    scored = set(Lead.objects.filter(score__gt=10).values_list("pk", flat=True))
    assert members(high) == scored
    assert members(both) == scored & listed
    assert told_to_be_in(one, "list_joined", "list_left", ids) == listed
    assert told_to_be_in(high, "segment_entered", "segment_left", ids) == scored
    assert told_to_be_in(both, "segment_entered", "segment_left", ids) == scored & listed


def work_on(work, seed, errors):
    """What one process does; a deadlock is retried, as by any job."""
    chance = random.Random(seed)
    try:
        for _turn in range(25):
            try:
                work(chance)
            except OperationalError as error:
                if "deadlock" not in str(error):
                    raise
    except Exception as error:  # noqa: BLE001  the test tells it
        errors.append(error)
    finally:
        connections.close_all()


def told_to_be_in(owner, joined, left, ids):
    """Whom the events, added up say to be inside; nobody came in twice."""
    told = dict.fromkeys(ids, 0)
    for lead, name in Event.objects.filter(object_key=owner.uuid).values_list("lead_id", "name"):
        told[lead] += {joined: 1, left: -1}[name]
    assert set(told.values()) <= {0, 1}
    return {pk for pk, balance in told.items() if balance}


def members(segment):
    assert Segment.objects.filter(pk=segment.pk).exists()
    return set(SegmentMembership.objects.filter(segment=segment).values_list("lead_id", flat=True))
