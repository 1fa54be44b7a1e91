"""Dynamic content: shared contents, tags, holdout, counting, previews as a lead, the admin's answers."""

import datetime as dt
import json
import logging
import re
import uuid

import pytest
from django.contrib.auth.models import Permission, User
from django.core.management import call_command
from django.template import Context, Template
from django.test import Client
from django.urls import reverse

from tests.content.conftest import BROWSER, dynamic, one_block, rule
from wagtail_automation import clock
from wagtail_automation.audiences.dynamic.choosing import choose_for
from wagtail_automation.audiences.goals.actions import reach_goal
from wagtail_automation.audiences.models import DynamicContent, Goal
from wagtail_automation.content import deciding, personal
from wagtail_automation.content.models import Showing
from wagtail_automation.content.showing import actions, tokens
from wagtail_automation.content.showing.results import results
from wagtail_automation.leads.cohorts import LeadsCohort
from wagtail_automation.leads.merging import merge
from wagtail_automation.leads.models import Lead
from wagtail_automation.tracking.models import Event

pytestmark = pytest.mark.django_db


def in_segment(segment):
    return rule(("in_segment", {"segment": segment.pk}))


@pytest.fixture
def shared(english):
    """``shared([(rule, text)…], **fields)``: a published shared content."""

    def make(alternatives, fallback="Everybody", live=True, **fields):
        return DynamicContent.objects.create(
            name=fields.pop("name", "Banner"),
            locale=english,
            live=live,
            alternatives=[
                {
                    "type": "alternative",
                    "id": str(uuid.uuid4()),
                    "value": {"name": text, "rule": asked, "content": {"heading": text, "text": ""}},
                }
                for asked, text in alternatives
            ],
            fallback=[{"type": "content", "value": {"heading": fallback, "text": ""}}],
            **fields,
        )

    return make


def answer(client, page, query=""):
    return client.get(f"/automation/fragments/{page.pk}/{query}").json()


def report(client, *events, **headers):
    sent = {"User-Agent": BROWSER, "Sec-Fetch-Site": "same-origin", **headers}
    body = json.dumps({"events": [list(one) for one in events]})
    return client.post("/automation/shown/", body, content_type="text/plain", headers=sent)


# -- shared contents -------------------------------------------------------------------------------------


def test_a_shared_content_stands_on_a_page(make_page, make_visitor, make_segment, shared):
    known, lead = make_visitor()
    content = shared([(in_segment(make_segment(lead)), "For members")])
    page = make_page([one_block("shared", content.pk)])
    html = Client().get("/personal/").content.decode()
    assert "Everybody" in html and "For members" not in html
    found = answer(known, page)
    assert "For members" in found["fragments"][str(content.translation_key)]["html"]


def test_an_unpublished_or_deleted_content_shows_nothing(make_page, make_visitor, make_segment, shared):
    known, lead = make_visitor()
    content = shared([(in_segment(make_segment(lead)), "Secret")], live=False)
    page = make_page([one_block("shared", content.pk), one_block("heading", "Rest")])
    html = known.get("/personal/").content.decode()
    assert "Rest" in html and "Secret" not in html and "Everybody" not in html
    assert answer(known, page)["fragments"] == {}
    content.delete()
    assert known.get("/personal/").status_code == 200


def test_a_draft_of_a_live_content_is_not_shown(make_page, make_visitor, make_segment, shared):
    known, lead = make_visitor()
    content = shared([(in_segment(make_segment(lead)), "Live")])
    content.alternatives[0].value["content"]["heading"] = "Drafted"
    content.save_revision()
    page = make_page([one_block("shared", content.pk)])
    html = json.dumps(answer(known, page))
    assert "Live" in html and "Drafted" not in html


