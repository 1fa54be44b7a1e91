"""Campaigns as files between sites: what refers to what, what is not there, and files that are none."""

import copy
import datetime as dt
import json
import uuid
from io import StringIO

import pytest
from django.contrib.auth.models import Permission
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import reverse
from wagtail.models import Locale, Page, Site

from wagtail_automation.activities import activities
from wagtail_automation.audiences.categories.models import Category
from wagtail_automation.audiences.models import LeadList
from wagtail_automation.campaigns import actions, publishing
from wagtail_automation.campaigns.models import Campaign
from wagtail_automation.campaigns.plan import compile_tree
from wagtail_automation.campaigns.transfer import missing
from wagtail_automation.campaigns.transfer.exporting import dump, export_campaign
from wagtail_automation.campaigns.transfer.importing import import_campaign
from wagtail_automation.campaigns.transfer.reading import MAX_BYTES, read
from wagtail_automation.campaigns.tree.fields import raw_steps
from wagtail_automation.rules.rule import Rule

from .pieces import AddPoints, Tree

pytestmark = pytest.mark.django_db


def rule(*items) -> dict:
    return {
        "match": "all",
        "items": [{"id": str(uuid.uuid4()), "type": kind, "value": value} for kind, value in items],
    }


@pytest.fixture
def pages(db):
    Locale.objects.get_or_create(language_code="en")
    root = Page.objects.filter(depth=1).first() or Page.add_root(title="Root", slug="root")
    home = root.add_child(instance=Page(title="Home", slug="shop"))
    Site.objects.update(root_page=home)
    return home, home.add_child(instance=Page(title="Prices", slug="prices"))


@pytest.fixture
def original(pages):
    """A campaign that refers to lists, a page and itself, in steps, lists and rules."""
    _home, prices = pages
    news, buyers = LeadList.objects.create(name="News"), LeadList.objects.create(name="Buyers")
    made = Campaign.objects.create(name="Welcome", live=False)
    items = [{"type": "item", "id": str(uuid.uuid4()), "value": one.pk} for one in (news, buyers)]
    tree = Tree().on("on_list_start", lists=items, keep=True)
    asked = rule(
        ("in_list", {"list": buyers.pk}), ("page_visited", {"page": prices.pk, "url": "", "times": 1})
    )
    tree.add("decision", {"rule": asked, "patience": 0, "unit": "days"}, name="ask")
    tree.do(5, name="yes", parent="ask", branch="yes")
    tree.add("campaign_leave", {"campaign": made.pk}, name="out", parent="ask", branch="no")
    made.tree = tree.json
    made.goal = Rule(rule(("in_list", {"list": news.pk})))
    made.category = Category.objects.create(type="campaign", name="Onboarding", colour="teal")
    made.colour, made.holdout, made.reentry = "violet", 10, "each"
    made.ends_at = dt.datetime(2027, 1, 1, tzinfo=dt.UTC)
    made.save()
    return made


def test_a_campaign_comes_back_as_it_went(original):
    data = json.loads(dump(export_campaign(original)))
    imported = import_campaign(data, name="Copy")
    new = imported.campaign
    assert imported.missing == []
    assert (new.name, new.live, new.current_version) == ("Copy", False, None)
    for name in ("colour", "holdout", "reentry", "ends_at", "category", "goal"):
        assert getattr(new, name) == getattr(original, name), name
    theirs, ours = raw_steps(original.tree), raw_steps(new.tree)
    assert [step["id"] for step in ours] == [step["id"] for step in theirs]
    assert ours[-1]["value"]["config"] == {"campaign": new.pk}, "it asks about itself, not about the other"
    assert ours[:-1] == theirs[:-1]
    assert new.latest_revision is not None
    assert {str(obj) for _said, obj in imported.found} == {"News", "Buyers", "Prices"}


def test_no_number_of_the_other_site_is_in_the_file(original):
    """Keys of the database mean something else elsewhere."""
    data = export_campaign(original)
    start, asked, _yes, out = (step["value"]["config"] for step in data["steps"])
    chosen = [item["value"] for item in start["lists"]]
    chosen += [
        item["value"][name] for item, name in zip(asked["rule"]["items"], ("list", "page"), strict=True)
    ]
    assert [set(one) for one in chosen] == [{"$ref"}] * 4
    assert out == {"campaign": {"$ref": "itself"}}
    assert {said["model"].rpartition(".")[2] for said in data["references"].values()} == {"LeadList", "Page"}


def elsewhere(original) -> dict:
    """Its file, on a site that has none of what it refers to."""
    data = export_campaign(original)
    original.delete()
    LeadList.objects.all().delete()
    Page.objects.filter(title="Prices").delete()
    return data


