"""Landing pages: sections, designs, templates made by users, personal values, figures."""

import datetime as dt
import uuid

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import Group, Permission, User
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import translation
from wagtail.models import GroupPagePermission, Page

from tests.content.conftest import one_block, rule
from wagtail_automation import clock
from wagtail_automation.admin.roles import create_groups
from wagtail_automation.audiences.models import Goal, GoalReach
from wagtail_automation.content.landing import actions, ready_made, sections, views
from wagtail_automation.content.landing.designs import DESIGNS
from wagtail_automation.content.models import FormSubmission, LandingPage, LandingTemplate
from wagtail_automation.tracking import actions as tracking
from wagtail_automation.tracking.models import Event, Visit

pytestmark = pytest.mark.django_db


def items(*values):
    return [{"type": "item", "value": value, "id": str(uuid.uuid4())} for value in values]


NO_BUTTON = {"label": "", "page": None, "address": ""}


def hero(heading, **more):
    return one_block("hero", {"heading": heading, "text": "", "button": NO_BUTTON, "picture": None, **more})


@pytest.fixture
def make_landing(site):
    """``make_landing([section…])``: a published landing page."""

    def make(body, slug="start", **fields):
        page = LandingPage(title="Start", slug=slug, locale=site.root_page.locale, body=body, **fields)
        site.root_page.add_child(instance=page)
        return page

    return make


def soup(response):
    assert response.status_code == 200
    return BeautifulSoup(response.content, "html.parser")


def test_every_section_shows_what_it_holds_and_nothing_that_runs(client, make_landing, form):
    later = (clock.now() + dt.timedelta(days=2)).isoformat()
    evil = "<script>alert(1)</script>"
    bad = {"label": "Go", "page": None, "address": "javascript:alert(1)"}
    make_landing(
        [
            hero(f"Hello {evil}", button={"label": "Go", "page": None, "address": "#form"}, tone="strong"),
            hero("Second", button=bad),
            one_block("text", {"text": "<p>Words</p>"}),
            one_block("personal", {"heading": "Hi {{ lead.first_name | default: 'you' }}", "text": ""}),
            one_block("features", {"heading": "F", "items": items({"heading": evil, "text": "t"})}),
            one_block("testimonials", {"heading": "", "items": items({"text": "Good", "name": "Ada"})}),
            one_block(
                "pricing",
                {
                    "heading": "P",
                    "items": items(
                        {
                            "name": "S",
                            "price": "1 €",
                            "points": items("one"),
                            "button": NO_BUTTON,
                            "is_favourite": True,
                        }
                    ),
                },
            ),
            one_block("countdown", {"heading": "C", "ends_at": later, "after": "Over"}),
            one_block("countdown", {"heading": "D", "ends_at": "2020-01-01T00:00:00Z", "after": "Long over"}),
            one_block("video", {"heading": "V", "address": "https://video.example/film.mp4"}),
            one_block("video", {"heading": "W", "address": "https://video.example/watch?v=1"}),
            one_block("video", {"heading": "X", "address": "javascript:alert(1)"}),
            one_block("faq", {"heading": "Q", "items": items({"question": "Why?", "answer": "<p>So.</p>"})}),
            one_block("form", {"heading": "Write", "text": "", "form": form.pk, "anchor": "form"}),
            {"type": "from_an_app_that_is_gone", "value": {"secret": "kept"}, "id": str(uuid.uuid4())},
        ],
        palette="plum",
        hide_navigation=True,
        social_title="Shared",
    )
    response = client.get("/start/")
    page = soup(response)
    html = response.content.decode()
    assert "alert(1)</script>" not in html
    assert "javascript:" not in html
    assert "secret" not in html
    assert not response.cookies
    assert " style=" not in html
    assert page.select_one(".wa-landing.wa-palette--plum")
    assert page.select_one(".wa-section--hero a.wa-button")["href"] == "#form"
    assert page.select_one("#form form[method=post]")
    assert page.select_one("video")["preload"] == "none"
    assert page.select_one("a.wa-play")["rel"] == ["noopener", "noreferrer"]
    assert "Long over" in html
    assert page.select_one("[data-wa-countdown] time")
    assert page.select_one("details summary").get_text() == "Why?"
    assert page.select_one("meta[property='og:title']")["content"] == "Shared"
    assert len(page.select("h1")) == 2
    stored = LandingPage._meta.get_field("body").stream_block.get_prep_value(LandingPage.objects.get().body)
    assert stored[-1]["type"] == "from_an_app_that_is_gone"


