"""What campaigns and segments ask about forms."""

import datetime as dt

import pytest

from wagtail_automation import clock
from wagtail_automation.content.conditions import FormFilled, FormFilledAny
from wagtail_automation.content.models import Form, FormSubmission
from wagtail_automation.content.triggers import FormSubmitted
from wagtail_automation.leads.models import Lead
from wagtail_automation.objects import ref_of
from wagtail_automation.rules import Scope
from wagtail_automation.rules.binding import bind
from wagtail_automation.rules.compiler import compile_rule
from wagtail_automation.rules.rule import Rule
from wagtail_automation.testing import contracts
from wagtail_automation.tracking.models import Event

pytestmark = pytest.mark.django_db


@pytest.fixture
def answered(form):
    """A lead that answered, and one that did not."""
    yes, _no = Lead.objects.create(), Lead.objects.create()
    data = {
        "colour": "Bleu foncé",
        "sizes": ["S", "XL"],
        "ok": True,
        "not_ok": False,
        "n": 7,
        "text": "a%b_c",
        "lines": "one\ntwo",
    }
    FormSubmission.objects.create(form=form, lead=yes, data=data, at=clock.now())
    Event.objects.create(
        name="form_submitted", lead=yes, object_kind=3, object_key=form.translation_key, at=clock.now()
    )
    return yes


def who(form_pk, mode="one", **value):
    asked = Rule(
        {"match": "all", "items": [{"id": "a", "type": "form_filled", "value": {"form": form_pk, **value}}]}
    )
    return set(Lead.objects.filter(compile_rule(asked, Scope(clock.now(), mode=mode))))


@pytest.mark.parametrize("mode", ["one", "set"])
@pytest.mark.parametrize(
    ("field", "value", "matches"),
    [
        ("", "", True),
        ("colour", "BLEU FONCE", True),
        ("colour", "bleu", False),
        ("sizes", "xl", True),
        ("sizes", "L", False),
        ("sizes", "S\nXL", False),
        ("ok", "oui", True),
        ("ok", "no", False),
        ("not_ok", "no", True),
        ("not_ok", "yes", False),
        ("n", "7", True),
        ("text", "a%b_c", True),
        ("text", "a%", False),
        ("lines", "one two", True),
        ("missing", "x", False),
        ("colour", "", False),
        ("", "bleu", False),
        ("col__our", "x", False),
        ("__", "x", False),
    ],
)
def test_form_filled(form, answered, mode, field, value, matches):
    assert who(form.pk, mode, field=field, value=value) == ({answered} if matches else set())


def test_another_form_and_a_deleted_one_match_nobody(form, answered, english):
    other = Form.objects.create(name="Other", locale=english, fields=[])
    assert who(other.pk) == set()
    assert who(999_999) == set()
    assert who(None) == set()


def test_a_translation_counts_as_the_form(form, answered, french):
    translated = form.copy_for_translation(french)
    translated.save()
    assert translated.uuid != form.uuid
    assert who(translated.pk) == {answered}
    assert who(translated.pk, field="n", value="7") == {answered}


def test_contracts(form, answered):
    for value in ({"form": form.pk}, {"form": form.pk, "field": "n", "value": "7"}):
        assert contracts.check_condition(FormFilled, value=value, model=Lead) == {answered.pk}
    assert contracts.check_condition(FormFilledAny, value={}, model=Lead) == {answered.pk}
    contracts.check_trigger(FormSubmitted)


def test_counted_from_entry(form, answered):
    block = FormFilled()
    value = bind(block, {"form": form.pk, "field": "n", "value": "7"})
    later = clock.now() + dt.timedelta(days=1)
    assert not Lead.objects.filter(block.q(value, Scope(clock.now(), since=later))).exists()
    earlier = clock.now() - dt.timedelta(days=1)
    assert Lead.objects.filter(block.q(value, Scope(clock.now(), since=earlier))).exists()


def test_sentences_and_subject(form):
    trigger = FormSubmitted()
    assert trigger.subject(bind(trigger, {"form": form.pk})) == ref_of(form)
    assert trigger.subject(bind(trigger, {})) is None
    assert trigger.sentence(bind(trigger, {"form": form.pk})) == "Submits “Contact”"
    assert trigger.sentence(bind(trigger, {})) == "Submits any form"
    block = FormFilled()
    assert "Contact" in block.sentence(bind(block, {"form": form.pk}))
    assert "red" in block.sentence(bind(block, {"form": form.pk, "field": "c", "value": "red"}))
    assert block.q(bind(block, {}), Scope(clock.now()))
