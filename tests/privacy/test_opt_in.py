"""Double opt-in: nothing counts before the button is pressed, and nobody can press it for somebody else."""

import datetime as dt
import re

import pytest
from django.core import mail

from tests.content.conftest import field
from tests.privacy.conftest import EMAIL
from wagtail_automation import clock
from wagtail_automation.leads import actions, consent, opt_in, suppression
from wagtail_automation.leads.models import ConsentConfirmation, ConsentRecord, Lead, PrivacySettings, Topic
from wagtail_automation.messaging import sender
from wagtail_automation.testing import clock as test_clock

pytestmark = pytest.mark.django_db


@pytest.fixture
def topic(db):
    return Topic.objects.create(key="offers", name="Offers", double_opt_in=True)


@pytest.fixture
def ask(contact, topic, site, django_capture_on_commit_callbacks):
    def ask(subject="topic:offers", lead=contact, how="form"):
        with django_capture_on_commit_callbacks(execute=True):
            return opt_in.ask(
                lead=lead, subject=subject, how=how, text="Send me offers", site=site, now=clock.now()
            )

    return ask


def deliver():
    sender.send_due()
    return mail.outbox[-1]


def link(message) -> str:
    return re.search(r"http://testserver(/automation/confirm/\S+/)", message.body)[1]


def test_form_mail_page_button(landing, form, read_form, topic, client, django_capture_on_commit_callbacks):
    form.fields = [
        field("email", "Email", "email", required=True, lead_field="email"),
        field("consent", "Send me your offers.", "offers", subject=topic.subject),
    ]
    form.save()
    with django_capture_on_commit_callbacks(execute=True):
        assert read_form("/landing/").send(email=EMAIL, offers="on").status_code == 303
    lead = Lead.objects.get(email=EMAIL)
    assert not ConsentRecord.objects.filter(lead=lead).exists()
    message = deliver()
    assert message.to == [EMAIL] and "Send me your offers." in message.body
    url = link(message)
    for method in (client.get, client.head):
        page = method(url)
        assert page.status_code == 200 and not consent.is_granted(lead, topic.subject)
        assert page["Referrer-Policy"] == "no-referrer" and "no-store" in page["Cache-Control"]
        assert not page.cookies
    assert client.post(url, {"do": "confirm"}).status_code == 200
    record = ConsentRecord.objects.get(lead=lead)
    assert (record.granted, record.how, record.text) == (True, "double_opt_in", "Send me your offers.")
    assert "it is confirmed" in client.post(url).content.decode()
    assert ConsentRecord.objects.count() == 1, "pressed twice it is one consent"


def test_what_needs_no_confirmation_counts_at_once(contact, ask, site):
    Topic.objects.create(key="news", name="News")
    assert ask("topic:news").granted and ask("tracking").granted and ask("email").granted
    PrivacySettings.objects.create(site=site, email_double_opt_in=True)
    assert ask("email").granted, "granted before, nothing to confirm"
    actions.record_consent(lead=contact, subject="email", granted=False, how="unsubscribe", now=clock.now())
    assert isinstance(ask("email"), ConsentConfirmation)
    assert not consent.is_granted(contact, "email")


def test_without_an_address_nothing_can_be_confirmed(topic, site):
    lead = actions.create_anonymous(now=clock.now())
    assert (
        opt_in.ask(lead=lead, subject=topic.subject, how="form", text="", site=site, now=clock.now()) is None
    )
    assert not ConsentRecord.objects.exists() and not ConsentConfirmation.objects.exists()


def test_expired_and_sent_again_within_limits(ask, client):
    ask()
    url = link(deliver())
    with test_clock.shift(dt.timedelta(days=8)):
        assert client.get(url).status_code == 410
        assert client.post(url, {"do": "confirm"}).status_code == 410
        assert not ConsentRecord.objects.filter(subject="topic:offers").exists()
        assert "on its way" in client.post(url, {"do": "resend"}).content.decode()
        assert "several times" in client.post(url, {"do": "resend"}).content.decode(), "within a minute"
        opt_in.send_waiting()
        assert link(deliver()) == url
        assert client.get(url).status_code == 200
        assert "it is confirmed" in client.post(url).content.decode()
        assert "several times" in client.post(url, {"do": "resend"}).content.decode()


