"""The dry run on the screen: the form as it is in hand, numbers, who may see whom, bad input."""

import datetime as dt
import json

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.urls import reverse
from wagtail.users.models import UserProfile

from wagtail_automation.campaigns.models import Campaign, Enrollment
from wagtail_automation.leads.models import Lead
from wagtail_automation.tracking.actions import record_event

from .pieces import NOW, Tree
from .test_foreseeing_traces import listed

pytestmark = pytest.mark.django_db
FORESEE = {"dry_mode": "foresee", "dry_days": "30", "dry_people": ""}


@pytest.fixture
def boss(client):
    client.force_login(User.objects.create_superuser("boss", "boss@example.com", "secret"))
    return client


def tree_of(members) -> Tree:
    tree = Tree().on(
        "on_list_start", lists=[{"type": "item", "id": "l", "value": listed(members).pk}], keep=True
    )
    tree.wait(1, name="wait").ask("test_clicked", 2, name="ask")
    tree.do(1, name="thanks", parent="ask", branch="yes").do(2, name="other", parent="ask", branch="no")
    return tree


def saved(tree: Tree, **fields) -> Campaign:
    campaign = Campaign.objects.create(name="Spring", tree=tree.json, live=False, **fields)
    campaign.save_revision()
    return campaign


def ask(client, campaign, **data):
    url = reverse("wagtail_automation_campaigns_dry_run", args=[campaign.pk])
    return client.post(url, {**FORESEE, **data})


def form_of(client, campaign, tree: list | None = None, **changes) -> dict:
    """What the edit page would send."""
    url = reverse(Campaign.snippet_viewset.get_url_name("edit"), args=[campaign.pk])
    form = client.get(url).context["form"]
    data = {}
    for field in form:
        value = field.value()
        if field.name == "tree":
            value = json.dumps(campaign.tree.get_prep_value())
        elif field.name in ("goal", "exit_rule"):
            value = json.dumps(getattr(campaign, field.name).raw)
        elif field.name == "weekdays":
            value = list(value)
        if value is not None and value is not False:
            data[field.html_name] = value
    if tree is not None:
        data["tree"] = json.dumps(tree)
    return data | changes


def test_the_saved_draft_is_tried(boss, people):
    tree = tree_of(people(7))
    answer = ask(boss, saved(tree)).json()
    assert answer["steps"] == {
        tree.ids["wait"]: "7",
        tree.ids["ask"]: "7",
        tree.ids["thanks"]: "0–7",
        tree.ids["other"]: "0–7",
    }
    assert answer["branches"] == {f"{tree.ids['ask']}:yes": "0–7", f"{tree.ids['ask']}:no": "0–7"}
    assert len(answer["examples"]) == 7
    assert [way["status"] for way in answer["examples"][0]["ways"]] == ["Came to the end."] * 3
    assert "Nothing was written or sent." in answer["html"]
    assert not Enrollment.objects.exists()


def test_what_stands_in_the_form_is_tried_and_not_saved(boss, people):
    campaign = saved(tree_of(people(7)))
    changed = tree_of(people(3))
    answer = ask(boss, campaign, **form_of(boss, campaign, changed.json, holdout="0"))
    assert answer.status_code == 200, answer.content
    assert answer.json()["steps"][changed.ids["wait"]] == "3"
    campaign.refresh_from_db()
    assert changed.ids["wait"] not in {step["id"] for step in campaign.tree.get_prep_value()}


def test_the_settings_of_the_form_count(boss, people):
    campaign = saved(tree_of(people(40)))
    answer = ask(boss, campaign, **form_of(boss, campaign, holdout="90")).json()
    wait = next(step["id"] for step in campaign.tree.get_prep_value() if step["value"]["name"] == "wait")
    assert int(answer["steps"][wait]) < 20
    assert "Held out" in answer["html"]


def test_problems_are_told_as_the_editor_tells_them(boss, people):
    campaign = saved(tree_of(people(2)))
    broken = tree_of(people(1))
    broken.go_to("", name="nowhere", parent="ask", branch="yes")
    broken.json[-1]["value"]["config"] = {}
    answer = ask(boss, campaign, **form_of(boss, campaign, broken.json))
    assert answer.status_code == 400
    assert broken.json[-1]["id"] in answer.json()["errors"]
    assert answer.json()["errors"][broken.json[-1]["id"]]["messages"]
    no_start = [step for step in broken.json[:-1] if not step["type"].startswith("on_")]
    answer = ask(boss, campaign, **form_of(boss, campaign, no_start))
    assert answer.json()["treeErrors"] == ["Choose what starts this campaign."]
    answer = ask(boss, campaign, **form_of(boss, campaign, name=""))
    assert answer.json()["treeErrors"] == ["Name: This field is required."]


