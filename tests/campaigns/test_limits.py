"""Goal, exit rule, holdout, frequency cap, quiet hours, business days: before each step, with the reason."""

import datetime as dt
from collections import Counter

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from wagtail.models import Page, Site

from wagtail_automation import activities, contact
from wagtail_automation.campaigns import actions, trace
from wagtail_automation.campaigns.limits.models import ContactSettings
from wagtail_automation.campaigns.limits.rules import ContactRules, holidays_of
from wagtail_automation.campaigns.models import Campaign, Enrollment, Outcome, StepLog
from wagtail_automation.leads.models import Lead
from wagtail_automation.rules.rule import Rule
from wagtail_automation.testing import clock as test_clock
from wagtail_automation.tracking.models import Event

from .pieces import NOW, AddPoints, Tree

pytestmark = pytest.mark.django_db


class Write(AddPoints):
    """Counts as a message."""

    key = "test_write"
    messages = True

    class Meta:
        label = "Write"


class Written(contact.Source):
    """Whatever the step log says was written."""

    def _rows(self):
        from django.db.models import F

        done = StepLog.objects.filter(outcome=Outcome.DONE, step__steps__type="do_test_write")
        return done.annotate(lead_id=F("enrollment__lead_id"))

    def recent(self, since):
        return self._rows().filter(at__gt=since)

    def reached(self, origin, since=None):
        rows = self._rows().filter(enrollment__campaign_id=int(origin.partition(":")[2]))
        return rows.filter(at__gte=since) if since else rows


@pytest.fixture(autouse=True)
def writing(monkeypatch):
    monkeypatch.setattr(contact, "_sources", {Written: Written()})
    with activities.activities.temporarily(Write):
        yield


def write(tree=None, **place) -> Tree:
    return (tree or Tree()).add("do_test_write", {"points": 1}, **place)


def rule(above=10, kind="test_score", match="all") -> Rule:
    return Rule({"match": match, "items": [{"id": "1", "type": kind, "value": {"above": above}}]})


def later(**delta):
    return test_clock.freeze(NOW + dt.timedelta(**delta))


def utc(*parts):
    return dt.datetime(*parts, tzinfo=dt.UTC)


def reasons() -> dict:
    return dict(Enrollment.objects.values_list("lead", "left_reason"))


@pytest.fixture
def site_settings():
    """Sets the rules of the default site."""

    def make(**fields):
        site = Site.objects.filter(is_default_site=True).first()
        if site is None:
            root = Page.objects.filter(depth=1).first() or Page.add_root(title="Root", slug="root")
            site = Site.objects.create(hostname="localhost", root_page=root, is_default_site=True)
        return ContactSettings.objects.update_or_create(site=site, defaults=fields)[0]

    return make


# -- goal and exit rule ----------------------------------------------------------------------------------
def test_who_reaches_the_goal_or_must_leave_does_no_further_step(campaign, people, walk):
    tree = Tree().do(1, name="a").wait(1, name="w").do(100, name="b")
    made = campaign(tree.json, goal=rule(50), exit_rule=rule(20))
    before, during, failed, stays = people(1, score=60)[0], *people(3)
    actions.enroll(campaign=made, leads=[lead.pk for lead in (before, during, failed, stays)])
    walk()
    Lead.objects.filter(pk=during.pk).update(score=70)
    Lead.objects.filter(pk=failed.pk).update(score=30)
    with later(days=1), CaptureQueriesContext(connection) as queries:
        walk()
    assert reasons() == {
        before.pk: "goal_reached",
        during.pk: "goal_reached",
        failed.pk: "exit_rule",
        stays.pk: "finished",  # the last step brought it to the goal: nothing asks after the last
    }
    assert Lead.objects.get(pk=before.pk).score == 60
    assert Lead.objects.get(pk=during.pk).score == 70
    assert len(queries) < 60
    (way,) = trace.for_lead(failed)
    assert way.entries[-1].reason == way.status == "The rule for leaving was true."
    assert StepLog.objects.filter(outcome=Outcome.LEFT).count() == 3


def test_a_goal_that_cannot_be_asked_is_refused_and_one_that_broke_lets_nobody_on(campaign, people, walk):
    gone = Rule({"match": "all", "items": [{"id": "1", "type": "nowhere", "value": {}}]})
    with pytest.raises(ValidationError, match="cannot be asked"):
        campaign(Tree().do(1).json, goal=gone)
    made = campaign(Tree().do(1).json, exit_rule=rule(20))
    version = made.current_version
    version.rules = {"exit": gone.raw}
    version.save()
    from wagtail_automation.campaigns.versions import plan_of

    plan_of.cache_clear()
    (lead,) = people(1)
    actions.enroll(campaign=made, leads=[lead.pk])
    walk()
    assert Enrollment.objects.get().held_reason == "rule:not installed: nowhere"
    plan_of.cache_clear()


