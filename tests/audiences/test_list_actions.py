"""Lists kept by the system, filling, merging, filtering and pasting – by the actions, on both databases."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import ProtectedError
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from tests.audiences.conftest import NOW, condition, rule
from wagtail_automation import jobs
from wagtail_automation.audiences import actions
from wagtail_automation.audiences.activities import ListAdd
from wagtail_automation.audiences.conditions import InList
from wagtail_automation.audiences.growth import counting
from wagtail_automation.audiences.lists import actions as list_actions
from wagtail_automation.audiences.lists import builtin, filling
from wagtail_automation.audiences.models import (
    LeadList,
    ListDay,
    ListMembership,
    SegmentDay,
    SegmentMembership,
)
from wagtail_automation.leads import actions as lead_actions
from wagtail_automation.leads.cohorts import LeadsCohort
from wagtail_automation.leads.models import Lead
from wagtail_automation.rules.rule import Rule
from wagtail_automation.testing import contracts
from wagtail_automation.tracking.actions import record_event
from wagtail_automation.tracking.models import Event

pytestmark = pytest.mark.django_db


def kept(name):
    return LeadList.objects.get(builtin=name)


def on(lead_list):
    return set(ListMembership.objects.filter(list=lead_list).values_list("lead_id", flat=True))


def put(lead_list, leads):
    actions.add_to_list(
        lead_list=lead_list, cohort=LeadsCohort([lead.pk for lead in leads], key="t", now=NOW)
    )


def known(email, **fields):
    return lead_actions.create_known(identifiers={"email": email}, fields=fields, source="test", now=NOW)


# -- lists of the system -------------------------------------------------------------------------------


def test_every_site_has_them_once_named_in_its_language():
    assert set(LeadList.objects.values_list("builtin", flat=True)) == set(builtin.Builtin.values)
    builtin.ensure(None)
    assert LeadList.objects.count() == 5
    with translation.override("fr"):
        assert str(kept("unsubscribed")) == "Personnes désabonnées"
    assert kept("all").uuid == builtin.key_of("all")


def test_they_cannot_be_deleted_nor_archived():
    for lead_list in LeadList.objects.all():
        with pytest.raises(ProtectedError):
            lead_list.delete()
        with pytest.raises(ValidationError):
            list_actions.set_archived(target=lead_list, archived=True)
    assert LeadList.objects.count() == 5


def test_computed_lists_answer_by_what_is_stored_elsewhere(make_leads):
    ada, bob, eve = known("ada@example.com"), known("bob@example.com"), make_leads(1)[0]
    lead_actions.record_consent(lead=ada, subject="email", granted=True, how="form", now=NOW)
    lead_actions.record_consent(lead=bob, subject="email", granted=False, how="unsubscribe", now=NOW)
    record_event(name="email_bounced", lead=eve)
    for name, expected in {
        "all": {ada.pk, bob.pk},
        "unsubscribed": {bob.pk},
        "bounced": {eve.pk},
    }.items():
        lead_list = kept(name)
        assert contracts.check_condition(InList, value={"list": lead_list.pk}, model=Lead) == expected
        assert set(filling.members(lead_list).values_list("pk", flat=True)) == expected
        assert builtin.count(lead_list) == len(expected)
    lead_actions.record_consent(lead=bob, subject="email", granted=True, how="form", now=NOW)
    assert not filling.members(kept("unsubscribed")).exists()


def test_a_segment_follows_a_computed_list(make_segment):
    ada = known("ada@example.com")
    silent = make_segment(rule(condition("in_list", list=kept("unsubscribed").pk)), name="Silent")
    actions.refresh_pending()
    assert not SegmentMembership.objects.filter(segment=silent).exists()
    lead_actions.record_consent(lead=ada, subject="email", granted=False, how="unsubscribe", now=NOW)
    actions.refresh_pending()
    assert [row.lead_id for row in SegmentMembership.objects.filter(segment=silent)] == [ada.pk]


def test_nobody_is_put_on_a_computed_list_but_on_the_others(make_leads):
    people = make_leads(2)
    with pytest.raises(ValidationError, match="kept by the system"):
        put(kept("all"), people)
    block = ListAdd()
    with pytest.raises(ValidationError):
        block.clean(block.to_python({"list": kept("bounced").pk}))
    put(kept("test"), people)
    assert on(kept("test")) == {lead.pk for lead in people}
    assert block.clean(block.to_python({"list": kept("test").pk}))["list"] == kept("test")


# -- filling -------------------------------------------------------------------------------------------


def test_merging_adds_the_members_once_and_archives_the_other(make_leads, make_list):
    people, one, other = make_leads(4), make_list("One"), make_list("Other")
    put(one, people[:2])
    put(other, people[1:])
    list_actions.merge(source=other, target=one)
    filling.fill_waiting()
    one.refresh_from_db()
    other.refresh_from_db()
    assert on(one) == {lead.pk for lead in people} and one.filling is None
    assert other.archived and len(on(other)) == 3
    told = Event.objects.filter(name="list_joined", object_key=one.uuid)
    assert sorted(told.values_list("lead_id", flat=True)) == [lead.pk for lead in people]
    assert ListMembership.objects.get(list=one, lead=people[3]).origin == f"list:{other.pk}"
    with pytest.raises(ValidationError):
        list_actions.merge(source=one, target=one)
    with pytest.raises(ValidationError):
        list_actions.merge(source=one, target=kept("all"))


def test_a_killed_fill_goes_on_where_it_stopped(make_leads, make_list, monkeypatch):
    people, one, other = make_leads(7), make_list("One"), make_list("Other")
    put(other, people)
    monkeypatch.setattr(filling, "CHUNK", 3)
    monkeypatch.setattr(jobs, "enqueue", lambda *args, **kwargs: None)
    filling.fill(lead_list=one, source=filling.from_list(other))
    with pytest.raises(actions.BusyList):
        filling.fill(lead_list=one, source=filling.from_list(other))
    assert "more to do" in filling.fill_waiting(seconds=1e-9) or len(on(one)) < 7
    while LeadList.objects.filter(filling__isnull=False).exists():
        filling.fill_waiting()
    assert len(on(one)) == 7
    assert Event.objects.filter(name="list_joined", object_key=one.uuid).count() == 7
    assert filling.fill_waiting() == "nothing"


def test_a_list_is_filtered_to_a_new_one(make_leads, make_list):
    rich, poor, outside = make_leads(2, score=50), make_leads(2), make_leads(1, score=99)
    one = make_list()
    put(one, rich + poor)
    made = list_actions.filter_to_new(
        lead_list=one, rule=rule(condition("score_above", value=10)), name="  Rich <b> "
    )
    filling.fill_waiting()
    assert on(made) == {lead.pk for lead in rich} and made.name == "Rich <b>"
    everybody = list_actions.filter_to_new(
        lead_list=kept("all"), rule=rule(condition("score_above", value=10)), name="Known and rich"
    )
    filling.fill_waiting()
    assert on(everybody) == set() and outside
    for bad in (Rule(), rule(condition("not_there")), Rule({"match": "?", "items": []})):
        with pytest.raises(ValidationError):
            list_actions.filter_to_new(lead_list=one, rule=bad, name="X")
    with pytest.raises(ValidationError):
        list_actions.filter_to_new(lead_list=one, rule=rule(condition("score_above", value=1)), name=" ")


def test_what_two_segments_share_becomes_a_list(make_leads, make_segment):
    both, _one = make_leads(2, score=50, country="FR"), make_leads(1, score=50)
    rich = make_segment(rule(condition("score_above", value=10)), name="Rich")
    french = make_segment(rule(condition("field_equals", field="country", value="FR")), name="French")
    actions.refresh_pending()
    made = list_actions.new_list(name="Rich and French", source=filling.from_both(rich, french))
    filling.fill_waiting()
    assert on(made) == {lead.pk for lead in both}


@pytest.mark.parametrize(
    "note", [{}, {"list": 404}, {"rule": "nonsense"}, {"rule": None, "list": 404}, {"segments": [404, 405]}]
)
def test_a_note_that_names_nobody_fills_nothing_and_ends(make_leads, make_list, note):
    make_leads(2)
    one = make_list()
    LeadList.objects.filter(pk=one.pk).update(filling=note)
    filling.fill_waiting()
    one.refresh_from_db()
    assert on(one) == set() and one.filling is None


# -- pasting -------------------------------------------------------------------------------------------


def test_pasted_addresses_are_told_apart(make_list):
    ada, bob = known("ada@example.com"), known("bob@example.com")
    one = make_list()
    put(one, [bob])
    text = """Ada Lovelace <ADA@example.com>; bob@example.com, ada@example.com
        "Nobody" <nobody@example.com>\tbroken@@example.com 'x@y'
        =HYPERLINK("http://evil.example/?a@b") <script>alert(1)</script>"""
    report = list_actions.paste(lead_list=one, text=text, now=NOW)
    assert (report.added, report.present) == (1, 1)
    assert "nobody@example.com" in report.unknown
    assert "broken@@example.com" in report.invalid and "x@y" in report.invalid
    assert on(one) == {ada.pk, bob.pk}
    again = list_actions.paste(lead_list=one, text=text, now=NOW)
    assert (again.added, again.present) == (0, 2)


@pytest.mark.parametrize(
    "text", ["", "no address at all", "@", "@@@@", "\x00@\x00", "x" * 5000 + "@example.com", "🙂@🙂.🙂"]
)
def test_pasted_garbage_adds_nobody(make_list, text):
    report = list_actions.paste(lead_list=make_list(), text=text, now=NOW)
    assert report.added == report.present == 0


def test_pasting_asks_in_thousands_and_refuses_a_book(make_list):
    one = make_list()
    text = "\n".join(f"nobody{number}@example.com" for number in range(2500))
    with CaptureQueriesContext(connection) as queries:
        assert len(list_actions.paste(lead_list=one, text=text, now=NOW).unknown) == 2500
    assert len(queries) <= 4
    with pytest.raises(ValidationError):
        list_actions.paste(lead_list=one, text="a" * (list_actions.MAX_PASTED + 1), now=NOW)


def test_addresses_of_people_one_may_not_see_are_unknown(make_list):
    ada, bob = known("ada@example.com"), known("bob@example.com")
    report = list_actions.paste(
        lead_list=make_list(),
        text="ada@example.com bob@example.com",
        now=NOW,
        leads=Lead.objects.filter(pk=ada.pk),
    )
    assert (report.added, report.unknown) == (1, ["bob@example.com"]) and bob.pk


# -- archive and growth --------------------------------------------------------------------------------


def test_an_old_draft_does_not_bring_a_segment_back(make_segment):
    segment = make_segment(rule(condition("score_above", value=10)))
    draft = segment.save_revision()
    assert list_actions.set_archived(target=segment, archived=True)
    assert not list_actions.set_archived(target=segment, archived=True)
    draft.publish()
    segment.refresh_from_db()
    assert segment.archived and segment.live
    assert list_actions.set_archived(target=segment, archived=False)


def test_days_are_counted_once_each(make_leads, make_list, make_segment):
    people, one = make_leads(3, score=20), make_list()
    high = make_segment(rule(condition("score_above", value=10)), name="High")
    make_segment(rule(condition("score_above", value=1)), name="Draft", live=False)
    actions.refresh_pending()
    put(one, people[:1])
    counting.count_now(now=NOW)
    put(one, people)
    counting.count_now(now=NOW + dt.timedelta(hours=2))
    assert [(row.day, row.count) for row in ListDay.objects.filter(list=one)] == [(NOW.date(), 3)]
    assert [(row.segment, row.count) for row in SegmentDay.objects.all()] == [(high, 3)]
    later = NOW + dt.timedelta(days=2)
    actions.remove_from_list(lead_list=one, cohort=LeadsCohort([people[0].pk], key="t", now=later))
    counting.count_now(now=later)
    assert counting.history(ListDay, one, None, days=30, now=later) == [
        (NOW.date(), 3, None),
        (later.date(), 2, -1),
    ]
    rows = counting.history(SegmentDay, high, 7, days=2, now=later)
    assert rows == [(later.date(), 3 + 4, None)]


def test_the_beat_counts_hourly_and_with_constant_queries(make_leads, make_list):
    put(make_list(), make_leads(2))
    assert counting.count_hourly() == "0 segments, 6 lists"
    assert counting.count_hourly() == "not due"
    costs = []
    for count in (1, 6):
        for number in range(count):
            make_list(f"List {count} {number}")
        with CaptureQueriesContext(connection) as queries:
            counting.count_now(now=NOW)
        costs.append(len(queries))
    assert costs[0] == costs[1]
