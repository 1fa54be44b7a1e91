"""What comes back by mail: bounces, complaints, automatic and real answers, and what only looks like them."""

import datetime as dt
import time

import pytest

from tests.messaging.mails import BASE, answer, arf, dsn
from wagtail_automation import clock
from wagtail_automation.leads import erasure
from wagtail_automation.leads.models import ConsentState
from wagtail_automation.messaging import addresses, sender
from wagtail_automation.messaging.delivery import codes, receiving, reports, verp
from wagtail_automation.messaging.models import Message, Suppression
from wagtail_automation.outbox import State
from wagtail_automation.testing import clock as test_clock
from wagtail_automation.tracking.models import Event

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent(make_email, make_lead, queue, brand, smtp):
    """One message that was handed over, from a site that reads its bounces."""
    brand.return_path = BASE
    brand.save()
    (message,) = queue(make_email(), make_lead("Ada@example.com"))
    sender.send_due()
    message.refresh_from_db()
    assert message.state == State.SENT
    return message


def names(lead):
    return list(Event.objects.filter(lead=lead, human=True).order_by("pk").values_list("name", flat=True))


def suppressed():
    return list(Suppression.objects.values_list("address", "reason"))


def test_the_envelope_and_the_header_say_which_message_it_is(sent, smtp):
    (mail,) = smtp.messages
    path = verp.address(BASE, verp.BOUNCE, sent.pk)
    assert smtp.senders == [path]
    assert mail["From"] == "Atelier Sève <bonjour@atelier.example>"
    web, mailto = (part.strip() for part in mail["List-Unsubscribe"].split(","))
    assert web.startswith("<http://testserver/automation/u/")
    assert mailto == f"<mailto:{verp.address(BASE, verp.UNSUBSCRIBE, sent.pk)}?subject=unsubscribe>"
    assert len(path.partition("@")[0]) <= 64
    assert sent.domain == "example.com"


def test_a_hard_bounce_to_the_return_path(sent, make_email, queue):
    raw = dsn(verp.address(BASE, verp.BOUNCE, sent.pk).upper(), "somebody@else.example")
    for _again in range(3):
        assert receiving.mail(raw) == reports.BOUNCE
    sent.refresh_from_db()
    assert sent.bounce_kind == "hard" and sent.bounced_at and "User unknown" in sent.detail
    assert suppressed() == [("ada@example.com", "bounce")]
    assert names(sent.lead).count("email_bounced") == 1
    data = Event.objects.get(name="email_bounced").data
    assert (data["kind"], data["status"]) == ("hard", "5.1.1")
    (again,) = queue(make_email(), sent.lead, key="again")
    sender.send_due()
    again.refresh_from_db()
    assert (again.state, again.reason) == (State.SKIPPED, "suppressed")


def test_a_bounce_that_names_the_message_is_believed_about_its_own_address_only(sent):
    raw = dsn("bonjour@atelier.example", "victim@example.com", original=sent.message_id)
    assert receiving.mail(raw) == "not_ours"
    assert not Suppression.objects.exists()
    raw = dsn("bonjour@atelier.example", "ADA@example.com", original=sent.message_id)
    assert receiving.mail(raw) == reports.BOUNCE
    assert suppressed() == [("ada@example.com", "bounce")]


def test_the_address_of_then_is_suppressed_not_the_one_of_now(sent):
    lead = sent.lead
    lead.email = "new@example.org"
    lead.save()
    receiving.mail(dsn(verp.address(BASE, verp.BOUNCE, sent.pk), "ada@example.com"))
    row = Suppression.objects.get()
    assert row.address_hash == addresses.hashes("ada@example.com")[0] and row.address == ""


@pytest.mark.parametrize(
    ("status", "words", "kind"),
    [
        ("5.1.1", "550 5.1.1 User unknown", "hard"),
        ("5.2.1", "550 5.2.1 The email account is disabled", "hard"),
        ("5.0.0", "550 No such user here", "hard"),
        ("5.2.2", "552 5.2.2 Mailbox full", "soft"),
        ("4.4.1", "connection timed out", "soft"),
        ("5.7.1", "550 5.7.1 Message rejected as spam", "blocked"),
        ("5.7.26", "550 5.7.26 unauthenticated mail is prohibited (DMARC)", "blocked"),
        ("5.1.1", "550 5.1.1 rejected, listed at Spamhaus", "blocked"),
        ("5.0.0", "554 something", "soft"),
        ("", "", "soft"),
    ],
)
def test_what_a_code_means(status, words, kind):
    report = reports.read(dsn("x@y.example", "a@b.example", status=status, code=words))
    assert (report.kind, report.bounce) == ("bounce", kind)
    assert codes.kind_of(status, words) == kind or status == "5.0.0"


