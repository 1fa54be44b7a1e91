"""Pages around segments and lists: members, growth, overlap, pasting, merging, filtering, the archive."""

import csv
import datetime as dt
import io
import json
from contextlib import contextmanager

import pytest
from django.contrib.auth.models import Permission, User
from django.core.management import call_command
from django.db import DatabaseError
from django.http import QueryDict
from django.urls import reverse

from tests.audiences.conftest import NOW, condition, rule
from wagtail_automation.audiences import actions, live_count
from wagtail_automation.audiences.lists import filling
from wagtail_automation.audiences.models import LeadList, ListDay, ListMembership, SegmentDay
from wagtail_automation.leads import actions as lead_actions
from wagtail_automation.leads.cohorts import LeadsCohort
from wagtail_automation.leads.exports.sources import lead_sources

pytestmark = pytest.mark.django_db

SEGMENTS = "wagtailsnippets_wagtail_automation_audiences_segment"
LISTS = "wagtail_automation_lists"
MARKUP = "Élodie’s “<b>”"


@pytest.fixture
def boss(client, admin_user):
    client.force_login(admin_user)
    return client


def put(lead_list, leads):
    actions.add_to_list(
        lead_list=lead_list, cohort=LeadsCohort([lead.pk for lead in leads], key="t", now=NOW)
    )


def known(email, **fields):
    return lead_actions.create_known(identifiers={"email": email}, fields=fields, source="test", now=NOW)


def kept(name):
    return LeadList.objects.get(builtin=name)


def on(lead_list):
    return set(ListMembership.objects.filter(list=lead_list).values_list("lead_id", flat=True))


def text(response) -> str:
    body = b"".join(response.streaming_content) if response.streaming else response.content
    return body.decode()


def table(response) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text(response))))


# -- members -------------------------------------------------------------------------------------------


def test_members_are_searched_filtered_and_exported(boss, make_list, django_assert_max_num_queries):
    one = make_list(MARKUP)
    ada, bob = known("ada@example.com", first_name="=cmd()", language="fr"), known("bob@example.com")
    known("eve@example.com")
    put(one, [ada, bob])
    url = reverse(f"{LISTS}:members", args=[one.pk])
    with django_assert_max_num_queries(30):
        html = text(boss.get(url))
    assert "ada@example.com" in html and "bob@example.com" in html and "eve@example.com" not in html
    assert "<b>" not in html.split("Élodie")[1][:20]
    assert "bob@example.com" not in text(boss.get(url + "?q=ada"))
    assert "bob@example.com" not in text(boss.get(url + "?language=fr"))
    assert f"exports/new/list/?q=ada&amp;of={one.pk}" in text(boss.get(url + "?q=ada"))
    mass = reverse("wagtail_automation_mass:choose", args=["list"]) + f"?of={one.pk}&q=ada"
    assert "Members of" in text(boss.get(mass))
    source = lead_sources["list"]()
    query = source.query(QueryDict(f"of={one.pk}&q=ada&p=3&score_min=x"))
    assert list(source.leads(source.query(QueryDict(f"of={one.pk}")), None).order_by("pk")) == [ada, bob]
    assert list(source.leads(source.query(QueryDict(f"of={one.pk}&q=ada")), None)) == [ada]
    assert list(source.leads(source.query(QueryDict(f"of={one.pk}&language=fr")), None)) == [ada]
    assert not source.leads(query, None).exists()


def test_a_computed_list_shows_its_people_but_nobody_is_put_on_or_off(boss):
    known("ada@example.com")
    everybody = kept("all")
    url = reverse(f"{LISTS}:members", args=[everybody.pk])
    html = text(boss.get(url))
    assert "ada@example.com" in html and "Remove" not in html
    assert boss.get(reverse(f"{LISTS}:edit", args=[everybody.pk])).status_code == 302
    for name in ("paste", "merge"):
        assert boss.get(reverse(f"{LISTS}:{name}", args=[everybody.pk])).status_code == 302
    for method in (boss.get, boss.post):
        method(reverse(f"{LISTS}:delete", args=[everybody.pk]))
    assert LeadList.objects.filter(pk=everybody.pk).exists()


