"""Segments, lists and members in the admin: pages, rights, what can be done there."""

import json

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.urls import reverse

from tests.audiences.conftest import NOW, condition, rule
from wagtail_automation.admin.panels import lead_panels
from wagtail_automation.audiences import actions
from wagtail_automation.audiences.models import LeadList, ListMembership, Segment, SegmentMembership
from wagtail_automation.leads.models import Lead
from wagtail_automation.rules.conditions import conditions

pytestmark = pytest.mark.django_db

SEGMENTS = "wagtailsnippets_wagtail_automation_audiences_segment"


@pytest.fixture
def boss(client, admin_user):
    client.force_login(admin_user)
    return client


def user_with(*permissions):
    user = User.objects.create_user(f"user{User.objects.count()}")
    for name in ("wagtailadmin.access_admin", *permissions):
        app, codename = name.split(".")
        user.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))
    return user


def segment_form(its_rule, **more):
    text = its_rule if isinstance(its_rule, str) else json.dumps(its_rule.raw)
    return {"name": "Fans", "description": "", "colour": "teal", "rule": text, **more}


def test_segments_are_listed_with_members_and_state(
    boss, make_segment, make_leads, django_assert_max_num_queries
):
    make_leads(3, score=50)
    for number in range(8):
        make_segment(rule(condition("score_above", value=number)), name=f"Segment {number}")
    make_segment(name="Empty one")
    make_segment(rule({"id": "x", "type": "gone", "value": {}}), name="Broken one")
    make_segment(rule(condition("score_above", value=1)), name="A draft", live=False)
    actions.refresh_pending()
    html = boss.get(reverse(f"{SEGMENTS}:list")).content.decode()
    assert "Segment 7" in html and ">3</a>" in html
    assert (
        "Broken: matches nobody" in html
        and "No condition: matches nobody" in html
        and "Draft: no members" in html
    )
    with django_assert_max_num_queries(40):
        boss.get(reverse(f"{SEGMENTS}:list"))
    assert boss.get(reverse(f"{SEGMENTS}:list_results") + "?q=Broken").status_code == 200
    assert boss.get(reverse(f"{SEGMENTS}:list") + "?ordering=-state__member_count").status_code == 200


def test_a_segment_is_made_published_compared_and_unpublished(boss, make_leads):
    make_leads(2, score=50)
    answer = boss.post(
        reverse(f"{SEGMENTS}:add"),
        segment_form(rule(condition("score_above", value=10)), **{"action-publish": "1"}),
    )
    assert answer.status_code == 302
    segment = Segment.objects.get()
    assert segment.live and segment.rule.raw == rule(condition("score_above", value=10, group=None)).raw
    actions.refresh_pending()
    assert SegmentMembership.objects.count() == 2
    edit = reverse(f"{SEGMENTS}:edit", args=[segment.pk])
    assert boss.post(edit, segment_form(rule(condition("score_above", value=99)))).status_code == 302
    segment.refresh_from_db()
    assert segment.rule.raw == rule(condition("score_above", value=10, group=None)).raw  # the draft waits
    first, second = segment.revisions.order_by("pk")
    html = boss.get(
        reverse(f"{SEGMENTS}:revisions_compare", args=[segment.pk, first.pk, second.pk])
    ).content.decode()
    assert "Score above" in html
    assert boss.get(edit).status_code == 200
    assert boss.post(reverse(f"{SEGMENTS}:unpublish", args=[segment.pk])).status_code == 302
    actions.refresh_pending()
    assert SegmentMembership.objects.count() == 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Add at least one condition"),
        ("{}", "Add at least one condition"),
        ("{", "not valid JSON"),
        ("[]", "not a rule"),
        ('"x"', "not a rule"),
        ("[" * 60_000, "not valid JSON"),
        ('{"match": "all", "items": [{"type": "score_above", "value": {"value": "\\u0000"}}]}', "characters"),
        ('{"match": "all", "items": [{"type": "score_above", "value": {"value": "\\ud800"}}]}', "characters"),
        ('{"match": "most", "items": []}', "damaged"),
        ('{"items": [3]}', "damaged"),
        ('{"items": [{"type": 3}]}', "damaged"),
        (json.dumps({"items": [condition("score_above", value="x' OR 1=1")]}), "Score above"),
        (json.dumps({"items": [condition("score_above", value="9" * 10_000)]}), "Score above"),
        (json.dumps({"items": [condition("score_above", value={"a": []})]}), "Score above"),
        (json.dumps({"items": [condition("in_list", list="7; DROP TABLE")]}), "Is on the list"),
        (json.dumps({"items": [condition("in_list", list={"pk": 1})]}), "Is on the list"),
        (json.dumps({"items": [condition("in_list", list=404)]}), "Is on the list"),
        (
            json.dumps({"items": [condition("score_above", id=str(n), value=n) for n in range(101)]}),
            "at most 100",
        ),
        (
            json.dumps(
                {
                    "items": [
                        {"type": "group", "value": {"items": [{"type": "group", "value": {"items": []}}]}}
                    ]
                }
            ),
            "group cannot hold another group",
        ),
        ("x" * 200_001, "too long"),
    ],
    ids=lambda value: value[:40],
)
def test_bad_rules_are_refused_in_words_at_the_field(boss, text, message):
    answer = boss.post(reverse(f"{SEGMENTS}:add"), segment_form(text, **{"action-publish": "1"}))
    assert answer.status_code == 200
    assert not Segment.objects.exists()
    assert message in " ".join(answer.context["form"].errors["rule"])


