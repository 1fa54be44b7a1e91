"""The preference centre: topics, channels, a pause, another address; nothing by a GET or a forged link."""

import datetime as dt
import re

import pytest

from wagtail_automation import clock
from wagtail_automation.leads import actions as leads
from wagtail_automation.leads.models import ConsentRecord, ConsentState, Identifier, Topic
from wagtail_automation.messaging import preferences, sender, tokens
from wagtail_automation.messaging.delivery.models import AddressChange, Pause
from wagtail_automation.messaging.models import DirectMessage, Message
from wagtail_automation.testing import clock as test_clock

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent(make_email, make_lead, queue, smtp):
    (message,) = queue(make_email(), make_lead("ada@example.com"))
    sender.send_due()
    message.refresh_from_db()
    return message


def url(message):
    return f"/automation/p/{tokens.make(tokens.PREFERENCES, message.pk)}/"


def granted(lead):
    return dict(ConsentState.objects.filter(lead=lead).values_list("subject", "granted"))


@pytest.fixture
def topics(db):
    return [
        Topic.objects.create(key="offers", name="Offers", description="Now and then"),
        Topic.objects.create(key="news", name="News"),
        Topic.objects.create(key="old", name="Old one", is_archived=True),
    ]


def test_the_footer_leads_there_and_a_get_changes_nothing(client, sent, smtp, topics):
    link = re.search(
        r"http://testserver(/automation/p/\S+/)", smtp.messages[0].get_body(("plain",)).get_content()
    )[1]
    before = ConsentRecord.objects.count()
    answer = client.get(link)
    page = answer.content.decode()
    assert answer["Cache-Control"].count("no-store") and answer["Referrer-Policy"] == "no-referrer"
    assert "Offers" in page and "Now and then" in page and "Old one" not in page
    assert 'value="email" checked' in page and 'value="topic:offers">' in page
    assert "You agreed to our emails on" in page and "(Form)" in page
    assert "ada@example.com" not in page, "a link in a forwarded email shows no personal data"
    client.head(link), client.get(link, {"subject": "topic:offers", "pause": "4"})
    assert ConsentRecord.objects.count() == before and not Pause.objects.exists()


def test_only_what_changed_becomes_a_fact(client, sent, topics):
    before = ConsentRecord.objects.count()
    answer = client.post(
        url(sent), {"subject": ["email", "topic:offers", "topic:old", "tracking", "x"], "pause": "keep"}
    )
    assert answer.status_code == 302
    assert granted(sent.lead) == {"email": True, "topic:offers": True}
    record = ConsentRecord.objects.get(subject="topic:offers")
    assert (record.how, ConsentRecord.objects.count()) == ("preferences", before + 1)
    assert "Offers" in record.text
    client.post(url(sent), {"subject": ["topic:offers"]})
    assert granted(sent.lead) == {"email": False, "topic:offers": True}
    assert "Your choices are saved" in client.get(url(sent), {"saved": "1"}).content.decode()


def test_a_pause_holds_newsletters_back_and_ends(client, sent, make_email, queue, smtp):
    client.post(url(sent), {"subject": ["email"], "pause": "4"})
    assert "You asked for a pause" in client.get(url(sent)).content.decode()
    (during,) = queue(make_email(), sent.lead, key="during")
    sender.send_due()
    during.refresh_from_db()
    assert (during.state, during.reason) == ("skipped", "paused")
    assert granted(sent.lead)["email"] is True
    with test_clock.shift(dt.timedelta(weeks=4, hours=1)):
        (after,) = queue(make_email(), sent.lead, key="after", now=clock.now())
        sender.send_due()
    assert Message.objects.get(pk=after.pk).state == "sent"
    client.post(url(sent), {"subject": ["email"], "pause": "0"})
    assert not Pause.objects.exists()


