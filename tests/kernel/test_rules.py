"""The rule language: closed on failure, the same answer for one and for all, nothing lost."""

import datetime as dt
import json

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from tests.kernel.things import group, item, rule_json
from wagtail_automation.leads.models import Lead
from wagtail_automation.rules import Scope, conditions
from wagtail_automation.rules.compiler import compile_rule, explain_failure
from wagtail_automation.rules.evaluate import RuleSet, clear_cache, matches
from wagtail_automation.rules.forms import RuleFormField
from wagtail_automation.rules.rule import Rule
from wagtail_automation.testing import contracts

NOW = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)


def people(rule, **scope):
    return set(Lead.objects.filter(compile_rule(rule, Scope(NOW, **scope))).values_list("city", flat=True))


@pytest.fixture
def cities(db):
    for number, city in enumerate(["Lyon", "Paris", "Ghent", ""]):
        Lead.objects.create(city=city, score=number * 10, created_at=NOW - dt.timedelta(days=number))


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (rule_json(item("test_city", city="Lyon")), {"Lyon"}),
        (rule_json(item("test_city", city="Lyon"), item("test_score", points=5)), set()),
        (
            rule_json(item("test_city", city="Lyon"), item("test_score", points=5), match="any"),
            {"Lyon", "Paris", "Ghent", ""},
        ),
        (
            rule_json(item("test_city", city="Lyon"), item("test_city", city="Paris"), match="none"),
            {"Ghent", ""},
        ),
        (
            rule_json(
                item("test_score", points=5),
                group(item("test_city", city="Paris"), item("test_city", city="Ghent")),
            ),
            {"Paris", "Ghent"},
        ),
        (
            rule_json(item("test_score", points=5), group(item("test_city", city="Paris"), match="none")),
            {"Ghent", ""},
        ),
        ({}, set()),
        (rule_json(), set()),
        (rule_json(match="none"), set()),
        (rule_json(group(match="none")), set()),
        (rule_json(item("test_city", city="Lyon"), group(match="any")), set()),
        (rule_json(item("gone", x=1), match="none"), set()),
        (rule_json(item("test_city", city="Lyon"), item("gone"), match="any"), set()),
        (rule_json(group(item("gone"), match="none")), set()),
        (rule_json(item("test_page", page=999999), match="none"), set()),
        (rule_json(item("test_page", page="not a number"), match="none"), set()),
        (rule_json(item("test_score", points="many"), match="none"), set()),
        ({"match": "sometimes", "items": [item("test_city", city="Lyon")]}, set()),
        ({"match": "all", "items": "everyone"}, set()),
        (rule_json(group(group(item("test_city", city="Lyon")))), set()),
    ],
)
@pytest.mark.parametrize("mode", ["one", "set"])
def test_who_matches(cities, rule, expected, mode):
    assert people(Rule(rule), mode=mode) == expected


def test_a_rule_with_an_unknown_condition_comes_back_byte_equal():
    raw = rule_json(item("test_city", city="Lyon"), group(item("of_an_app_that_left", deep={"a": [1, 2]})))
    text = json.dumps(raw)
    rule = RuleFormField().clean(text)
    assert json.dumps(rule.raw) == text
    assert rule.unknown == ["of_an_app_that_left"]
    assert rule.is_broken


def test_objects_of_a_rule_are_resolved_in_one_query_a_model(site):
    page = site.root_page
    lead = Lead.objects.create(company=str(page.translation_key))
    rule = Rule(
        rule_json(*[item("test_page", number, page=page.pk, others=[page.pk]) for number in range(20)])
    )
    with CaptureQueriesContext(connection) as queries:
        q = compile_rule(rule, Scope(NOW))
    assert len(queries) == 1
    assert list(Lead.objects.filter(q)) == [lead]


@pytest.mark.django_db
def test_contract_of_a_small_condition(cities):
    assert contracts.check_condition(conditions["test_city"], value={"city": "Lyon"}, model=Lead)


@pytest.mark.parametrize(
    ("raw", "negative", "waitable"),
    [
        (rule_json(item("test_city", city="x")), False, True),
        (rule_json(item("test_city", city="x"), match="none"), True, False),
        (rule_json(group(item("test_city", city="x"), match="none")), True, False),
        (rule_json(item("test_negative")), True, False),
        (rule_json(item("test_age", days=3)), False, False),
    ],
)
def test_what_a_decision_may_wait_for(raw, negative, waitable):
    assert Rule(raw).is_negative is negative
    assert Rule(raw).is_waitable is waitable


def test_depends_on_is_the_union(db):
    facts = Rule(rule_json(item("test_city", city="x"), group(item("test_score", points=1)))).depends_on()
    assert facts.names == {"field:city", "field:score"}
    assert not facts.time


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        "7",
        '{"match": "all", "items": [7]}',
        '{"match": "all", "items": [{"type": 7}]}',
        json.dumps(rule_json(group(group(item("test_city", city="x"))))),
        '{"items": "x"}',
        "x" * 300_000,
        json.dumps(rule_json(*[item("test_city", n, city="x") for n in range(101)])),
    ],
)
def test_a_damaged_rule_is_refused_in_words_and_kept(text):
    with pytest.raises(ValidationError) as error:
        RuleFormField().clean(text)
    assert error.value.messages[0]
    assert Rule.parse_lenient(text).is_broken or Rule.parse_lenient(text).is_empty