def test_a_hundred_conditions_are_fine(boss):
    many = rule(*(condition("score_above", id=str(n), value=n) for n in range(100)))
    assert (
        boss.post(reverse(f"{SEGMENTS}:add"), segment_form(many, **{"action-publish": "1"})).status_code
        == 302
    )
    assert len(Segment.objects.get().rule.items) == 100
    actions.refresh_pending()


def test_a_draft_may_be_unfinished_but_not_published(boss):
    unfinished = rule(condition("in_list", list=None), condition("score_above", id="c2", value=None))
    assert boss.post(reverse(f"{SEGMENTS}:add"), segment_form(unfinished)).status_code == 302
    segment = Segment.objects.get()
    assert not segment.live
    edit = reverse(f"{SEGMENTS}:edit", args=[segment.pk])
    answer = boss.post(edit, segment_form(unfinished, **{"action-publish": "1"}))
    assert answer.status_code == 200
    assert len(answer.context["form"].errors["rule"]) == 2


def test_what_is_typed_but_not_yet_cleaned_is_saved(boss):
    item = {
        "id": "c1",
        "type": "score_above",
        "value": {"value": 1},
        "form": {"prefix": "wa1", "data": "wa1-value=42"},
    }
    text = json.dumps({"match": "all", "items": [item]})
    assert (
        boss.post(reverse(f"{SEGMENTS}:add"), segment_form(text, **{"action-publish": "1"})).status_code
        == 302
    )
    stored = condition("score_above", value=42, group=None)
    assert Segment.objects.get().rule.raw == {"match": "all", "items": [stored]}


def test_a_wrong_form_is_refused_and_shown_as_it_was_typed(boss):
    item = {
        "id": "c1",
        "type": "score_above",
        "value": {"value": 1},
        "form": {"prefix": "wa1", "data": "wa1-value=4x"},
    }
    text = json.dumps({"match": "all", "items": [item]})
    for action in ({"action-publish": "1"}, {}):
        answer = boss.post(reverse(f"{SEGMENTS}:add"), segment_form(text, **action))
        assert answer.status_code == 200 and "rule" in answer.context["form"].errors
        assert "wa1-value=4x" in answer.content.decode()


