"""Flow steps that divide, wait, leave, use other campaigns; starts without an event; questions about both."""

import datetime as dt
import uuid

from wagtail.models import Locale, Page

from tests.catalogue.cases.lists import make_segment
from wagtail_automation.audiences.actions import add_lead_to_list
from wagtail_automation.audiences.models import LeadList
from wagtail_automation.campaigns import actions, api
from wagtail_automation.campaigns.models import Enrollment
from wagtail_automation.campaigns.starting import actions as starting
from wagtail_automation.campaigns.testing import NOW, Asked, Step, condition, flow, publish, trigger
from wagtail_automation.messaging.models import EmailVersion, Message
from wagtail_automation.tracking.models import LeadTotals

SCORED = {"match": "all", "items": [{"id": "1", "type": "score_above", "value": {"value": 0}}]}
TWO_DAYS = {"amount": 2, "unit": "days"}


def utc(*parts) -> dt.datetime:
    return dt.datetime(*parts, tzinfo=dt.UTC)


@flow("wait_random")
def within_so_many_days_each_at_another_moment(world):
    leads = [world.lead() for _n in range(5)]
    run = yield Step({"days": 2}, leads)
    ends = [run.waits_until(lead) for lead in leads]
    assert len(set(ends)) == 5
    assert world.now < min(ends) and max(ends) < world.now + dt.timedelta(days=2)
    with run.later(days=2):
        assert all(run.passed(lead) for lead in leads)


@flow("wait_until_date")
def until_the_day_begins_where_they_live(world):
    ada = world.lead(time_zone="Asia/Tokyo")
    run = yield Step({"date": "2026-03-12", "past": "leave"}, [ada])
    assert run.waits_until(ada) == utc(2026, 3, 11, 15)
    with run.later(days=2):
        assert run.left(ada) == "finished"


@flow("wait_until_date")
def who_comes_too_late_leaves(world):
    ada = world.lead()
    run = yield Step({"date": "2026-03-09", "past": "leave"}, [ada])
    assert run.left(ada) == "date_over"


@flow("wait_until_datetime")
def until_a_time_where_they_live(world):
    ada = world.lead(time_zone="Europe/Paris")
    run = yield Step({"date": "2026-04-01", "time": "14:30", "past": "go_on"}, [ada])
    assert run.waits_until(ada) == utc(2026, 4, 1, 12, 30)


@flow("wait_weekday")
def until_the_window_opens(world):
    ada, eve = world.lead(), world.lead(time_zone="Asia/Tokyo")  # Tuesday 9:00 and 18:00
    run = yield Step({"weekdays": ["1"], "begin": "17:00", "end": "02:00"}, [ada, eve])
    assert run.passed(eve) and not run.passed(ada)
    with run.later(hours=7, minutes=59):
        assert not run.passed(ada)
    with run.later(hours=8):
        assert run.passed(ada)


@flow("wait_after_date")
def days_after_a_date_of_theirs(world):
    ada, nobody = world.lead(birth_date=dt.date(2026, 3, 8)), world.lead()
    step = {"days": 5, "field": "birth_date", "time": "10:00", "past": "leave"}
    run = yield Step(step, [ada, nobody])
    assert run.waits_until(ada) == utc(2026, 3, 13, 10)
    assert run.left(nobody) == "no_date"


@flow("wait_after_date")
def days_after_a_date_of_their_own_fields(world):
    world.custom_field("contract", "date")
    ada = world.lead(attributes={"contract": "2026-03-09"})
    run = yield Step({"days": 2, "field": "contract", "time": "10:00", "past": "leave"}, [ada])
    assert run.waits_until(ada) == utc(2026, 3, 11, 10)


@flow("run_before_date")
def days_before_a_date_of_theirs(world):
    world.custom_field("renewal", "date")
    ada, late = (world.lead(attributes={"renewal": day}) for day in ("2026-04-20", "2026-03-20"))
    step = {"days": 30, "field": "renewal", "time": "08:00", "past": "go_on"}
    run = yield Step(step, [ada, late])
    assert run.waits_until(ada) == utc(2026, 3, 21, 8)
    assert run.passed(late)


@flow("wait_for")
def until_it_is_true_or_the_time_is_over(world):
    at_once, late, never = world.lead(score=1), world.lead(), world.lead()
    run = yield Step({"rule": SCORED, "patience": 2, "unit": "days"}, [at_once, late, never])
    assert (run.branch(at_once), run.branch(late)) == ("true", "")
    late.score = 1
    late.save()
    with run.later(days=2):
        assert (run.branch(late), run.branch(never)) == ("true", "timed_out")


