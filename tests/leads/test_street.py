"""Street and number of a lead: by hand, from a file, in Liquid, in conditions; emptied when anonymised."""

import datetime as dt

import pytest
from django.urls import reverse

from tests.leads.imports.conftest import boss, load  # noqa: F401
from wagtail_automation.content.personal import render_text
from wagtail_automation.leads import actions, erasure
from wagtail_automation.leads.models import Lead
from wagtail_automation.leads.querysets import folded_contains

NOW = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
STREET = "12, rue de l’Été"
pytestmark = pytest.mark.django_db


@pytest.fixture
def zoe():
    return actions.identify(
        lead=None,
        identifiers={"email": "zoe@example.com"},
        fields={"street": STREET, "city": "Lyon"},
        source="form",
        now=NOW,
    )


def test_it_is_known_folded_and_where_from(zoe):
    assert (zoe.street, zoe.field_sources["street"]["source"]) == (STREET, "form")
    assert Lead.objects.filter(folded_contains("street", "ete")).get() == zoe
    assert render_text("{{ lead.street }}", zoe) == STREET


def test_the_profile_form(zoe, admin_client, english):
    address = reverse("wagtail_automation_lead:edit", args=[zoe.pk])
    assert "Street and number" in admin_client.get(address).content.decode()
    answer = admin_client.post(address, {"email": "zoe@example.com", "street": "x" * 201})
    assert list(answer.context["form"].errors) == ["street"]
    zoe.refresh_from_db()
    assert zoe.street == STREET
    admin_client.post(address, {"email": "zoe@example.com", "street": "  <b>3</b> Mill Lane "})
    zoe.refresh_from_db()
    assert zoe.street == "<b>3</b> Mill Lane"
    page = admin_client.get(reverse("wagtail_automation_lead:inspect", args=[zoe.pk])).content.decode()
    assert "&lt;b&gt;3&lt;/b&gt; Mill Lane" in page and "<b>3</b> Mill" not in page


@pytest.mark.parametrize("heading", ["Street", "Adresse", "Rue et numéro", "Address line 1"])
def test_files_name_it_in_many_ways(load, heading):
    run = load(
        f"Courriel;{heading};Adresse email 2\nzoe@example.com;{STREET};x\nann@example.com;{'x' * 201};x\n"
    )
    assert run.state == "done", run.problem
    assert Lead.objects.get(email="zoe@example.com").street == STREET
    assert [problem.row for problem in run.problems.all()] == [3]


def test_the_survivor_of_a_merge_gets_it(zoe):
    other = actions.identify(lead=None, identifiers={"email": "z@example.com"}, source="form", now=NOW)
    survivor = actions.merge(source=zoe, target=other, now=NOW, reason="test")
    assert (survivor.street, survivor.folded["street"]) == (STREET, "12, rue de l’ete")


def test_an_anonymisation_empties_it(zoe):
    erasure.erase_now(leads=[zoe.pk], mode="anonymise", origin="test")
    zoe.refresh_from_db()
    assert (zoe.street, "street" in zoe.folded) == ("", False)