def test_conditions_that_are_not_installed_survive_byte_by_byte(boss, make_segment):
    odd = {
        "id": "u",
        "type": "acme",
        "value": {"10": 1.0, "9": [1e3, None, "é\u2028"], "a": {"b": 12345678901234567890}},
    }
    segment = make_segment(rule(odd, condition("score_above", value=1, group=None)))
    before = json.dumps(Segment.objects.get(pk=segment.pk).rule.raw)
    edit = reverse(f"{SEGMENTS}:edit", args=[segment.pk])
    html = (
        boss.get(edit)
        .context["form"]["rule"]
        .field.widget.format_value(Segment.objects.get(pk=segment.pk).rule)
    )
    # what JavaScript does to it
    assert json.loads(html)["items"][0].keys() == {"id", "type", "kept"}
    assert boss.post(edit, segment_form(html)).status_code == 302  # a draft
    revision = Segment.objects.get(pk=segment.pk).latest_revision.as_object()
    assert json.dumps(revision.rule.raw) == before
    assert boss.post(edit, segment_form(html, **{"action-publish": "1"})).status_code == 302
    assert json.dumps(Segment.objects.get(pk=segment.pk).rule.raw) == before


def test_known_become_unknown_and_come_back_byte_by_byte(boss, make_segment):
    segment = make_segment(rule(condition("score_above", value=1), match="any"))
    before = json.dumps(Segment.objects.get(pk=segment.pk).rule.raw)
    edit = reverse(f"{SEGMENTS}:edit", args=[segment.pk])
    with conditions.without("score_above"):
        text = boss.get(edit).context["form"]["rule"].field.widget.format_value(segment.rule)
        assert boss.post(edit, segment_form(text, **{"action-publish": "1"})).status_code == 302
    assert json.dumps(Segment.objects.get(pk=segment.pk).rule.raw) == before


@pytest.mark.parametrize(
    "item",
    [
        {"id": "u", "type": "acme", "kept": "{"},
        {"id": "u", "type": "acme", "kept": "[]"},
        {"id": "u", "type": "acme", "kept": '{"type": "group", "value": {"items": []}}'},
        {"id": "u", "type": "acme", "kept": '{"type": 5}'},
        {"id": "u", "type": "acme", "kept": "[" * 10_000},
    ],
    ids=str,
)
def test_a_tampered_unavailable_condition_stays_unavailable(boss, item, make_leads):
    make_leads(1, score=50)
    text = json.dumps({"match": "none", "items": [item]})
    assert (
        boss.post(reverse(f"{SEGMENTS}:add"), segment_form(text, **{"action-publish": "1"})).status_code
        == 302
    )
    assert Segment.objects.get().rule.is_broken
    actions.refresh_pending()
    assert not SegmentMembership.objects.exists()


def test_a_circle_is_refused_at_the_field(boss, make_segment):
    first = make_segment(rule(condition("score_above", value=1)), name="First")
    second = make_segment(rule(condition("in_segment", segment=first.pk)), name="Second")
    answer = boss.post(
        reverse(f"{SEGMENTS}:edit", args=[first.pk]),
        segment_form(rule(condition("in_segment", segment=second.pk)), **{"action-publish": "1"}),
    )
    assert "circle" in answer.context["form"].errors["rule"][0]


def test_where_a_list_or_segment_is_used_is_known(boss, make_segment, make_list):
    from wagtail.models import ReferenceIndex

    one = make_list()
    first = make_segment(rule(condition("in_list", list=one.pk)), name="First")
    make_segment(rule(condition("in_segment", segment=first.pk)), name="Second")
    assert ReferenceIndex.get_references_to(one).count() == 1
    assert ReferenceIndex.get_references_to(first).count() == 1
    assert "Second" in boss.get(reverse(f"{SEGMENTS}:usage", args=[first.pk])).content.decode()
    assert "First" in boss.get(reverse("wagtail_automation_lists:usage", args=[one.pk])).content.decode()


