"""What the rule editor asks the server, and what it gets for bad requests."""

import json

import pytest
from django.contrib.auth.models import Permission, User
from django.urls import reverse

from tests.rules_ui.conftest import condition, group, rule
from wagtail_automation.audiences.models import LeadList, Segment
from wagtail_automation.leads.models import Lead
from wagtail_automation.rules.conditions import conditions

pytestmark = pytest.mark.django_db


@pytest.fixture
def ask(client, admin_user):
    client.force_login(admin_user)

    def post(name, body, status=200, **extra):
        data = body if isinstance(body, str | bytes) else json.dumps(body)
        response = client.post(
            reverse(f"wagtail_automation_rules:{name}"), data, content_type="application/json", **extra
        )
        assert response.status_code == status, response.content
        return response.json()

    return post


def fields(prefix="p", **values):
    from urllib.parse import urlencode

    return {
        "prefix": prefix,
        "data": urlencode({f"{prefix}-{name}": value for name, value in values.items()}),
    }


def test_the_catalogue_names_every_condition(client, admin_user):
    client.force_login(admin_user)
    data = client.get(reverse("wagtail_automation_rules:catalogue")).json()
    assert {entry["key"] for entry in data["conditions"]} == {cls.key for cls in conditions}
    score = next(entry for entry in data["conditions"] if entry["key"] == "score_above")
    assert score["hasForm"] and score["icon"] and score["group"] and score["description"]
    assert data["words"]["add"] == "Add condition"


def test_describe_says_each_condition_in_words_and_what_is_wrong(ask):
    one = LeadList.objects.create(name="Élodie's <list>")
    raw = rule(
        condition("in_list", id="a", list=one.pk),
        condition("in_list", id="b", list=None),
        condition("in_list", id="c", list=99999),
        {"id": "d", "type": "gone", "value": {"x": 1}},
        group(condition("score_above", id="e", value="many"), condition("score_above", id="f", value=3)),
    ).raw
    (said,) = ask("describe", {"rules": [raw]})["rules"]
    assert said["problem"] == ""
    items = said["items"]
    assert items["a"]["sentence"] == "Is on the list “Élodie's <list>”"
    assert items["a"]["messages"] == []
    assert items["b"]["messages"] and items["b"]["error"]["blockErrors"]["list"]["messages"]
    assert "deleted" in items["c"]["sentence"] or items["c"]["messages"]
    assert items["d"]["missing"]
    assert items["e"]["messages"]
    assert items["f"]["sentence"] == "Score above 3"


def test_describe_tells_damaged_rules(ask):
    deep = rule(group(group(condition("score_above", value=1)))).raw
    many = {"match": "all", "items": [condition("score_above", id=str(n), value=n) for n in range(101)]}
    said = ask("describe", {"rules": [deep, many, {"items": "x"}, "text", None, {"match": "some"}]})["rules"]
    assert all(answer["problem"] and answer["items"] == {} for answer in said)


@pytest.mark.parametrize("name", ["describe", "form", "clean"])
@pytest.mark.parametrize(
    "body", ["", "{", "[]", "null", '"x"', "[" * 50_000, '{"type": "\\u0000"}', b"\xff\xfe", "{}"], ids=repr
)
def test_bad_json_is_refused_in_words(ask, name, body):
    assert ask(name, body, status=400)["message"]


@pytest.mark.parametrize(
    "body",
    [
        {"type": "gone"},
        {"type": None},
        {"type": ["score_above"]},
        {"type": "score_above"},
        {"type": "score_above", "form": "x"},
        {"type": "score_above", "form": {"prefix": "p"}},
        {"type": "score_above", "form": {"prefix": "p q", "data": ""}},
        {"type": "score_above", "form": {"prefix": "p" * 100, "data": ""}},
        {"type": "score_above", "form": {"prefix": "p", "data": ["x"]}},
    ],
    ids=str,
)
def test_clean_refuses_what_the_editor_never_sends(ask, body):
    assert ask("clean", body, status=400)["message"]


def test_an_unknown_condition_has_no_form(ask):
    assert "acme" in ask("form", {"type": "acme"}, status=400)["message"]


def test_get_is_not_for_changes_and_post_not_for_reading(client, admin_user):
    client.force_login(admin_user)
    assert client.get(reverse("wagtail_automation_rules:describe")).status_code == 405
    assert client.post(reverse("wagtail_automation_rules:catalogue")).status_code == 405


@pytest.mark.parametrize("name", ["catalogue", "describe", "form", "clean"])
def test_only_admins_may_ask(client, name):
    url = reverse(f"wagtail_automation_rules:{name}")
    for user in (None, User.objects.create_user("visitor")):
        if user:
            client.force_login(user)
        response = (
            client.get(url)
            if name == "catalogue"
            else client.post(url, "{}", content_type="application/json")
        )
        assert response.status_code in (302, 403)


def test_a_form_is_packed_with_defaults_or_what_was_typed(ask):
    packed = ask("form", {"type": "score_above", "value": None})
    assert packed["state"] == {"value": None, "group": None} and packed["error"] is None
    assert packed["definition"]["_type"]
    given = ask("form", {"type": "score_above", "value": {"value": 7}})
    assert given["state"] == {"value": "7", "group": None}
    typed = ask("form", {"type": "score_above", "value": {}, "form": fields(value="abc")})
    assert typed["state"] == {"value": "abc", "group": None}
    assert ask("form", {"type": "score_above", "value": "?"})["state"] == {"value": None, "group": None}


