"""Who listens: one question for all apps, asked once for a signal."""

import uuid

import pytest

from wagtail_automation import signals
from wagtail_automation.audiences.watching.models import Listener
from wagtail_automation.compiled import Given
from wagtail_automation.listeners import EVENTS, FACTS, Listeners, Told

KEY = uuid.uuid4()


def of(owner):
    return lambda: Listener.objects.filter(owner=owner, event__anyof=Given("names")).order_by("-event")


@pytest.fixture
def listeners(db):
    Listener.objects.bulk_create(
        [
            Listener(owner="one", event="page_viewed", object_key=KEY),
            Listener(owner="one", event="order_paid"),
            Listener(owner="two", event="order_paid"),
        ]
    )
    made = Listeners()
    made.register("one", of("one"), "event", "object_key")
    made.register("two", of("two"), "event", "object_key")
    return made


def test_one_statement_answers_all(listeners, django_assert_num_queries):
    told = listeners.told({"page_viewed", "order_paid"})
    with django_assert_num_queries(1):
        assert told.wanted_by("one") == {("page_viewed", KEY), ("order_paid", None)}
        assert told.wanted_by("two") == {("order_paid", None)}
        assert told.wanted_by("nobody") == set()
    with django_assert_num_queries(1):
        assert listeners.told({"page_viewed"}).wanted_by("two") == set()


def test_no_names_no_question(listeners, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert listeners.told(()).wanted_by("one") == set()


def test_whoever_registers_later_or_again_is_asked(listeners):
    assert listeners.told({"order_paid"}).wanted_by("two") == {("order_paid", None)}
    listeners.register("three", of("two"), "event", "object_key")
    listeners.register("two", of("one"), "event", "object_key")
    told = listeners.told({"order_paid", "page_viewed"})
    assert told.wanted_by("three") == {("order_paid", None)}
    assert told.wanted_by("two") == {("page_viewed", KEY), ("order_paid", None)}


def test_one_alone(listeners):
    alone = Listeners()
    alone.register("two", of("two"), "event", "object_key")
    assert alone.told({"order_paid"}).wanted_by("two") == {("order_paid", None)}


def test_told_names_are_a_set_like_any_other(listeners):
    told = listeners.told(["a", "b", "a"])
    assert told == frozenset({"a", "b"}) and sorted(told) == ["a", "b"] and "a" in told
    assert listeners.told(told) is told and FACTS.told(told) is not told
    assert not isinstance(told - {"a"}, Told), "another set of names is another question"


@pytest.mark.django_db
def test_the_apps_share_one_question_about_a_change(django_assert_num_queries):
    with django_assert_num_queries(1):
        signals.facts_changed.send(sender=None, leads=[1], facts=frozenset({"field:nobody"}), now=None)
    assert set(FACTS.ask({"x"})) >= {"audiences.segments", "audiences.rules", "campaigns.decisions"}
    assert set(EVENTS.ask({"x"})) >= {"audiences.listeners", "campaigns.triggers"}