def test_what_is_used_is_not_deleted(boss, make_segment, make_list):
    one = make_list()
    first = make_segment(rule(condition("in_list", list=one.pk)), name="First")
    make_segment(rule(condition("in_segment", segment=first.pk)), name="Second")
    for url in (
        reverse("wagtail_automation_lists:delete", args=[one.pk]),
        reverse(f"{SEGMENTS}:delete", args=[first.pk]),
    ):
        assert boss.get(url).status_code == 200
        boss.post(url)
    assert LeadList.objects.filter(builtin="").count() == 1 and Segment.objects.count() == 2
    second = Segment.objects.get(name="Second")
    assert boss.post(reverse(f"{SEGMENTS}:delete", args=[second.pk])).status_code == 302
    assert boss.post(reverse(f"{SEGMENTS}:delete", args=[first.pk])).status_code == 302
    assert boss.post(reverse("wagtail_automation_lists:delete", args=[one.pk])).status_code == 302
    assert not LeadList.objects.filter(builtin="").exists() and not Segment.objects.exists()


# -- lists and members ---------------------------------------------------------------------------------


def test_lists_are_made_listed_edited_and_deleted(boss, make_leads, django_assert_max_num_queries):
    url = reverse("wagtail_automation_lists:add")
    assert boss.post(url, {"name": "", "colour": "blue"}).status_code == 200
    assert boss.post(url, {"name": "Élodie’s “list” <b>", "colour": "pink"}).status_code == 302
    one = LeadList.objects.get(builtin="")
    for lead in make_leads(3):
        actions.add_lead_to_list(lead_list=one, lead=lead, now=NOW)
    for number in range(10):
        LeadList.objects.create(name=f"List {number}")
    index = reverse("wagtail_automation_lists:index")
    html = boss.get(index).content.decode()
    assert "&lt;b&gt;" in html and "<b>" not in html.split("Élodie")[1][:30]
    assert ">3</a>" in html
    with django_assert_max_num_queries(30):
        boss.get(index)
    assert boss.get(index + "?ordering=-member_count&q=list").status_code == 200
    assert boss.get(reverse("wagtail_automation_lists:edit", args=[one.pk])).status_code == 200
    assert boss.post(reverse("wagtail_automation_lists:delete", args=[one.pk])).status_code == 302
    assert not ListMembership.objects.exists()


def test_members_are_shown_in_pages_and_found(
    boss, make_list, make_segment, make_leads, django_assert_max_num_queries
):
    one, segment = make_list(), make_segment(rule(condition("score_above", value=1)))
    for number in range(60):
        lead = Lead.objects.create(first_name=f"Zoë {number}", email=f"zoe{number}@example.com", score=5)
        actions.add_lead_to_list(lead_list=one, lead=lead, now=NOW, origin="import:1")
    actions.refresh_pending()
    for url in (
        reverse("wagtail_automation_lists:members", args=[one.pk]),
        reverse(f"{SEGMENTS}:members", args=[segment.pk]),
    ):
        with django_assert_max_num_queries(30):
            html = boss.get(url).content.decode()
        assert "Zoë 59" in html and "Zoë 3<" not in html
        assert "Zoë 3" in boss.get(url + "?p=2").content.decode()
        found = boss.get(url + "?q=ZOE+41").content.decode()
        assert "Zoë 41" in found and "Zoë 40" not in found
        assert boss.get(url + "?p=no&ordering=drop&q=%00").status_code == 200
    assert boss.get(reverse("wagtail_automation_lists:members", args=[999])).status_code == 404


