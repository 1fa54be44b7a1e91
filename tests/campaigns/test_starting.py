"""Starts that no event brings: lists, dates, the calendar, pages, the API; the beginning and the end."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from wagtail.models import Locale, Page

from wagtail_automation import jobs
from wagtail_automation.audiences.models import LeadList, ListMembership, Segment, SegmentMembership
from wagtail_automation.campaigns import actions, api, progress, tasks
from wagtail_automation.campaigns.models import Campaign, Enrollment, Start, TriggerClock
from wagtail_automation.campaigns.starting import actions as starting
from wagtail_automation.leads.models import Lead
from wagtail_automation.testing import clock as test_clock
from wagtail_automation.testing import failpoints
from wagtail_automation.tracking.actions import record_events_for

from .pieces import NOW, Tree

pytestmark = pytest.mark.django_db


def at(*parts):
    return test_clock.freeze(dt.datetime(*parts, tzinfo=dt.UTC))


def begin():
    starting.run(60)


def entered(campaign) -> list[int]:
    return sorted(Enrollment.objects.filter(campaign=campaign).values_list("lead_id", flat=True))


def pks(leads) -> list[int]:
    return sorted(lead.pk for lead in leads)


def make_list(leads, name="Clients") -> LeadList:
    made = LeadList.objects.create(name=name)
    ListMembership.objects.bulk_create([ListMembership(list=made, lead=lead, added_at=NOW) for lead in leads])
    return made


def make_segment(leads) -> Segment:
    made = Segment.objects.create(name="Members", live=True)
    SegmentMembership.objects.filter(segment=made).delete()
    SegmentMembership.objects.bulk_create(
        [SegmentMembership(segment=made, lead=lead, joined_at=NOW) for lead in leads]
    )
    return made


def on_lists(*lists, keep=False):
    items = [{"type": "item", "id": str(number), "value": one.pk} for number, one in enumerate(lists)]
    return Tree().on("on_list_start", lists=items, keep=keep).do(1)


def on_date(**config):
    return Tree().on("on_date_reached", **{"field": "birth_date", "days": 0, "time": "09:00", **config}).do(1)


# -- lists ---------------------------------------------------------------------------------------------
def test_members_enter_once_however_often_it_is_published(campaign, people):
    members, others = people(5), people(2)
    first = make_list(members)
    made = campaign(on_lists(first).json, reentry="each")
    begin()
    assert entered(made) == pks(members)
    late = people(1)[0]
    ListMembership.objects.create(list=first, lead=late, added_at=NOW)
    actions.publish(campaign=made)
    begin()
    assert entered(made) == pks(members)
    tree = on_lists(first, make_list(others, "Others")).json
    tree[0]["id"] = str(made.identities.get(starts__isnull=False).uuid)
    made.tree = tree
    made.save()
    actions.publish(campaign=made)
    begin()
    assert entered(made) == pks([*members, *others])


@pytest.mark.parametrize("keep", [True, False])
def test_those_who_join_a_list_later_enter_only_if_it_keeps_enrolling(campaign, people, keep):
    from wagtail_automation.leads.cohorts import LeadsCohort
    from wagtail_automation.tracking import events

    first, late = people(1), people(1)
    one = make_list(first)
    made = campaign(on_lists(one, keep=keep).json)
    begin()
    cohort = LeadsCohort(pks(late), key="k", now=NOW)
    record_events_for(cohort, events.LIST_JOINED, about=one)
    assert entered(made) == (pks([*first, *late]) if keep else pks(first))


def test_a_start_that_is_killed_goes_on_behind_its_cursor(campaign, people, monkeypatch):
    monkeypatch.setattr(starting, "BATCH", 3)
    members = people(10)
    made = campaign(on_lists(make_list(members)).json, reentry="each")
    reached = []

    def kill(name):
        reached.append(name)
        if reached.count("start") == 3:
            raise SystemExit

    monkeypatch.setattr(failpoints, "reach", kill)
    with pytest.raises(SystemExit):
        begin()
    assert len(entered(made)) == 6
    assert Start.objects.get().done_at is None
    reached.append("start")
    begin()
    assert entered(made) == pks(members)
    assert Start.objects.get().done_at
    begin()
    assert len(entered(made)) == 10


def test_the_beat_finds_a_start_whose_job_was_lost(campaign, people, monkeypatch):
    monkeypatch.setattr(jobs, "enqueue", lambda *args, **options: None)
    members = people(3)
    made = campaign(on_lists(make_list(members)).json)
    tasks.beat()
    assert entered(made) == pks(members)
    assert set(Lead.objects.values_list("score", flat=True)) == {1}


def test_the_size_of_a_list_does_not_change_the_number_of_statements(campaign, people):
    counts = []
    for size in (2, 2, 50):
        campaign(on_lists(make_list(people(size), f"List {size}")).json)
        with CaptureQueriesContext(connection) as queries:
            begin()
        counts.append(len(queries))
    assert counts[1] == counts[2]


# -- dates ---------------------------------------------------------------------------------------------
def test_a_birthday_begins_at_nine_where_they_live(campaign, people):
    born = {"birth_date": dt.date(1990, 3, 12)}
    paris, tokyo = (people(1, time_zone=zone, **born)[0] for zone in ("Europe/Paris", "Asia/Tokyo"))
    nowhere, mars = people(1, **born)[0], people(1, time_zone="Mars/Olympus", **born)[0]
    people(1, birth_date=dt.date(1990, 3, 13))
    people(1, birth_date=dt.date(2026, 4, 12))
    made = campaign(on_date(yearly=True).json, reentry="each")
    for moment, who in (
        ((2026, 3, 11, 23, 59), []),
        ((2026, 3, 12, 0, 0), [tokyo]),
        ((2026, 3, 12, 7, 59), [tokyo]),
        ((2026, 3, 12, 8, 0), [tokyo, paris]),
        ((2026, 3, 12, 9, 0), [tokyo, paris, nowhere, mars]),
        ((2026, 3, 12, 9, 1), [tokyo, paris, nowhere, mars]),
    ):
        with at(*moment):
            begin()
        assert entered(made) == pks(who), moment
    since = dict(Enrollment.objects.values_list("lead", "since_at"))
    assert since[paris.pk] == dt.datetime(2026, 3, 12, 8, tzinfo=dt.UTC)
    with at(2027, 3, 12, 12):
        TriggerClock.objects.update(checked_at=dt.datetime(2027, 3, 11, tzinfo=dt.UTC))
        begin()
    assert Enrollment.objects.count() == 8


@pytest.mark.parametrize(
    ("day", "config", "born", "comes"),
    [
        ("2026-02-28", {"yearly": True}, "2000-02-29", True),
        ("2026-03-01", {"yearly": True}, "2000-02-29", False),
        ("2028-02-28", {"yearly": True}, "2000-02-29", False),
        ("2028-02-29", {"yearly": True}, "2000-02-29", True),
        ("2026-02-26", {"yearly": True, "days": 2, "side": "before"}, "2000-02-29", True),
        ("2026-01-02", {"yearly": True, "days": 5, "side": "after"}, "1999-12-28", True),
        ("2026-12-30", {"yearly": True, "days": 3, "side": "before"}, "1999-01-02", True),
        ("2026-05-01", {"yearly": True}, "2027-05-01", False),
        ("2026-05-01", {"yearly": True}, "2026-05-01", True),
        ("2026-05-01", {"yearly": False}, "2025-05-01", False),
        ("2026-05-01", {"yearly": False}, "2026-05-01", True),
        ("2026-05-11", {"yearly": False, "days": 10, "side": "after"}, "2026-05-01", True),
        ("2026-03-29", {"yearly": False, "time": "02:30"}, "2026-03-29", True),
    ],
)
@pytest.mark.parametrize("own", [True, False], ids=["column", "custom field"])
def test_days_of_the_calendar(campaign, people, day, config, born, comes, own):
    from wagtail_automation.leads.models import CustomField

    CustomField.objects.create(key="since", label="Since", type="date")
    fields = {"birth_date": dt.date.fromisoformat(born)} if own else {"attributes": {"since": born}}
    (lead,) = people(1, time_zone="Europe/Paris", **fields)
    people(1, time_zone="Europe/Paris")
    start = dt.datetime.fromisoformat(f"{day}T00:00+00:00")
    with test_clock.freeze(start - dt.timedelta(hours=12)):
        made = campaign(on_date(field="birth_date" if own else "since", **config).json, reentry="each")
    with test_clock.freeze(start + dt.timedelta(hours=12)):
        begin()
    assert entered(made) == ([lead.pk] if comes else [])


def test_an_outage_is_made_up_for_but_not_for_ever(campaign, people):
    yesterday, last_week = (people(1, birth_date=dt.date(1990, 3, day))[0] for day in (19, 13))
    made = campaign(on_date(yearly=True).json, reentry="each")
    with at(2026, 3, 20, 8):
        begin()
    assert entered(made) == [yesterday.pk]
    assert last_week.pk not in entered(made)


def test_what_happens_while_it_is_stopped_or_unpublished_is_not_made_up_for(campaign, people):
    people(1, birth_date=dt.date(1990, 3, 11))
    made = campaign(on_date(yearly=True).json, reentry="each")
    actions.stop(campaign=made)
    with at(2026, 3, 11, 12):
        actions.resume(campaign=made)
        begin()
    assert entered(made) == []
    other = campaign(on_date(yearly=True).json, reentry="each")
    other.unpublish()
    assert not TriggerClock.objects.filter(identity__campaign=other).exists()


def test_a_killed_occasion_is_repeated_and_nobody_enters_twice(campaign, people, monkeypatch):
    monkeypatch.setattr(starting, "BATCH", 2)
    born = people(5, birth_date=dt.date(1990, 3, 11))
    made = campaign(on_date(yearly=True).json, reentry="each")
    calls = []

    def kill(name):
        calls.append(name)
        if len(calls) == 2:
            raise SystemExit

    monkeypatch.setattr(failpoints, "reach", kill)
    with at(2026, 3, 11, 9):
        with pytest.raises(SystemExit):
            begin()
        assert 2 <= len(entered(made)) < 5
        begin()
    assert entered(made) == pks(born)


# -- the calendar ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("config", "days"),
    [
        ({"every": "day"}, ["2026-03-11", "2026-03-12", "2026-03-13", "2026-03-14", "2026-03-15"]),
        ({"every": "week", "weekday": "5"}, ["2026-03-14"]),
        ({"every": "month", "day": 13}, ["2026-03-13"]),
    ],
)
def test_again_and_again_for_a_segment(campaign, people, config, days):
    inside, _outside = people(2), people(1)
    segment = make_segment(inside)
    tree = Tree().on("on_recurring", segment=segment.pk, time="09:00", **config).do(1)
    made = campaign(tree.json, reentry="each")
    for day in range(11, 16):
        with at(2026, 3, day, 12):
            begin()
    keys = set(Enrollment.objects.values_list("key", flat=True))
    assert sorted(key.partition(":")[2] for key in keys) == days
    assert len(entered(made)) == 2 * len(days)


def test_the_31st_is_the_last_day_of_each_month():
    from wagtail_automation.campaigns.triggers import Recurring

    value = {"every": "month", "day": 31, "weekday": "0"}
    year = [dt.date(2026, 1, 1) + dt.timedelta(days=n) for n in range(365)]
    days = [day for day in year if Recurring().is_day(value, day)]
    assert len(days) == 12 and days[1] == dt.date(2026, 2, 28) and days[3] == dt.date(2026, 4, 30)


# -- pages -----------------------------------------------------------------------------------------------
def test_a_new_page_under_the_section_starts_it_once(campaign, people):
    Locale.objects.get_or_create(language_code="en")
    root = Page.objects.filter(depth=1).first() or Page.add_root(title="Root", slug="root")
    blog, other = (root.add_child(instance=Page(title=name, slug=name)) for name in ("blog", "other"))
    inside = people(3)
    segment = make_segment(inside)
    tree = Tree().on("on_content_published", section=blog.pk, segment=segment.pk).do(1)
    made = campaign(tree.json, reentry="each")
    for parent in (other, blog):
        page = parent.add_child(instance=Page(title="News", slug="news", live=False))
        for _time in range(3):
            page.save_revision().publish()
    begin()
    assert entered(made) == pks(inside)
    assert Enrollment.objects.first().key == f"page:{page.translation_key.hex}"


# -- the API ---------------------------------------------------------------------------------------------
def test_the_sites_own_code_lets_people_in(campaign, people):
    (lead,) = people(1)
    made = campaign(Tree().on("on_api_called").do(1).json, reentry="each")
    assert api.enrol(made, lead, key="order:1") is True
    assert api.enrol(made.uuid, lead.pk, key="order:1") is False
    assert api.enrol(str(made.uuid), lead, key="order:2") is True
    assert entered(made) == [lead.pk, lead.pk]
    with pytest.raises(ValueError, match="120"):
        api.enrol(made, lead, key="x" * 121)
    with pytest.raises(ValueError, match="time zone"):
        api.enrol(made, lead, since=dt.datetime(2026, 3, 1))  # noqa: DTZ001
    with pytest.raises(Campaign.DoesNotExist):
        api.enrol("6b1f1f0e-0000-4000-8000-000000000000", lead)


@pytest.mark.parametrize("why", ["no trigger", "stopped", "unpublished", "not begun", "over"])
def test_a_closed_campaign_refuses_the_api(campaign, people, why):
    (lead,) = people(1)
    dates = {"starts_at": NOW + dt.timedelta(days=1)} if why == "not begun" else {}
    dates = {"ends_at": NOW} if why == "over" else dates
    tree = Tree().on("on_test_page" if why == "no trigger" else "on_api_called").do(1)
    made = campaign(tree.json, **dates)
    if why == "stopped":
        actions.stop(campaign=made)
    if why == "unpublished":
        made.unpublish()
    with pytest.raises(api.ClosedError):
        api.enrol(made, lead)
    assert entered(made) == []


# -- beginning and end -----------------------------------------------------------------------------------
def test_nobody_enters_before_the_start_or_after_the_end(campaign, people):
    members = people(2)
    day = dt.timedelta(days=1)
    made = campaign(on_lists(make_list(members)).json, starts_at=NOW + day, ends_at=NOW + 3 * day)
    begin()
    assert actions.enroll(campaign=made, leads=pks(members)) == 0
    assert entered(made) == []
    with test_clock.freeze(NOW + day):
        begin()
    assert entered(made) == pks(members)
    with test_clock.freeze(NOW + 3 * day):
        assert actions.enroll(campaign=made, leads=pks(people(1))) == 0


@pytest.mark.parametrize(
    ("choice", "score", "reason"), [("finish", 1, "finished"), ("leave", 0, "campaign_ended")]
)
def test_at_the_end_people_finish_or_leave(campaign, people, walk, choice, score, reason):
    (lead,) = people(1)
    made = campaign(Tree().wait(5).do(1).json, ends_at=NOW + dt.timedelta(days=3), at_end=choice)
    actions.enroll(campaign=made, leads=[lead.pk])
    walk()
    with test_clock.freeze(NOW + dt.timedelta(days=6)):
        walk()
        tasks.beat()
    lead.refresh_from_db()
    assert (lead.score, Enrollment.objects.get().left_reason) == (score, reason)


def test_the_end_lies_behind_the_start():
    with pytest.raises(ValidationError, match="before the start"):
        Campaign(name="x", starts_at=NOW, ends_at=NOW).clean()


# -- progress --------------------------------------------------------------------------------------------
def test_progress_is_what_was_done_of_what_can_be_reached(campaign, people, walk):
    made = campaign(Tree().do(1).wait(1).do(1).ask("test_score", value={"above": 100}, name="q").json)
    tree = made.tree.stream_block.get_prep_value(made.tree)
    ask = tree[-1]["id"]
    more = Tree().do(1, parent=ask, branch="yes").do(1, parent=ask, branch="yes").json
    made.tree = tree + more
    made.save()
    actions.publish(campaign=made)
    assert progress.of([made]) == {made.pk: None}
    actions.enroll(campaign=made, leads=pks(people(4)))
    walk()
    assert progress.of([made]) == {made.pk: 25}  # 4 of 4 × 4
    with test_clock.freeze(NOW + dt.timedelta(days=1)):
        walk()
    assert progress.of([made]) == {made.pk: 100}
    with CaptureQueriesContext(connection) as queries:
        progress.of([made, campaign(Tree().do(1).json)])
    assert len([q for q in queries if q["sql"].startswith("SELECT")]) >= 3
