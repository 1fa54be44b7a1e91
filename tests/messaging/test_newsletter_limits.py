"""The site's quiet hours and cap hold for newsletters, but for important notices."""

import datetime as dt

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from wagtail_automation import clock
from wagtail_automation.campaigns.limits.models import ContactSettings
from wagtail_automation.messaging import sender
from wagtail_automation.messaging.models import Message
from wagtail_automation.messaging.newsletters import actions
from wagtail_automation.messaging.newsletters.models import Newsletter
from wagtail_automation.testing import clock as test_clock

pytestmark = pytest.mark.django_db
NIGHT = dt.datetime(2026, 5, 5, 23, 0, tzinfo=dt.UTC)  # a Tuesday
QUIET = {"quiet_begin": dt.time(21), "quiet_end": dt.time(8)}


@pytest.fixture
def rules(site):
    def make(**fields):
        return ContactSettings.objects.update_or_create(site=site, defaults=fields)[0]

    return make


def send(newsletter):
    actions.order(newsletter=newsletter, now=clock.now())
    actions.run()
    sender.send_due()
    actions.run()
    newsletter.refresh_from_db()


def states(newsletter) -> list[tuple[str, str, str]]:
    rows = Message.objects.filter(origin=newsletter.origin).order_by("lead__pk")
    return list(rows.values_list("lead__first_name", "state", "reason"))


def test_at_night_it_waits_until_morning_where_each_person_lives(
    rules,
    make_lead,
    make_list,
    make_newsletter,
    mailoutbox,
):
    rules(**QUIET)
    people = [
        make_lead(first_name="Paris", time_zone="Europe/Paris"),
        make_lead(first_name="Tokyo", time_zone="Asia/Tokyo"),
    ]
    with test_clock.freeze(NIGHT):
        newsletter = make_newsletter(make_list(*people), with_unasked=True)
        send(newsletter)
    assert states(newsletter) == [("Paris", "queued", "quiet_hours"), ("Tokyo", "sent", "")]
    assert newsletter.state == "sending"
    with test_clock.freeze(NIGHT + dt.timedelta(hours=6, minutes=59)):  # 7:59 in Paris
        sender.send_due()
        assert len(mailoutbox) == 1
    with test_clock.freeze(NIGHT + dt.timedelta(hours=7, minutes=1)):
        sender.send_due()
        actions.run()
    newsletter.refresh_from_db()
    assert newsletter.state == "done" and len(mailoutbox) == 2


def test_who_got_enough_is_left_out_and_the_report_says_so(
    client,
    rules,
    make_lead,
    make_list,
    make_newsletter,
    mailoutbox,
):
    rules(cap=2, cap_days=7)
    people = [make_lead(first_name=name) for name in ("Much", "Old", "None")]
    first = make_newsletter(make_list(*people[:2], name="A"), with_unasked=True)
    second = make_newsletter(make_list(*people[:2], name="B"), with_unasked=True)
    for newsletter in (first, second):
        send(newsletter)
    Message.objects.filter(lead=people[1], origin=first.origin).update(
        created_at=clock.now() - dt.timedelta(days=8)
    )
    third = make_newsletter(make_list(*people, name="C"), with_unasked=True)
    send(third)
    assert states(third) == [
        ("Much", "skipped", "frequency_cap"),
        ("Old", "sent", ""),
        ("None", "sent", ""),
    ]
    assert third.state == "done" and third.counts["skipped"] == 1
    client.force_login(User.objects.create_superuser("boss"))
    page = client.get(reverse("wagtail_automation_newsletter:show", args=[third.pk])).content.decode()
    assert "The person got enough messages lately." in page
    # what was left out is no message that the person got
    rules(cap=3, cap_days=7)
    fourth = make_newsletter(make_list(people[0], name="D"), with_unasked=True)
    send(fourth)
    assert states(fourth) == [("Much", "sent", "")]


def test_an_important_notice_goes_to_everybody_at_once(
    rules,
    make_lead,
    make_list,
    make_newsletter,
    mailoutbox,
):
    rules(cap=1, cap_days=7, **QUIET)
    lead = make_lead(first_name="Zoé", time_zone="Europe/Paris")
    Message.objects.all().delete()
    with test_clock.freeze(NIGHT):
        for name in "AB":
            send(make_newsletter(make_list(lead, name=name), with_unasked=True, is_notice=True))
        assert len(mailoutbox) == 2
        send(last := make_newsletter(make_list(lead, name="C"), with_unasked=True))
    assert states(last) == [("Zoé", "skipped", "frequency_cap")]


def test_without_rules_nothing_is_asked_and_with_them_a_constant_number(
    rules,
    make_lead,
    make_list,
    make_newsletter,
):
    def queries(size, name):
        people = [make_lead() for _number in range(size)]
        newsletter = make_newsletter(make_list(*people, name=name), with_unasked=True)
        actions.order(newsletter=newsletter, now=clock.now())
        actions.start(newsletter=newsletter, now=clock.now())
        with CaptureQueriesContext(connection) as found:
            assert actions.queue_chunk(newsletter=newsletter, now=clock.now()) == size
        return len(found)

    queries(1, "warm")
    rules(cap=5, cap_days=7)
    assert queries(2, "few") == queries(30, "many")


def test_the_form_asks_for_it(client, make_email, make_lead, make_list):
    client.force_login(User.objects.create_superuser("boss"))
    form = {
        "name": "Recall", "email": make_email().pk, "lists": [make_list(make_lead()).pk], "is_notice": "on",
        "spread_hours": "0", "test_share": "20", "test_hours": "4", "subject_b": "", "email_b": "",
        "goal": "", "topic": "", "send_at": "",
    }  # fmt: skip
    answer = client.post(reverse("wagtail_automation_newsletter:add"), form)
    assert answer.status_code == 302, answer.context["form"].errors
    assert Newsletter.objects.get().is_notice
