"""No model about leads is forgotten: each has a handler, or a reason why it needs none."""

import pytest
from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.db import models

from wagtail_automation import clock
from wagtail_automation.leads import actions
from wagtail_automation.leads.models import Lead
from wagtail_automation.leads.personal_data import Matcher, PersonalRows, personal_data

#: Names of columns that say whose a row is, or who: looked for in our own models.
TELLING = {"lead_id", "lead_pk", "email", "address", "phone", "to", "recipient", "person"}


def ours():
    return [
        model
        for model in apps.get_models(include_auto_created=True)
        if model._meta.app_label.startswith("wagtail_automation") and model._meta.managed
    ]


def test_every_model_that_refers_to_leads_has_a_handler():
    assert [m._meta.label for m in personal_data.unregistered() if m in ours()] == []


def test_every_model_with_telling_columns_has_a_handler_or_a_reason():
    known = {*personal_data._handlers, *personal_data._exempt}
    suspects = {
        model._meta.label
        for model in ours()
        if TELLING & {f.attname for f in model._meta.concrete_fields} and model._meta.label_lower not in known
    }
    assert suspects == set()


def test_every_file_of_a_registered_model_is_named():
    """A file field that its handler does not name would stay in the storage."""
    forgotten = {
        f"{handler.label}.{f.name}"
        for handler in personal_data.handlers()
        for f in handler.model._meta.concrete_fields
        if isinstance(f, models.FileField) and f.name not in handler.files
    }
    assert forgotten == set()


@pytest.mark.django_db
def test_every_handler_exports_erases_and_repeats():
    """The fields named exist, and on nobody at all every method runs."""
    for handler in personal_data.handlers():
        names = {f.name for f in handler.model._meta.get_fields()} | {
            f.attname for f in handler.model._meta.concrete_fields
        }
        assert set(handler.exclude) | set(handler.files) | set(handler.blank or ()) <= names, handler.label
        assert list(handler.export([0])) == []
        assert handler.stored_files([0]) == []
        for _again in range(2):
            assert handler.erase([0]) == 0, handler.label
            assert handler.anonymise([0]) == 0, handler.label


def test_a_model_has_one_handler():
    with pytest.raises(ImproperlyConfigured, match="have a handler already"):
        personal_data.register(PersonalRows("wagtail_automation_leads.Identifier"))


@pytest.mark.django_db
def test_a_model_that_nobody_registered_is_exported_and_deleted_all_the_same(monkeypatch):
    handler = personal_data._handlers["wagtail_automation_leads.identifier"]
    monkeypatch.delitem(personal_data._handlers, "wagtail_automation_leads.identifier")
    lead = actions.create_known(identifiers={"email": "ada@example.com"}, source="test", now=clock.now())
    assert [m._meta.object_name for m in personal_data.unregistered() if m in ours()] == ["Identifier"]
    default = personal_data.handlers()[-1]
    assert default is not handler and default.label == handler.label
    assert [row["value"] for row in default.export([lead.pk])] == ["ada@example.com"]
    assert default.erase([lead.pk]) == 1


class TestMatcher:
    matcher = Matcher(
        ["Zoé.Durand+x@example.com", "jane@xn--kln-sna.de", "+33612345678", 'o"hara@example.com']
    )

    @pytest.mark.parametrize(
        "text",
        [
            "zoé.durand+x@example.com",
            "<ZOÉ.DURAND+X@EXAMPLE.COM>, and others",
            "mailto:jane@xn--kln-sna.de?subject=x",
            "https://site/?e=jane%40xn--kln-sna.de&x=1",
            "call +33612345678.",
            "call 33612345678",
            'to o"hara@example.com',
            "Key (kind, value)=(email, jane@xn--kln-sna.de) exists",
        ],
    )
    def test_finds_and_scrubs(self, text):
        assert self.matcher.finds(text)
        scrubbed = self.matcher.scrub(text)
        assert "[erased]" in scrubbed and not self.matcher.finds(scrubbed)

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "jane@xn--kln-sna.dex",
            "xjane@xn--kln-sna.de",
            "jane.x@xn--kln-sna.de",
            "336123456789",
            "@",
            "a@b",
        ],
    )
    def test_leaves_others_alone(self, text):
        assert not self.matcher.finds(text)
        assert self.matcher.scrub(text) == text

    def test_json_of_any_depth(self):
        value = {"a": [{"jane@xn--kln-sna.de": 33612345678, "b": True, "c": 1.5}], "d": "x"}
        assert self.matcher.finds_in_json(value)
        assert self.matcher.scrub_json(value) == {
            "a": [{"[erased]": "[erased]", "b": True, "c": 1.5}],
            "d": "x",
        }

    def test_huge_texts_take_linear_time(self):
        assert not self.matcher.finds("a" * 2_000_000)
        assert not self.matcher.finds("a@" * 500_000)
        assert self.matcher.finds("x " * 500_000 + "jane@xn--kln-sna.de")

    def test_nobody_matches_nothing(self):
        assert not Matcher([]) and not Matcher(["", "Ada"]).finds("Ada @ 123")


@pytest.mark.django_db
def test_leads_are_the_last_to_go():
    assert personal_data.handlers()[0].model is Lead