@pytest.mark.parametrize(
    ("level", "shown"), [("anonymous", "Hi you"), ("recognised", "Hi you"), ("identified", "Hi <b>Zoé")]
)
def test_values_only_for_those_who_said_who_they_are(make_landing, make_visitor, settings, level, shown):
    settings.WAGTAIL_AUTOMATION = {**settings.WAGTAIL_AUTOMATION, "PERSONALISE": "server"}
    make_landing([hero("Hi {{ lead.first_name | default: 'you' }}")])
    who, _lead = make_visitor(level, first_name="<b>Zoé")
    assert soup(who.get("/start/")).h1.get_text(strip=True) == shown


def test_values_arrive_in_the_heading(client, make_landing, make_visitor):
    page = make_landing([hero("Hi {{ lead.first_name | default: 'you' }}")])
    shell = soup(client.get("/start/"))
    assert shell.h1.get_text(strip=True) == "Hi you"
    holder = shell.select_one("h1 > span[data-wa-fragment]")
    who, _lead = make_visitor("identified", first_name="Zoé")
    found = who.get(reverse("wagtail_automation_content:fragments", args=[page.pk])).json()["fragments"]
    assert found[holder["data-wa-fragment"]]["html"] == "Hi Zoé"


def test_dynamic_sections(make_landing, make_visitor, make_segment, settings):
    settings.WAGTAIL_AUTOMATION = {**settings.WAGTAIL_AUTOMATION, "PERSONALISE": "server"}
    who, lead = make_visitor()
    asked = rule(("in_segment", {"segment": make_segment(lead).pk}))
    alternative = {"content": [hero("For members")], "name": "Members", "rule": asked}
    value = {"alternatives": items(alternative), "fallback": [hero("For all")]}
    page = make_landing([one_block("dynamic", value)])
    assert soup(who.get("/start/")).h1.get_text(strip=True) == "For members"
    other, _lead = make_visitor()
    assert soup(other.get("/start/")).h1.get_text(strip=True) == "For all"
    assert "Members" in [str(label) for _key, label in page.preview_modes]
    inner = sections.SectionBlocks()
    assert "dynamic" not in inner.child_blocks
    assert "hero" in inner.child_blocks


def test_thank_you_state(client, make_landing, form, read_form):
    make_landing(
        [one_block("form", {"heading": "", "text": "", "form": form.pk})],
        landing_thank_you="<p>See you soon</p>",
    )
    response = read_form("/start/").send(first_name="Ann", email="ann@example.com")
    page = soup(client.get(response.url))
    assert page.select_one(".wa-landing-thanks").get_text(strip=True) == "See you soon"
    assert page.select_one("meta[name=robots]")["content"] == "noindex"


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "data:text/html,x", "//evil.example", "x", "https"]
)
def test_unsafe_addresses_of_buttons(address):
    block = ready_made.ButtonBlock()
    with pytest.raises(ValidationError):
        block.clean(block.to_python({"label": "Go", "page": None, "address": address}))
    for good in ("#form", "/page/", "https://x.example", "mailto:a@example.com"):
        block.clean(block.to_python({"label": "Go", "page": None, "address": good}))


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("one", DESIGNS, ids=lambda one: one.key)
def test_every_design_is_a_page_that_may_be_published(one, language, client, make_landing):
    block = LandingPage._meta.get_field("body").stream_block
    with translation.override(language):
        value = block.to_python(one.body())
        block.clean(value)
        page = make_landing(value.get_prep_value(), palette=one.palette)
    page.full_clean()
    assert soup(client.get("/start/")).h1.get_text(strip=True)
    assert len(DESIGNS) == 6


