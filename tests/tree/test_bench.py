"""The benchmark of the editor measures what it says: every type, so many steps, and a page that opens."""

import pytest
from django.urls import reverse

from example_site.demo import tree_bench
from wagtail_automation.audiences.models import LeadList
from wagtail_automation.campaigns.models import Campaign
from wagtail_automation.campaigns.tree.registry import step_types

pytestmark = pytest.mark.django_db


def test_the_tree_holds_every_type_and_nothing_hangs_loose():
    steps = tree_bench.steps_of_all_types(200)
    assert len(steps) == 200
    assert {step["type"] for step in steps} == {placed.name for placed in step_types.installed()}
    places = {""}
    for step in steps:
        assert step["value"]["parent"] in places
        places.add(step["id"])
    assert len(places) == 201


def test_both_pages_are_measured(admin_client, monkeypatch):
    monkeypatch.setattr(tree_bench, "ROUNDS", 1)
    campaign = Campaign.objects.create(name="B", live=False, tree=tree_bench.steps_of_all_types(20))
    pages = tree_bench.edit_pages(tree=campaign)
    pages["simple"] = reverse("wagtail_automation_lists:edit", args=[LeadList.objects.create(name="B").pk])
    figures = tree_bench.on_the_server(admin_client, pages)
    assert figures["tree_queries"] > figures["simple_queries"] > 0
    assert figures["ratio"] == round(figures["tree_cpu_ms"] / figures["simple_cpu_ms"], 2)
    with pytest.raises(RuntimeError, match="answered 404"):
        tree_bench.on_the_server(admin_client, {**pages, "tree": "/admin/nothing/"})
