"""A condition whose app is gone, in a page body and in a draft: kept byte by byte, matching nobody."""

import json
import uuid

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.db import models
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.state import ProjectState
from django.db.models.functions import Cast
from django.urls import reverse
from wagtail import blocks

from tests.content.conftest import dynamic, one_block, rule
from wagtail_automation.content import personal
from wagtail_automation.rules import Condition, conditions

pytestmark = pytest.mark.django_db


class LikesJazz(Condition):
    """A third party's condition that is true of everybody."""

    key = "acme_likes_jazz"
    loudness = blocks.IntegerBlock(required=False)
    page = blocks.PageChooserBlock(required=False)

    class Meta:
        label = "Likes jazz"

    def q(self, value, scope):
        return scope.lead(pk__isnull=False)


def stored(page):
    rows = type(page).objects.filter(pk=page.pk).annotate(raw=Cast("body", models.TextField()))
    return rows.values_list("raw", flat=True).get()


def draft(page):
    return page.get_latest_revision().content["body"]


def test_in_a_body_and_in_a_draft(make_page, make_visitor):
    known, _lead = make_visitor()
    asked = rule(("acme_likes_jazz", {"loudness": 11, "page": None}))
    grouped = rule(("group", {"match": "none", "items": rule(("acme_likes_jazz", {"loudness": 1}))["items"]}))
    with conditions.temporarily(LikesJazz):
        page = make_page([dynamic([(asked, "Jazz"), (grouped, "Grouped")])])
        assert len(personal.parts(page)) == 1  # read, so that Wagtail writes its own order of keys
        page.save()
        page.save_revision()
        body, revision = stored(page), draft(page)
        assert "Jazz" in known.get(f"/automation/fragments/{page.pk}/").content.decode()
    page = type(page).objects.get(pk=page.pk)
    parts = personal.parts(page)
    rules = [one.rule for part in parts for one in part.block.alternatives(part.value)]
    assert all(one.is_broken for one in rules)
    assert known.get(f"/automation/fragments/{page.pk}/").json()["fragments"] == {}
    page.save()
    assert stored(page) == body
    latest = page.get_latest_revision_as_object()
    latest.save_revision()
    assert draft(page) == revision
    latest.save_revision().publish()
    assert stored(page) == body


def test_through_the_editor(make_page):
    """Opening the page and saving the draft as it is changes no byte of the rule."""
    asked = rule(("acme_likes_jazz", {"loudness": 11}))
    page = make_page([dynamic([(asked, "Jazz")])])
    field = page._meta.get_field("body")
    block = field.stream_block
    state = block.get_form_state(page.body)
    alternative = state[0]["value"]["alternatives"][0]["value"]
    rule_block = block.child_blocks["dynamic"].child_blocks["alternatives"].child_block.child_blocks["rule"]
    sent = rule_block.value_from_datadict({"x": alternative["rule"]}, {}, "x")
    assert json.dumps(rule_block.get_prep_value(sent)) == json.dumps(asked)


def test_a_third_party_condition_changes_no_migration(transactional_db):
    from django.db import connection

    with conditions.temporarily(LikesJazz):
        loader = MigrationExecutor(connection).loader
        detector = MigrationAutodetector(loader.project_state(), ProjectState.from_apps(apps))
        changes = detector.changes(graph=loader.graph)
    assert not {"wagtail_automation_content", "contentapp"} & set(changes)


def test_the_editor_grows_by_less_than_45_kb(site, client, make_segment):
    """With eight personal blocks, and without."""
    from tests.contentapp.models import PersonalPage, PlainPage

    client.force_login(User.objects.create_superuser("admin", "admin@example.com", "pw"))
    sizes = {}
    for model, body in (
        (PlainPage, [one_block("heading", "A")]),
        (PersonalPage, [dynamic([(rule(("in_segment", {"segment": make_segment().pk})), "A")])]),
    ):
        page = model(title="Page", slug=str(uuid.uuid4()), locale=site.root_page.locale, body=body)
        site.root_page.add_child(instance=page)
        response = client.get(reverse("wagtailadmin_pages:edit", args=[page.pk]))
        assert response.status_code == 200
        sizes[model.__name__] = len(response.content)
    assert sizes["PersonalPage"] - sizes["PlainPage"] < 45_000, sizes
