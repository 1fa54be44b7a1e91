"""Registries: one class a key, clear refusals, tests that clean up after themselves."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from wagtail_automation.activities import Activity, activities
from wagtail_automation.registry import Registry
from wagtail_automation.rules import Condition, conditions


def make(key, base=Condition, **attributes):
    return type(f"Made{key}", (base,), {"key": key, **attributes})


def test_a_class_is_found_by_its_key_and_its_former_keys():
    registry = Registry("things", Condition)
    cls = registry.register(make("new_name", aliases=("old_name",)))
    assert registry["new_name"] is registry["old_name"] is registry.get("old_name") is cls
    assert "old_name" in registry
    assert list(registry) == [cls]


@pytest.mark.parametrize("key", [None, "", "has space", "dotted.key", 7])
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
    with pytest.raises(ImproperlyConfigured, match="subclass of Activity"):
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