@pytest.mark.parametrize("pause", ["3", "-1", "9999", "x", "4.5"])
def test_a_pause_that_nobody_offers(client, sent, pause):
    answer = client.post(url(sent), {"subject": [], "pause": pause})
    assert answer.status_code == 400 and not Pause.objects.exists()
    assert granted(sent.lead)["email"] is True, "all or nothing"


def test_every_flipped_character_is_refused(client, sent):
    token = tokens.make(tokens.PREFERENCES, sent.pk)
    for position in range(len(token)):
        other = token[:position] + ("x" if token[position] != "x" else "y") + token[position + 1 :]
        assert client.post(f"/automation/p/{other}/", {"subject": []}).status_code == 404
    assert client.post(f"/automation/p/{tokens.make(tokens.VIEW, sent.pk)}/").status_code == 404
    assert granted(sent.lead)["email"] is True


def confirmation(smtp):
    mail = smtp.messages[-1]
    return mail["To"], re.search(
        r"http://testserver(/automation/a/\S+/)", mail.get_body(("plain",)).get_content()
    )[1]


def test_another_address_once_its_mailbox_confirms(client, sent, smtp):
    page = client.post(f"{url(sent)}address/", {"address": "New@Example.org"}).content.decode()
    assert "Look into your mailbox" in page
    sender.send_due()
    to, link = confirmation(smtp)
    assert to == "new@example.org" and "new@" not in link
    client.get(link)
    sent.lead.refresh_from_db()
    assert sent.lead.email == "ada@example.com"
    for _again in range(2):
        assert "it is changed" in client.post(link).content.decode()
    sent.lead.refresh_from_db()
    assert sent.lead.email == "new@example.org"
    assert list(Identifier.objects.filter(lead=sent.lead).values_list("value", flat=True)) == [
        "new@example.org"
    ]
    assert granted(sent.lead)["email"] is True


def test_an_address_of_somebody_else_is_not_taken_over(client, sent, make_lead, smtp):
    make_lead("bob@example.com")
    page = client.post(f"{url(sent)}address/", {"address": "bob@example.com"}).content.decode()
    assert "Look into your mailbox" in page, "the page does not tell who is known"
    sender.send_due()
    assert "This cannot be changed" in client.post(confirmation(smtp)[1]).content.decode()
    sent.lead.refresh_from_db()
    assert sent.lead.email == "ada@example.com"


@pytest.mark.parametrize(
    "address", ["", "x", "a@b\r\nBcc: c@d.example", "ada@example.com", "a" * 300 + "@x.example"]
)
def test_an_address_that_cannot_be(client, sent, address):
    page = client.post(f"{url(sent)}address/", {"address": address}).content.decode()
    assert 'role="alert"' in page and not DirectMessage.objects.exists()


def test_not_a_hundred_mails_to_strangers(client, sent):
    for number in range(6):
        client.post(f"{url(sent)}address/", {"address": f"stranger{number}@example.org"})
    assert AddressChange.objects.count() == DirectMessage.objects.count() == preferences.PER_DAY


def test_an_old_or_forged_confirmation(client, sent, smtp):
    client.post(f"{url(sent)}address/", {"address": "new@example.org"})
    sender.send_due()
    link = confirmation(smtp)[1]
    assert client.post(link[:-3] + "x/").status_code == 404
    row = AddressChange.objects.get()
    row.delete()
    assert client.post(link).status_code == 404


def test_in_the_language_of_the_email(client, make_email, make_lead, queue, french, smtp):
    lead = make_lead("zoe@example.com", language="fr")
    (message,) = queue(make_email(locale=french), lead)
    sender.send_due()
    assert "Vos choix" in client.get(url(message)).content.decode()


def test_how_the_address_came_without_any_consent(client, make_email, queue, smtp, db):
    lead = leads.create_known(identifiers={"email": "x@example.com"}, source="import", now=clock.now())
    (message,) = queue(make_email(), lead)
    sender.send_due()
    page = client.get(url(message)).content.decode()
    assert "We know your address since" in page