def test_a_lead_is_put_on_and_off_a_list_by_hand(boss, make_list, make_leads):
    one, (lead,) = make_list(), make_leads()
    add = reverse("wagtail_automation_list_add", args=[lead.pk])
    remove = reverse("wagtail_automation_list_remove", args=[lead.pk, one.pk])
    assert boss.get(add).status_code == 405
    assert boss.post(add, {"list": one.pk, "next": "/admin/"}).url == "/admin/"
    assert boss.post(add, {"list": one.pk, "next": "https://evil.example/"}).url == reverse(
        "wagtailadmin_home"
    )
    assert ListMembership.objects.get().origin.startswith("user:")
    for bad in ("", "x", "-1", "9" * 40, "99999", "1; DROP TABLE"):
        assert boss.post(add, {"list": bad}).status_code == 302
    assert ListMembership.objects.count() == 1
    assert boss.post(remove).status_code == 302
    assert not ListMembership.objects.exists()
    assert (
        boss.post(reverse("wagtail_automation_list_add", args=[98765]), {"list": one.pk}).status_code == 404
    )


def test_rights(client, make_list, make_segment, make_leads):
    one, segment, (lead,) = make_list(), make_segment(), make_leads()
    app = "wagtail_automation_audiences"
    nobody, analyst = user_with(), user_with(f"{app}.view_segment", f"{app}.view_leadlist")
    seller = user_with(
        f"{app}.view_leadlist", f"{app}.add_listmembership", "wagtail_automation_leads.view_lead"
    )
    members = [
        reverse(f"{SEGMENTS}:members", args=[segment.pk]),
        reverse("wagtail_automation_lists:members", args=[one.pk]),
    ]
    add = reverse("wagtail_automation_list_add", args=[lead.pk])
    remove = reverse("wagtail_automation_list_remove", args=[lead.pk, one.pk])
    Lead.objects.filter(pk=lead.pk).update(owner=seller)
    for user, seen in ((nobody, [302, 302]), (analyst, [302, 302]), (seller, [302, 200])):
        client.force_login(user)
        assert [client.get(url).status_code for url in members] == seen
    client.post(add, {"list": one.pk})
    assert ListMembership.objects.count() == 1
    client.post(remove)
    assert ListMembership.objects.count() == 1
    client.force_login(analyst)
    assert client.get(reverse(f"{SEGMENTS}:list")).status_code == 200
    assert client.get(reverse(f"{SEGMENTS}:edit", args=[segment.pk])).status_code == 302
    client.force_login(nobody)
    assert client.get(reverse(f"{SEGMENTS}:list")).status_code == 302
    client.logout()
    assert client.post(add, {"list": one.pk}).status_code == 302
    assert ListMembership.objects.count() == 1


def test_roles_have_their_rights():
    from wagtail_automation.admin.roles import create_groups

    create_groups()
    held = {
        group.name: set(
            group.permissions.filter(content_type__app_label="wagtail_automation_audiences").values_list(
                "codename", flat=True
            )
        )
        for group in Group.objects.filter(name__in=("Marketer", "Salesperson", "Analyst"))
    }
    assert {"add_segment", "change_segment", "publish_segment", "add_leadlist"} <= held["Marketer"]
    assert "add_listmembership" in held["Salesperson"] and "change_segment" not in held["Salesperson"]
    assert {"view_segment", "view_leadlist"} <= held["Analyst"]
    assert {name for name in held["Analyst"] if not name.startswith("view_")} == set()


def test_the_lead_page_shows_lists_and_segments(rf, admin_user, make_list, make_segment, make_leads):
    from django.template.loader import render_to_string

    one, other, (lead,) = make_list("On it"), make_list("Not on it"), make_leads(1, score=5)
    make_segment(rule(condition("score_above", value=1)), name="Scorers")
    actions.add_lead_to_list(lead_list=one, lead=lead, now=NOW)
    actions.refresh_pending()
    request = rf.get("/admin/leads/1/")
    request.user = admin_user
    panel = lead_panels["audiences"](lead, request)
    assert panel.is_shown()
    context = {**panel.get_context(), "lead": lead, "panel": panel, "request": request}
    html = render_to_string(panel.template_name, context)
    assert "On it" in html and "Scorers" in html
    assert f'<option value="{other.pk}">Not on it' in html
    request.user = user_with()
    assert not lead_panels["audiences"](lead, request).is_shown()
