"""Publishing while people are inside: what is said before, what happens then, and a draft saved meanwhile."""

import datetime as dt
import json
import os
import threading
import time

import pytest
from django.core.management import call_command
from django.db import connection, connections, transaction
from django.urls import reverse
from wagtail.models import Revision

from wagtail_automation import jobs
from wagtail_automation.campaigns import actions, publication
from wagtail_automation.campaigns.models import Campaign, Enrollment
from wagtail_automation.campaigns.tree.fields import raw_steps
from wagtail_automation.leads.models import Lead
from wagtail_automation.testing import clock as test_clock

from .pieces import NOW, Tree

pytestmark = pytest.mark.django_db


def later(**delta):
    return test_clock.freeze(NOW + dt.timedelta(**delta))


@pytest.fixture
def inside(campaign, people, walk):
    """A campaign with three people at w1, two at w2, one held."""
    tree = Tree().on().do(1, name="a").wait(5, name="w1").wait(5, name="w2")
    tree.add("do_test_poison", name="sick").do(10, name="b")
    made = campaign(tree.json)
    actions.enroll(campaign=made, leads=[lead.pk for lead in people(1, company="poison")])
    walk()
    with later(days=5):
        actions.enroll(campaign=made, leads=[lead.pk for lead in people(2)])
        walk()
    with later(days=10):
        actions.enroll(campaign=made, leads=[lead.pk for lead in people(3)])
        walk()
    return made, tree


def without(tree, *names) -> list[dict]:
    return [step for step in tree.json if step["value"]["name"] not in names]


def said(found) -> dict:
    return {
        "stay": {here.title: here.count for here in found.stay},
        "removed": {here.title: (here.count, here.target) for here in found.removed},
        "held": found.held,
    }


@pytest.mark.parametrize(
    ("gone", "at_removed", "expected"),
    [
        ((), "next", {"stay": {"w1": 3, "w2": 2, "sick": 1}, "removed": {}, "held": 1}),
        (
            ("w1", "w2"),
            "next",
            {"stay": {"sick": 1}, "removed": {"w1": (3, "sick"), "w2": (2, "sick")}, "held": 1},
        ),
        (("w1",), "leave", {"stay": {"w2": 2, "sick": 1}, "removed": {"w1": (3, "")}, "held": 1}),
        (
            ("w2", "sick", "b"),
            "next",
            {"stay": {"w1": 3}, "removed": {"w2": (2, ""), "sick": (1, "")}, "held": 1},
        ),
    ],
)
def test_what_is_said_is_what_happens(inside, gone, at_removed, expected):
    made, tree = inside
    steps = without(tree, *gone)
    found = publication.foresee(made, lambda: steps, at_removed)
    assert said(found) == expected
    made.tree, made.at_removed = steps, at_removed
    made.save()
    actions.publish(campaign=made)
    after = dict.fromkeys(expected["stay"], 0) | expected["stay"]
    for count, target in expected["removed"].values():
        if target:
            after[target] += count
    there = {}
    names = {step["id"]: step["value"]["name"] for step in steps}
    for uuid in Enrollment.objects.inside().values_list("step__uuid", flat=True):
        there[names[str(uuid)]] = there.get(names[str(uuid)], 0) + 1
    assert there == after
    leaving = sum(count for count, target in expected["removed"].values() if not target)
    assert Enrollment.objects.filter(left_reason="step_removed").count() == leaving


def test_who_comes_late_to_a_removed_step_leaves_too_if_it_says_so(campaign, people, walk, monkeypatch):
    from wagtail_automation.campaigns import moves

    tree = Tree().do(1, name="a").wait(5, name="w").do(10, name="b")
    made = campaign(tree.json)
    actions.enroll(campaign=made, leads=[lead.pk for lead in people(2)])
    walk()
    made.tree, made.at_removed = without(tree, "w"), "leave"
    made.save()
    monkeypatch.setattr(moves, "relocate", lambda plan, removed: 0)
    actions.publish(campaign=made)
    monkeypatch.undo()
    with later(days=5):
        walk()
    assert set(Lead.objects.values_list("score", flat=True)) == {1}
    assert set(Enrollment.objects.values_list("left_reason", flat=True)) == {"step_removed"}