def test_lists_of_the_system_are_listed_with_what_they_count(boss):
    known("ada@example.com")
    html = text(boss.get(reverse(f"{LISTS}:index")))
    assert "All leads" in html and "Unsubscribed people" in html and "Test group" in html
    assert ">1</a>" in html


# -- growth --------------------------------------------------------------------------------------------


def test_growth_is_a_chart_a_table_and_a_file(boss, make_list, make_leads, make_segment):
    one, people = make_list(MARKUP), make_leads(3, score=20)
    put(one, people)
    ListDay.objects.create(list=one, day=NOW.date() - dt.timedelta(days=2), count=5)
    ListDay.objects.create(list=one, day=NOW.date() - dt.timedelta(days=200), count=1)
    url = reverse(f"{LISTS}:growth", args=[one.pk])
    html = text(boss.get(url))
    assert 'data-value="3"' in html and 'data-value="5"' in html and 'data-value="1"' not in html
    assert "−2" in html and "chart.umd.min.js" in html and "style=" not in html.split("wa-chart")[1]
    assert 'data-value="1"' in text(boss.get(url + "?days=365"))
    assert boss.get(url + "?days=<script>").status_code == 200
    assert table(boss.get(url + "?export=csv"))[1:] == [["2026-02-27", "5", ""], ["2026-03-01", "3", "-2"]]
    high = make_segment(rule(condition("score_above", value=10)), name="High")
    page = reverse(f"{SEGMENTS}:growth", args=[high.pk])
    assert "Nothing was counted yet" in text(boss.get(page))
    actions.refresh_pending()
    SegmentDay.objects.create(segment=high, day=NOW.date() - dt.timedelta(days=1), count=1)
    assert table(boss.get(page + "?export=csv"))[-1] == ["2026-03-01", "3", "2"]


# -- overlap -------------------------------------------------------------------------------------------


@pytest.fixture
def two(make_leads, make_segment):
    make_leads(2, score=20, country="FR")
    make_leads(3, score=20)
    make_leads(1, country="FR")
    rich = make_segment(rule(condition("score_above", value=10)), name=MARKUP)
    french = make_segment(rule(condition("field_equals", field="country", value="FR")), name="French")
    actions.refresh_pending()
    return rich, french


def test_two_segments_are_compared_and_what_they_share_becomes_a_list(boss, two):
    rich, french = two
    url = reverse(f"{SEGMENTS}:overlap", args=[rich.pk])
    assert "Choose a segment" in text(boss.get(url))
    html = text(boss.get(f"{url}?other={french.pk}"))
    assert [html.count(f'data-value="{number}"') for number in (3, 2, 1)] == [1, 1, 1]
    assert "<b>" not in html.split("Only in")[1][:30]
    for bad in ("", "0", rich.pk, "x' OR 1=1", "9" * 40):
        assert boss.get(url, {"other": bad}).status_code == 200
    assert boss.post(f"{url}?other={french.pk}", {"name": " "}).status_code == 200
    assert not LeadList.objects.filter(builtin="").exists()
    answer = boss.post(f"{url}?other={french.pk}", {"name": "Both"})
    made = LeadList.objects.get(name="Both")
    assert answer.url == reverse(f"{LISTS}:members", args=[made.pk])
    filling.fill_waiting()
    assert len(on(made)) == 2


# -- pasting, merging, filtering -----------------------------------------------------------------------


def test_pasting_reports_what_became_of_each_address(boss, make_list):
    ada, one = known("ada@example.com"), make_list()
    url = reverse(f"{LISTS}:paste", args=[one.pk])
    html = text(boss.post(url, {"text": "ada@example.com\nno@example.com\nx@y <script>@a.b"}))
    assert "1 lead was added" in html and "no@example.com" in html and "x@y" in html
    assert "<script>@a.b" not in html
    assert on(one) == {ada.pk}
    assert "This field is required" in text(boss.post(url, {"text": ""}))