def test_nobody_is_flooded(ask, settings):
    sent = set()
    for minute in range(0, 300, 5):
        with test_clock.shift(dt.timedelta(minutes=minute)):
            ask()
            opt_in.send_waiting()
            sender.send_due()
        sent.add(len(mail.outbox))
    assert max(sent) == 3
    with test_clock.shift(dt.timedelta(days=2)):
        assert ask() is not None


def test_a_lost_job_or_server_costs_a_minute(contact, topic, site, monkeypatch):
    opt_in.ask(lead=contact, subject=topic.subject, how="form", text="x", site=site, now=clock.now())
    assert ConsentConfirmation.objects.get().sent_count == 0  # the job of the commit was lost

    def down(**kwargs):
        raise ConnectionRefusedError

    with monkeypatch.context() as patch:
        patch.setattr(opt_in.mailer, "send", down)
        with pytest.raises(ConnectionRefusedError):
            opt_in.send_waiting()
    assert opt_in.send_waiting() == "1 confirmations sent"
    assert opt_in.send_waiting() == "0 confirmations sent"
    deliver()
    assert len(mail.outbox) == 1


@pytest.mark.parametrize(
    "change",
    [
        lambda token: token[:-1],
        lambda token: token[: len(token) // 2],
        lambda token: "0" * 32 + token[32:],
        lambda token: token.partition("~")[0],
        lambda token: token + "x" * 100_000,
        lambda token: "' OR 1=1 --",
        lambda token: "é~" + token,
        lambda token: "~",
    ],
)
def test_forged_and_damaged_links(ask, client, change):
    from urllib.parse import quote

    token = opt_in.token(ask())
    url = f"/automation/confirm/{quote(change(token), safe='~')}/"
    for method in (client.get, client.post):
        assert method(url).status_code == 404
    assert not ConsentRecord.objects.filter(subject="topic:offers").exists()


def test_a_token_of_another_purpose_is_none(ask, client):
    from django.core import signing

    row = ask()
    other = signing.Signer(salt="wagtail_automation.messaging", sep="~").sign(row.uuid.hex)
    assert client.post(f"/automation/confirm/{other}/").status_code == 404


def test_an_address_that_is_no_longer_theirs(ask, contact, client):
    url = link((ask(), deliver())[1])
    actions.change_address(
        lead=contact, kind="email", value="new@example.com", source="admin", now=clock.now()
    )
    assert "cannot be confirmed" in client.post(url).content.decode()
    assert not consent.is_granted(contact, "topic:offers")


def test_a_merged_lead_confirms_for_the_survivor(ask, contact, client):
    url = link((ask(), deliver())[1])
    other = actions.create_known(identifiers={"email": "o@example.com"}, source="t", now=clock.now())
    actions.merge(source=contact, target=other, now=clock.now(), reason="test")
    client.post(url)
    assert consent.is_granted(other, "topic:offers")


def test_the_confirmation_opens_an_erased_address(ask, contact, client):
    suppression.suppress([("email", EMAIL)], now=clock.now())
    url = link((ask(), deliver())[1])
    assert suppression.suppressed("email", [EMAIL]), "asking opens nothing"
    client.post(url)
    assert consent.is_granted(contact, "topic:offers") and not suppression.suppressed("email", [EMAIL])


def test_markup_and_line_breaks_in_what_was_shown(contact, topic, site, client):
    topic.name = "Offers\r\nBcc: x@example.com <script>"
    topic.save()
    opt_in.ask(
        lead=contact, subject=topic.subject, how="form", text="<script>a</script>", site=site, now=clock.now()
    )
    opt_in.send_waiting()
    message = deliver()
    assert "\n" not in message.subject and message.bcc == []
    html = message.alternatives[0][0]
    assert "<script>" not in html and "<script>" not in client.get(link(message)).content.decode()


def test_without_messaging_it_is_plain_mail(ask, monkeypatch, client):
    monkeypatch.setattr(opt_in.mailer, "_door", [])
    ask()
    assert len(mail.outbox) == 1
    assert client.post(link(mail.outbox[0])).status_code == 200
    assert consent.is_granted(Lead.objects.get(), "topic:offers")


def test_in_the_language_of_the_form(ask, client):
    from django.utils import translation

    with translation.override("fr"):
        ask()
    message = deliver()
    assert "confirmer" in message.subject.lower()
    assert "Rien n’a changé" in client.get(link(message)).content.decode()


class TestAge:
    """Nobody under the minimum age is remembered or written to."""

    def born(self, years, days=0):
        today = clock.now().date()
        return today.replace(year=today.year - years) + dt.timedelta(days=days)

    def test_a_birth_date_that_comes_later_withdraws(self, contact):
        now = clock.now()
        for subject in ("email", "tracking", "topic:x"):
            actions.record_consent(lead=contact, subject=subject, granted=True, how="form", now=now)
        actions.set_fields(lead=contact, fields={"birth_date": self.born(16)}, source="form", now=now)
        assert all(consent.states(contact).values()), "16 today is old enough"
        actions.set_fields(lead=contact, fields={"birth_date": self.born(16, 1)}, source="form", now=now)
        assert consent.states(contact) == {"email": False, "tracking": False, "topic:x": False}
        assert ConsentRecord.objects.filter(lead=contact, how="under_age").count() == 3

    @pytest.mark.parametrize("how", ["form", "import", "admin", "double_opt_in"])
    def test_no_consent_counts(self, contact, how):
        now = clock.now()
        actions.set_fields(lead=contact, fields={"birth_date": self.born(10)}, source="form", now=now)
        record = actions.record_consent(lead=contact, subject="sms", granted=True, how=how, now=now)
        assert (record.granted, record.how) == (False, "under_age")

    def test_the_site_sets_the_age(self, contact, site):
        now = clock.now()
        PrivacySettings.objects.create(site=site, minimum_age=13)
        actions.set_fields(lead=contact, fields={"birth_date": self.born(13)}, source="form", now=now)
        assert actions.record_consent(
            lead=contact, subject="email", granted=True, how="form", now=now
        ).granted
        PrivacySettings.objects.update(minimum_age=0)
        actions.set_fields(lead=contact, fields={"birth_date": self.born(1)}, source="form", now=now)
        assert actions.record_consent(
            lead=contact, subject="email", granted=True, how="form", now=now
        ).granted

    @pytest.mark.parametrize(
        ("moment", "born", "young"),
        [
            ((2028, 2, 29), (2012, 2, 29), False),
            ((2027, 2, 28), (2011, 2, 28), False),
            ((2028, 2, 28), (2012, 2, 29), True),
            ((2029, 2, 28), (2013, 2, 28), False),
        ],
    )
    def test_leap_days(self, contact, moment, born, young):
        from wagtail_automation.leads import age

        Lead.objects.filter(pk=contact.pk).update(birth_date=dt.date(*born))
        now = dt.datetime(*moment, 12, tzinfo=dt.UTC)
        assert age.is_under_age(contact, site=None, now=now) == young

    def test_who_says_no_in_a_form_is_not_remembered(self, landing, form, read_form, browser_of):
        form.fields = [
            field("email", "Email", "email", required=True, lead_field="email"),
            field("age", "Are you at least 16?", "age", required=True),
            field("consent", "Send me emails.", "news", subject="email"),
            field("consent", "Remember me.", "track", subject="tracking"),
        ]
        form.save()
        who = browser_of()
        answer = read_form("/landing/", who).send(email=EMAIL, age="no", news="on", track="on")
        assert answer.status_code == 303 and not answer.cookies.get("wa_visitor")
        lead = Lead.objects.get(email=EMAIL)
        assert consent.states(lead) == {"of_age": False, "email": False, "tracking": False}
        assert ConsentRecord.objects.get(lead=lead, subject="of_age").text == "Are you at least 16? – No"
        assert not lead.visitors.exists()
        assert read_form("/landing/", who).send(email=EMAIL, age="maybe").status_code == 422
