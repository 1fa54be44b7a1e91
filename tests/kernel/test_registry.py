"""Registries: one class a key, clear refusals, tests that clean up after themselves."""

import inspect

import pytest
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured
from wagtail import blocks

from wagtail_automation.activities import Activity, activities
from wagtail_automation.content.form_fields import FormFieldBlock, form_fields
from wagtail_automation.flow import FlowStep, flow_steps
from wagtail_automation.leads.imports.kinds import ImportKind, import_kinds
from wagtail_automation.registry import Registry, described
from wagtail_automation.rules import Condition, conditions
from wagtail_automation.tracking import events
from wagtail_automation.triggers import Trigger, triggers


def make(key, base=Condition, **attributes):
    return type(f"Made{key}", (base,), {"key": key, **attributes})


def test_a_class_is_found_by_its_key_and_its_former_keys():
    registry = Registry("things", Condition)
    cls = registry.register(make("new_name", aliases=("old_name",)))
    assert registry["new_name"] is registry["old_name"] is registry.get("old_name") is cls
    assert "old_name" in registry
    assert list(registry) == [cls]


@pytest.mark.parametrize("key", [None, "", "has space", "dotted.key", "été", 7])
def test_a_class_without_a_usable_key_is_refused(key):
    with pytest.raises(ImproperlyConfigured, match="key"):
        Registry("things", Condition).register(make(key))


def test_a_key_cannot_be_taken_twice_but_registering_again_changes_nothing():
    registry = Registry("things", Condition)
    cls = registry.register(make("mine"))
    assert registry.register(cls) is cls
    with pytest.raises(ImproperlyConfigured, match="taken"):
        registry.register(make("mine"))
    with pytest.raises(ImproperlyConfigured, match="taken"):
        registry.register(make("other", aliases=("mine",)))


def test_a_class_of_the_wrong_kind_is_refused():
    with pytest.raises(ImproperlyConfigured, match=r"subclass of wagtail_automation\.activities\.Activity"):
        activities.register(make("not_an_activity"))


def test_temporary_registration_and_absence_end_with_the_block():
    cls = make("for_a_while", base=Activity)
    with activities.temporarily(cls):
        assert activities["for_a_while"] is cls
        with activities.without("for_a_while"):
            assert "for_a_while" not in activities
        assert "for_a_while" in activities
    assert "for_a_while" not in activities
    assert len(list(conditions)) == len(conditions)


def test_a_key_that_no_column_holds_is_refused_and_so_is_a_former_one():
    registry = Registry("things", Condition, key_length=10)
    registry.register(make("a" * 10))
    with pytest.raises(ImproperlyConfigured, match="at most 10 characters"):
        registry.register(make("b" * 11))
    with pytest.raises(ImproperlyConfigured, match="at most 10 characters"):
        registry.register(make("short", aliases=("b" * 11,)))


def test_a_question_called_key_takes_the_place_of_the_key_and_is_refused():
    class Asking(Condition):
        key = blocks.CharBlock()

    with pytest.raises(ImproperlyConfigured, match="needs a `key`"):
        Registry("things", Condition).register(Asking)


class Nameless(Activity):
    """What a newcomer writes first."""

    key = "nameless"


class Spotted(Activity):
    key = "spotted"

    class Meta:
        label = "Spotted"
        icon = "no-such-icon"
        tone = "magenta"
        group = None

    def apply(self, value, cohort):
        """Nothing."""


class Deaf(Trigger):
    key = "deaf"

    class Meta:
        label = "Deaf"


class Deciding(FlowStep):
    key = "do_nothing"

    class Meta:
        label = "Decide"

    def visit(self, visit):
        """Nothing."""


class Twisted(FormFieldBlock):
    key = "twisted"
    required = blocks.CharBlock()

    class Meta:
        label = "Twisted"

    def form_field(self, value):
        """Nothing."""


class Unnamed(ImportKind):
    key = "unnamed"


def told(registry, cls) -> dict[str, str]:
    """``{what the system checks say of the class: their id}``; the beginning is the same for all."""
    with registry.temporarily(cls):
        messages = run_checks(tags=["wagtail_automation"])
    start = f"{described(cls)}, registered in {registry.name}, "
    assert all(message.msg.startswith(start) for message in messages)
    return {message.msg.removeprefix(start).rstrip("."): message.id for message in messages}


def test_the_system_check_says_what_a_class_lacks_and_where_it_stands():
    assert f"test_registry.py, line {inspect.getsourcelines(Nameless)[1]})" in described(Nameless)
    assert told(activities, Nameless) == {
        "has no `label` in its class Meta: editors would not know what it is": "wagtail_automation.E009",
        "does not define apply()": "wagtail_automation.E009",
    }
    assert told(triggers, Deaf) == {
        "starts with nothing: give it an `event`, or `starts_itself = True`": "wagtail_automation.E009"
    }
    assert told(flow_steps, Deciding) == {
        "has the key 'do_nothing', which is that of another kind of step": "wagtail_automation.E009"
    }
    assert told(form_fields, Twisted) == {
        "has a question `required` of its own, which every form field has already": "wagtail_automation.E009"
    }
    assert told(import_kinds, Unnamed) == {
        "has no `label`: editors would not know what it is": "wagtail_automation.E009",
        "does not define targets()": "wagtail_automation.E009",
        "does not define cleaner()": "wagtail_automation.E009",
        "does not define apply()": "wagtail_automation.E009",
    }


def test_the_system_check_says_what_would_look_wrong():
    assert told(activities, Spotted) == {
        "has the icon 'no-such-icon', which does not exist (see the hook register_icons)": (
            "wagtail_automation.W012"
        ),
        "has no text as its `group`": "wagtail_automation.W012",
        "has the tone 'magenta'; there are teal, blue, amber, violet, pink, green, red, grey": (
            "wagtail_automation.W012"
        ),
    }


def test_an_event_whose_icon_does_not_exist_is_told(monkeypatch):
    odd = events.EventName("oddly_drawn", "Odd", "Something odd.", icon="no-such-icon")
    monkeypatch.setitem(events._names, odd.name, odd)
    assert [message.msg for message in run_checks(tags=["wagtail_automation"])] == [
        "The event 'oddly_drawn' has the icon 'no-such-icon', which does not exist."
    ]


def test_two_classes_of_one_key_are_told_with_both_files():
    registry = Registry("things", Activity)
    registry.register(Nameless)
    with pytest.raises(ImproperlyConfigured) as refused:
        registry.register(make("nameless", base=Activity))
    assert f"is taken in things by {described(Nameless)}." in str(refused.value)