def test_what_is_not_here_is_named_at_its_step_and_keeps_it_from_being_published(original):
    imported = import_campaign(elsewhere(original))
    found = {str(one): one.steps for one in imported.missing}
    assert found == {
        "list “News”": ["start0", "goal"],
        "list “Buyers”": ["start0", "ask"],
        "page “Prices”": ["ask"],
    }
    campaign = Campaign.objects.get(pk=imported.campaign.pk)
    with pytest.raises(ValidationError, match="page “Prices” of the other site was not found"):
        actions.publish(campaign=campaign)
    assert campaign.current_version is None


def test_found_by_name_where_the_key_is_another(original):
    data = elsewhere(original)
    LeadList.objects.create(name="NEWS")
    LeadList.objects.create(name="Buyers")
    LeadList.objects.create(name="buyers")
    imported = import_campaign(data)
    assert [str(one) for one in imported.missing] == ["list “Buyers”", "page “Prices”"], "two have that name"


def test_a_page_is_found_by_its_address(original, pages):
    home, _prices = pages
    data = elsewhere(original)
    home.refresh_from_db()
    there = home.add_child(instance=Page(title="Tarifs", slug="prices"))
    imported = import_campaign(data)
    assert there.pk in [obj.pk for _said, obj in imported.found]


def test_choosing_what_was_missing(original, pages):
    imported = import_campaign(elsewhere(original))
    campaign = imported.campaign
    news, others, page = imported.missing
    mine = LeadList.objects.create(name="Mine")
    missing.settle(campaign, [(news, mine.pk), (page, None)])
    campaign.save()
    campaign = Campaign.objects.get(pk=campaign.pk)
    assert [str(one) for one in missing.find_missing(campaign)] == [str(others)]
    steps = raw_steps(campaign.tree)
    assert [item["value"] for item in steps[0]["value"]["config"]["lists"]] == [mine.pk, None]
    assert campaign.goal.raw["items"][0]["value"] == {"list": mine.pk}


def test_a_step_that_is_taken_out_takes_its_questions_along(original):
    campaign = import_campaign(elsewhere(original)).campaign
    campaign.tree = [step for step in raw_steps(campaign.tree) if step["type"] != "decision"]
    assert [str(one) for one in missing.find_missing(campaign)] == ["list “News”", "list “Buyers”"]


def test_steps_of_an_app_that_is_not_here_are_kept(original):
    data = export_campaign(original)
    activities.unregister(AddPoints)
    try:
        campaign = import_campaign(data).campaign
        kept = next(step for step in raw_steps(campaign.tree) if step["type"] == "do_test_points")
        assert kept["value"]["config"] == {"points": 5}
    finally:
        activities.register(AddPoints)


def test_what_a_step_of_another_app_refers_to_is_looked_for_too(original):
    data = export_campaign(original)
    number = next(key for key, said in data["references"].items() if said["name"] == "News")
    data["steps"].append(
        {
            "id": str(uuid.uuid4()),
            "type": "do_their_own",
            "value": {
                "parent": "",
                "branch": "main",
                "name": "",
                "config": {"list": {"$ref": number}, "b": [{"$ref": "99"}]},
            },
        }
    )
    imported = import_campaign(data)
    config = raw_steps(imported.campaign.tree)[-1]["value"]["config"]
    assert config == {"list": LeadList.objects.get(name="News").pk, "b": [None]}
    assert len(imported.missing) == 1


def test_a_number_in_the_place_of_a_reference_is_not_believed(original):
    """A file written by hand: 1 is somebody else's list here."""
    data = export_campaign(original)
    data["campaign"]["goal"]["items"][0]["value"]["list"] = LeadList.objects.first().pk
    campaign = import_campaign(data).campaign
    assert campaign.goal.raw["items"][0]["value"] == {"list": None}
    assert len(missing.find_missing(campaign)) == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe\x00", "not JSON"),
        (b"{", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b'{"format": NaN}', "not JSON"),
        (b"[]", "not the file of a campaign"),
        (b'{"format": "other"}', "not the file of a campaign"),
        (b'{"format": "wagtail-automation-campaign", "version": 2}', "has the format 2"),
        (b'{"format": "wagtail-automation-campaign", "version": 1}', "a part of the campaign is missing"),
        (b" " * (MAX_BYTES + 1), "too long"),
    ],
)
def test_files_that_are_none(content, said):
    with pytest.raises(ValidationError, match=said):
        read(content)
    assert not Campaign.objects.exists()


def damage(change):
    def apply(data):
        data = copy.deepcopy(data)
        change(data)
        return data

    return apply


