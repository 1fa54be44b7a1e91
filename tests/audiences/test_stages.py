"""Stages: forwards, by rules, by hand; the funnel; merges."""

import csv
import datetime as dt
import io

import pytest
from django.urls import reverse

from tests.audiences.conftest import NOW
from tests.audiences.test_admin import user_with
from wagtail_automation.audiences.models import LeadStage, Stage, StageMove
from wagtail_automation.audiences.scoring.actions import change_lead_score
from wagtail_automation.audiences.stages import actions
from wagtail_automation.audiences.stages.activities import StageChange
from wagtail_automation.audiences.stages.conditions import StageIs
from wagtail_automation.audiences.stages.querysets import funnel
from wagtail_automation.audiences.stages.triggers import StageChanged
from wagtail_automation.audiences.watching.work import work_off
from wagtail_automation.leads.cohorts import LeadsCohort
from wagtail_automation.leads.merging import merge
from wagtail_automation.leads.models import Lead
from wagtail_automation.rules.binding import bind
from wagtail_automation.testing import contracts
from wagtail_automation.tracking.models import Event

from .conftest import condition, rule

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


@pytest.fixture
def boss(client, admin_user):
    client.force_login(admin_user)
    return client


@pytest.fixture
def stages():
    return [
        Stage.objects.create(name=name, weight=weight)
        for name, weight in (("Stranger", 10), ("Known", 20), ("Client", 30))
    ]


def where(lead):
    return LeadStage.objects.filter(lead=lead).values_list("stage__name", flat=True).first()


def cohort(leads, now=NOW):
    return LeadsCohort([lead.pk for lead in leads], key="k", origin="campaign:1", now=now)


def test_forwards_only_unless_a_person_does_it(stages, make_leads):
    stranger, known, client_ = stages
    (ada,), (bob,) = make_leads(1), make_leads(1)
    assert actions.move_to_stage(stage=known, cohort=cohort([ada, bob])) == [ada.pk, bob.pk]
    assert actions.move_to_stage(stage=known, cohort=cohort([ada, bob])) == []
    assert actions.move_to_stage(stage=stranger, cohort=cohort([ada])) == []
    assert actions.move_to_stage(stage=client_, cohort=cohort([ada], NOW + DAY)) == [ada.pk]
    assert actions.move_lead(lead=ada, stage=stranger, now=NOW + 2 * DAY)
    assert (where(ada), where(bob)) == ("Stranger", "Known")
    stranger.forward_only = False
    stranger.save()
    assert actions.move_to_stage(stage=stranger, cohort=cohort([bob])) == [bob.pk]
    assert actions.move_lead(lead=bob, stage=None, now=NOW)
    assert not actions.move_lead(lead=bob, stage=None, now=NOW)
    assert where(bob) is None
    told = Event.objects.filter(name="stage_changed").order_by("pk").values_list("lead", "object_key")
    # by person: of those who move together none is the first
    assert [key for lead, key in told if lead == ada.pk] == [known.uuid, client_.uuid, stranger.uuid]
    assert [key for lead, key in told if lead == bob.pk] == [known.uuid, stranger.uuid]
    assert StageMove.objects.filter(lead=ada, left_at=None).count() == 1


def test_a_stages_rule_moves_people_once(stages, make_leads):
    (ada,), (bob,) = make_leads(1), make_leads(1)
    stages[1].rule = rule(condition("score_above", value=10))
    stages[1].save()
    actions.move_lead(lead=bob, stage=stages[2], now=NOW)
    for lead in (ada, bob):
        change_lead_score(lead=lead, operation="add", value=11, now=NOW)
    work_off()
    work_off()
    assert (where(ada), where(bob)) == ("Known", "Client")
    assert StageMove.objects.get(lead=ada).origin == "rule"
    stages[1].delete()
    assert where(ada) is None


def test_the_classes_keep_their_contracts(stages, make_leads):
    stranger, known, _client = stages
    (ada,), (bob,), _other = make_leads(1), make_leads(1), make_leads(1)
    actions.move_lead(lead=ada, stage=stranger, now=NOW)
    actions.move_lead(lead=bob, stage=known, now=NOW)
    found = contracts.check_condition(StageIs, value={"stages": [stranger.pk, known.pk]}, model=Lead)
    assert found == {ada.pk, bob.pk}
    value = bind(StageIs(), {"stages": [known.pk]})
    assert StageIs().sentence(value) == "Is in the stage “Known”"

    def cohort_of(number):
        return cohort(make_leads(number))

    contracts.check_activity(StageChange, value={"stage": known.pk}, cohort_of=cohort_of)
    contracts.check_trigger(StageChanged)
    assert StageChanged().subject(bind(StageChanged(), {"stage": known.pk})).key == known.uuid


