"""A dry run leaves no trace, costs the same for any number of people, and says who is let in and why not."""

import datetime as dt
import random

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from wagtail_automation.audiences.models import LeadList
from wagtail_automation.campaigns import actions, engine
from wagtail_automation.campaigns.foreseeing import asking, counting, running, starts
from wagtail_automation.campaigns.foreseeing.plans import plan_of_draft
from wagtail_automation.campaigns.models import Campaign, Enrollment, Limits
from wagtail_automation.leads.models import Lead
from wagtail_automation.testing import clock as test_clock
from wagtail_automation.tracking.actions import record_event

from .pieces import NOW, Tree

pytestmark = pytest.mark.django_db


@pytest.fixture
def email(db):
    from tests.catalogue.cases.messaging import make_email

    return make_email("Hello")


def listed(leads, name="Clients") -> LeadList:
    made = LeadList.objects.create(name=name)
    made.memberships.bulk_create(made.memberships.model(list=made, lead=lead, added_at=NOW) for lead in leads)
    return made


def look_ahead(campaign, *, days=20, limit=1000, instead=None):
    plan, graph = plan_of_draft(campaign)
    end = NOW + dt.timedelta(days=days)
    audience = starts.audience(
        campaign, graph, start=NOW, end=end, replay=False, limit=limit, instead=instead
    )
    course = running.run(plan, audience.entries, start=NOW, end=end, open_after=NOW)
    names = {step.pk: step.name for step in plan.steps}
    counts = counting.people_at_steps(course)
    return audience, course, {names.get(mark, mark): count for mark, count in counts.items()}


def newsletter(email, of_list, patience=3) -> Campaign:
    """An email, a question about the future, another email for those who do not click."""
    tree = Tree().on("on_list_start", lists=[{"type": "item", "id": "l", "value": of_list.pk}], keep=True)
    tree.add("do_email_send", {"email": email.pk, "spread": 0}, name="first")
    tree.wait(1, name="wait").ask("test_clicked", patience, name="ask")
    tree.do(1, name="thanks", parent="ask", branch="yes")
    tree.add("do_email_send", {"email": email.pk, "spread": 0}, name="again", parent="ask", branch="no")
    return Campaign(name="Newsletter", tree=tree.json)


def tables() -> dict[str, list]:
    """Everything the database holds, and on PostgreSQL how far its counters are."""
    with connection.cursor() as cursor:
        content = {}
        for name in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(name)}")
            content[name] = sorted(map(repr, cursor.fetchall()))
        if connection.vendor == "postgresql":
            cursor.execute("SELECT sequencename, last_value FROM pg_sequences ORDER BY 1")
            content["counters"] = cursor.fetchall()
    return content


def test_a_dry_run_leaves_no_trace(people, email):
    campaign = newsletter(email, listed(people(12)))
    campaign.save()
    actions.publish(campaign=campaign)
    running_people = people(2)
    actions.enroll(campaign=campaign, leads=[lead.pk for lead in running_people], now=NOW)
    engine.run(30)
    record_event(name="link_clicked", lead=running_people[0], at=NOW)
    before, state = tables(), random.getstate()
    everybody = Lead.objects.all()
    look_ahead(campaign, instead=everybody)
    plan, graph = plan_of_draft(campaign)
    start, end = NOW - dt.timedelta(days=30), NOW
    audience = starts.audience(campaign, graph, start=start, end=end, replay=True, limit=100)
    running.run(plan, audience.entries, start=start, end=end, open_after=None)
    assert audience.entries
    assert tables() == before
    assert random.getstate() == state


def test_what_is_open_becomes_a_range(people, email):
    audience, course, counts = look_ahead(newsletter(email, listed(people(12))))
    assert audience.candidates == 12
    assert counts == {
        "first": (12, 12),
        "wait": (12, 12),
        "ask": (12, 12),
        "thanks": (0, 12),
        "again": (0, 12),
        (3, "yes"): (0, 12),
        (3, "no"): (0, 12),
    }
    total, days = counting.messages(course, lambda step, lead, written: written)
    assert total == (12, 24)
    assert days == {NOW.date(): (12, 12), NOW.date() + dt.timedelta(days=4): (0, 12)}
    assert counting.ends(course) == {"finished": (12, 12)}


def test_what_is_known_is_decided(people):
    rich, poor = people(3, score=50), people(4)
    tree = Tree().on("on_list_start", lists=[{"type": "item", "id": "l", "value": listed([*rich, *poor]).pk}])
    tree.wait(2).ask("test_score", value={"above": 10}, name="ask")
    tree.add("exit", name="rich", parent="ask", branch="yes").add(
        "exit", name="poor", parent="ask", branch="no"
    )
    _audience, _course, counts = look_ahead(Campaign(name="Known", tree=tree.json))
    assert (counts["rich"], counts["poor"]) == ((3, 3), (4, 4))


def test_what_the_campaign_itself_changes_is_open_afterwards(people):
    tree = Tree().on("on_list_start", lists=[{"type": "item", "id": "l", "value": listed(people(5)).pk}])
    tree.do(100).ask("test_score", value={"above": 10}, name="ask")
    tree.add("exit", name="rich", parent="ask", branch="yes").add(
        "exit", name="poor", parent="ask", branch="no"
    )
    _audience, _course, counts = look_ahead(Campaign(name="Changed", tree=tree.json))
    assert (counts["rich"], counts["poor"]) == ((0, 5), (0, 5))


def test_what_is_true_already_stays_true(people, email):
    clicked, other = people(1)[0], people(1)[0]
    campaign = newsletter(email, listed([clicked, other]))
    everybody = Lead.objects.filter(pk__in=[clicked.pk, other.pk])
    with test_clock.freeze(NOW):
        record_event(name="link_clicked", lead=clicked, at=NOW)
    _audience, _course, counts = look_ahead(campaign, instead=everybody)
    assert counts["thanks"] == (1, 2)
    assert counts["again"] == (0, 1)


