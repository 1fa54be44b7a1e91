"""The history of points is added up by months: sums by reason stay exact, limits and merges do not notice."""

import datetime as dt
import random

import pytest
from django.db import connection
from django.db.models import Sum
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.audiences.conftest import NOW
from tests.audiences.scores import make_set, on
from tests.audiences.test_scoring import clicked  # noqa: F401
from wagtail_automation import pruning
from wagtail_automation.audiences.models import ScoreEntry, ScoreGroup, ScoreOnce, ScoreRule
from wagtail_automation.audiences.scoring import actions, retention
from wagtail_automation.audiences.watching.work import work_off
from wagtail_automation.leads.merging import merge
from wagtail_automation.leads.models import Lead
from wagtail_automation.testing import clock as test_clock
from wagtail_automation.tracking.actions import record_event

pytestmark = pytest.mark.django_db


def entry(lead, day, points=1, times=1, source="rule:1", group=None):
    return ScoreEntry.objects.create(
        lead=lead,
        day=day,
        key=actions.entry_key(group and group.pk, source),
        group=group,
        source=source,
        points=points,
        times=times,
        at=dt.datetime.combine(day, dt.time(12), dt.UTC),
    )


def sums():
    rows = ScoreEntry.objects.order_by().values("lead", "group", "source", "day__year", "day__month")
    return {
        tuple(row[name] for name in ("lead", "group", "source", "day__year", "day__month")): (
            row["p"],
            row["t"],
        )
        for row in rows.annotate(p=Sum("points"), t=Sum("times"))
    }


def test_sums_stay_exact_and_a_month_is_one_row(make_leads, monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 37)
    pick = random.Random(3)
    leads, fit = make_leads(4), ScoreGroup.objects.create(name="Fit")
    days = [NOW.date() - dt.timedelta(days=number) for number in range(400)]
    for lead in leads:
        for day in pick.sample(days, 90):
            entry(lead, day, pick.randint(-50, 50), pick.randint(1, 4), group=pick.choice([None, fit]))
    before, rows = sums(), ScoreEntry.objects.count()
    recent = set(ScoreEntry.objects.filter(day__gte=NOW.date() - dt.timedelta(days=180)).values_list("pk"))
    assert pruning.prune()["score_changes"] > 0
    assert sums() == before and ScoreEntry.objects.count() < rows
    assert recent <= set(ScoreEntry.objects.values_list("pk")), "younger days are left alone"
    old = ScoreEntry.objects.filter(day__lt=retention.until(retention.before()))
    assert {row.day.day for row in old} == {1}
    left = ScoreEntry.objects.count()
    assert "score_changes" not in pruning.prune(), "a repeat changes nothing"
    assert ScoreEntry.objects.count() == left


def test_a_day_that_comes_late_is_added_to_its_month(make_leads):
    (lead,) = make_leads(1)
    month = dt.date(2025, 3, 1)
    for day, points in ((2, 5), (1, 2), (30, 7)):
        entry(lead, month.replace(day=day), points)
    pruning.prune()
    assert (ScoreEntry.objects.get().day, ScoreEntry.objects.get().points) == (month, 14)
    entry(lead, month.replace(day=9), -4, times=3)
    pruning.prune()
    row = ScoreEntry.objects.get()
    assert (row.points, row.times) == (10, 6)


@pytest.mark.parametrize("days", [0, 1, 30])
def test_the_running_month_and_its_limits_are_never_touched(make_leads, clicked, settings, days):
    settings.WAGTAIL_AUTOMATION = {
        **settings.WAGTAIL_AUTOMATION, "RETENTION_DAYS": {"score_changes": days}
    }  # fmt: skip
    (lead,) = make_leads(1)
    make_set(
        on("test_clicked", value=1, frequency="daily", per_day=2),
        on("test_clicked", value=100, frequency="once"),
    )
    for moment in (NOW.replace(day=14), NOW.replace(day=15)):
        with test_clock.freeze(moment):
            for _number in range(4):
                see(lead)
                pruning.prune()
    assert Lead.objects.get().score == 2 * 2 + 100
    with test_clock.freeze(NOW.replace(month=5)):
        pruning.prune()
        see(lead)
    assert Lead.objects.get().score == 2 * 2 + 100 + 1, "what was given once stays given"


def see(lead):
    record_event(name="link_clicked", lead=lead, url="/x/", at=NOW)
    work_off()


def test_kept_for_ever_if_the_site_says_so(make_leads, settings):
    settings.WAGTAIL_AUTOMATION = {
        **settings.WAGTAIL_AUTOMATION, "RETENTION_DAYS": {"score_changes": None}
    }  # fmt: skip
    (lead,) = make_leads(1)
    for day in (2, 3):
        entry(lead, dt.date(2020, 3, day))
    pruning.prune()
    assert ScoreEntry.objects.count() == 2 and retention.before().year == 1


def test_a_merge_takes_what_was_given_twice_from_months_too(make_leads, clicked):
    one, other = make_leads(2, status="known", score=110)
    made = make_set(on("test_clicked", value=100, frequency="once"))
    rule = ScoreRule.objects.get(score_set=made)
    for lead in (one, other):
        ScoreOnce.objects.create(rule=rule, lead=lead)
        entry(lead, dt.date(2025, 3, 7), 100, source=f"rule:{rule.pk}")
        entry(lead, dt.date(2025, 3, 8), 10, source="code")
    pruning.prune()
    survivor = merge(source=one, target=other, now=NOW, reason="test")
    assert Lead.objects.get(pk=survivor.pk).score == 120
    assert ScoreEntry.objects.aggregate(n=Sum("points"))["n"] == 120


def test_a_batch_takes_the_same_statements_for_any_number(make_leads):
    def statements(count):
        for lead in make_leads(count):
            for day in (2, 3, 4):
                entry(lead, dt.date(2025, 3, day))
        with CaptureQueriesContext(connection) as queries:
            assert sum(retention.add_up(NOW)) == 3 * count
        return len(queries)

    assert statements(3) == statements(60)


def test_the_lead_page_calls_a_month_a_month(make_leads, client, admin_user, english):
    (lead,) = make_leads(1, status="known")
    entry(lead, dt.date(2025, 3, 7), 3), entry(lead, NOW.date(), 4)
    pruning.prune()
    client.force_login(admin_user)
    page = client.get(reverse("wagtail_automation_lead:inspect", args=[lead.pk])).content.decode()
    assert ">March 2025</time>" in page and ">03/01/2026</time>" in page