def circle(data):
    one, two = data["steps"][2], data["steps"][3]
    one["value"]["parent"], two["value"]["parent"] = two["id"], one["id"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda data: data.update(steps="x"), "a part of the campaign is missing"),
        (lambda data: data.update(references=[]), "a part of the campaign is missing"),
        (lambda data: data["references"].update(a=3), "what it refers to cannot be read"),
        (lambda data: data["steps"].append(3), "Step 5 is damaged"),
        (lambda data: data["steps"][0].update(id="1"), "Step 1 is damaged"),
        (lambda data: data["steps"][1]["value"].update(config=[]), "Step 2 is damaged"),
        (lambda data: data["steps"][1].update(type="_unknown"), "Step 2 is damaged"),
        (lambda data: data["steps"].append(data["steps"][2]), "“yes” is there twice"),
        (circle, "“yes” stands below itself"),
        (lambda data: data.update(steps=data["steps"] * 300), "at most 1000 steps"),
        (lambda data: data["campaign"].update(colour="plaid"), "colour"),
        (lambda data: data["campaign"].update(name={"a": 1}), "name"),
        (lambda data: data["campaign"].update(holdout="many"), "held out"),
        (lambda data: data["campaign"].update(ends_at="soon"), "end"),
        (lambda data: data["campaign"].update(name="a\x00b"), "no text can hold"),
        (lambda data: data["steps"][2]["value"]["config"].update(points={"$ref": []}), "cannot be read|"),
    ],
)
def test_damaged_files_say_where(original, change, said):
    data = damage(change)(export_campaign(original))
    before = Campaign.objects.count()
    try:
        import_campaign(data)
    except ValidationError as error:
        assert any(part in " ".join(error.messages) for part in said.split("|") if part)
        assert Campaign.objects.count() == before, "nothing is left of it"
    else:
        assert "|" in said


def test_the_commands(original, tmp_path):
    path = tmp_path / "welcome.json"
    call_command("automation_campaign_export", "Welcome", str(path))
    out = StringIO()
    call_command("automation_campaign_import", str(path), name="Second", stdout=out)
    assert Campaign.objects.filter(name="Second", live=False).exists()
    assert "'News' -> News" in out.getvalue()
    text = StringIO()
    call_command("automation_campaign_export", str(original.uuid), "-", stdout=text)
    assert json.loads(text.getvalue())["campaign"]["name"] == "Welcome"


@pytest.mark.parametrize(
    ("command", "arguments", "said"),
    [
        ("export", ["Nobody", "-"], "There is no campaign 'Nobody'"),
        ("export", ["99999999999999999999", "-"], "There is no campaign"),
        ("export", ["Welcome", "/nowhere/at/all.json"], "cannot be written"),
        ("import", ["/nowhere/at/all.json"], "cannot be read"),
        ("import", [__file__], "not JSON"),
    ],
)
def test_the_commands_say_what_is_wrong(original, command, arguments, said):
    with pytest.raises(CommandError, match=said):
        call_command(f"automation_campaign_{command}", *arguments)


def test_a_draft_is_exported_unless_the_live_one_is_asked_for(original):
    original.name = "Draft"
    original.save_revision()
    texts = []
    for options in ({}, {"live": True}):
        out = StringIO()
        call_command("automation_campaign_export", str(original.pk), "-", stdout=out, **options)
        texts.append(json.loads(out.getvalue())["campaign"]["name"])
    assert texts == ["Draft", "Welcome"]


# -- the admin -----------------------------------------------------------------------------------------
IMPORT = "wagtail_automation_campaigns_import"


def upload(client, data, **more):
    content = data if isinstance(data, bytes) else dump(data).encode()
    return client.post(reverse(IMPORT), {"file": SimpleUploadedFile("c.json", content), **more})


def test_a_file_is_downloaded_and_read_again(original, admin_client):
    answer = admin_client.get(reverse("wagtail_automation_campaigns_export", args=[original.pk]))
    assert answer["Content-Disposition"] == 'attachment; filename="welcome.json"'
    assert admin_client.get(reverse(IMPORT)).status_code == 200
    answer = upload(admin_client, answer.content, name="Second")
    new = Campaign.objects.get(name="Second")
    assert answer.url == reverse(Campaign.snippet_viewset.get_url_name("edit"), args=[new.pk])
    assert not new.live
    assert admin_client.get(answer.url).status_code == 200