# -- in the admin ------------------------------------------------------------------------------------------


@pytest.fixture
def marketer(client, site):
    """Somebody who may edit the pages of the site."""
    create_groups()
    group = Group.objects.get(name="Marketer")
    for codename in ("add_page", "change_page", "publish_page"):
        permission = Permission.objects.get(content_type__app_label="wagtailcore", codename=codename)
        GroupPagePermission.objects.create(group=group, page=site.root_page, permission=permission)
    user = User.objects.create_user("mia", password="pw")
    user.groups.add(group)
    client.force_login(user)
    return user


def begin(client, site, **data):
    sent = {"title": "My page", "parent": site.root_page.pk, "start": "design:event"}
    sent["page_type"] = "wagtail_automation_content.landingpage"
    return client.post(reverse("wagtail_automation_landing_begin"), sent | data)


def test_the_empty_list_says_how_to_begin(client, site, marketer):
    index = reverse("wagtail_automation_landing:index")
    empty = client.get(index).content.decode()
    assert "There is no landing page yet" in empty and "of 0" not in empty
    begin(client, site)
    filtered = client.get(index, {"q": "nothing like it"}).content.decode()
    assert "No landing page matches" in filtered and "There is no landing page yet" not in filtered
    assert "My page" in client.get(index, {"q": "My page"}).content.decode()


def test_a_page_begins_with_a_design_as_a_draft(client, site, marketer):
    html = client.get(reverse("wagtail_automation_landing_begin")).content.decode()
    assert html.count('type="radio"') == 7
    response = begin(client, site)
    page = LandingPage.objects.get()
    assert response.url == reverse("wagtailadmin_pages:edit", args=[page.pk])
    assert (page.live, page.palette, page.owner) == (False, "plum", marketer)
    assert page.get_latest_revision_as_object().body[0].block_type == "hero"
    edit = client.get(response.url)
    assert edit.status_code == 200
    assert reverse("wagtail_automation_landing_keep", args=[page.pk]) in edit.content.decode()
    begin(client, site)
    assert set(LandingPage.objects.values_list("slug", flat=True)) == {"my-page", "my-page-2"}
    listing = client.get(reverse("wagtail_automation_landing:index"))
    assert "My page" in listing.content.decode()


@pytest.mark.parametrize(
    "data",
    [
        {"start": "design:none"},
        {"start": "template:99999"},
        {"title": ""},
        {"parent": "999999"},
        {"parent": "x"},
        {"page_type": "auth.user"},
        {"page_type": "testapp.simplepage"},
    ],
)
def test_bad_beginnings(client, site, marketer, data):
    assert begin(client, site, **data).status_code == 200
    assert not LandingPage.objects.exists()


def test_nobody_begins_where_they_may_not(client, site, marketer):
    GroupPagePermission.objects.all().delete()
    assert begin(client, site).status_code == 200
    assert not LandingPage.objects.exists()


def test_a_template_is_kept_chosen_cloned_hidden_deleted(client, site, marketer, make_landing):
    page = make_landing([hero("Our hero")], palette="gold")
    url = reverse("wagtail_automation_landing_keep", args=[page.pk])
    assert client.get(url).status_code == 200
    assert client.post(url, {"name": "", "colour": "green"}).status_code == 200
    data = {"name": "Ours <b>", "category": "Fair", "colour": "amber", "is_published": "on"}
    assert client.post(url, data).status_code == 302
    template = LandingTemplate.objects.get()
    assert (template.palette, template.category, template.colour) == ("gold", "Fair", "amber")
    assert template.body[0].id != page.body[0].id  # a copy is counted on its own
    assert begin(client, site, start=f"template:{template.pk}", title="Copy").status_code == 302
    copy = LandingPage.objects.get(title="Copy")
    assert str(copy.get_latest_revision_as_object().body[0].value["heading"]) == "Our hero"
    names = "wagtailsnippets_wagtail_automation_content_landingtemplate"
    for view in ("edit", "copy", "delete"):
        assert client.get(reverse(f"{names}:{view}", args=[template.pk])).status_code == 200
    assert "Ours &lt;b&gt;" in client.get(reverse(f"{names}:list")).content.decode()
    template.is_published = False
    template.save()
    assert "Ours" not in client.get(reverse("wagtail_automation_landing_begin")).content.decode()
    assert begin(client, site, start=f"template:{template.pk}").status_code == 200
    client.post(reverse(f"{names}:delete", args=[template.pk]))
    assert not LandingTemplate.objects.exists()
    assert LandingPage.objects.filter(title="Copy").exists()


