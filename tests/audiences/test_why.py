"""Why a person is in a segment: every condition's answer agrees with the compiler, with the facts; closed on
failure; constant queries; nothing for those who may not see."""

import datetime as dt

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from wagtail_automation.audiences import actions as audiences
from wagtail_automation.audiences.explaining import why
from wagtail_automation.audiences.refreshing import refresh_segment
from wagtail_automation.leads import actions as leads
from wagtail_automation.leads.models import Lead
from wagtail_automation.rules.explaining import explain
from wagtail_automation.rules.rule import Rule
from wagtail_automation.tracking import actions as tracking

from .conftest import NOW, condition, rule

pytestmark = pytest.mark.django_db
NASTY = "<script>alert('1')</script>"


@pytest.fixture
def zoe():
    return leads.identify(
        lead=None,
        identifiers={"email": "zoe@example.com"},
        fields={"first_name": "Zoé", "city": "Lyon"},
        source="import",
        now=NOW - dt.timedelta(days=9),
    )


def field(id, value, key="field_equals", name="city"):
    return condition(key, id=id, field=name, value=value)


def group(match, *items, id="g"):
    return {"id": id, "type": "group", "value": {"match": match, "items": list(items)}}


def answers(explanation):
    return [asked.answer for asked in explanation.whole.walk()]


@pytest.mark.parametrize(
    ("raw", "expected", "whole"),
    [
        (rule(field("a", "Lyon"), field("b", "Paris")), [True, False], False),
        (rule(field("a", "Lyon"), field("b", "Paris"), match="any"), [True, False], True),
        (rule(field("a", "Nice"), field("b", "Paris"), match="none"), [False, False], True),
        (rule(field("a", "Lyon"), group("none", field("b", "Paris"))), [True, False], True),
        (rule(field("a", "Lyon"), group("any", field("b", "Paris"))), [True, False], False),
        (rule(field("a", "Lyon"), group("all")), [True], False),
    ],
)  # fmt: skip
def test_each_condition_is_answered(zoe, raw, expected, whole):
    explanation = explain(raw, Lead, zoe.pk, NOW)
    assert answers(explanation) == expected
    assert explanation.matches is whole
    assert (explanation.whole.answer is True) is whole


@pytest.mark.parametrize(
    "broken",
    [
        condition("nobody_registered_this", id="b"),
        field("b", ""),
        condition("in_list", id="b", list=999_999),
        condition("field_equals", id="b", field={"x": 1}, value=[]),
        field("b", "x", name="no_such_field"),
    ],
)
def test_what_cannot_be_asked_is_said_and_the_rest_is_answered(zoe, broken):
    for match in ("all", "any", "none"):
        explanation = explain(rule(field("a", "Lyon"), broken, match=match), Lead, zoe.pk, NOW)
        first, second = explanation.whole.walk()
        assert first.answer is True
        assert (second.answer, bool(second.problem)) == (None, True)
        assert explanation.whole.answer is None
        assert explanation.matches is False


@pytest.mark.parametrize(
    "raw", [{}, {"match": "some", "items": []}, {"items": "x"}, {"match": "all", "items": []}]
)
def test_a_rule_without_questions(zoe, raw):
    explanation = explain(Rule(raw), Lead, zoe.pk, NOW)
    assert explanation.problem
    assert explanation.matches is False


def test_facts_of_the_person(zoe, make_list, make_segment):
    letter, other = make_list("Letter"), make_list("Other")
    audiences.add_lead_to_list(lead_list=letter, lead=zoe, now=NOW)
    for days in (3, 1):
        tracking.record_event(name="site_event", lead=zoe, at=NOW - dt.timedelta(days=days))
    inner = make_segment(rule(field("x", "Lyon")), name="Lyonnais")
    refresh_segment(inner)
    segment = make_segment(
        rule(
            field("a", "Lyon"),
            condition("in_list", id="b", list=letter.pk),
            condition("in_list", id="c", list=other.pk),
            condition("in_segment", id="d", segment=inner.pk),
        )
    )
    refresh_segment(segment)
    reason = why(segment, zoe)
    said = [asked.lines for asked in reason.explanation.whole.walk()]
    assert said[0] == ["city: Lyon (Import · 02/20/2026)"]
    assert said[1][0].startswith("In “Letter” since")
    assert said[2] == ["Not in “Other”"]
    assert said[3][0].startswith("In “Lyonnais” since")
    assert [asked.segments for asked in reason.explanation.whole.walk()][3] == [(inner.pk, "Lyonnais")]
    assert reason.member_since is None
    assert reason.notes == []


def test_stored_members_and_the_answer_may_differ_for_a_moment(zoe, make_segment):
    segment = make_segment(rule(field("a", "Lyon")))
    refresh_segment(segment)
    assert why(segment, zoe).member_since == NOW
    leads.set_fields(lead=zoe, fields={"city": "Nice"}, source="x", now=NOW)
    reason = why(segment, zoe)
    assert (reason.explanation.matches, len(reason.notes)) == (False, 1)
    segment.live = False
    segment.save()
    assert "not published" in why(segment, zoe).notes[0]


def test_queries_do_not_grow_with_the_rule_nor_with_the_past(zoe, make_list, make_segment):
    lists = [make_list(f"L{number}") for number in range(20)]
    counts = []
    for size in (1, 20):
        items = [field(f"f{n}", f"Lyon{n}") for n in range(size)]
        items += [condition("in_list", id=f"l{n}", list=lists[n].pk) for n in range(size)]
        segment = make_segment(rule(*items, match="any"), name=f"S{size}")
        for lead_list in lists[:size]:
            audiences.add_lead_to_list(lead_list=lead_list, lead=zoe, now=NOW)
        with CaptureQueriesContext(connection) as queries:
            why(segment, zoe)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def page(lead, segment):
    return f"{reverse('wagtail_automation_why', args=[lead.pk])}?segment={segment}"


def test_the_page_escapes_and_is_reached_from_the_lead(zoe, make_segment, admin_user, client, english):
    segment = make_segment(
        rule(field("a", NASTY), condition("no_such_thing", id="b"), group("any", field("c", "Lyon"))),
        name=NASTY,
    )
    client.force_login(admin_user)
    text = client.get(page(zoe, segment.pk)).content.decode()
    assert "<script>alert(" not in text
    assert "Cannot be asked" in text
    assert "is not installed" in text
    assert "At least one of these must be true" in text
    lead_page = client.get(reverse("wagtail_automation_lead:inspect", args=[zoe.pk])).content.decode()
    assert reverse("wagtail_automation_why", args=[zoe.pk]) in lead_page
    for nonsense in ("", "x", "9" * 30, "999999", "-1"):
        assert client.get(page(zoe, nonsense)).status_code == 404


def test_who_may_not_see_segments_or_leads_is_told_nothing(zoe, make_segment, client, english):
    segment = make_segment(rule(field("a", "Lyon")))
    for number, codename in enumerate(("view_lead", "view_segment")):
        user = get_user_model().objects.create_user(f"user{number}", password="x")
        user.user_permissions.add(*Permission.objects.filter(codename__in=["access_admin", codename]))
        client.force_login(user)
        assert client.get(page(zoe, segment.pk)).status_code in (302, 403)
