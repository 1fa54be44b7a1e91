"""A newsletter is paused or cancelled while messages of it are in hand, and the server sends them back."""

import datetime as dt

import pytest

from wagtail_automation import clock
from wagtail_automation.messaging import sender
from wagtail_automation.messaging.models import Message
from wagtail_automation.messaging.newsletters import actions
from wagtail_automation.messaging.preparing import MessagePreparer
from wagtail_automation.outbox import State
from wagtail_automation.testing import clock as test_clock

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def stop_in_hand(monkeypatch):
    """Have something done once, when the messages are leased and none is handed over yet."""

    def arrange(act):
        prepare = MessagePreparer.steps

        def stopped(self, rows):
            if acts:
                acts.pop()()
            return prepare(self, rows)

        acts = [act]
        monkeypatch.setattr(MessagePreparer, "steps", stopped)

    return arrange


def begin(newsletter):
    actions.order(newsletter=newsletter, now=clock.now())
    actions.run()
    newsletter.refresh_from_db()


def states(newsletter) -> list[tuple[str, str]]:
    rows = Message.objects.filter(origin=newsletter.origin)
    return sorted(rows.values_list("state", "reason"))


@pytest.mark.parametrize("reply", ["451 4.3.0 try later", "421 4.3.2 shutting down"])
def test_what_comes_back_of_a_cancelled_one_is_cancelled(
    make_list, make_lead, make_newsletter, smtp, stop_in_hand, reply
):
    newsletter = make_newsletter(make_list(*[make_lead() for _ in range(3)]))
    begin(newsletter)
    stop_in_hand(lambda: actions.cancel(newsletter=newsletter, now=clock.now()))
    smtp.replies = [reply] * 3
    sender.send_due()
    assert {state for state, _reason in states(newsletter)} == {State.CANCELLED}
    tried = len(smtp.raw)
    with test_clock.shift(HOUR):
        sender.send_due()
    assert len(smtp.raw) == tried


def test_what_comes_back_of_a_paused_one_waits(make_list, make_lead, make_newsletter, smtp, stop_in_hand):
    newsletter, other = (make_newsletter(make_list(make_lead(), name=name)) for name in ("One", "Other"))
    begin(other)
    begin(newsletter)
    stop_in_hand(lambda: actions.pause(newsletter=newsletter))
    smtp.replies = ["451 4.3.0 try later"] * 2
    sender.send_due()
    assert states(newsletter) == [(State.QUEUED, "newsletter_paused")]
    assert states(other) == [(State.QUEUED, "message_refused")]
    with test_clock.shift(HOUR):
        sender.send_due()
        assert states(other) == [(State.SENT, "")] and states(newsletter)[0][0] == State.QUEUED
        actions.resume(newsletter=newsletter, now=clock.now())
        sender.send_due()
    assert states(newsletter) == [(State.SENT, "")]


def test_what_was_handed_over_counts_as_sent(make_list, make_lead, make_newsletter, smtp, stop_in_hand):
    newsletter = make_newsletter(make_list(make_lead(), make_lead()))
    begin(newsletter)
    stop_in_hand(lambda: actions.cancel(newsletter=newsletter, now=clock.now()))
    sender.send_due()
    assert states(newsletter) == [(State.SENT, "")] * 2 and len(smtp.raw) == 2
