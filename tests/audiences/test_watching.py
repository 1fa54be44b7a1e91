"""Watched rules and waiting events: told once each, whatever repeats, merges or fails."""

import pytest

from tests.audiences.conftest import NOW
from wagtail_automation.audiences.scoring.actions import change_lead_score
from wagtail_automation.audiences.watching import inbox, rules
from wagtail_automation.audiences.watching.models import Listener, PendingEvent, Watch, WatchDirty, WatchMatch
from wagtail_automation.audiences.watching.registry import Owner, owners
from wagtail_automation.audiences.watching.work import work_off
from wagtail_automation.leads.cohorts import LeadsCohort
from wagtail_automation.leads.merging import merge
from wagtail_automation.rules.rule import Rule
from wagtail_automation.tracking import events
from wagtail_automation.tracking.actions import record_event, record_events_for

from .conftest import condition, rule

pytestmark = pytest.mark.django_db
HIGH = rule(condition("score_above", value=10))


@pytest.fixture
def told():
    """What the owner "ear" was told, in order."""
    heard = []

    class Ear(Owner):
        key = "ear"

        def matched(self, pk, began, ended, now):
            heard.append((pk, began, ended))

        def happened(self, pks, events, now):
            heard.append((sorted(pks), [(event.lead_id, event.name) for event in events]))

    with owners.temporarily(Ear):
        yield heard


def score(lead, points):
    change_lead_score(lead=lead, operation="set", value=points, now=NOW)


def test_beginning_and_ceasing_are_told_once(told, make_leads):
    (ada,), (_bob,) = make_leads(1, score=11), make_leads(1)
    rules.watch(owner="ear:1", rule=HIGH, now=NOW)
    work_off()
    work_off()
    assert told == [(1, [ada.pk], [])]
    score(ada, 0)
    work_off()
    score(ada, 50)
    work_off()
    assert told[1:] == [(1, [], [ada.pk]), (1, [ada.pk], [])]
    rules.watch(owner="ear:1", rule=None, now=NOW)
    work_off()
    assert len(told) == 3 and not WatchMatch.objects.filter(matches=True).exists()


def test_a_quiet_watch_tells_only_changes(told, make_leads):
    (_ada,), (bob,) = make_leads(1, score=11), make_leads(1)
    rules.watch(owner="ear:1", rule=HIGH, now=NOW, quiet=True)
    work_off()
    assert told == []
    score(bob, 12)
    work_off()
    assert told == [(1, [bob.pk], [])]


def test_new_people_and_nobody_for_broken_rules(told, make_leads):
    rules.watch(owner="ear:1", rule=HIGH, now=NOW)
    rules.watch(owner="ear:2", rule=Rule(), now=NOW)
    rules.watch(owner="ear:3", rule=rule({"id": "x", "type": "gone", "value": {}}, match="none"), now=NOW)
    work_off()
    (ada,) = make_leads(1, score=99)
    work_off()
    assert told == [(1, [ada.pk], [])]


def test_nobody_is_marked_when_nothing_is_watched(make_leads, django_assert_num_queries):
    (ada,) = make_leads(1)
    with django_assert_num_queries(1):
        rules.mark_dirty(leads=[ada.pk], facts=frozenset({"field:score"}))
    assert not WatchDirty.objects.exists()


def test_one_failing_rule_does_not_stop_the_others(told, make_leads, monkeypatch):
    (ada,) = make_leads(1, score=99)
    rules.watch(owner="nobody:1", rule=HIGH, now=NOW)  # whose app is gone
    rules.watch(owner="ear:2", rule=HIGH, now=NOW)
    compile_rule = rules.compile_rule
    broken = Watch.objects.get(owner="nobody:1").rule

    def sometimes(rule_, scope):
        if rule_.raw is not None and scope.mode == "set" and sometimes.first:
            sometimes.first = False
            raise ZeroDivisionError
        return compile_rule(rule_, scope)

    sometimes.first = True
    monkeypatch.setattr(rules, "compile_rule", sometimes)
    work_off()
    assert told == [(2, [ada.pk], [])] and broken == HIGH
    assert Watch.objects.exclude(problem="").count() == 1


def test_events_are_copied_only_for_listeners(told, make_leads, django_assert_num_queries):
    (ada,) = make_leads(1)
    record_event(name=events.LINK_CLICKED, lead=ada, at=NOW)
    inbox.listen(owner="ear:1", wanted={(events.LINK_CLICKED, None)})
    record_event(name=events.LINK_CLICKED, lead=ada, at=NOW)
    record_event(name=events.LINK_CLICKED, lead=ada, at=NOW, human=False)
    record_event(name=events.PAGE_VIEWED, lead=ada, at=NOW)
    assert PendingEvent.objects.count() == 1
    inbox.listen(owner="ear:1", wanted={(events.LINK_CLICKED, None)})
    assert Listener.objects.count() == 1
    work_off()
    work_off()
    assert told == [([1], [(ada.pk, events.LINK_CLICKED)])]
    assert not PendingEvent.objects.exists()


def test_a_cohorts_events_are_copied_by_a_constant_number_of_statements(
    told, make_leads, django_assert_max_num_queries
):
    inbox.listen(owner="ear:1", wanted={(events.GOAL_REACHED, None)})
    ids = [lead.pk for lead in make_leads(40)]
    with django_assert_max_num_queries(12):
        record_events_for(LeadsCohort(ids, key="k", now=NOW), events.GOAL_REACHED)
    assert PendingEvent.objects.count() == 40
    with django_assert_max_num_queries(12):
        assert inbox.work_off() == 40
    assert len(told) == 1 and len(told[0][1]) == 40


def test_a_fault_of_one_owner_does_not_block_the_inbox(told, make_leads):
    class Faulty(Owner):
        key = "faulty"

        def happened(self, pks, events, now):
            raise KeyError("mine")

    (ada,) = make_leads(1)
    with owners.temporarily(Faulty):
        inbox.listen(owner="faulty:1", wanted={(events.LINK_CLICKED, None)})
        inbox.listen(owner="ear:1", wanted={(events.LINK_CLICKED, None)})
        record_event(name=events.LINK_CLICKED, lead=ada, at=NOW)
        work_off()
    assert len(told) == 1 and not PendingEvent.objects.exists()


def test_a_merge_tells_nobody_twice(told, make_leads):
    (source,), (target,) = make_leads(1, score=11), make_leads(1, score=12)
    rules.watch(owner="ear:1", rule=HIGH, now=NOW)
    inbox.listen(owner="ear:2", wanted={(events.LINK_CLICKED, None)})
    work_off()
    assert told == [(1, [source.pk, target.pk], [])]
    record_event(name=events.LINK_CLICKED, lead=source, at=NOW)
    merge(source=source, target=target, now=NOW, reason="test")
    work_off()
    assert told[1:] == [([2], [(target.pk, events.LINK_CLICKED)])]
    assert list(WatchMatch.objects.values_list("lead", "matches")) == [(target.pk, True)]