def test_errors_of_a_condition_name_it(db):
    with pytest.raises(ValidationError, match="City"):
        RuleFormField().clean(json.dumps(rule_json(item("test_city", city=""))))
    with pytest.raises(ValidationError, match="deleted"):
        RuleFormField().clean(json.dumps(rule_json(item("test_page", page=424242, others=[]))))
    with pytest.raises(ValidationError, match="at least one"):
        RuleFormField().clean("")


def test_the_rule_in_words(db):
    rule = Rule(
        rule_json(item("test_city", city="Lyon"), group(item("test_city", city="Ghent"), item("gone")))
    )
    assert rule.sentence() == "City: Lyon and (City: Ghent or “gone” is not installed)"
    assert "nobody" in Rule().sentence()
    assert explain_failure(rule) == "not installed: gone"


def test_many_rules_are_one_query_and_the_clock_moves_in_the_cached_statement(cities):
    clear_cache()
    ghent = Lead.objects.get(city="Ghent")  # two days old
    rules = RuleSet(
        [Rule(rule_json(item("test_age", days=days))) for days in (1, 3, 30)]
        + [Rule(rule_json(item("test_city", city="Ghent"))), Rule(), Rule(rule_json(item("gone")))]
    )
    assert rules.answers(Lead, ghent.pk, NOW) == [True, False, False, True, False, False]
    with CaptureQueriesContext(connection) as queries:
        later = rules.answers(Lead, ghent.pk, NOW + dt.timedelta(days=5))
    assert len(queries) == 1
    assert later == [True, True, False, True, False, False]
    lyon = Lead.objects.get(city="Lyon")
    assert rules.answers(Lead, lyon.pk, NOW) == [False, False, False, False, False, False]
    assert rules.answers(Lead, 10**9, NOW) == [False] * 6
    assert matches(Rule(rule_json(item("test_city", city="Lyon"))), Lead, lyon.pk, NOW)


def test_a_deleted_object_stops_matching_although_the_statement_was_cached(site):
    from tests.testapp.models import SimplePage

    clear_cache()
    page = SimplePage(title="Soon gone", slug="soon-gone")
    site.root_page.add_child(instance=page)
    lead = Lead.objects.create(company=str(page.translation_key))
    rule = RuleSet([Rule(rule_json(item("test_page", page=page.pk)))])
    assert rule.answers(Lead, lead.pk, NOW) == [True]
    page.delete()
    assert rule.answers(Lead, lead.pk, NOW) == [False]


simple = st.one_of(
    st.sampled_from(["Lyon", "Paris", "Gênes"]).map(lambda city: item("test_city", city=city)),
    st.integers(-5, 40).map(lambda points: item("test_score", points=points)),
)
groups = st.builds(
    lambda match, items: group(*items, match=match),
    st.sampled_from(["all", "any", "none"]),
    st.lists(simple, max_size=3),
)
rules = st.builds(
    lambda match, items: rule_json(*items, match=match),
    st.sampled_from(["all", "any", "none"]),
    st.lists(st.one_of(simple, groups), max_size=4),
)


def naive(raw, lead) -> bool:
    """The rule read by a person: item by item, for one lead."""

    def ask(part):
        if part["type"] == "group":
            return combine(part["value"]["match"], part["value"]["items"])
        if part["type"] == "test_city":
            return lead.city == part["value"]["city"]
        return lead.score > part["value"]["points"]

    def combine(match, items):
        answers = [ask(part) for part in items]
        return {"all": all(answers), "any": any(answers), "none": not any(answers)}[match]

    empty = not raw["items"] or any(
        part["type"] == "group" and not part["value"]["items"] for part in raw["items"]
    )
    return not empty and combine(raw["match"], raw["items"])


class RulesEqualNaiveReading(TestCase):
    @settings(max_examples=60, deadline=None)
    @given(
        raw=rules,
        people=st.lists(
            st.tuples(st.sampled_from(["Lyon", "Paris", "Gênes", ""]), st.integers(-10, 50)), max_size=6
        ),
    )
    def test_same_people(self, raw, people):
        leads = [Lead.objects.create(city=city, score=score) for city, score in people]
        expected = {lead.pk for lead in leads if naive(raw, lead)}
        for mode in ("one", "set"):
            q = compile_rule(Rule(raw), Scope(NOW, mode=mode))
            assert set(Lead.objects.filter(q).values_list("pk", flat=True)) == expected
        answers = {lead.pk for lead in leads if matches(Rule(raw), Lead, lead.pk, NOW)}
        assert answers == expected