def test_one_preview_mode_for_each_alternative_of_a_shared_content(shared):
    content = shared([(rule(), "Gold"), (rule(), "<i>Silver")])
    names = [str(label) for _mode, label in content.preview_modes]
    assert names == ["Everybody else", "Gold", "<i>Silver"]
    for mode, label in content.preview_modes:
        html = content.make_preview_request(preview_mode=mode).rendered_content
        assert (f"{label}" if label != "<i>Silver" else "&lt;i&gt;Silver") in html.replace(
            "Everybody<", "Everybody else<"
        )


@pytest.mark.parametrize("mode", ["fragment", "server"])
def test_the_tag_works_without_a_page(rf, settings, make_visitor, make_segment, shared, mode):
    settings.WAGTAIL_AUTOMATION = {**settings.WAGTAIL_AUTOMATION, "PERSONALISE": mode}
    known, lead = make_visitor()
    content = shared([(in_segment(make_segment(lead)), "For members")])
    request = known.get("/").wsgi_request
    from wagtail_automation.tracking import visitors

    visitors.current(request)
    source = "{% load automation_content %}{% automation_dynamic key %}"
    html = Template(source).render(Context({"request": request, "key": content.translation_key}))
    if mode == "server":
        assert "For members" in html
        return
    assert "Everybody" in html and "For members" not in html
    name = html.split('data-wa-shared="')[1].split('"')[0]
    found = known.get("/automation/fragments/", {"shared": name}).json()
    assert "For members" in found["fragments"][str(content.translation_key)]["html"]
    assert (
        known.get("/automation/fragments/", {"shared": content.translation_key.hex}).json()["fragments"] == {}
    )
    assert Client().get("/automation/fragments/", {"shared": name}).json()["fragments"] == {}


@pytest.mark.parametrize("key", ["", "x", "0" * 32, "abb586db-cc9b-4106-be6e-7216e89e92f2"])
def test_the_tag_shows_nothing_for_what_is_not_there(rf, key):
    source = "{% load automation_content %}[{% automation_dynamic key %}]"
    assert Template(source).render(Context({"request": rf.get("/"), "key": key})) == "[]"
    assert Template(source).render(Context({"key": key})) == "[]"


def test_a_whole_mailing_is_divided_in_a_few_statements(shared, make_segment, django_assert_max_num_queries):
    leads = Lead.objects.bulk_create([Lead(score=n, bucket=n * 1000) for n in range(200)])
    content = shared(
        [
            (rule(("score_above", {"value": 149})), "Hot"),
            (rule(("score_above", {"value": 49})), "Warm"),
            (rule(("not_installed", {})), "Broken"),
        ],
        holdout=50,
    )
    with django_assert_max_num_queries(4):
        found = choose_for(content, [lead.pk for lead in leads], clock.now())
    names = {child.id: child.value["name"] for child in content.alternatives}
    by_name = {}
    for pk, (alternative, is_held) in found.items():
        by_name.setdefault(names[alternative], []).append((pk, is_held))
    assert {name: len(rows) for name, rows in by_name.items()} == {"Hot": 50, "Warm": 100}
    assert 20 < sum(is_held for rows in by_name.values() for _pk, is_held in rows) < 130


# -- faults ----------------------------------------------------------------------------------------------


def test_faults_show_the_fallback_and_are_logged_once(make_page, make_visitor, caplog, monkeypatch):
    from wagtail_automation.rules.evaluate import RuleSet

    def broken(self, *args):
        raise LookupError("a condition failed")

    deciding._told.clear()
    deciding._plans.clear()
    known, _lead = make_visitor(score=5)
    page = make_page(
        [
            dynamic([(rule(("in_segment", {"segment": 999_999})), "Gone")]),
            dynamic([(rule(("not_installed", {"x": 1})), "Unknown")]),
            dynamic([(rule(("score_above", {"value": 1})), "Fine")]),
        ]
    )
    with caplog.at_level(logging.ERROR, logger="wagtail_automation"):
        for _view in range(3):
            assert [one["html"].count("Fine") for one in answer(known, page)["fragments"].values()] == [1]
    told = [one.message for one in caplog.records]
    assert len([one for one in told if "does not exist" in one]) == 1
    assert len([one for one in told if "not installed" in one]) == 1
    caplog.clear()
    monkeypatch.setattr(RuleSet, "answers", broken)
    for _view in range(3):
        assert answer(known, page)["fragments"] == {}
    assert len([one for one in caplog.records if "a condition failed" in one.message]) == 1