def test_merging_and_filtering_on_their_pages(boss, make_list, make_leads):
    one, other, people = make_list("One"), make_list("Other"), make_leads(3, score=20)
    put(other, people)
    merge = reverse(f"{LISTS}:merge", args=[one.pk])
    assert boss.get(merge).status_code == 200
    for bad in ("", one.pk, "404"):
        assert boss.post(merge, {"source": bad}).status_code == 200
    assert boss.post(merge, {"source": other.pk}).status_code == 302
    filling.fill_waiting()
    assert len(on(one)) == 3
    page = reverse(f"{LISTS}:filter", args=[one.pk])
    assert "scripts/rule-editor.js" in text(boss.get(page))
    text_rule = json.dumps(rule(condition("score_above", value=10)).raw)
    for bad in ("", "{", "[]", json.dumps(rule(condition("gone")).raw), "x" * 200_001):
        assert boss.post(page, {"name": "New", "rule": bad}).status_code == 200
    assert boss.post(page, {"name": "n" * 121, "rule": text_rule}).status_code == 200
    assert boss.post(page, {"name": MARKUP, "rule": text_rule}).status_code == 302
    filling.fill_waiting()
    assert len(on(LeadList.objects.get(name=MARKUP))) == 3


def test_members_are_assigned_to_a_person(boss, make_list, admin_user, django_assert_max_num_queries):
    ada, bob, one = known("ada@example.com"), known("bob@example.com"), make_list()
    put(one, [ada])
    url = reverse(f"{LISTS}:assign", args=[one.pk])
    assert boss.get(url).status_code == 200
    assert boss.post(url, {"owner": "404"}).status_code == 200
    with django_assert_max_num_queries(40):
        assert boss.post(url, {"owner": admin_user.pk}).status_code == 302
    ada.refresh_from_db()
    bob.refresh_from_db()
    assert ada.owner == admin_user and bob.owner is None
    everybody = reverse(f"{LISTS}:assign", args=[kept("all").pk])
    assert boss.post(everybody, {"owner": admin_user.pk}).status_code == 302
    bob.refresh_from_db()
    assert bob.owner == admin_user


# -- the archive ---------------------------------------------------------------------------------------


def test_the_archive_hides_from_listings_and_choosers_and_gives_back(boss, make_list, make_segment):
    one, segment = make_list("Hidden list"), make_segment(name="Hidden segment")
    places = [
        (LISTS, one, "index", reverse("wagtail_automation_list_chooser:choose_results")),
        (
            SEGMENTS,
            segment,
            "list",
            reverse("wagtailsnippetchoosers_wagtail_automation_audiences_segment:choose_results"),
        ),
    ]
    for space, target, index, chooser in places:
        listing, archive = reverse(f"{space}:{index}"), reverse(f"{space}:archive", args=[target.pk])
        assert target.name in text(boss.get(listing)) and target.name in text(boss.get(chooser))
        assert "Archive" in text(boss.get(archive))
        assert boss.post(archive).status_code == 302
        assert target.name not in text(boss.get(chooser))
        assert f">{target.name}" not in text(boss.get(listing)).split("listing-results")[1]
        assert target.name in text(boss.get(listing + "?archived=true"))
        assert boss.post(archive).status_code == 302
        assert target.name in text(boss.get(listing))
    assert boss.post(reverse(f"{LISTS}:archive", args=[kept("test").pk])).status_code == 302
    assert not LeadList.objects.filter(archived=True).exists()


# -- rights --------------------------------------------------------------------------------------------


def test_pages_want_their_rights(client, make_list, make_segment):
    one, segment = make_list(), make_segment()
    reader = User.objects.create_user("reader")
    names = ("wagtailadmin.access_admin", "wagtail_automation_leads.view_lead")
    names += ("wagtail_automation_audiences.view_leadlist", "wagtail_automation_audiences.view_segment")
    for name in names:
        app, codename = name.split(".")
        reader.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))
    client.force_login(reader)
    for name, pk, allowed in (
        (f"{LISTS}:members", one.pk, True),
        (f"{LISTS}:growth", one.pk, True),
        (f"{LISTS}:paste", one.pk, False),
        (f"{LISTS}:merge", one.pk, False),
        (f"{LISTS}:filter", one.pk, False),
        (f"{LISTS}:assign", one.pk, False),
        (f"{LISTS}:archive", one.pk, False),
        (f"{SEGMENTS}:growth", segment.pk, True),
        (f"{SEGMENTS}:overlap", segment.pk, True),
        (f"{SEGMENTS}:archive", segment.pk, False),
    ):
        assert (client.get(reverse(name, args=[pk])).status_code == 200) == allowed, name
        if not allowed:
            client.post(reverse(name, args=[pk]), {"text": "a@example.com", "name": "X"})
    assert LeadList.objects.filter(builtin="").get() == one and not LeadList.objects.filter(archived=True)
    client.logout()
    assert client.get(reverse(f"{LISTS}:growth", args=[one.pk])).status_code == 302


