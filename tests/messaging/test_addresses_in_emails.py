"""Clicks, images, unsubscription and "view in browser", asked for as browsers and mail programs do."""

import datetime as dt
import re
from urllib.parse import urlsplit

import pytest
from django.test import Client

from wagtail_automation import clock
from wagtail_automation.leads import actions as leads
from wagtail_automation.leads.models import ConsentRecord, ConsentState
from wagtail_automation.messaging import sender, tokens
from wagtail_automation.messaging.models import Message
from wagtail_automation.testing import clock as test_clock
from wagtail_automation.tracking import visitors
from wagtail_automation.tracking.models import Event, Visitor

pytestmark = pytest.mark.django_db
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def browser():
    return Client(headers={"user-agent": FIREFOX}, enforce_csrf_checks=True)


@pytest.fixture
def sent(make_email, make_lead, queue, smtp):
    """One message handed over a minute ago, and the addresses that stand in it."""
    lead = make_lead(first_name="Élodie")
    (message,) = queue(make_email(), lead)
    with test_clock.shift(dt.timedelta(minutes=-1)):
        message.not_before = clock.now()
        message.save()
        sender.send_due()
    message.refresh_from_db()
    html = smtp.messages[0].get_body(("html",)).get_content()
    message.guide, message.shop = (
        urlsplit(url).path for url in re.findall(r'href="([^"]*/automation/e/[^"]*)"', html)
    )
    message.unsubscribe = urlsplit(smtp.messages[0]["List-Unsubscribe"].strip(" <>")).path
    message.image = urlsplit(re.search(r'src="([^"]*/automation/o/[^"]*)"', html)[1]).path
    message.view = urlsplit(re.search(r'href="([^"]*/automation/v/[^"]*)"', html)[1]).path
    return message


def names():
    """The events of emails; people's consents and identifications are recorded too."""
    return sorted(Event.objects.filter(name__startswith="email_").values_list("name", "human"))


def test_click(sent, browser):
    answer = browser.get(sent.shop)
    assert answer.status_code == 302
    assert answer["Location"] == "https://shop.example/prices?a=1&b=2#top", "no token leaves for other hosts"
    assert "no-store" in answer["Cache-Control"] and answer["Referrer-Policy"] == "no-referrer"
    event = Event.objects.get(name="email_clicked")
    assert event.lead_id == sent.lead_id and event.human and event.url.startswith("https://shop.example")
    assert event.object_key == sent.email_version.translation_key
    sent.refresh_from_db()
    assert sent.clicked_at and sent.opened_at
    for _ in range(3):
        browser.get(sent.shop)
    assert names() == [("email_clicked", True), ("email_opened", True), ("email_sent", True)]
    browser.get(sent.guide)
    assert Event.objects.filter(name="email_clicked").count() == 2, "once per link"


def test_head_records_nothing(sent, browser):
    assert browser.head(sent.shop).status_code == 302
    assert browser.head(sent.image).status_code == 200
    assert browser.head(sent.unsubscribe).status_code == 200
    assert names() == [("email_sent", True)]


def test_machines_are_recorded_apart(sent, browser):
    browser.get(sent.shop, headers={"user-agent": "Barracuda Sentinel"})
    browser.get(sent.shop, headers={"sec-purpose": "prefetch"})
    browser.get(sent.image, headers={"user-agent": "Mozilla/5.0"})
    sent.refresh_from_db()
    assert sent.clicked_at is None and sent.opened_at is None
    assert names() == [("email_clicked", False), ("email_opened", False), ("email_sent", True)]
    browser.get(sent.shop)
    assert ("email_clicked", True) in names(), "a scanner does not use up the person's click"
    assert not Visitor.objects.exists()


def test_image(sent, browser):
    answer = browser.get(sent.image, headers={"user-agent": "Mozilla/5.0 (via ggpht.com GoogleImageProxy)"})
    assert answer["Content-Type"] == "image/gif" and answer.content[:6] == b"GIF89a"
    sent.refresh_from_db()
    assert sent.opened_at
    browser.get(sent.image)
    assert Event.objects.filter(name="email_opened").count() == 1
    broken = sent.image.replace(".gif", "x.gif")
    assert browser.get(broken).content == answer.content, "nothing can be learnt by asking"