def test_checks_cost_as_much_for_many_as_for_few(campaign, people, walk, site_settings):
    site_settings(cap=1, quiet_begin=dt.time(22), quiet_end=dt.time(7), holidays_country="FR")
    made = campaign(write(write()).wait(1).json, goal=rule(50), exit_rule=rule(20), holdout=20)
    counts = []
    for size in (60, 60, 180):  # of every kind some: held out, at the goal, to be written to
        group = people(size // 2) + people(size // 2, score=60)
        with CaptureQueriesContext(connection) as queries:
            actions.enroll(campaign=made, leads=[lead.pk for lead in group])
            walk()
        counts.append(len(queries))
    assert counts[2] <= counts[1] + 2


# -- holdout ---------------------------------------------------------------------------------------------
def test_the_held_out_share_is_the_same_people_and_gets_nothing(campaign, people, walk):
    people(300)
    made = campaign(Tree().do(1).wait(1).json, holdout=20, reentry="each")
    assert actions.enroll(campaign=made, leads=Lead.objects.all(), key="one") == 300
    walk()
    out = set(Enrollment.objects.filter(left_reason="holdout").values_list("lead_id", flat=True))
    assert 30 < len(out) < 95
    assert set(Lead.objects.filter(pk__in=out).values_list("score", flat=True)) == {0}
    assert Lead.objects.filter(score=1).count() == 300 - len(out)
    assert StepLog.objects.filter(outcome=Outcome.HELD_OUT).count() == len(out)
    assert Event.objects.filter(name="campaign_entered").count() == 300 - len(out)
    actions.enroll(campaign=made, leads=Lead.objects.all(), key="two")
    walk()
    again = Enrollment.objects.filter(left_reason="holdout", key="two").values_list("lead_id", flat=True)
    assert set(again) == out
    (way,) = trace.for_lead(Lead.objects.get(pk=min(out)))[:1]
    assert "Held out" in way.entries[0].reason


# -- frequency cap ---------------------------------------------------------------------------------------
def test_more_messages_than_the_cap_are_skipped_with_the_reason(campaign, people, walk, site_settings):
    site_settings(cap=2, cap_days=7)
    (lead,) = people(1)
    one = campaign(write(write(write(), name="b"), name="c").do(100).json)
    actions.enroll(campaign=one, leads=[lead.pk])
    walk()
    lead.refresh_from_db()
    assert lead.score == 102
    skipped = StepLog.objects.get(outcome=Outcome.SKIPPED)
    assert skipped.reason == "frequency_cap"
    two = campaign(write().json, reentry="each")
    for days, score in ((0, 102), (6, 102), (8, 103)):
        with later(days=days):
            actions.enroll(campaign=two, leads=[lead.pk], key=str(days))
            walk()
        lead.refresh_from_db()
        assert lead.score == score
    assert "Skipped: enough messages lately." in [e.reason for e in trace.for_lead(lead)[-1].entries]


@pytest.mark.parametrize(("limits", "score"), [("site", 1), ("own", 2), ("none", 3)])
def test_a_campaign_may_have_its_own_limits_or_none(campaign, people, walk, site_settings, limits, score):
    site_settings(cap=1)
    (lead,) = people(1)
    made = campaign(write(write(write())).json, limits=limits, cap=2)
    actions.enroll(campaign=made, leads=[lead.pk])
    walk()
    lead.refresh_from_db()
    assert lead.score == score


# -- hours and days --------------------------------------------------------------------------------------
NIGHT = {"quiet_begin": dt.time(21), "quiet_end": dt.time(8)}
OFFICE = {**NIGHT, "weekdays": "01234", "holidays_country": "FR"}


@pytest.mark.parametrize(
    ("rules", "now", "zone", "country", "opens", "reason"),
    [
        (NIGHT, utc(2026, 3, 10, 12), "Europe/Paris", "", utc(2026, 3, 10, 12), ""),
        (NIGHT, utc(2026, 3, 10, 20), "Europe/Paris", "", utc(2026, 3, 11, 7), "quiet_hours"),
        (NIGHT, utc(2026, 3, 10, 6, 59), "Europe/Paris", "", utc(2026, 3, 10, 7), "quiet_hours"),
        (NIGHT, utc(2026, 3, 10, 7), "Europe/Paris", "", utc(2026, 3, 10, 7), ""),
        (NIGHT, utc(2026, 3, 10, 12), "Asia/Tokyo", "", utc(2026, 3, 10, 23), "quiet_hours"),
        # the night of the clock change is an hour shorter
        (NIGHT, utc(2026, 3, 28, 22), "Europe/Paris", "", utc(2026, 3, 29, 6), "quiet_hours"),
        # a night that ends in the gap ends after it
        (
            {"quiet_begin": dt.time(21), "quiet_end": dt.time(2, 30)},
            utc(2026, 3, 28, 22),
            "Europe/Paris",
            "",
            utc(2026, 3, 29, 1, 30),
            "quiet_hours",
        ),
        (OFFICE, utc(2026, 3, 14, 12), "Europe/Paris", "", utc(2026, 3, 16, 7), "business_days"),
        (OFFICE, utc(2026, 3, 13, 20, 30), "Europe/Paris", "", utc(2026, 3, 16, 7), "quiet_hours"),
        # Easter Monday 2026 is 6 April; Good Friday is none in France
        (OFFICE, utc(2026, 4, 4, 12), "Europe/Paris", "", utc(2026, 4, 7, 6), "business_days"),
        # 14 July: a Tuesday in 2026
        (OFFICE, utc(2026, 7, 14, 12), "Europe/Paris", "DE", utc(2026, 7, 15, 6), "business_days"),
        (
            {**OFFICE, "holidays_own": True},
            utc(2026, 7, 14, 12),
            "Europe/Paris",
            "DE",
            utc(2026, 7, 14, 12),
            "",
        ),
        ({"holidays_country": "XX"}, utc(2026, 7, 14, 12), "Europe/Paris", "", utc(2026, 7, 14, 12), ""),
    ],
)
def test_when_people_may_be_written_to(rules, now, zone, country, opens, reason):
    from wagtail_automation.campaigns import calendar

    assert ContactRules(**rules).next_moment(now, calendar.zone(zone), country) == (opens, reason)


def test_rules_survive_json():
    made = ContactRules(cap=3, **OFFICE)
    assert ContactRules.of(made.as_json()) == made
    assert holidays_of("FR", 2026) and not holidays_of("XX", 2026)


def test_messages_wait_for_the_morning_and_other_steps_do_not(campaign, people, walk, site_settings):
    site_settings(quiet_begin=dt.time(21), quiet_end=dt.time(9))
    paris, tokyo, york = (
        people(1, time_zone=zone)[0] for zone in ("Europe/Paris", "Asia/Tokyo", "America/New_York")
    )
    made = campaign(write(Tree().do(100), name="m").json)
    actions.enroll(campaign=made, leads=[paris.pk, tokyo.pk, york.pk])
    walk()  # 10:00, 18:00, 5:00
    assert Counter(Lead.objects.values_list("score", flat=True)) == {101: 2, 100: 1}
    rest = Enrollment.objects.inside().get()
    assert (rest.lead_id, rest.due_at) == (york.pk, utc(2026, 3, 10, 13))
    delayed = StepLog.objects.get(outcome=Outcome.DELAYED)
    assert delayed.reason == "quiet_hours"
    with test_clock.freeze(rest.due_at):
        walk()
    assert set(Lead.objects.values_list("score", flat=True)) == {101}
    visits = list(StepLog.objects.filter(enrollment=rest).order_by("visit").values_list("visit", flat=True))
    assert len(visits) == len(set(visits)) == 3
    (way,) = trace.for_lead(york)
    assert "quiet hours" in way.entries[1].reason


def test_whoever_hands_over_can_ask(campaign, site_settings):
    site_settings(quiet_begin=dt.time(21), quiet_end=dt.time(9))
    york = {"zone": "America/New_York"}
    own, none = (campaign(Tree().do(1).json, **{"limits": kind, **NIGHT}) for kind in ("own", "none"))
    recipients = [
        contact.Recipient(1, "Europe/Paris", origin="campaign:0"),
        contact.Recipient(2, origin="campaign:0", **york),
        contact.Recipient(3, origin=f"campaign:{own.pk}", **york),
        contact.Recipient(4, origin=f"campaign:{none.pk}", **york),
        contact.Recipient(5, origin="form:1", **york),
        contact.Recipient(6, "Mars/Olympus", origin="campaign:0"),
    ]
    with CaptureQueriesContext(connection) as queries:
        allowed = contact.judge().allowed_from(recipients, NOW)
    assert allowed == [NOW, utc(2026, 3, 10, 13), utc(2026, 3, 10, 12), NOW, NOW, NOW]
    assert len(queries) <= 3


def test_settings_that_close_every_moment_are_refused():
    for fields, words in (
        ({"quiet_begin": dt.time(9)}, "beginning and an end"),
        ({"quiet_begin": dt.time(9), "quiet_end": dt.time(9)}, "never end"),
    ):
        with pytest.raises(ValidationError, match=words):
            ContactSettings(**fields).clean()
    with pytest.raises(ValidationError):
        Campaign(name="x", holidays_country="XX").clean_fields(exclude=["tree"])


def test_the_settings_have_a_page(admin_client, site_settings):
    made = site_settings()
    url = reverse(
        "wagtailsettings:edit", args=["wagtail_automation_campaigns", "contactsettings", made.site.pk]
    )
    response = admin_client.post(
        url,
        {"cap": 3, "cap_days": 7, "quiet_begin": "21:00", "quiet_end": "08:00", "weekdays": ["4", "0"]},
    )
    assert response.status_code == 302, response.context["form"].errors
    made.refresh_from_db()
    assert (made.weekdays, made.cap, made.quiet_end) == ("04", 3, dt.time(8))
    page = admin_client.get(url).content.decode()
    assert page.count("checked") == 2
    response = admin_client.post(url, {"cap": 3, "cap_days": 7})
    assert response.context["form"].errors["weekdays"]
