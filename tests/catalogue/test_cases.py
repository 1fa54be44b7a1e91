"""Every registered class has its cases, and every case is true of the real engine on the real database.

Conditions are asked together in one walk; everything else, which changes people, one by one.
"""

import re

import pytest
from django.db import transaction

from tests.catalogue.cases import CASES
from wagtail_automation.activities import activities
from wagtail_automation.campaigns.testing import Answer, Asked, Case, Step, answers, run_case
from wagtail_automation.flow import flow_steps
from wagtail_automation.rules import conditions
from wagtail_automation.triggers import triggers

REGISTRIES = {"trigger": triggers, "condition": conditions, "activity": activities, "flow": flow_steps}
REGISTERED = [
    (kind, cls)
    for kind, registry in REGISTRIES.items()
    for cls in registry
    if "wagtail_automation" in cls.__module__
]
QUESTIONS = [case for case in CASES if case.kind == "condition"]
EFFECTS = [case for case in CASES if case.kind != "condition"]


@pytest.fixture(scope="module")
def answered(request, django_db_setup, django_db_blocker) -> dict:
    """The answers of the cases that this run is about; nothing of them stays in the database."""
    chosen = {
        item.callspec.params["case"]
        for item in request.session.items
        if item.module is request.module and "case" in getattr(getattr(item, "callspec", None), "params", {})
    }
    wanted = [case for case in QUESTIONS if case in chosen]
    with django_db_blocker.unblock(), transaction.atomic():
        found = answers(wanted)
        transaction.set_rollback(True)
    return found


@pytest.mark.parametrize("case", QUESTIONS, ids=str)
def test_who_is_sent_to_yes_and_who_to_no(case, answered):
    assert answered.get(case, Answer("was not asked")).problem == ""


@pytest.mark.parametrize("case", EFFECTS, ids=str)
def test_what_it_does(case, db):
    run_case(case)


@pytest.mark.parametrize(("kind", "cls"), REGISTERED, ids=lambda value: getattr(value, "key", value))
def test_every_registered_class_has_a_case(kind, cls):
    assert [case for case in CASES if (case.kind, case.key) == (kind, cls.key)], (
        f"write a case of the {kind} {cls.key} in tests/catalogue/cases"
    )


@pytest.mark.parametrize("cls", list(conditions), ids=lambda cls: cls.key)
def test_every_condition_has_a_yes_and_a_no(cls, answered):
    mine = [case for case in QUESTIONS if case.key == cls.key]
    if not all(case in answered for case in mine):
        pytest.skip("its cases were not chosen")
    assert {side for case in mine for side in answered[case].sides} == {"yes", "no"}


def lies(world):
    return Asked({"value": 10}, yes=[world.lead(score=10)], no=[world.lead(score=9)])


def cannot_be_asked(world):
    return Asked({}, yes=[world.lead()], no=[world.lead()])


def breaks(world):
    raise LookupError("no such world")


def does_something_else(world):
    ada = world.lead()
    yield Step({"operation": "add", "value": 10}, [ada])
    assert ada.score == 11


@pytest.mark.parametrize(
    ("function", "words"),
    [(lies, "yes[0] went to 'no'"), (cannot_be_asked, "no parameters"), (breaks, "no such world")],
)
def test_a_case_that_is_not_true_fails(function, words, db):
    with pytest.raises(AssertionError, match=re.escape(words)):
        run_case(Case("condition", "score_above", function))


def test_an_effect_that_is_not_there_fails(db):
    with pytest.raises(AssertionError):
        run_case(Case("activity", "score_change", does_something_else))