def test_one_failing_rule_leaves_the_others(make_page, make_visitor, monkeypatch):
    from wagtail_automation.rules.evaluate import RuleSet

    asked = RuleSet.answers

    def answers(self, *args):
        if any("7777" in json.dumps(one.raw) for one in self.rules):
            raise LookupError("this one")
        return asked(self, *args)

    monkeypatch.setattr(RuleSet, "answers", answers)
    known, _lead = make_visitor(score=8000)
    page = make_page(
        [dynamic([(rule(("score_above", {"value": value})), f"over {value}")]) for value in (1, 7777, 5)]
    )
    html = json.dumps(answer(known, page)["fragments"])
    assert "over 1" in html and "over 5" in html and "over 7777" not in html


# -- counting --------------------------------------------------------------------------------------------


def token_of(client, page):
    (token,) = answer(client, page)["shown"].values()
    return token


def test_seen_and_clicked_are_counted_once_each_person(make_page, make_visitor, make_segment):
    known, lead = make_visitor()
    page = make_page([dynamic([(in_segment(make_segment(lead)), "Mine")])])
    token = token_of(known, page)
    for _again in range(3):
        assert report(known, (token, "seen")).status_code == 204
    report(known, (token, "clicked"))
    row = Showing.objects.get()
    assert (row.lead_id, row.seen_count, row.click_count, row.page_id) == (lead.pk, 3, 1, page.pk)
    events = Event.objects.filter(lead=lead).order_by("pk").values_list("name", "object_key")
    assert list(events) == [("content_seen", page.translation_key), ("content_clicked", page.translation_key)]


def test_the_fallback_is_counted_and_is_no_event(make_page, make_visitor, make_segment):
    other, _lead = make_visitor()
    page = make_page([dynamic([(in_segment(make_segment()), "Not theirs")])])
    report(other, (token_of(other, page), "seen"))
    assert Showing.objects.get().alternative == ""
    assert not Event.objects.exists()


def served_tokens(client):
    """What stands in the page that was made on the server."""
    return re.findall(r'data-wa-seen="([^"]+)"', client.get("/personal/").content.decode())


def test_on_the_server_the_same_is_counted(make_page, make_visitor, make_segment, settings, shared):
    """One token for each part that fetching would name, also where it is what everybody sees."""
    known, lead = make_visitor("identified", first_name="Ada")
    mine, other = in_segment(make_segment(lead)), in_segment(make_segment())
    page = make_page(
        [
            dynamic([(mine, "Mine")]),
            dynamic([(other, "Not theirs")]),
            one_block("shared", shared([(mine, "Shared")], holdout=0).pk),
            one_block("greeting", "Hi {{ lead.first_name }}"),
        ]
    )
    fetched = sorted(answer(known, page)["shown"].values())
    settings.WAGTAIL_AUTOMATION = {**settings.WAGTAIL_AUTOMATION, "PERSONALISE": "server"}
    html = known.get("/personal/").content.decode()
    assert "Mine" in html and "Shared" in html and "Hi Ada" in html and "Not theirs" not in html
    assert html.count("seen.js") == 1 and 'data-report="/automation/shown/"' in html
    served = served_tokens(known)
    assert sorted(served) == fetched and len(served) == 3
    for token in served:
        report(known, (token, "seen"), (token, "clicked"))
    rows = Showing.objects.values_list("alternative", "seen_count", "click_count")
    assert sorted((bool(name), seen, clicks) for name, seen, clicks in rows) == [
        (False, 1, 1), (True, 1, 1), (True, 1, 1),
    ]  # fmt: skip
    assert Event.objects.filter(name="content_seen").count() == 2
    stranger = Client().get("/personal/").content.decode()
    assert "data-wa-seen" not in stranger and "seen.js" not in stranger


