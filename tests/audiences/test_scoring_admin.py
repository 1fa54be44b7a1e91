"""Points in the admin: the lead page's panel, score sets with their preview, groups, thresholds, decay."""

import json

import pytest
from django.urls import reverse

from tests.audiences.conftest import NOW
from tests.audiences.scores import make_set, on, when
from tests.audiences.test_admin import user_with
from wagtail_automation.audiences.models import (
    GroupScore,
    ScoreDecay,
    ScoreEntry,
    ScoreGroup,
    ScoreSet,
    ScoreThreshold,
)
from wagtail_automation.audiences.scoring.actions import change_lead_score
from wagtail_automation.audiences.watching.work import work_off
from wagtail_automation.leads.models import Lead

from .conftest import condition

pytestmark = pytest.mark.django_db
SETS = "wagtailsnippets_wagtail_automation_audiences_scoreset"
APP = "wagtail_automation_audiences"


@pytest.fixture
def boss(client, admin_user):
    client.force_login(admin_user)
    return client


def test_the_panel_says_why(boss, make_leads, django_assert_max_num_queries):
    fit = ScoreGroup.objects.create(name="Fit", in_total=False)
    (ada,) = make_leads(1, first_name="Ada")
    make_set(when(condition("score_below", value=5), value=3), name="Warm-up")
    work_off()
    page = reverse("wagtail_automation_lead:inspect", args=[ada.pk])
    change = reverse("wagtail_automation_lead_score", args=[ada.pk])
    boss.post(change, {"points": "-4", "group": fit.pk, "next": page})
    change_lead_score(lead=ada, operation="add", value=1, now=NOW, origin="decay:9")
    html = boss.get(page).content.decode()
    assert "Warm-up: Score below 5" in html and "+3" in html and "-4" in html and "not in the total" in html
    assert "Faded without activity" in html
    assert GroupScore.objects.get().points == -4
    with django_assert_max_num_queries(60):
        boss.get(page)
    for wrong in (
        {"points": "x"},
        {"points": "0"},
        {"points": "99999999"},
        {"points": "1", "group": "999"},
        {},
    ):
        html = boss.post(change, {**wrong, "next": page}, follow=True).content.decode()
        assert "Type a whole number of points" in html
    assert ScoreEntry.objects.count() == 3


def test_only_those_who_may_change_points(client, make_leads):
    (ada,) = make_leads(1)
    change = reverse("wagtail_automation_lead_score", args=[ada.pk])
    client.force_login(user_with("wagtail_automation_leads.view_lead", f"{APP}.view_scoreentry"))
    client.post(change, {"points": "5"})
    client.force_login(user_with(f"{APP}.add_scoreentry"))
    client.post(change, {"points": "5"})
    assert not ScoreEntry.objects.exists()


def test_a_set_is_written_previewed_and_published(boss, make_leads):
    ada, _bob = make_leads(2, first_name="Ada", score=1)
    rule = {"match": "all", "items": [condition("score_below", value=5)]}
    data = {
        "name": "Warm-up",
        "description": "",
        "category": "",
        "rules-count": "1",
        "rules-0-deleted": "",
        "rules-0-order": "0",
        "rules-0-type": "rule",
        "rules-0-id": "",
        "rules-0-value-rule": json.dumps(rule),
        "rules-0-value-operation": "add",
        "rules-0-value-value": "20",
        "rules-0-value-group": "",
        "rules-0-value-frequency": "once",
        "rules-0-value-per_day": "1",
    }
    assert boss.get(reverse(f"{SETS}:add")).status_code == 200
    assert boss.post(reverse(f"{SETS}:add"), data).status_code == 302
    one = ScoreSet.objects.get()
    assert not one.live
    html = boss.get(reverse(f"{SETS}:forecast", args=[one.pk])).content.decode()
    assert "At once: 2" in html and "Score below 5" in html and "+20" in html
    work_off()
    assert Lead.objects.get(pk=ada.pk).score == 1
    data["rules-0-value-value"] = "1.5"
    assert (
        "Points are whole numbers."
        in boss.post(reverse(f"{SETS}:edit", args=[one.pk]), {**data, "action-publish": "1"}).content.decode()
    )
    data["rules-0-value-value"] = "20"
    response = boss.post(reverse(f"{SETS}:edit", args=[one.pk]), {**data, "action-publish": "1"})
    assert response.status_code == 302
    work_off()
    assert set(Lead.objects.values_list("score", flat=True)) == {21}
    html = boss.get(reverse(f"{SETS}:list")).content.decode()
    assert "Warm-up" in html and "Rules in force" in html
    html = boss.get(reverse(f"{SETS}:forecast", args=[one.pk])).content.decode()
    assert "At once: 0" in html and "This set is in force" in html
    boss.post(reverse(f"{SETS}:edit", args=[one.pk]), {**data, "name": "<i>x</i>", "action-publish": "1"})
    assert "<i>x</i>" not in boss.get(reverse(f"{SETS}:forecast", args=[one.pk])).content.decode()


def test_the_preview_shows_names_only_to_those_who_may_see_leads(client, make_leads):
    make_leads(1, first_name="Ada")
    one = make_set(when(condition("score_below", value=5)), on("gone"))
    url = reverse(f"{SETS}:forecast", args=[one.pk])
    client.force_login(user_with(f"{APP}.change_scoreset"))
    assert client.get(url).status_code == 302
    client.force_login(user_with(f"{APP}.change_scoreset", "wagtail_automation_leads.view_lead"))
    assert client.get(url).status_code == 200


def test_groups_thresholds_and_decay_by_form(boss, make_leads):
    (ada,) = make_leads(1)
    form = {"name": "Fit", "colour": "blue", "description": "", "in_total": "on"}
    assert boss.post(reverse("wagtail_automation_score_group:add"), form).status_code == 302
    fit = ScoreGroup.objects.get()
    change_lead_score(lead=ada, operation="add", value=9, group=fit, now=NOW)
    del form["in_total"]
    edit = reverse("wagtail_automation_score_group:edit", args=[fit.pk])
    assert boss.post(edit, form).status_code == 302
    assert Lead.objects.get(pk=ada.pk).score == 0 and not ScoreGroup.objects.get().in_total
    again = boss.post(reverse("wagtail_automation_score_group:add"), {**form, "name": "FIT"})
    assert "There is one with this name." in again.content.decode()
    threshold = {"name": "Warm", "points": "10", "group": "", "colour": "amber", "category": ""}
    assert boss.post(reverse("wagtail_automation_score_threshold:add"), threshold).status_code == 302
    assert ScoreThreshold.objects.get().points == 10
    threshold["points"] = "99999999999"
    assert boss.post(reverse("wagtail_automation_score_threshold:add"), threshold).status_code == 200
    add = reverse("wagtail_automation_score_decay:add")
    fading = {"group": "", "how": "percent", "amount": "10", "days": "30", "is_active": "on"}
    assert "At most 100 per cent." in boss.post(add, {**fading, "amount": "101"}).content.decode()
    assert boss.post(add, fading).status_code == 302
    assert "There is already one" in boss.post(add, fading).content.decode()
    assert ScoreDecay.objects.count() == 1
    for name in ("score_group", "score_threshold", "score_decay"):
        assert boss.get(reverse(f"wagtail_automation_{name}:index")).status_code == 200
    assert "10\u00a0%" in boss.get(reverse("wagtail_automation_score_decay:index")).content.decode()
    for chooser in ("score_group_chooser", "threshold_chooser"):
        assert boss.get(reverse(f"wagtail_automation_{chooser}:choose")).status_code == 200
