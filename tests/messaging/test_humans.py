"""Machine or human: what loads images and follows links, and what becomes of it."""

import datetime as dt
import re

import pytest

from wagtail_automation import clock
from wagtail_automation.leads.actions import record_consent
from wagtail_automation.leads.models import ConsentState
from wagtail_automation.messaging import sender, tokens
from wagtail_automation.messaging.delivery.models import LinkClick
from wagtail_automation.messaging.tasks import beat
from wagtail_automation.testing import clock as test_clock
from wagtail_automation.tracking.models import Event

pytestmark = pytest.mark.django_db
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
BODY = [
    ("button", {"label": f"Link {n}", "link": {"page": None, "url": f"https://shop.example/{n}"}})
    for n in range(5)
]


@pytest.fixture
def sent(make_email, make_lead, queue, smtp):
    (message,) = queue(make_email(body=BODY), make_lead("ada@example.com"))
    sender.send_due()
    message.refresh_from_db()
    return message


def follow(client, message, *numbers, after=0, agent=FIREFOX, **headers):
    with test_clock.shift(dt.timedelta(seconds=after)):
        for number in numbers:
            url = f"/automation/e/{tokens.make(tokens.CLICK, message.pk, number)}/"
            answer = client.get(url, headers={"user-agent": agent, **headers})
            assert answer.status_code == 302 and answer["Location"].startswith("https://shop.example/")


def clicks(human=True):
    return Event.objects.filter(name="email_clicked", human=human).count()


def settle(after):
    with test_clock.shift(dt.timedelta(seconds=after)):
        beat()


def numbers(message):
    return sorted(int(name.removeprefix("link_")) for name in message.email_version.links)


def test_a_click_later_counts_at_once(client, sent):
    follow(client, sent, numbers(sent)[0], after=30)
    assert (clicks(), clicks(human=False)) == (1, 0)
    sent.refresh_from_db()
    assert sent.clicked_at and sent.opened_at and sent.machine_clicked_at is None
    assert sent.device == "desktop"


def test_a_click_within_seconds_of_the_delivery_counts_when_nothing_follows(client, sent):
    follow(client, sent, numbers(sent)[1], after=4)
    assert clicks() == 0
    settle(8)
    assert clicks() == 0
    settle(20)
    settle(30)
    assert (clicks(), clicks(human=False)) == (1, 0)
    event = Event.objects.get(name="email_clicked")
    assert event.at - sent.sent_at < dt.timedelta(seconds=6) and event.url.startswith("https://shop.example/")


def test_all_links_within_seconds_are_a_scanner(client, sent):
    for second, number in enumerate(numbers(sent)):
        follow(client, sent, number, after=3 + second)
    settle(60)
    assert clicks() == 0 and clicks(human=False) == 5
    sent.refresh_from_db()
    assert sent.clicked_at is None and sent.opened_at is None and sent.machine_clicked_at


def test_a_person_after_the_scanner_counts(client, sent):
    follow(client, sent, *numbers(sent), after=3)
    follow(client, sent, numbers(sent)[2], after=3600)
    assert (clicks(), clicks(human=False)) == (1, 5)
    assert LinkClick.objects.filter(human=True).count() == 1


def test_the_hidden_link_gives_a_scanner_away(client, sent, smtp):
    html = smtp.messages[0].get_body(("html",)).get_content()
    first = re.search(r'<a\s+href="([^"]+)"([^>]*)>', html)
    assert "/automation/h/" in first[1] and "display:none" in first[2] and 'aria-hidden="true"' in first[2]
    assert "/automation/h/" not in smtp.messages[0].get_body(("plain",)).get_content()
    follow(client, sent, numbers(sent)[0], after=5)
    path = first[1].removeprefix("http://testserver")
    with test_clock.shift(dt.timedelta(seconds=6)):
        assert client.head(path).status_code == 204
        assert client.get(path).status_code == 204
    follow(client, sent, numbers(sent)[1], after=40)
    settle(60)
    assert (clicks(), clicks(human=False)) == (0, 2)
    follow(client, sent, numbers(sent)[1], after=600)
    assert clicks() == 1