def test_who_is_held_back_sees_the_fallback_always(make_page, make_visitor, shared):
    content = shared(
        [(rule(("score_above", {"value": 0})), "Offer")], holdout=50, translation_key=uuid.UUID(int=7)
    )
    page = make_page([one_block("shared", content.pk)])
    seen = set()
    for number in range(12):
        who, _lead = make_visitor(score=5, bucket=number * 83_000)
        found = [bool(answer(who, page)["fragments"]) for _again in range(2)]
        assert found[0] == found[1]
        shown = tokens.read(token_of(who, page))
        assert shown.is_held_back != found[0] and shown.alternative
        seen.add(found[0])
        report(who, (str(shown), "seen"))
    assert seen == {True, False}
    assert Event.objects.count() == Showing.objects.filter(is_held_back=False).count()


def test_reports_without_trust(make_page, make_visitor, make_segment):
    known, lead = make_visitor()
    stranger, _other = make_visitor()
    page = make_page([dynamic([(in_segment(make_segment(lead)), "Mine")])])
    token = token_of(known, page)
    assert report(stranger, (token, "seen")).status_code == 204
    assert report(Client(), (token, "seen")).status_code == 204
    assert (
        report(known, (token + "x", "seen"), (token, "eaten"), ("", "seen"), (7, "seen")).status_code == 204
    )
    assert report(known, (token, "seen"), **{"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert report(known, *[(token, "seen")] * 51).status_code == 400
    for body in (b"", b"[]", b"{}", b'{"events": 1}', b"\xff", b'{"events": [' * 500, b"null"):
        sent = known.post(
            "/automation/shown/", body, content_type="text/plain", headers={"User-Agent": BROWSER}
        )
        assert sent.status_code == 400, body
    assert known.post("/automation/shown/", b"x" * 70_000, content_type="text/plain").status_code == 413
    assert known.get("/automation/shown/").status_code == 405
    known.cookies["wa_consent"] = "denied"
    report(known, (token, "seen"))
    assert not Showing.objects.exists()


def test_a_merge_adds_what_both_saw(make_visitor):
    (_a, source), (_b, target) = make_visitor(), make_visitor()
    now = clock.now()
    for lead, what in ((source, "seen"), (source, "clicked"), (target, "seen")):
        actions.note(items=[(tokens.Shown(lead.pk, "k", "a"), what)], lead_id=lead.pk, now=now)
    actions.note(items=[(tokens.Shown(source.pk, "other", "a"), "seen")], lead_id=source.pk, now=now)
    merge(source=source, target=target, now=now, reason="test")
    rows = Showing.objects.order_by("key").values_list("lead", "key", "seen_count", "click_count")
    assert list(rows) == [(target.pk, "k", 2, 1), (target.pk, "other", 1, 0)]


def test_the_comparison_is_with_those_held_back(make_segment):
    goal = Goal.objects.create(name="Bought")
    now = clock.now()
    leads = Lead.objects.bulk_create([Lead() for _n in range(600)])
    for number, lead in enumerate(leads):
        shown = tokens.Shown(lead.pk, "k", "a", is_held_back=number % 2 == 0)
        actions.note(items=[(shown, "seen")], lead_id=lead.pk, now=now)
    buyers = [lead.pk for n, lead in enumerate(leads) if n % (3 if n % 2 else 20) == 0]
    later = now + dt.timedelta(hours=1)
    reach_goal(goal=goal, cohort=LeadsCohort(buyers, key="k", origin="test", now=later))
    alternative, rest = results("k", [("a", "Offer")], goal_id=goal.pk, holdout=50)
    assert (alternative.people, alternative.held_people, rest.people) == (300, 300, 0)
    assert "It works" in alternative.effect and rest.effect == ""
    assert "Choose a goal" in results("k", [("a", "Offer")], holdout=50)[0].effect
    assert "Too early" in results("none", [("a", "Offer")], goal_id=goal.pk, holdout=50)[0].effect
    assert results("none", [("a", "Offer")], goal_id=goal.pk)[0].effect == ""


# -- editors ---------------------------------------------------------------------------------------------


@pytest.fixture
def editor(site):
    """``(client, user)`` of somebody who may see leads and dynamic content."""
    user = User.objects.create_user("editor")
    for name in (
        "wagtailadmin.access_admin",
        "wagtail_automation_leads.view_lead",
        "wagtail_automation_leads.view_all_leads",
        "wagtail_automation_audiences.view_dynamiccontent",
    ):
        app, codename = name.split(".")
        user.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))
    client = Client()
    client.force_login(user)
    return client, user