@flow("split")
def a_share_down_each_branch(world):
    leads = [world.lead() for _n in range(60)]
    keys = [str(uuid.uuid4()), str(uuid.uuid4())]
    paths = [
        {"type": "item", "id": key, "value": {"name": name, "weight": 50}}
        for key, name in zip(keys, "AB", strict=True)
    ]
    run = yield Step({"paths": paths}, leads)
    went = [run.branch(lead) for lead in leads]
    assert set(went) == set(keys)
    assert 12 < went.count(keys[0]) < 48


@flow("exit")
def leaves_with_a_reason(world):
    ada = world.lead()
    run = yield Step({"reason": "not interested"}, [ada])
    assert run.left(ada) == "exit:not interested"


@flow("campaign_enter")
def is_in_the_other_campaign_too(world):
    other, ada = publish(("wait_days", TWO_DAYS), name="Other"), world.lead()
    run = yield Step({"campaign": other.campaign.pk}, [ada])
    assert (other.entered(ada), other.left(ada), run.left(ada)) == (1, "", "finished")


@flow("campaign_leave")
def is_out_of_the_other_campaign(world):
    other, ada = publish(("wait_days", TWO_DAYS), name="Other"), world.lead()
    actions.enroll(campaign=other.campaign, leads=[ada.pk], now=world.now)
    run = yield Step({"campaign": other.campaign.pk}, [ada])
    assert (other.left(ada), run.left(ada)) == ("taken_out", "finished")


@flow("campaign_leave")
def is_out_of_this_campaign(world):
    ada = world.lead()
    run = yield Step({"campaign": None}, [ada])
    assert run.left(ada) == "taken_out"
    assert not Enrollment.objects.inside().exists()


@trigger("list_start")
def members_enter_at_once_and_later_ones_too(world):
    clients, ada, bob, eve = LeadList.objects.create(name="Clients"), world.lead(), world.lead(), world.lead()
    add_lead_to_list(lead_list=clients, lead=ada, now=world.before)
    run = yield Step({"lists": [{"type": "item", "id": "1", "value": clients.pk}], "keep": True})
    starting.run()
    add_lead_to_list(lead_list=clients, lead=bob, now=world.now)
    assert (run.entered(ada), run.entered(bob), run.entered(eve)) == (1, 1, 0)


@trigger("date_reached")
def days_before_a_birthday_every_year(world):
    ada, bob = world.lead(birth_date=dt.date(1990, 3, 14)), world.lead(birth_date=dt.date(1990, 3, 12))
    step = {"field": "birth_date", "days": 3, "side": "before", "yearly": True, "time": "09:00"}
    run = yield Step(step)
    with run.later(days=1):
        starting.run()
    assert (run.entered(ada), run.entered(bob)) == (1, 0)


@trigger("recurring")
def every_week_for_a_segment(world):
    ada, bob = world.lead(score=50), world.lead()
    segment = make_segment(40)
    run = yield Step({"segment": segment.pk, "every": "week", "weekday": "2", "day": 1, "time": "08:00"})
    for days in (1, 2, 8):  # Wednesday, Thursday, Wednesday
        with run.later(days=days):
            starting.run()
    assert (run.entered(ada), run.entered(bob)) == (2, 0)


@trigger("content_published")
def a_new_page_under_the_section(world):
    ada, bob = world.lead(score=50), world.lead()
    segment = make_segment(40)
    Locale.objects.get_or_create(language_code="en")
    root = Page.objects.filter(depth=1).first() or Page.add_root(title="Root", slug="root")
    blog = root.add_child(instance=Page(title="Blog", slug="blog"))
    run = yield Step({"section": blog.pk, "segment": segment.pk})
    page = blog.add_child(instance=Page(title="News", slug="news", live=False))
    page.save_revision().publish()
    page.save_revision().publish()
    starting.run()
    assert (run.entered(ada), run.entered(bob)) == (1, 0)


@trigger("api_called")
def the_program_says_so(world):
    ada, bob = world.lead(), world.lead()
    run = yield Step()
    assert api.enrol(run.campaign, ada, key="1") and not api.enrol(run.campaign, ada, key="1")
    assert (run.entered(ada), run.entered(bob)) == (1, 0)


def inside(run, *leads, **fields):
    """Enrollments made by hand, in the state to ask about."""
    version = run.campaign.current_version
    fields = {"step": None if "left_reason" in fields else version.first, "due_at": None, **fields}
    for lead in leads:
        Enrollment.objects.create(
            campaign=run.campaign, lead=lead, version=version, entered_at=NOW, since_at=NOW, **fields
        )