@pytest.mark.parametrize("replay", [False, True])
def test_the_number_of_statements_does_not_depend_on_the_number_of_people(people, email, replay):
    counts = []
    for size in (3, 90):
        campaign = newsletter(email, listed(people(size, time_zone="Europe/Paris"), f"List {size}"))
        campaign.limits, campaign.cap, campaign.quiet_begin, campaign.quiet_end = (
            Limits.OWN,
            5,
            dt.time(20),
            dt.time(7),
        )
        plan, graph = plan_of_draft(campaign)
        end = NOW + dt.timedelta(days=20)
        with CaptureQueriesContext(connection) as queries:
            audience = starts.audience(campaign, graph, start=NOW, end=end, replay=replay, limit=1000)
            running.run(plan, audience.entries, start=NOW, end=end, open_after=None if replay else NOW)
        assert len(audience.entries) == size
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert counts[1] <= 50


def test_of_many_a_share_is_looked_at(people, email):
    leads = people(300)
    for number, lead in enumerate(leads):
        lead.bucket = number * 1_000_000 // 300
    Lead.objects.bulk_update(leads, ["bucket"])
    audience, _course, counts = look_ahead(newsletter(email, listed(leads)), limit=50)
    assert audience.candidates == 300
    assert audience.looked_at == 50
    assert audience.scale == 6
    assert counts["first"] == (50, 50)


def test_who_may_not_enter_is_counted(people, email):
    leads = people(60)
    campaign = newsletter(email, listed(leads))
    campaign.holdout = 40
    campaign.save()
    Enrollment.objects.bulk_create(
        Enrollment(campaign=campaign, lead=lead, key="", entered_at=NOW, since_at=NOW) for lead in leads[:4]
    )
    audience, course, _counts = look_ahead(campaign)
    assert audience.turned_away == {"again": 4}
    held_out = {entry.lead for entry in audience.entries if entry.held_out}
    actions.publish(campaign=campaign)
    actions.enroll(campaign=campaign, leads=[lead.pk for lead in leads], now=NOW)
    really = Enrollment.objects.filter(campaign=campaign, left_reason="holdout").values_list(
        "lead", flat=True
    )
    assert held_out == set(really)
    assert 0 < len(held_out) < 56
    assert sum(len(entry.ways) for entry in course.entries if entry.held_out) == 0


def test_a_campaign_that_is_over_lets_nobody_in(people, email):
    campaign = newsletter(email, listed(people(3)))
    campaign.ends_at = NOW - dt.timedelta(days=1)
    audience, _course, _counts = look_ahead(campaign)
    assert audience.turned_away == {"over": 3}


def test_people_without_consent_or_address_get_no_message(people, email):
    from wagtail_automation.leads.actions import record_consent

    fine, refused = people(2)
    nameless = Lead.objects.create()
    record_consent(lead=refused, subject="email", granted=False, how="form", now=NOW)
    _audience, course, _counts = look_ahead(newsletter(email, listed([fine, refused, nameless])))
    words = {lead.pk: course.book.refused(1, lead.pk) for lead in (fine, refused, nameless)}
    assert words[fine.pk] == ""
    assert "unsubscribed" in words[refused.pk]
    assert "no email address" in words[nameless.pk]


def test_a_step_whose_object_is_gone_holds_people_as_the_engine_does(people, email):
    campaign = newsletter(email, listed(people(3)))
    plan, graph = plan_of_draft(campaign)
    email.delete()
    audience = starts.audience(
        campaign, graph, start=NOW, end=NOW + dt.timedelta(days=5), replay=False, limit=10
    )
    course = running.run(plan, audience.entries, start=NOW, end=NOW + dt.timedelta(days=5), open_after=NOW)
    assert counting.ends(course) == {"held": (3, 3)}
    assert {way.held.partition(":")[0] for entry in course.entries for way in entry.ways} == {"missing"}


def test_loops_through_questions_end(people):
    tree = Tree().on("on_list_start", lists=[{"type": "item", "id": "l", "value": listed(people(4)).pk}])
    tree.wait(1, name="wait").ask("test_clicked", name="ask")
    tree.go_to("wait", name="back", parent="ask", branch="no")
    _audience, course, counts = look_ahead(Campaign(name="Loop", tree=tree.json), days=100)
    assert counts["back"] == (0, 4)
    assert course.book.cut is True
    assert max(len(entry.ways) for entry in course.entries) <= 48


def test_the_days_of_a_date_of_the_person_are_foreseen(people):
    born = dt.date(1990, 3, 14)
    people(2, birth_date=born, time_zone="Asia/Tokyo")
    people(1, birth_date=born)
    people(3, birth_date=dt.date(1990, 7, 1))
    tree = Tree().on("on_date_reached", field="birth_date", days=0, side="before", yearly=True, time="09:00")
    tree.do(name="a")
    audience, _course, counts = look_ahead(Campaign(name="Birthday", tree=tree.json))
    assert counts["a"] == (3, 3)
    assert [entry.at.hour for entry in audience.entries] == [0, 0, 9]


def test_directions_of_open_answers():
    class Positive:
        negative = False

    class Negative:
        negative = True

    assert asking._direction(Positive, {"times": 3}) == 1
    assert asking._direction(Negative, {}) == -1
    assert asking._direction(Positive, {"count": {"operator": "lte", "value": 3}}) == 0
    assert asking._direction(Positive, {"count": {"operator": "gte", "value": 3}}) == 1