def test_without_consent_a_token_waits_in_the_fragment(sent, browser):
    answer = browser.get(sent.guide)
    assert not answer.cookies and not Visitor.objects.exists()
    target = urlsplit(answer["Location"])
    assert (target.scheme, target.netloc, target.path, target.query) == ("http", "testserver", "/guide/", "")
    assert visitors.read_recognition_token(target.fragment.removeprefix("wa=")) == sent.lead


def test_with_consent_in_the_ledger_the_browser_is_recognised(sent, browser):
    leads.record_consent(lead=sent.lead, subject="tracking", granted=True, how="notice", now=clock.now())
    answer = browser.get(sent.guide)
    assert answer["Location"] == "http://testserver/guide/"
    assert answer.cookies["wa_visitor"]["httponly"]
    visitor = Visitor.objects.get()
    assert visitor.lead == sent.lead and visitor.level == "recognised"


def test_get_changes_nothing(sent, browser):
    before = ConsentState.objects.get(lead=sent.lead, subject="email").granted
    answer = browser.get(sent.unsubscribe)
    assert answer.status_code == 200 and b"<form" in answer.content
    assert ConsentState.objects.get(lead=sent.lead, subject="email").granted is before is True
    assert names() == [("email_sent", True)]


def test_one_click_without_cookies(sent, browser):
    answer = browser.post(sent.unsubscribe, {"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200 and not answer.cookies
    assert not ConsentState.objects.get(lead=sent.lead, subject="email").granted
    record = ConsentRecord.objects.filter(lead=sent.lead, subject="email").first()
    assert (record.granted, record.how) == (False, "one_click")
    sent.refresh_from_db()
    assert sent.unsubscribed_at
    browser.post(sent.unsubscribe, {"List-Unsubscribe": "One-Click"})
    assert Event.objects.filter(name="email_unsubscribed").count() == 1
    assert ConsentRecord.objects.filter(lead=sent.lead, subject="email").count() == 2


def test_button_of_the_page(sent, browser):
    answer = browser.post(sent.unsubscribe)
    assert b'name="sure" value="1"' in answer.content, "so soon after the delivery it is asked once more"
    answer = browser.post(sent.unsubscribe, {"sure": "1"})
    assert answer.status_code == 200 and b"unsubscribed" in answer.content
    assert not ConsentState.objects.get(lead=sent.lead, subject="email").granted


def test_view_shows_what_was_sent(sent, browser):
    type(sent.lead).objects.get(pk=sent.lead_id)
    leads.set_fields(lead=sent.lead, fields={"first_name": "Changed"}, source="test", now=clock.now())
    answer = browser.get(sent.view)
    assert "Hello Élodie" in answer.content.decode() and b"Changed" not in answer.content
    assert b"/automation/o/" not in answer.content, "looking at it here is no opening"
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    Message.objects.update(variables={})
    assert browser.get(sent.view).status_code == 404, "emptied by retention"


def _damaged(path):
    head, token, tail = re.fullmatch(r"(/automation/\w/)(.+?)(/|\.gif)", path).groups()
    for position in (0, 1, len(token) // 2, len(token) - 1):
        flipped = "A" if token[position] != "A" else "B"
        yield head + token[:position] + flipped + token[position + 1 :] + tail
    for bad in (token[:-1], token[: len(token) // 2], token + "A", "x", "%00", "c1.1", "~", "é" * 400):
        yield head + bad + tail


@pytest.mark.parametrize("name", ["shop", "unsubscribe", "view"])
def test_damaged_tokens(sent, browser, name):
    for path in _damaged(getattr(sent, name)):
        for method in (browser.get, browser.post, browser.head):
            answer = method(path)
            assert answer.status_code in (403, 404, 405), path
            assert "Location" not in answer
    assert names() == [("email_sent", True)]
    assert ConsentState.objects.get(lead=sent.lead, subject="email").granted


def test_tokens_of_one_kind_do_nothing_elsewhere(sent, browser):
    token = tokens.make(tokens.VIEW, sent.pk)
    for letter in "eu":
        assert browser.post(f"/automation/{letter}/{token}/").status_code in (403, 404, 405)
    assert browser.get(f"/automation/e/{tokens.make(tokens.CLICK, sent.pk, 99)}/").status_code == 404
    assert browser.get(f"/automation/e/{tokens.make(tokens.CLICK, 999999, 1)}/").status_code == 404


def test_old_keys_still_work(sent, browser, settings):
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "a new one"
    assert browser.get(sent.shop).status_code == 302