def test_an_editor_sees_the_site_as_a_lead_and_is_not_counted(editor, make_page, make_visitor, make_segment):
    client, _user = editor
    _who, lead = make_visitor(first_name="Zoé")
    page = make_page(
        [
            dynamic([(in_segment(make_segment(lead)), "Mine")]),
            one_block("greeting", "Hi {{ lead.first_name }}"),
        ]
    )
    assert answer(client, page)["fragments"] == {}
    look = reverse("wagtail_automation_look_as", args=[lead.pk])
    sent = client.post(look, {"next": "https://evil.example/"})
    assert sent["Location"] == reverse("wagtailadmin_home") and sent.cookies["wa_as_lead"].value == "1"
    found = answer(client, page)
    assert {"Mine", "Zoé"} <= set(
        " ".join(one["html"] for one in found["fragments"].values())
        .replace("<", " ")
        .replace(">", " ")
        .split()
    )
    assert "shown" not in found
    assert answer(Client(), page)["fragments"] == {}
    client.post(reverse("wagtail_automation_look_as_nobody"))
    assert answer(client, page)["fragments"] == {}
    assert client.get(look).status_code == 405


def test_nobody_looks_as_a_lead_they_may_not_see(make_page, make_visitor, make_segment, editor):
    client, user = editor
    _who, lead = make_visitor()
    page = make_page([dynamic([(in_segment(make_segment(lead)), "Mine")])])
    client.post(reverse("wagtail_automation_look_as", args=[lead.pk]))
    assert answer(client, page)["fragments"]
    user.user_permissions.remove(Permission.objects.get(codename="view_all_leads"))
    client.force_login(User.objects.get(pk=user.pk))
    assert client.post(reverse("wagtail_automation_look_as", args=[lead.pk])).status_code == 404
    assert client.post(reverse("wagtail_automation_look_as", args=[999_999])).status_code == 404
    plain = Client()
    assert plain.post(reverse("wagtail_automation_look_as", args=[lead.pk])).status_code == 302
    assert not plain.session.get("wa_as_lead")


def test_a_preview_as_the_chosen_lead(editor, make_page, make_visitor, make_segment):
    client, _user = editor
    _who, lead = make_visitor()
    page = make_page([dynamic([(in_segment(make_segment(lead)), "Mine")])])
    assert personal.PREVIEW_LEAD in [mode for mode, _label in page.preview_modes]
    plain = make_page([one_block("heading", "Plain")], slug="plain")
    assert personal.PREVIEW_LEAD not in [mode for mode, _label in plain.preview_modes]

    def preview():
        original = client.get("/").wsgi_request
        return page.make_preview_request(original, personal.PREVIEW_LEAD).render().content.decode()

    assert "Everybody" in preview()
    client.post(reverse("wagtail_automation_look_as", args=[lead.pk]))
    assert "Mine" in preview() and "Everybody" not in preview()