def test_a_forged_hidden_link_changes_nothing(client, sent):
    for token in ("x", tokens.make(tokens.OPEN, sent.pk), tokens.make(tokens.TRAP, sent.pk)[:-1] + "!"):
        assert client.get(f"/automation/h/{token}/").status_code == 204
    sent.refresh_from_db()
    assert sent.scanned_at is None


@pytest.mark.parametrize(
    ("agent", "headers"),
    [
        ("Barracuda Sentinel (EE)", {}),
        ("", {}),
        (FIREFOX, {"sec-purpose": "prefetch"}),
        (FIREFOX, {"x-moz": "prefetch"}),
    ],
)
def test_what_says_that_it_is_a_machine(client, sent, agent, headers):
    follow(client, sent, numbers(sent)[0], after=3600, agent=agent, **headers)
    assert (clicks(), clicks(human=False)) == (0, 1)


def test_an_email_of_two_links_may_be_read_by_a_fast_person(client, make_email, make_lead, queue, smtp):
    (message,) = queue(make_email(body=BODY[:2]), make_lead())
    sender.send_due()
    message.refresh_from_db()
    follow(client, message, *numbers(message), after=1)
    assert clicks() == 2


def test_machine_opens_stand_apart(client, sent):
    url = f"/automation/o/{tokens.make(tokens.OPEN, sent.pk)}.gif"
    with test_clock.shift(dt.timedelta(seconds=30)):
        client.get(url, headers={"user-agent": "Mozilla/5.0"})
    sent.refresh_from_db()
    assert sent.machine_opened_at and sent.opened_at is None


def test_a_button_pressed_minutes_after_the_delivery_is_asked_about_once_more(client, sent):
    url = f"/automation/u/{tokens.make(tokens.UNSUBSCRIBE, sent.pk)}/"

    def granted():
        return ConsentState.objects.get(lead=sent.lead, subject="email").granted

    with test_clock.shift(dt.timedelta(minutes=2)):
        page = client.post(url).content.decode()
        assert "Please press once more" in page and granted()
        client.post(url, {"sure": "1"})
        assert not granted()


def test_later_once_is_enough_and_a_mail_program_is_never_asked(client, sent, make_email, make_lead, queue):
    url = f"/automation/u/{tokens.make(tokens.UNSUBSCRIBE, sent.pk)}/"
    with test_clock.shift(dt.timedelta(minutes=4)):
        assert "You are unsubscribed" in client.post(url).content.decode()
    (other,) = queue(make_email(), make_lead(), key="other")
    sender.send_due()
    client.post(
        f"/automation/u/{tokens.make(tokens.UNSUBSCRIBE, other.pk)}/", {"List-Unsubscribe": "One-Click"}
    )
    assert ConsentState.objects.get(lead=other.lead, subject="email").granted is False
    assert clock.now() - other.created_at < dt.timedelta(minutes=3)


@pytest.mark.parametrize("posted", [{"List-Unsubscribe": "One-Click"}, {}])
def test_who_came_back_may_leave_by_the_same_message_again(client, sent, posted):
    """They unsubscribed, agreed again elsewhere, and press the button of the old message: they mean it."""
    url, lead = f"/automation/u/{tokens.make(tokens.UNSUBSCRIBE, sent.pk)}/", sent.lead

    def ledger():
        return list(
            lead.consent_records.filter(subject="email").order_by("pk").values_list("granted", flat=True)
        )

    before = ledger()
    with test_clock.shift(dt.timedelta(hours=1)):
        for _again in range(2):
            client.post(url, posted)
        assert ledger() == [*before, False]
        sent.refresh_from_db()
        first = sent.unsubscribed_at
        record_consent(lead=lead, subject="email", granted=True, how="form", now=clock.now())
        client.get(url)
        assert ConsentState.objects.get(lead=lead, subject="email").granted
        for _again in range(2):
            client.post(url, posted)
    assert ledger() == [*before, False, True, False]
    assert not ConsentState.objects.get(lead=lead, subject="email").granted
    sent.refresh_from_db()
    assert sent.unsubscribed_at == first, "the numbers count a person once"