def test_what_is_missing_is_chosen_on_a_page(original, admin_client):
    answer = upload(admin_client, elsewhere(original))
    new = Campaign.objects.get()
    assert answer.url == reverse("wagtail_automation_campaigns_missing", args=[new.pk])
    page = admin_client.get(answer.url).content.decode()
    assert "list “News”" in page and "Chosen in: start0, goal" in page
    edit = reverse(Campaign.snippet_viewset.get_url_name("edit"), args=[new.pk])
    assert "3 things that this campaign refers to" in admin_client.get(edit).content.decode()
    mine = LeadList.objects.create(name="Mine")
    assert admin_client.post(answer.url, {"chosen0": "99999999"}).status_code == 200
    assert admin_client.post(answer.url, {"chosen0": mine.pk}).url == answer.url, "two are left"
    assert admin_client.post(answer.url, {"chosen0": mine.pk, "empty1": "on"}).url == edit
    new = Campaign.objects.get()
    draft = new.get_latest_revision_as_object()
    assert draft.missing == new.missing == []
    assert draft.goal.raw["items"][0]["value"] == {"list": mine.pk}
    assert "Everything was found" in admin_client.get(answer.url).content.decode()


def test_bad_uploads_say_why(admin_client):
    for content, words in (
        (b"{", "not JSON"),
        (b"{}", "not the file of a campaign"),
        (b" " * (MAX_BYTES + 1), "too long"),
        (b"", "empty"),
    ):
        page = upload(admin_client, content)
        assert page.status_code == 200 and words in page.content.decode()
    assert admin_client.post(reverse(IMPORT), {}).status_code == 200
    assert not Campaign.objects.exists()


def test_who_may_what(original, client, django_user_model):
    for codenames, exported, imported, missing_page in (
        (["view_campaign"], 200, 302, 302),
        (["change_campaign"], 200, 302, 200),
        (["add_campaign"], 200, 200, 302),
    ):
        user = django_user_model.objects.create_user(codenames[0])
        user.user_permissions.add(
            Permission.objects.get(codename="access_admin"),
            *Permission.objects.filter(codename__in=codenames),
        )
        client.force_login(user)
        addresses = (
            reverse("wagtail_automation_campaigns_export", args=[original.pk]),
            reverse(IMPORT),
            reverse("wagtail_automation_campaigns_missing", args=[original.pk]),
        )
        answers = tuple(client.get(address).status_code for address in addresses)
        assert answers == (exported, imported, missing_page), codenames


# -- trees that cannot run -----------------------------------------------------------------------------
def conditions_of(count: int) -> dict:
    return rule(*[("test_score", {"above": number}) for number in range(count)])


@pytest.mark.parametrize(
    ("change", "step", "said"),
    [
        (lambda data: data["steps"][2]["value"].update(branch="maybe"), "yes", "has no branch for “yes”"),
        (
            lambda data: data["steps"][2]["value"].update(parent=str(uuid.uuid4())),
            "yes",
            "The step above “yes” is missing",
        ),
        (
            lambda data: (
                data["steps"][3].update(type="go_to")
                or data["steps"][3]["value"].update(config={"step": data["steps"][1]["id"], "most": 5})
            ),
            "out",
            "“out” leads back without a wait",
        ),
        (
            lambda data: data["steps"][1]["value"]["config"].update(rule=conditions_of(101)),
            "ask",
            "at most 100 conditions",
        ),
    ],
)
def test_a_tree_that_cannot_run_is_kept_and_refused_at_its_step(original, change, step, said):
    imported = import_campaign(damage(change)(export_campaign(original)))
    graph = compile_tree(raw_steps(imported.campaign.tree))
    named = {one["id"]: one["value"]["name"] for one in raw_steps(imported.campaign.tree)}
    found = [(named[identity], words) for identity, words in graph.refusals]
    assert any(name == step and said in words for name, words in found), found
    with pytest.raises(ValidationError, match=said):
        actions.publish(campaign=imported.campaign)


def test_a_thousand_steps_and_a_hundred_conditions_run():
    tree = Tree().on()
    for _number in range(998):
        tree.do(1)
    tree.add("decision", {"rule": conditions_of(100), "patience": 0, "unit": "days"}, name="ask")
    data = export_campaign(Campaign(name="Long", tree=tree.json))
    made = import_campaign(data).campaign
    assert len(actions.publish(campaign=made).steps.all()) == 999


@pytest.mark.parametrize("reentry", ["never", "after"])
def test_every_year_but_only_once_is_refused_at_the_trigger(reentry):
    tree = Tree().on("on_date_reached", field="birth_date", days=0, time="09:00", yearly=True).do(1)
    made = Campaign.objects.create(name="Y", tree=tree.json, reentry=reentry, reentry_days=400)
    assert [step for step, _words in publishing.problems(made)] == [tree.json[0]["id"]]
    with pytest.raises(ValidationError, match="again"):
        actions.publish(campaign=made)
    made.reentry = "each"
    actions.publish(campaign=made)