def test_persona_and_category_are_edited_with_the_segment(boss):
    from wagtail_automation.audiences.models import Category, Segment

    mine = Category.objects.create(type="segment", name="Clients")
    email = Category.objects.create(type="email", name="Letters")
    form = {
        "name": "Fans",
        "description": "",
        "colour": "teal",
        "rule": json.dumps(rule(condition("score_above", value=10)).raw),
        "persona_name": MARKUP,
        "persona_text": "x" * 2000,
        "persona_picture": "",
    }
    url = reverse(f"{SEGMENTS}:add")
    assert boss.post(url, {**form, "category": email.pk}).status_code == 200
    assert boss.post(url, {**form, "persona_text": "x" * 2001}).status_code == 200
    assert boss.post(url, {**form, "category": mine.pk, "action-publish": "1"}).status_code == 302
    segment = Segment.objects.get()
    assert (segment.category, segment.persona_name) == (mine, MARKUP)
    assert "Clients" in text(boss.get(reverse(f"{SEGMENTS}:list")))


# -- the live count ------------------------------------------------------------------------------------


@contextmanager
def too_slow(seconds):
    """A database that is given up on after three seconds, not after two."""
    if seconds == live_count.COUNT_TIMEOUT_SECONDS:
        raise DatabaseError("timeout")
    yield


def test_a_count_that_takes_too_long_is_a_lower_bound(boss, make_leads, monkeypatch):
    make_leads(7, score=20)
    monkeypatch.setattr(live_count, "patient", lambda *, seconds: too_slow(seconds))
    monkeypatch.setattr(live_count, "MORE_THAN", 6)
    mine = rule(condition("score_above", value=10))
    url = reverse("wagtail_automation_segment_count")
    said = boss.post(url, json.dumps({"rule": json.dumps(mine.raw)}), content_type="application/json").json()
    assert said["message"].startswith("More than 6 leads match now") and len(said["examples"]) == 5
    monkeypatch.setattr(live_count, "MORE_THAN", 7)
    assert live_count.live_count(mine).is_exact and live_count.live_count(mine).number == 7
    monkeypatch.setattr(live_count, "MORE_SECONDS", live_count.COUNT_TIMEOUT_SECONDS)
    said = boss.post(url, json.dumps({"rule": json.dumps(mine.raw)}), content_type="application/json").json()
    assert said["count"] is None and said["examples"] == []


def test_nobody_is_put_on_a_computed_list_from_the_lead_page(boss, make_leads):
    (lead,) = make_leads(1)
    everybody = kept("all")
    boss.post(reverse("wagtail_automation_list_add", args=[lead.pk]), {"list": everybody.pk})
    answer = boss.post(reverse("wagtail_automation_list_remove", args=[lead.pk, everybody.pk]))
    assert answer.status_code in (302, 404) and not on(everybody)
    html = text(boss.get(reverse("wagtail_automation_lead:inspect", args=[lead.pk])))
    assert "Test group" in html and "Bounced addresses" not in html


@pytest.mark.slow
def test_the_benchmark_measures_on_a_small_scale():
    out = io.StringIO()
    call_command("automation_bench", "segments", scale=300, json=True, stdout=out)
    figures = json.loads(out.getvalue())
    assert (figures["scale"], figures["events"], figures["segments"]) == (300, 3000, 50)
    assert figures["members"] > 0 and figures["incremental_leads"] == 300
    assert figures["steady_times_bare"] > 0 and figures["one_lead_rules_ms"] > 0