def test_clean_gives_the_stored_value_its_sentence_and_errors_at_the_field(ask):
    good = ask("clean", {"type": "score_above", "form": fields(value="12")})
    assert good == {
        "ok": True,
        "value": {"value": 12, "group": None},
        "sentence": "Score above 12",
        "error": None,
        "messages": [],
    }
    empty = ask("clean", {"type": "score_above", "form": fields(value="")})
    assert not empty["ok"] and empty["value"] == {"value": None, "group": None}
    assert empty["error"]["blockErrors"]["value"]["messages"]
    wrong = ask("clean", {"type": "score_above", "form": fields(value="12 000 000 000")})
    assert not wrong["ok"] and "value" not in wrong
    assert wrong["messages"]


@pytest.mark.parametrize(
    "text", ["'; DROP TABLE x; --", "<script>alert(1)</script>", "é" * 10_000, "\x00", '"']
)
def test_odd_texts_pass_through_unharmed(ask, text):
    answer = ask("clean", {"type": "score_above", "form": fields(value=text)})
    assert not answer["ok"] and "value" not in answer


def test_every_condition_has_a_form_and_survives_its_own_defaults(ask):
    for cls in conditions:
        packed = ask("form", {"type": cls.key, "value": None})
        assert packed["error"] is None, cls.key
        described = ask("describe", {"rules": [rule({"id": "x", "type": cls.key, "value": {}}).raw]})[
            "rules"
        ][0]
        assert described["problem"] == "" and described["items"]["x"]["sentence"], cls.key


def test_words_and_labels_follow_the_language(client, admin_user):
    from wagtail.users.models import UserProfile

    profile = UserProfile.get_for_user(admin_user)
    profile.preferred_language = "fr"
    profile.save()
    client.force_login(admin_user)
    assert client.get(reverse("wagtail_automation_rules:catalogue")).status_code == 200


# -- the live count ------------------------------------------------------------------------------------


def count(client, body, status=200):
    data = body if isinstance(body, str) else json.dumps(body)
    response = client.post(reverse("wagtail_automation_segment_count"), data, content_type="application/json")
    assert response.status_code == status, response.content
    return response.json() if status != 302 else None


def test_the_count_says_how_many_and_five_of_them(client, admin_user):
    client.force_login(admin_user)
    for number in range(8):
        Lead.objects.create(first_name=f"Zoë {number}", score=number, status="known")
    answer = count(client, {"rule": json.dumps(rule(condition("score_above", value=1)).raw)})
    assert answer["count"] == 6
    assert [example["name"] for example in answer["examples"]] == [f"Zoë {n}" for n in (7, 6, 5, 4, 3)]
    assert "6" in answer["message"]


def test_the_count_takes_a_form_that_is_being_typed(client, admin_user):
    client.force_login(admin_user)
    Lead.objects.create(score=50)
    item = {"id": "x", "type": "score_above", "value": {"value": 100}, "form": fields(value="10")}
    assert count(client, {"rule": json.dumps({"match": "all", "items": [item]})})["count"] == 1


@pytest.mark.parametrize(
    "items",
    [
        [],
        [condition("score_above", value=None)],
        [condition("score_above", value="x")],
        [{"id": "x", "type": "gone", "value": {}}],
        [group()],
        [condition("in_segment", segment=999)],
    ],
    ids=str,
)
def test_the_count_of_what_matches_nobody_says_why(client, admin_user, items):
    client.force_login(admin_user)
    Lead.objects.create(score=50)
    answer = count(client, {"rule": json.dumps({"match": "none", "items": items})})
    assert answer["count"] == 0 and answer["examples"] == [] and answer["message"]


@pytest.mark.parametrize(
    "body",
    ["", "[]", "{}", '{"rule": 5}', '{"rule": "{"}', '{"rule": "[]"}', '{"rule": "' + "x" * 500_000 + '"}'],
    ids=lambda body: body[:20],
)
def test_the_count_refuses_bad_requests(client, admin_user, body):
    client.force_login(admin_user)
    assert count(client, body, status=400)["message"]


def test_the_count_needs_the_right_to_see_leads(client):
    user = User.objects.create_user("editor")
    user.user_permissions.add(Permission.objects.get(codename="access_admin"))
    client.force_login(user)
    body = {"rule": json.dumps(rule(condition("score_above", value=1)).raw)}
    assert client.post(
        reverse("wagtail_automation_segment_count"), json.dumps(body), content_type="application/json"
    ).status_code in (302, 403)
    user.user_permissions.add(
        Permission.objects.get(codename="view_lead", content_type__app_label="wagtail_automation_leads")
    )
    assert count(client, body)["count"] == 0


def test_a_rule_that_takes_too_long_is_given_up(client, admin_user, monkeypatch):
    from django.db import OperationalError

    from wagtail_automation.audiences import live_count

    def interrupted(*args, **kwargs):
        raise OperationalError("canceling statement due to statement timeout")

    client.force_login(admin_user)
    monkeypatch.setattr(live_count, "patient", interrupted)
    answer = count(client, {"rule": json.dumps(rule(condition("score_above", value=1)).raw)})
    assert answer["count"] is None and "too long" in answer["message"]


def test_segment_page_holds_no_packed_conditions(client, admin_user):
    client.force_login(admin_user)
    segment = Segment.objects.create(name="S", rule=rule(condition("score_above", value=1)))
    response = client.get(f"/admin/snippets/wagtail_automation_audiences/segment/edit/{segment.pk}/")
    assert response.status_code == 200
    html = response.content.decode()
    assert "wa-rule" in html
    assert "wagtail.blocks.StructBlock" not in html