@pytest.mark.parametrize(
    "wrong",
    [
        {"dry_days": "8"},
        {"dry_days": ""},
        {"dry_days": "-7"},
        {"dry_mode": "guess"},
        {"dry_people": "list:999999"},
        {"dry_people": "segment:x"},
        {"dry_people": "list:99999999999999999999999999"},
        {"dry_people": "everybody"},
        {"tree": "{"},
        {"tree": "[1, 2]"},
        {"tree": ""},
    ],
)
def test_bad_input_is_refused_in_words(boss, people, wrong):
    answer = ask(boss, saved(tree_of(people(1))), **wrong)
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_a_tree_that_cannot_run_is_refused_for_those_who_only_look(boss, people):
    tree = Tree().on("on_test_page").go_to("nowhere")
    answer = ask(boss, saved(tree))
    assert answer.status_code == 400
    assert "does not say where to go on" in answer.json()["error"]


def test_a_list_may_be_supposed_to_enter(boss, people):
    tree = Tree().on("on_test_page").do(name="a")
    campaign = saved(tree)
    assert ask(boss, campaign).json()["steps"] == {tree.ids["a"]: "0"}
    chosen = listed(people(4), "Four")
    answer = ask(boss, campaign, dry_people=f"list:{chosen.pk}").json()
    assert answer["steps"] == {tree.ids["a"]: "4"}
    assert "run a replay" in ask(boss, campaign).json()["html"]


def test_a_replay_looks_at_recorded_events(boss, people):
    came, other = people(2)
    tree = Tree().on("on_test_page").do(name="a").ask("test_clicked", 2, name="ask")
    tree.do(1, name="thanks", parent="ask", branch="yes").do(2, name="other", parent="ask", branch="no")
    for lead, days, name in (
        (came, 5, "page_viewed"),
        (came, 4, "link_clicked"),
        (other, 6, "page_viewed"),
        (other, 20, "page_viewed"),
    ):
        record_event(name=name, lead=lead, at=NOW - dt.timedelta(days=days))
    answer = ask(boss, saved(tree), dry_mode="replay", dry_days="7").json()
    assert [answer["steps"][tree.ids[name]] for name in ("a", "thanks", "other")] == ["2", "1", "1"]
    assert len(ask(boss, saved(tree), dry_mode="replay", dry_days="30").json()["examples"][0]["ways"]) == 1


def user_with(*codenames) -> User:
    user = User.objects.create_user("somebody", "somebody@example.com", "secret")
    group = Group.objects.create(name="somebody")
    group.permissions.add(
        Permission.objects.get(codename="access_admin"), *Permission.objects.filter(codename__in=codenames)
    )
    user.groups.add(group)
    return user


def test_who_may_not_look_at_campaigns_gets_nothing(client, people):
    campaign = saved(tree_of(people(1)))
    client.force_login(user_with("view_lead"))
    assert ask(client, campaign).status_code in (302, 403)
    client.logout()
    assert ask(client, campaign).status_code == 302
    url = reverse("wagtail_automation_campaigns_dry_run", args=[campaign.pk])
    client.force_login(User.objects.create_superuser("boss", "boss@example.com", "secret"))
    assert client.get(url).status_code == 405
    assert client.post(url.replace(str(campaign.pk), "999999"), FORESEE).status_code == 404


def test_who_may_only_look_tries_the_saved_campaign_alone(client, people):
    campaign = saved(tree_of(people(2)))
    client.force_login(user_with("view_campaign"))
    answer = ask(client, campaign)
    assert answer.status_code == 200
    assert answer.json()["examples"] == []  # nor may they see leads
    assert ask(client, campaign, tree="[]").status_code in (302, 403)


def test_only_visible_people_are_shown(client, people):
    mine, theirs = people(1)[0], people(1)[0]
    user = user_with("view_campaign", "view_lead")
    user.groups.add(Group.objects.get_or_create(name="Salesperson")[0])
    Lead.objects.filter(pk=mine.pk).update(owner=user)
    client.force_login(user)
    visible = set(Lead.objects.visible_to(user).values_list("pk", flat=True))
    answer = ask(client, saved(tree_of([mine, theirs]))).json()
    assert {example["name"] for example in answer["examples"]} == {
        str(lead) for lead in (mine, theirs) if lead.pk in visible
    }


def test_why_nobody_can_be_foreseen_stands_beside_the_zero(boss, people):
    people(3)
    answer = ask(boss, saved(Tree().on().do(1))).json()
    assert answer["summary"].startswith("0 people enter, 0 messages go out. “")
    assert "nobody knows: run a replay" in answer["summary"]
    assert "replay" not in ask(boss, saved(tree_of(people(2)))).json()["summary"]


def test_the_screen_speaks_french(boss, people):
    UserProfile.objects.create(user=User.objects.get(username="boss"), preferred_language="fr")
    answer = ask(boss, saved(tree_of(people(2)))).json()
    assert "Rien n’a été écrit ni envoyé." in answer["html"]
    assert answer["examples"][0]["ways"][0]["status"] == "Est arrivé au bout."