@condition("campaign_state")
def is_in_it(world):
    run, ada, bob, eve = publish(("wait_days", TWO_DAYS)), world.lead(), world.lead(), world.lead()
    inside(run, ada)
    inside(run, bob, left_reason="finished")
    return Asked({"campaign": run.campaign.pk, "state": "inside"}, yes=[ada], no=[bob, eve])


@condition("campaign_state")
def came_to_its_end(world):
    run, ada, bob, eve = publish(("wait_days", TWO_DAYS)), world.lead(), world.lead(), world.lead()
    inside(run, ada, left_reason="finished")
    inside(run, bob, left_reason="exit:bored")
    inside(run, eve)
    return Asked({"campaign": run.campaign.pk, "state": "finished"}, yes=[ada], no=[bob, eve])


@condition("campaign_state")
def left_before_the_end(world):
    run, ada, bob, eve = publish(("wait_days", TWO_DAYS)), world.lead(), world.lead(), world.lead()
    inside(run, ada, left_reason="exit:bored")
    inside(run, bob, left_reason="holdout")
    return Asked({"campaign": run.campaign.pk, "state": "left"}, yes=[ada], no=[bob, eve])


@condition("campaign_state")
def was_held_out(world):
    run, ada, bob = publish(("wait_days", TWO_DAYS)), world.lead(), world.lead()
    inside(run, ada, left_reason="holdout")
    inside(run, bob, left_reason="finished")
    return Asked({"campaign": run.campaign.pk, "state": "held_out"}, yes=[ada], no=[bob])


def message(lead, version, *, origin, state, at):
    Message.objects.create(
        key=uuid.uuid4().hex,
        origin=origin,
        lead=lead,
        email_version=version,
        state=state,
        sent_at=at if state == "sent" else None,
        not_before=at,
        created_at=at,
    )


@condition("touched_by_campaign")
def a_message_of_it_was_really_sent(world):
    run, other = publish(("wait_days", TWO_DAYS)), publish(("wait_days", TWO_DAYS))
    version = EmailVersion.objects.create(
        translation_key=uuid.uuid4(), language="en", name="M", subject="M", html="M", text="M", created_at=NOW
    )
    ada, queued, entered, elsewhere, early = (world.lead() for _n in range(5))
    mine = f"campaign:{run.campaign.pk}"
    message(ada, version, origin=mine, state="sent", at=NOW)
    message(queued, version, origin=mine, state="queued", at=NOW)
    message(elsewhere, version, origin=f"campaign:{other.campaign.pk}", state="sent", at=NOW)
    message(early, version, origin=mine, state="sent", at=NOW - dt.timedelta(days=9))
    inside(run, entered)
    return Asked({"campaign": run.campaign.pk, "days": 7}, yes=[ada], no=[queued, entered, elsewhere, early])


@condition("minutes_since")
def since_they_entered(world):
    return Asked({"minutes": 24 * 60 - 1, "reference": "entry"}, yes=[world.lead()])


@condition("minutes_since")
def not_yet_since_they_entered(world):
    return Asked({"minutes": 24 * 60 + 1, "reference": "entry"}, no=[world.lead()])


@condition("minutes_since")
def since_the_last_visit(world):
    ada, bob, never = world.lead(), world.lead(), world.lead()
    for lead, minutes in ((ada, 31), (bob, 29)):
        seen = NOW - dt.timedelta(minutes=minutes)
        LeadTotals.objects.create(lead=lead, first_seen_at=seen, last_seen_at=seen)
    return Asked({"minutes": 30, "reference": "last_visit"}, yes=[ada], no=[bob, never])


@condition("minutes_since")
def since_the_last_email(world):
    ada, bob, never = world.lead(), world.lead(), world.lead()
    for lead, hours in ((ada, 9), (ada, 3), (bob, 9), (bob, 1)):
        world.event("email_sent", lead, at=NOW - dt.timedelta(hours=hours))
    return Asked({"minutes": 120, "reference": "last_email"}, yes=[ada], no=[bob, never])


@condition("minutes_since")
def since_a_date_of_theirs(world):
    world.custom_field("called", "datetime")
    ada, bob, never = (
        world.lead(attributes={"called": "2026-03-10T08:29:00Z"}),
        world.lead(attributes={"called": "2026-03-10T08:31:00Z"}),
        world.lead(),
    )
    value = {"minutes": 30, "reference": "field", "field": "called"}
    return Asked(value, yes=[ada], no=[bob, never])


@condition("minutes_since")
def since_a_day_of_theirs(world):
    ada, bob = world.lead(birth_date=dt.date(2026, 3, 10)), world.lead(birth_date=dt.date(2026, 3, 11))
    value = {"minutes": 60, "reference": "field", "field": "birth_date"}
    return Asked(value, yes=[ada], no=[bob])