def test_templates_take_the_right(client, site, make_landing):
    create_groups()
    page = make_landing([hero("x")])
    analyst = User.objects.create_user("ann", password="pw")
    analyst.groups.add(Group.objects.get(name="Analyst"))
    client.force_login(analyst)
    for name in ("keep", "results"):
        assert client.get(reverse(f"wagtail_automation_landing_{name}", args=[page.pk])).status_code == 302
    assert (
        client.get(reverse("wagtail_automation_landing_results", args=[Page.objects.first().pk])).status_code
        == 302
    )


def view_page(site, page, lead, source, at, medium="email"):
    from wagtail_automation.tracking.models import Visitor

    visitor = Visitor.objects.create(lead=lead, level="anonymous", created_at=at, last_seen_at=at)
    Visit.objects.create(visitor=visitor, site=site, started_at=at, last_at=at, source=source, medium=medium)
    tracking.record_event(
        name="page_viewed",
        visitor=visitor,
        site=site,
        about=Page.objects.get(pk=page.pk),
        at=at,
        channel="web",
    )
    return visitor


def test_results_by_source_and_goal(client, site, marketer, make_landing, form):
    from wagtail_automation.leads.models import Lead

    page = make_landing([hero("x")])
    now = clock.now()
    leads = [Lead.objects.create(first_name=f"Name{number}") for number in range(3)]
    first = view_page(site, page, leads[0], "letter", now - dt.timedelta(days=1))
    view_page(site, page, leads[1], "letter", now - dt.timedelta(days=1))
    view_page(site, page, leads[2], "fair", now - dt.timedelta(days=60))
    FormSubmission.objects.create(form=form, lead=leads[0], visitor=first, page=page, at=now)
    goal = Goal.objects.create(name="Bought")
    GoalReach.objects.create(goal=goal, lead=leads[0], key="once", at=now)
    GoalReach.objects.create(goal=goal, lead=leads[1], key="once", at=now - dt.timedelta(days=2))  # before
    url = reverse("wagtail_automation_landing_results", args=[page.pk])
    html = client.get(url).content.decode()
    cells = [
        [cell.get_text() for cell in row.select("td")]
        for row in BeautifulSoup(html, "html.parser").select("tr")
    ]
    assert ["letter", "email", "–", "2", "2", "1", "50.0"] in cells
    assert ["Bought", "1"] in cells
    assert "fair" not in html
    assert "Name0" not in html
    assert "fair" in client.get(url, {"days": "90"}).content.decode()
    assert client.get(url, {"days": "x"}).status_code == 200
    assert Event.objects.count() == 3


def test_figures_cost_the_same_for_any_number(
    client, site, marketer, make_landing, django_assert_max_num_queries
):
    page = make_landing([hero("x")])
    since = clock.now() - dt.timedelta(days=1)
    from wagtail_automation.content.landing import querysets

    with django_assert_max_num_queries(8):
        querysets.totals(page, since)
        querysets.by_source(page, since)
        querysets.goals_after(page, since)


def test_new_ids_everywhere_and_only_there():
    raw = [{"type": "a", "id": "1", "value": {"items": [{"type": "item", "id": "2", "value": "x"}], "id": 5}}]
    made = actions.with_new_ids(raw)
    assert made[0]["id"] != "1"
    assert made[0]["value"]["items"][0]["id"] != "2"
    assert made[0]["value"]["id"] == 5
    assert views.landing_types()
