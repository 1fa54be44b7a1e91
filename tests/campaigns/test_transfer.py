"""Campaigns as files between sites: what refers to what, what is not there, and files that are none."""

import copy
import datetime as dt
import json
import uuid
from io import StringIO

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from wagtail.models import Locale, Page, Site

from wagtail_automation.activities import activities
from wagtail_automation.audiences.categories.models import Category
from wagtail_automation.audiences.models import LeadList
from wagtail_automation.campaigns import actions
from wagtail_automation.campaigns.models import Campaign
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