def test_soft_bounces_suppress_when_they_go_on(make_email, make_lead, queue, brand, smtp, settings):
    brand.return_path = BASE
    brand.save()
    settings.WAGTAIL_AUTOMATION = {**settings.WAGTAIL_AUTOMATION, "SOFT_BOUNCES": (3, 30)}
    ada, email = make_lead("ada@example.com"), make_email()

    def bounce(day):
        with test_clock.shift(dt.timedelta(days=day)):
            (message,) = queue(email, ada, key=f"day{day}")
            sender.send_due()
            to = verp.address(BASE, verp.BOUNCE, message.pk)
            receiving.mail(dsn(to, ada.email, status="4.2.2", code="452 4.2.2 mailbox full"))
            return Message.objects.get(pk=message.pk)

    bounce(0), bounce(1)
    assert not Suppression.objects.exists()
    Message.objects.filter(key__startswith="day1").update(
        opened_at=clock.now() + dt.timedelta(days=1, hours=1)
    )
    bounce(2)
    assert not Suppression.objects.exists(), "somebody lives there: it begins anew"
    bounce(3)
    assert not Suppression.objects.exists()
    last = bounce(4)
    assert last.bounce_kind == "soft" and suppressed() == [("ada@example.com", "bounce")]
    assert names(ada).count("email_bounced") == 5


def test_a_soft_bounce_may_be_followed_by_a_hard_one_not_the_other_way_round(sent):
    to = verp.address(BASE, verp.BOUNCE, sent.pk)
    soft = dsn(to, "ada@example.com", status="4.2.2", code="452 full")
    hard = dsn(to, "ada@example.com")
    for raw in (soft, hard, soft, hard):
        receiving.mail(raw)
    sent.refresh_from_db()
    assert sent.bounce_kind == "hard"
    kinds = [event.data["kind"] for event in Event.objects.filter(name="email_bounced").order_by("pk")]
    assert kinds == ["soft", "hard"]


def test_delayed_is_not_bounced_and_delivered_is_noted(sent):
    to = verp.address(BASE, verp.BOUNCE, sent.pk)
    assert receiving.mail(dsn(to, "ada@example.com", action="delayed", status="4.4.1")) == reports.DELAYED
    sent.refresh_from_db()
    assert not sent.bounced_at
    assert (
        receiving.mail(dsn(to, "ada@example.com", action="relayed", status="2.0.0", code="250 ok"))
        == "delivered"
    )
    sent.refresh_from_db()
    assert sent.delivered_at and names(sent.lead).count("email_delivered") == 1


def test_a_complaint_refuses_and_suppresses(sent):
    raw = arf("fbl@atelier.example", "ada@example.com", original=sent.message_id)
    assert receiving.mail(raw) == receiving.mail(raw) == reports.COMPLAINT
    sent.refresh_from_db()
    assert sent.complained_at and suppressed() == [("ada@example.com", "complaint")]
    assert ConsentState.objects.get(lead=sent.lead, subject="email").granted is False
    assert names(sent.lead).count("email_complained") == 1


def test_a_complaint_by_the_signed_sender_in_it(sent):
    path = verp.address(BASE, verp.BOUNCE, sent.pk)
    assert receiving.mail(arf("fbl@atelier.example", "redacted", mail_from=path)) == reports.COMPLAINT
    assert suppressed() == [("ada@example.com", "complaint")]


def test_a_report_that_nothing_was_wrong_is_no_complaint(sent):
    raw = arf("fbl@atelier.example", "ada@example.com", kind="not-spam", original=sent.message_id)
    assert receiving.mail(raw) == reports.NOTHING
    assert not Suppression.objects.exists()


def test_an_answer_and_an_automatic_one(sent):
    away = answer(sent.message_id, more="Auto-Submitted: auto-replied (vacation)\r\n")
    assert receiving.mail(away) == reports.AUTO_REPLY
    subject = "=?utf-8?q?R=C3=A9ponse_automatique_?= : absente"
    assert receiving.mail(answer(sent.message_id, subject=subject)) == reports.AUTO_REPLY
    sent.refresh_from_db()
    assert sent.replied_at is None and "email_replied" not in names(sent.lead)
    assert Event.objects.filter(name="email_replied", human=False).count() == 1
    for _again in range(2):
        assert receiving.mail(answer(sent.message_id, more="Auto-Submitted: no\r\n")) == reports.REPLY
    sent.refresh_from_db()
    assert sent.replied_at and names(sent.lead).count("email_replied") == 1


def test_unsubscribing_by_mail(sent):
    to = verp.address(BASE, verp.UNSUBSCRIBE, sent.pk)
    holiday = answer("x@y", to=to, more="Auto-Submitted: auto-replied\r\n")
    assert receiving.mail(holiday) == reports.NOTHING
    assert ConsentState.objects.get(lead=sent.lead, subject="email").granted is True
    for _again in range(2):
        assert receiving.mail(
            f"From: ada@example.com\r\nTo: {to}\r\nSubject: unsubscribe\r\n\r\n".encode()
        ) == (reports.UNSUBSCRIBE)
    assert ConsentState.objects.get(lead=sent.lead, subject="email").granted is False
    assert names(sent.lead).count("email_unsubscribed") == 1


