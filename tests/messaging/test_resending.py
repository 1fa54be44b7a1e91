"""Messages that nobody took for a day are given up; a person sends them again, one or all of some days."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from wagtail.models import ModelLogEntry

from wagtail_automation import clock
from wagtail_automation.leads import erasure
from wagtail_automation.messaging import resending, sender
from wagtail_automation.messaging.actions import queue_direct
from wagtail_automation.messaging.delivery import suppressing
from wagtail_automation.messaging.models import DirectMessage, Message, Suppression
from wagtail_automation.messaging.names import MESSAGES_URL, RESEND_ALL_URL, RESEND_URL
from wagtail_automation.messaging.newsletters import actions as newsletters
from wagtail_automation.messaging.newsletters.models import Newsletter, NewsletterState
from wagtail_automation.messaging.newsletters.stopping import HELD_UNTIL
from wagtail_automation.messaging.newsletters.viewsets import sent_count
from wagtail_automation.outbox import State
from wagtail_automation.testing import clock as test_clock

pytestmark = pytest.mark.django_db
REASON = "gave_up_server_unreachable"
ALL = reverse(RESEND_ALL_URL, args=["email"])


def give_up(*messages, days_ago=0.0, reason=REASON):
    for message in messages:
        message.state, message.reason, message.attempts = State.FAILED, reason, 8
        message.created_at = clock.now() - dt.timedelta(days=days_ago)
        message.save()
    return messages


def states(*messages) -> list[str]:
    return [Message.objects.get(pk=message.pk).state for message in messages]


def test_one_is_sent_again_from_the_list(
    marketer, make_email, make_lead, queue, smtp, django_capture_on_commit_callbacks
):
    (message,) = give_up(*queue(make_email(), make_lead()))
    url = reverse(RESEND_URL, args=["email", message.pk])
    assert url in marketer.get(reverse(MESSAGES_URL)).content.decode()
    asked = marketer.get(url).content.decode()
    assert "Given up after many tries." in asked and "twice" not in asked
    assert states(message) == [State.FAILED], "looking changes nothing"
    with django_capture_on_commit_callbacks(execute=True):
        marketer.post(url)
    assert [mail["Message-ID"] for mail in smtp.messages] == [f"<{message.message_id}>"]
    answer = marketer.post(url, follow=True).content.decode()
    assert "neither doubtful nor given up" in answer and len(smtp.messages) == 1


def test_all_of_some_days_are_sent_again(
    marketer, make_email, make_lead, queue, smtp, django_capture_on_commit_callbacks
):
    leads = [make_lead() for _ in range(6)]
    rows = queue(make_email(), *leads)
    (today,) = give_up(rows[0], days_ago=0.5)
    (lately,) = give_up(rows[1], days_ago=2)
    give_up(rows[2], days_ago=2)
    (old,) = give_up(rows[3], days_ago=20)
    (ancient,) = give_up(rows[4], days_ago=60)
    (refused,) = give_up(rows[5], reason="recipient_refused")
    assert ALL in marketer.get(reverse(MESSAGES_URL)).content.decode()
    asked = marketer.get(ALL).content.decode()
    assert "The last 24 hours: 1" in asked and "The last 3 days: 3" in asked
    assert "The last 7 days: 3" in asked and "The last 30 days: 4" in asked
    with django_capture_on_commit_callbacks(execute=True):
        answer = marketer.post(ALL, {"days": 3}, follow=True).content.decode()
    assert "3 messages are queued again." in answer
    sent = {mail["To"] for mail in smtp.messages}
    assert sent == {lead.email for lead in leads[:3]}
    assert states(today, lately) == [State.SENT] * 2
    assert states(old, ancient, refused) == [State.FAILED] * 3
    entry = ModelLogEntry.objects.get(action=resending.RESEND_LOG_ACTION)
    assert entry.data == {"count": 3} and entry.user == marketer.user
    assert "The last 3 days" not in marketer.get(ALL).content.decode(), "nothing is left of them"


def test_who_is_suppressed_meanwhile_gets_nothing(make_email, make_lead, queue, smtp, admin_user):
    (message,) = give_up(*queue(make_email(), lead := make_lead()))
    suppressing.suppress(lead.email, Suppression.Reason.MANUAL)
    assert resending.resend_all(rows=Message.objects.all(), user=admin_user) == 1
    sender.send_due()
    assert states(message) == [State.SKIPPED] and smtp.raw == []


@pytest.mark.parametrize("days", ["", "2", "-1", "all", "99999999999999"])
def test_of_which_days_is_chosen_from_those_there_are(marketer, make_email, make_lead, queue, days):
    (message,) = give_up(*queue(make_email(), make_lead()))
    answer = marketer.post(ALL, {"days": days})
    assert answer.status_code == 200 and answer.context["form"].errors["days"]
    assert (
        states(message) == [State.FAILED]
        and not ModelLogEntry.objects.filter(action=resending.RESEND_LOG_ACTION).exists()
    )


@pytest.mark.parametrize("kind", ["email", "channel", "room", "direct"])
def test_where_nothing_was_given_up_there_is_nothing_to_press(admin_client, kind):
    url = reverse(RESEND_ALL_URL, args=[kind])
    for answer in (admin_client.get(url), admin_client.post(url, {"days": 3})):
        assert answer.status_code == 200
        assert "nothing was given up" in answer.content.decode()


@pytest.mark.parametrize("role", ["Salesperson", "Analyst"])
def test_others_may_not(as_role, make_email, make_lead, queue, role):
    client = as_role(role)
    (message,) = give_up(*queue(make_email(), make_lead()))
    assert client.post(ALL, {"days": 3}).status_code in (302, 403)
    assert ALL not in client.get(reverse(MESSAGES_URL)).content.decode()
    assert states(message) == [State.FAILED]


def test_direct_messages_too(admin_client, smtp, brand):
    queue_direct(to="zoe@example.com", subject="Your receipt", text="Thank you.", key="receipt:1")
    DirectMessage.objects.update(state=State.FAILED, reason=REASON)
    admin_client.post(reverse(RESEND_ALL_URL, args=["direct"]), {"days": 1})
    sender.send_due()
    assert [mail["Subject"] for mail in smtp.messages] == ["Your receipt"]


@pytest.fixture
def given_up_newsletter(make_list, make_lead, make_newsletter):
    newsletter = make_newsletter(make_list(*[make_lead() for _ in range(3)]))
    newsletters.order(newsletter=newsletter, now=clock.now())
    newsletters.run()
    newsletter.refresh_from_db()
    give_up(*Message.objects.filter(origin=newsletter.origin))
    return newsletter


@pytest.mark.parametrize(
    "state, expected", [(NewsletterState.PAUSED, State.QUEUED), (NewsletterState.CANCELLED, State.CANCELLED)]
)
def test_a_newsletter_that_was_stopped_stays_stopped(given_up_newsletter, smtp, admin_user, state, expected):
    Newsletter.objects.update(state=state)
    resending.resend_all(rows=Message.objects.all(), user=admin_user)
    with test_clock.shift(dt.timedelta(hours=2)):
        sender.send_due()
    assert smtp.raw == []
    assert set(Message.objects.values_list("state", flat=True)) == {expected}
    if expected == State.QUEUED:
        assert set(Message.objects.values_list("not_before", flat=True)) == {HELD_UNTIL}


def test_a_newsletter_that_was_over_counts_them(given_up_newsletter, smtp, admin_user):
    newsletters.run()
    newsletter = Newsletter.objects.get()
    assert newsletter.state == NewsletterState.DONE and sent_count(newsletter) == 0
    resending.resend_all(rows=Message.objects.all(), user=admin_user)
    sender.send_due()
    assert len(smtp.messages) == 3 and sent_count(Newsletter.objects.get()) == 3


def test_their_number_takes_no_more_statements(make_email, make_lead, queue, admin_user):
    counts = []
    for number in (1, 12):
        give_up(*queue(make_email(), *[make_lead() for _ in range(number)], key=f"test:{number}"))
        with CaptureQueriesContext(
            connection,
        ) as seen:
            assert resending.resend_all(rows=Message.objects.all(), user=admin_user) == number
        counts.append(len(seen))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("mode", [erasure.ERASE, erasure.ANONYMISE])
def test_nobody_erased_is_written_to(make_email, make_lead, queue, smtp, admin_user, mode):
    (message,) = give_up(*queue(make_email(), lead := make_lead()))
    erasure.erase_now(leads=[lead.pk], mode=mode, origin="test")
    assert resending.resend_all(rows=Message.objects.all(), user=admin_user) == 0
    assert not Message.objects.filter(pk=message.pk, state=State.QUEUED).exists()