def test_why_does_somebody_see_this(editor, make_page, make_visitor, make_segment):
    client, _user = editor
    segment = None
    _who, lead = make_visitor(email="ada@example.com")
    segment = make_segment(lead, name="<b>Members")
    page = make_page(
        [
            dynamic([(rule(), "Empty"), (in_segment(segment), "Mine")]),
            one_block("greeting", "{{ lead.first_name }}"),
        ]
    )
    why = reverse("wagtail_automation_why_page", args=[page.pk])
    text = client.get(why).content.decode()
    assert "&lt;b&gt;Members" in text and "sees this" not in text
    for asked in ("ada@example.com", "ADA@example.com ", str(lead.pk)):
        text = client.get(why, {"lead": asked}).content.decode()
        assert text.count("sees this") == 1
    for asked in ("nobody@example.com", "9" * 30, "%00", "'; --"):
        assert "There is no such lead" in client.get(why, {"lead": asked}).content.decode()
    assert client.get(reverse("wagtail_automation_why_page", args=[99999])).status_code == 404


def test_the_userbar_asks_why_only_where_something_is_personal(editor, make_page, make_segment):
    from wagtail_automation.content.wagtail_hooks import why_in_userbar

    client, user = editor
    request = client.get("/").wsgi_request
    request.user = user
    for page, number in (
        (make_page([dynamic([(in_segment(make_segment()), "A")])]), 1),
        (make_page([one_block("heading", "A")], slug="plain"), 0),
    ):
        items = []
        why_in_userbar(request, items, page)
        assert len(items) == number
        for item in items:
            assert f"/personalised/why/{page.pk}/" in item.render_html({"request": request})


def test_the_report_of_personalised_places(
    editor, make_page, make_visitor, make_segment, shared, django_assert_max_num_queries
):
    client, user = editor
    who, lead = make_visitor()
    content = shared([(in_segment(make_segment(lead)), "Gold")], name="Shared banner")
    page = make_page([one_block("shared", content.pk), dynamic([(in_segment(make_segment()), "Silver")])])
    draft = make_page([dynamic([(rule(), "x")])], slug="draft", live=False)
    make_page([one_block("heading", "dynamic")], slug="plain")
    for token in answer(who, page)["shown"].values():
        report(who, (token, "seen"), (token, "clicked"))
    url = reverse("wagtail_automation_places")
    with django_assert_max_num_queries(30):
        text = client.get(url).content.decode()
    assert "Shared banner" in text and "Gold" in text and "Silver" in text
    assert text.count("Personal</a>") == 2, "not the draft, which this user may not edit, nor the plain page"
    results_page = client.get(reverse("wagtail_automation_shared_results", args=[content.pk]))
    assert "1 (100.0\u00a0%)" in results_page.content.decode()
    key = personal.parts(page)[1].key
    assert client.get(reverse("wagtail_automation_place_results", args=[page.pk, key])).status_code == 200
    assert client.get(reverse("wagtail_automation_place_results", args=[page.pk, "gone"])).status_code == 404
    assert client.get(reverse("wagtail_automation_place_results", args=[draft.pk, "x"])).status_code == 404
    user.user_permissions.remove(Permission.objects.get(codename="view_dynamiccontent"))
    assert client.get(url).status_code in (302, 403)


def test_the_snippet_in_the_admin(client, admin_user, shared):
    client.force_login(admin_user)
    content = shared([(rule(), "Gold")])
    base = "wagtailsnippets_wagtail_automation_audiences_dynamiccontent"
    assert "Banner" in client.get(reverse(f"{base}:list")).content.decode()
    page = client.get(reverse(f"{base}:edit", args=[content.pk]))
    assert page.status_code == 200
    assert reverse("wagtail_automation_shared_results", args=[content.pk]) in page.content.decode()
    assert client.get(reverse(f"{base}:add")).status_code == 200


def test_migrations_of_a_site_name_the_blocks_by_path():
    call_command("makemigrations", "contentapp", check=True, dry_run=True, verbosity=0)