def test_a_merge_keeps_the_further_stage_without_an_event(stages, make_leads):
    stranger, known, _client = stages
    (source,), (target,), (third,) = make_leads(1), make_leads(1), make_leads(1)
    actions.move_lead(lead=source, stage=known, now=NOW)
    actions.move_lead(lead=target, stage=stranger, now=NOW - DAY)
    moved = Event.objects.filter(name="stage_changed")
    events = moved.count()
    merge(source=source, target=target, now=NOW, reason="test")
    assert where(target) == "Known" and LeadStage.objects.count() == 1
    assert StageMove.objects.filter(lead=target).count() == 2
    assert StageMove.objects.filter(lead=target, left_at=None).get().stage == known
    merge(source=target, target=third, now=NOW, reason="test")
    assert where(third) == "Known" and moved.count() == events


def test_the_funnel_counts_people_conversion_and_time(stages, make_leads, django_assert_num_queries):
    stranger, known, client_ = stages
    leads = make_leads(4)
    actions.move_to_stage(stage=stranger, cohort=cohort(leads, NOW - 10 * DAY))
    actions.move_to_stage(stage=known, cohort=cohort(leads[:2], NOW - 8 * DAY))
    actions.move_to_stage(stage=client_, cohort=cohort(leads[:1], NOW - 4 * DAY))
    with django_assert_num_queries(4):
        rows = funnel(None, None)
    assert [(row["now"], row["came"], row["went_on"], row["conversion"]) for row in rows] == [
        (2, 4, 2, 0.5),
        (1, 2, 1, 0.5),
        (1, 1, 0, 0.0),
    ]
    assert [row["stay"] for row in rows] == [2 * DAY, 4 * DAY, None]
    assert [row["came"] for row in funnel(NOW - 9 * DAY, NOW - 5 * DAY)] == [0, 2, 0]


def test_the_funnel_page_and_its_file(boss, stages, make_leads):
    stages[0].name = "=Stranger<b>"
    stages[0].save()
    actions.move_to_stage(stage=stages[0], cohort=cohort(make_leads(3)))
    url = reverse("wagtail_automation_stage_funnel")
    html = boss.get(url).content.decode()
    assert "Stranger&lt;b&gt;" in html and "<rect" in html and "Stranger<b>" not in html
    for query in ("?from=2026-02-31&to=x", "?from=2026-02-01&to=9999-12-31", "?from=2030-01-01"):
        assert boss.get(url + query).status_code == 200
    response = boss.get(url + "?from=2026-02-01&export=csv")
    rows = list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))
    assert rows[1][:3] == ["'=Stranger<b>", "3", "3"]


def test_moved_by_hand_on_the_lead_page(boss, client, stages, make_leads):
    (ada,) = make_leads(1, first_name="Ada")
    page = reverse("wagtail_automation_lead:inspect", args=[ada.pk])
    url = reverse("wagtail_automation_lead_stage", args=[ada.pk])
    assert "In no stage yet." in boss.get(page).content.decode()
    boss.post(url, {"stage": stages[2].pk, "next": page})
    assert where(ada) == "Client"
    html = boss.get(page).content.decode()
    assert 'aria-current="step"' in html and "How it came there" in html
    for wrong in ("x", "9" * 30, "999"):
        assert (
            "Choose a stage." in boss.post(url, {"stage": wrong, "next": page}, follow=True).content.decode()
        )
    boss.post(url, {"stage": "", "next": page})
    assert where(ada) is None
    client.force_login(user_with("wagtail_automation_leads.view_lead"))
    client.post(url, {"stage": stages[0].pk})
    assert where(ada) is None
    assert client.get(reverse("wagtail_automation_stage_funnel")).status_code == 302


def test_stages_are_listed_and_written(boss, stages):
    html = boss.get(reverse("wagtail_automation_stage:index")).content.decode()
    assert "Stranger" in html and "Funnel" in html
    form = {"name": "New", "weight": "20", "colour": "red", "category": "", "rule": "", "description": ""}
    assert "already exists" in boss.post(reverse("wagtail_automation_stage:add"), form).content.decode()
    assert boss.post(reverse("wagtail_automation_stage:add"), {**form, "weight": "25"}).status_code == 302
    assert boss.get(reverse("wagtail_automation_stage_chooser:choose")).status_code == 200