def test_a_forged_address_changes_nothing(sent):
    good = verp.address(BASE, verp.UNSUBSCRIBE, sent.pk)
    local, _at, domain = good.partition("@")
    for position in range(len("bounces+"), len(local)):
        flipped = local[:position] + ("0" if local[position] != "0" else "1") + local[position + 1 :]
        assert verp.find(f"{flipped}@{domain}") is None, position
        receiving.mail(f"From: eve@example.com\r\nTo: {flipped}@{domain}\r\n\r\nx".encode())
    bounce = verp.address(BASE, verp.BOUNCE, sent.pk)
    assert receiving.mail(f"From: eve@example.com\r\nTo: {bounce}\r\n\r\nhello".encode()) == reports.REPLY, (
        "the return path proves the message, and a plain mail to it is no bounce"
    )
    assert ConsentState.objects.get(lead=sent.lead, subject="email").granted is True
    assert not Suppression.objects.exists()


def test_a_bounce_in_prose_counts_only_at_the_signed_address(sent):
    prose = (
        "From: MAILER-DAEMON@old.example\r\nTo: {}\r\n\r\nHi. This is qmail.\r\n<ada@example.com>:\r\n{}\r\n"
    )
    for words, kind in (("Remote host said: 452 4.2.2 full", "soft"), ("550 no such user", "hard")):
        assert receiving.mail(prose.format("bonjour@atelier.example", words).encode()) == reports.NOTHING
        receiving.mail(prose.format(verp.address(BASE, verp.BOUNCE, sent.pk), words).encode())
        sent.refresh_from_db()
        assert sent.bounce_kind == kind


def test_a_report_settles_a_doubtful_message(sent):
    Message.objects.update(state=State.DOUBTFUL, reason="worker_lost", sent_at=None)
    receiving.mail(dsn(verp.address(BASE, verp.BOUNCE, sent.pk), "ada@example.com", action="delivered"))
    sent.refresh_from_db()
    assert (sent.state, sent.reason) == (State.SENT, "reported_sent") and sent.sent_at


def test_an_erasure_leaves_only_the_hmac(sent):
    receiving.mail(
        dsn(verp.address(BASE, verp.BOUNCE, sent.pk), "ada@example.com", code="550 <ada@example.com> gone")
    )
    erasure.erase_now(leads=[sent.lead.pk], origin="test")
    row = Suppression.objects.get()
    assert row.address == row.detail == ""
    assert row.address_hash == addresses.hashes("ada@example.com")[0]


def _nested(depth):
    head = "".join(f'Content-Type: multipart/mixed; boundary="b{n}"\r\n\r\n--b{n}\r\n' for n in range(depth))
    return ("From: MAILER-DAEMON@x\r\n" + head + "Content-Type: text/plain\r\n\r\nboom").encode()


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x00" * 5000,
        b"\xff\xfe" * 5000,
        b"From: " + b"a" * 300_000,
        b"Subject: x\r\n" * 50_000,
        _nested(30),
        _nested(4000),
        b'Content-Type: multipart/report; boundary="' + b"x" * 5000 + b'"\r\n\r\n' + b"--x\r\n" * 40_000,
        b"Content-Type: message/delivery-status\r\n\r\nAction: failed\r\n\r\n" * 10_000,
        b"Content-Type: text/plain; charset=no-such-charset\r\nSubject: =?no-such?q?x?=\r\nIn-Reply-To: <"
        + b"a" * 32
        + b"@x>\r\n\r\nx",
        b"Content-Type: message/delivery-status\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!",
        b"Content-Type: message/feedback-report\r\n\r\n\r\n\r\n",
        b"From: MAILER-DAEMON@x\r\n\r\n" + b"5.1.1" * 60_000,
    ],
    ids=range(13),
)
def test_nonsense_is_read_quickly_and_harmlessly(raw):
    begun = time.process_time()
    assert reports.read(raw).kind in {reports.NOTHING, reports.UNREADABLE, reports.BOUNCE, reports.REPLY}
    assert receiving.mail(raw) in {reports.NOTHING, reports.UNREADABLE, "not_ours"}
    assert time.process_time() - begun < 3


def test_a_bomb_attached_to_a_bounce_is_never_unpacked(sent):
    """Thirty megabytes of zip behind the report: it is read as far as the report goes."""
    raw = (
        dsn(verp.address(BASE, verp.BOUNCE, sent.pk), "ada@example.com").replace(
            b"--AA--", b"--AA\r\nContent-Type: application/zip\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        )
        + b"UEsDBBQ" * 4_000_000
    )
    begun = time.process_time()
    assert receiving.mail(raw) == reports.BOUNCE
    assert time.process_time() - begun < 1
    sent.refresh_from_db()
    assert sent.bounce_kind == "hard"