def ask(client, made, steps, **more):
    url = reverse("wagtail_automation_campaigns_tree:publication", args=[made.pk])
    return client.post(url, {"tree": json.dumps(steps), **more}, content_type="application/json")


def words(response) -> str:
    return " ".join(response.content.decode().split())


def test_the_editor_reads_it_before_the_click(inside, admin_client):
    made, tree = inside
    page = words(admin_client.get(reverse(Campaign.snippet_viewset.get_url_name("edit"), args=[made.pk])))
    assert "When this is published: 6 people are inside" in page
    assert "6 go on at the same step in the new version: “w1” (3), “w2” (2), “sick” (1)" in page
    page = words(ask(admin_client, made, without(tree, "w1")))
    assert "“w1” is removed: 3 people go on at “w2”." in page
    assert "1 who is held tries again." in page
    page = words(ask(admin_client, made, without(tree, "w1"), removed="leave"))
    assert "“w1” is removed: 3 people leave the campaign." in page
    actions.stop(campaign=made)
    assert "Nobody is inside" in words(ask(admin_client, made, tree.json))


@pytest.mark.parametrize("text", ["", "{", "[3]", "null", '[{"id": "x"}]'])
def test_damaged_trees_are_refused(inside, admin_client, text):
    made, _tree = inside
    url = reverse("wagtail_automation_campaigns_tree:publication", args=[made.pk])
    for body in (json.dumps({"tree": text}), json.dumps({"tree": 3}), "[]", "{"):
        assert admin_client.post(url, body, content_type="application/json").status_code == 400


def test_only_for_those_who_may_change_campaigns(inside, client, django_user_model):
    made, tree = inside
    client.force_login(django_user_model.objects.create_user("nobody"))
    assert ask(client, made, tree.json).status_code in (302, 403)


def test_a_publication_that_was_scheduled_does_the_same(inside):
    made, tree = inside
    made.tree, made.at_removed = without(tree, "w1"), "leave"
    made.go_live_at = dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)  # Wagtail goes by the real clock
    revision = made.save_revision()
    revision.publish()
    assert Enrollment.objects.inside().count() == 6
    over = dt.datetime.now(dt.UTC) - dt.timedelta(minutes=1)  # an hour has passed, in what was written
    content = revision.content | {"go_live_at": over.isoformat()}
    Revision.objects.filter(pk=revision.pk).update(approved_go_live_at=over, content=content)
    call_command("publish_scheduled")
    assert Enrollment.objects.filter(left_reason="step_removed").count() == 3
    made.refresh_from_db()
    assert len(raw_steps(made.tree)) == 5


# -- a draft is saved while it is published --------------------------------------------------------------
def someone_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(cursor.fetchone()[0])


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(os.environ.get("WA_TEST_DB") != "postgres", reason="SQLite has one writer")
def test_a_draft_saved_while_it_is_published_ends_in_no_deadlock(monkeypatch):
    """Saving holds the campaign and then writes its revision; publishing must not hold the revision while it
    waits for the campaign."""
    monkeypatch.setattr(jobs, "enqueue", lambda *args, **options: None)
    made = Campaign.objects.create(name="Race", tree=Tree().on().do(1).json, live=False)
    revision = made.save_revision()
    errors: list[BaseException] = []

    def publish():
        try:
            Revision.objects.get(pk=revision.pk).publish()
        except BaseException as error:  # noqa: BLE001  asserted below
            errors.append(error)
        finally:
            connections.close_all()

    thread = threading.Thread(target=publish)
    with transaction.atomic():
        Campaign.objects.filter(pk=made.pk).update(has_unpublished_changes=True)
        thread.start()
        end = time.monotonic() + 20
        while not someone_waits() and time.monotonic() < end:
            time.sleep(0.05)
        assert someone_waits(), "the publication has come to the campaign"
        Revision.objects.filter(object_id=str(made.pk)).update(created_at=NOW)
    thread.join(30)
    assert not thread.is_alive() and errors == []
    made.refresh_from_db()
    assert made.live and made.current_version.number == 1
