"""From queue to a real SMTP server and back: what arrives, what does not, and why."""

import datetime as dt
import re

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from wagtail_automation import clock
from wagtail_automation.leads import actions as leads
from wagtail_automation.leads.models import CustomField
from wagtail_automation.messaging import addresses, batches, resending, sender
from wagtail_automation.messaging.models import Message, Suppression
from wagtail_automation.messaging.preparing import MessagePreparer
from wagtail_automation.messaging.transport import Transport
from wagtail_automation.outbox import OutboxQuerySet, State
from wagtail_automation.testing import clock as test_clock
from wagtail_automation.tracking.models import Event

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True, params=[True, False], ids=["fast", "ordinary"])
def both_ways(request, monkeypatch):
    """Everything here holds for messages from the mould and for those that Django builds."""
    monkeypatch.setattr(MessagePreparer, "fast", request.param)


def test_what_arrives(make_email, make_lead, queue, smtp):
    lead = make_lead("elodie@example.com", first_name="Élodie <b>")
    (message,) = queue(make_email(), lead)
    report = sender.send_due()
    message.refresh_from_db()
    assert message.state == State.SENT, (message.state, message.reason, message.detail)
    assert str(report) == "sent: 1"
    assert message.sent_at and message.lease_token is None
    (mail,) = smtp.messages
    assert mail["Subject"] == "Welcome, Élodie <b>"
    assert mail["From"] == "Atelier Sève <bonjour@atelier.example>"
    assert mail["To"] == "elodie@example.com"
    assert mail["Reply-To"] == "reponse@atelier.example"
    assert mail["Message-ID"] == f"<{message.message_id}>" and message.message_id.endswith("@testserver")
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert re.fullmatch(r"<http://testserver/automation/u/\S+/>", mail["List-Unsubscribe"].strip())
    assert mail["Auto-Submitted"] == "auto-generated" and mail["Precedence"] == "bulk"
    html = mail.get_body(("html",)).get_content()
    text = mail.get_body(("plain",)).get_content()
    assert "Hello Élodie &lt;b&gt;" in html and "Élodie <b>" not in html
    assert "Hello Élodie <b>" in text
    assert "12 rue des Lilas" in html and "12 rue des Lilas" in text
    assert "/automation/u/" in html and "/automation/u/" in text
    assert "https://shop.example" not in html, "every web link is tracked"
    assert html.count("/automation/e/") == 2 and text.count("/automation/e/") == 2
    assert html.rstrip().endswith("</html>") and "/automation/o/" in html
    assert all(len(line) <= 998 for raw in smtp.raw for line in raw.split(b"\r\n")), "RFC 5321 4.5.3.1.6"
    event = Event.objects.get(name="email_sent")
    assert event.lead_id == lead.pk and event.object_key == message.email_version.translation_key


def test_one_connection_for_a_batch(make_email, make_lead, queue, smtp):
    email = make_email()
    queue(email, *[make_lead() for _ in range(25)])
    assert sender.send_due().counts == {State.SENT: 25}
    assert len(smtp.raw) == 25 and len(smtp.sessions) == 1
    assert len({mail["Message-ID"] for mail in smtp.messages}) == 25


def test_language_of_each_lead(make_email, make_lead, queue, smtp, french, english):
    email = make_email(subject="Hello")
    translation = email.copy_for_translation(french)
    translation.name, translation.subject = "fr", "Bonjour"
    translation.save()
    translation.save_revision().publish()
    people = [make_lead(language=code) for code in ("fr", "fr-CA", "FR", "en", "de", "")]
    messages = queue(email, *people)
    assert [m.email_version.subject for m in messages] == ["Bonjour"] * 3 + ["Hello"] * 3
    sender.send_due()


def test_queries_do_not_grow(make_email, make_lead, queue, smtp, django_capture_on_commit_callbacks):
    from wagtail_automation.leads.cohorts import LeadsCohort
    from wagtail_automation.messaging import actions
    from wagtail_automation.objects import ref_of

    email, counts, sent = make_email(), [], []
    for size in (3, 1, 15):
        people = [make_lead() for _ in range(size)]
        cohort = LeadsCohort([lead.pk for lead in people], key=f"size:{size}")
        with CaptureQueriesContext(connection) as queries, django_capture_on_commit_callbacks():
            actions.queue_email(cohort=cohort, email=ref_of(email))
        counts.append(len(queries))
        with CaptureQueriesContext(connection) as queries, test_clock.freeze(clock.now()):
            sender.send_due()  # on a slow machine a second look at whose turn it is would be counted
        sent.append(len(queries))
    assert counts[1] == counts[2] <= 3, counts
    assert sent[1] == sent[2] <= 42, sent  # four of them: whose turn it is


@pytest.mark.parametrize(
    ("subject", "said", "columns"),
    [
        ("Hello", "Hello", set()),
        (
            "{{ lead.name }} {{ lead.birth_date | date: '%d.%m.' }}",
            "Ada Ö 11.03.",
            {"first_name", "last_name", "birth_date"},
        ),
        ("{{ lead.shoe_size }}", "38", None),
        ("{{ lead['city'] }}", "Lyon", {"city"}),
        ("{{ cart.currency }}{{ lead.first_name }}", "Ada", None),
    ],
    ids=["nothing", "own fields", "a custom field", "in brackets", "another object"],
)
def test_of_people_only_what_is_read_is_fetched(make_email, make_lead, queue, smtp, subject, said, columns):
    """And whoever reads more gets it without a question for each person."""
    CustomField.objects.create(key="shoe_size", label="Shoe size", type="number")
    body = [("rich_text", {"text": "<p>Plain.</p>"})]
    email, counts = make_email(subject=subject, body=body, preheader=""), []
    for size in (2, 1, 9):
        people = [
            make_lead(
                first_name="Ada",
                last_name="Ö",
                city="Lyon",
                birth_date=dt.date(1990, 3, 11),
                attributes={"shoe_size": 38},
            )
            for _ in range(size)
        ]
        queue(email, *people, key=f"size:{size}")
        with CaptureQueriesContext(connection) as queries, test_clock.freeze(clock.now()):
            sender.send_due()
        counts.append(len(queries))
    assert counts[1] == counts[2], counts
    (question,) = [q["sql"] for q in queries if 'FROM "wagtail_automation_leads_lead"' in q["sql"]]
    fetched = set(re.findall(r'"wagtail_automation_leads_lead"\."(\w+)"', question.partition(" FROM ")[0]))
    if columns is None:
        assert fetched > {"city", "attributes", "created_at"} and "folded" not in fetched
    else:
        assert fetched == columns | {"id", "email", "time_zone", "country", "owner_id"}
    assert {str(mail["Subject"]) for mail in smtp.messages} == {said}


def test_not_sent_and_why(make_email, make_lead, queue, smtp):
    email, gone, hidden = make_email(), make_email(), make_email()
    fine, refusing, blocked, nobody, broken = (make_lead(first_name=n) for n in "abcde")
    leads.record_consent(lead=refusing, subject="email", granted=False, how="unsubscribe", now=clock.now())
    Suppression.objects.create(
        address_hash=addresses.hashes(blocked.email.upper())[0], reason="bounce", at=clock.now()
    )
    nobody.email, broken.email = "", "a@b\r\nBcc: everybody@example.com"
    nobody.save()
    broken.save()
    queue(email, fine, refusing, blocked, nobody, broken)
    queue(gone, fine, key="gone")
    queue(hidden, fine, key="hidden")
    gone.delete()
    hidden.unpublish()
    sender.send_due()
    by_reason = {(m.key.split(":")[0], m.lead.first_name): (m.state, m.reason) for m in Message.objects.all()}
    assert by_reason == {
        ("test", "a"): ("sent", ""),
        ("test", "b"): ("skipped", "consent_withdrawn"),
        ("test", "c"): ("skipped", "suppressed"),
        ("test", "d"): ("skipped", "no_address"),
        ("test", "e"): ("skipped", "invalid_address"),
        ("gone", "a"): ("skipped", "email_deleted"),
        ("hidden", "a"): ("skipped", "email_unpublished"),
    }
    assert len(smtp.raw) == 1


def test_line_breaks_in_values_never_reach_a_header(make_email, make_lead, queue, smtp):
    lead = make_lead(first_name="Eve\r\nBcc: all@example.com\u2028x\x07")
    queue(make_email(), lead)
    sender.send_due()
    (mail,) = smtp.messages
    assert mail["Bcc"] is None
    assert mail["Subject"] == "Welcome, Eve Bcc: all@example.com x"


def test_a_value_that_looks_like_liquid_is_text(make_email, make_lead, queue, smtp):
    queue(make_email(), make_lead(first_name="{{ lead.email }}{% for i in (1..9) %}x{% endfor %}"))
    sender.send_due()
    assert "{{ lead.email }}{% for i in (1..9) %}x" in smtp.messages[0].get_body(("plain",)).get_content()


@pytest.mark.parametrize(
    ("reply", "state", "reason", "minutes"),
    [
        ("450 4.2.1 busy mailbox", State.QUEUED, "message_refused", 1),
        ("421 4.3.2 closing", State.QUEUED, "server_busy", 1),
        ("550 5.1.1 no such user", State.FAILED, "message_refused", None),
    ],
)
def test_answers_of_the_server(make_email, make_lead, queue, smtp, reply, state, reason, minutes):
    (message,) = queue(make_email(), make_lead())
    smtp.replies = [reply]
    sender.send_due()
    message.refresh_from_db()
    assert (message.state, message.reason) == (state, reason)
    assert message.detail.startswith(reply[:3])
    if minutes:
        assert message.not_before > clock.now() + dt.timedelta(seconds=50)
        with test_clock.shift(dt.timedelta(minutes=minutes, seconds=5)):
            sender.send_due()
        message.refresh_from_db()
        assert message.state == State.SENT and message.attempts == 2 and message.reason == ""


def test_refused_recipient(make_email, make_lead, queue, smtp):
    good, bad, slow = make_lead("good@x.example"), make_lead("bad@x.example"), make_lead("slow@x.example")
    smtp.refuse = {bad.email: "550 5.1.1 unknown", slow.email: "451 4.7.1 greylisted"}
    messages = queue(make_email(), good, bad, slow)
    sender.send_due()
    for message in messages:
        message.refresh_from_db()
    assert [m.state for m in messages] == ["sent", "failed", "queued"]
    assert messages[2].reason == "recipient_refused" and "greylisted" in messages[2].detail


def test_gives_up_after_hours(make_email, make_lead, queue, smtp):
    (message,) = queue(make_email(), make_lead())
    smtp.replies = ["450 busy"] * 20
    passed = dt.timedelta()
    for _ in range(len(batches.BACKOFF) + 1):
        with test_clock.shift(passed):
            sender.send_due()
        passed += dt.timedelta(hours=13)
    message.refresh_from_db()
    assert (message.state, message.reason) == (State.FAILED, "gave_up_message_refused")
    assert len(smtp.raw) == len(batches.BACKOFF) + 1


def test_server_down_gives_everything_back(make_email, make_lead, queue, smtp, settings):
    messages = queue(make_email(), *[make_lead() for _ in range(5)])
    settings.EMAIL_PORT = 1
    report = sender.send_due()
    assert report.server_down and report.counts == {State.QUEUED: 5}
    attempts = sorted(Message.objects.values_list("attempts", flat=True))
    assert attempts == [0, 0, 0, 0, 1], "one try found out; the others do not count"
    settings.EMAIL_PORT = smtp.port
    with test_clock.shift(dt.timedelta(minutes=2)):
        sender.send_due()
    assert Message.objects.filter(state=State.SENT).count() == len(messages)


def test_no_answer_after_data_is_doubtful(make_email, make_lead, queue, smtp):
    messages = queue(make_email(), make_lead(), make_lead())
    smtp.drop = True
    sender.send_due()
    smtp.drop = False
    for message in messages:
        message.refresh_from_db()
    messages.sort(key=lambda message: message.state)
    assert [(m.state, m.reason) for m in messages] == [("doubtful", "no_answer"), ("queued", "")]
    with test_clock.shift(dt.timedelta(hours=30)):
        sender.expire_leases()
        sender.send_due()
    messages[0].refresh_from_db()
    assert messages[0].state == State.DOUBTFUL, "never sent again by itself"
    assert len(smtp.raw) == 2


def test_an_answer_is_kept_when_the_next_message_breaks_the_run(
    make_email, make_lead, queue, smtp, monkeypatch
):
    """The second is written while the first is with the server; what goes wrong there is not the first's."""
    messages = queue(make_email(), *[make_lead() for _ in range(3)])
    first, second, third = sorted(messages, key=lambda message: message.pk)
    build = MessagePreparer._build

    def breaks(self, row, *rest):
        if row.pk == second.pk:
            raise RuntimeError("a fault of ours")
        return build(self, row, *rest)

    monkeypatch.setattr(MessagePreparer, "_build", breaks)
    with pytest.raises(RuntimeError):
        sender.send_due()
    states = [Message.objects.get(pk=message.pk).state for message in (first, second, third)]
    assert states == [State.SENT, State.QUEUED, State.QUEUED]
    assert Event.objects.filter(name="email_sent").count() == 1
    monkeypatch.setattr(MessagePreparer, "_build", build)
    with test_clock.shift(dt.timedelta(minutes=2)):
        sender.send_due()
    assert len(smtp.messages) == 3


def test_the_next_one_is_written_before_the_answer_is_read(make_email, make_lead, queue, smtp, monkeypatch):
    queue(make_email(), *[make_lead() for _ in range(3)])
    seen = []
    build, finish = MessagePreparer._build, Transport.finish

    def built(self, row, *rest):
        seen.append("write")
        return build(self, row, *rest)

    def finished(self):
        seen.append("hear")
        return finish(self)

    monkeypatch.setattr(MessagePreparer, "_build", built)
    monkeypatch.setattr(Transport, "finish", finished)
    sender.send_due()
    heard = ["write", "write", "hear", "write", "hear", "hear"]
    assert seen == (heard if MessagePreparer.fast else ["write"] * 3)


def test_a_merge_in_between_moves_the_event_too(make_email, make_lead, queue, smtp, monkeypatch):
    (message,) = queue(make_email(), make_lead())
    other = make_lead()
    settle = OutboxQuerySet.settle

    def merged_first(self, *args):
        Message.objects.filter(pk=message.pk).update(lead=other)
        return settle(self, *args)

    monkeypatch.setattr(OutboxQuerySet, "settle", merged_first)
    sender.send_due()
    assert list(Event.objects.filter(name="email_sent").values_list("lead_id", flat=True)) == [other.pk]


def test_doubtful_is_resent_by_a_person(
    make_email, make_lead, queue, smtp, admin_user, django_capture_on_commit_callbacks
):
    (message,) = queue(make_email(), make_lead())
    Message.objects.lease(20, clock.now())
    with test_clock.shift(dt.timedelta(minutes=5)):
        assert sender.expire_leases() == 1
        message.refresh_from_db()
        assert (message.state, message.reason) == ("doubtful", "worker_lost")
        assert sender.send_due().counts == {}
        with django_capture_on_commit_callbacks():
            assert resending.resend(message=message, user=admin_user)
            assert not resending.resend(message=message, user=admin_user)
        sender.send_due()
    assert [mail["Message-ID"] for mail in smtp.messages] == [f"<{message.message_id}>"]


def test_two_senders_never_share_a_message(make_email, make_lead, queue, smtp):
    queue(make_email(), *[make_lead() for _ in range(30)])
    first = Message.objects.lease(20, clock.now())
    second = Message.objects.lease(20, clock.now())
    assert len(first) == 20 and len(second) == 10
    assert not {m.pk for m in first} & {m.pk for m in second}
    assert Message.objects.lease(20, clock.now()) == []


def test_republishing_keeps_what_was_queued(make_email, make_lead, queue, smtp):
    email = make_email(subject="First")
    queue(email, make_lead())
    email.subject = "Second"
    email.save_revision().publish()
    queue(email, make_lead(), key="later")
    sender.send_due()
    assert sorted(mail["Subject"] for mail in smtp.messages) == ["First", "Second"]


def test_same_key_twice_raises(make_email, make_lead, queue):
    from django.db import IntegrityError, transaction

    email, lead = make_email(), make_lead()
    queue(email, lead)
    with pytest.raises(IntegrityError), transaction.atomic():
        queue(email, lead)


def test_an_email_never_published_cannot_be_queued(make_email, make_lead, queue):
    from wagtail_automation.objects import MissingReference

    with pytest.raises(MissingReference):
        queue(make_email(publish=False), make_lead())


@pytest.mark.skipif(not hasattr(mail, "mailers"), reason="MAILERS came with Django 6.1")
def test_mailers_of_django_6_1(make_email, make_lead, queue, smtp, settings):
    for name in ("EMAIL_BACKEND", "EMAIL_HOST", "EMAIL_PORT"):
        delattr(settings, name)
    settings.MAILERS = {"default": {"OPTIONS": {"host": "127.0.0.1", "port": smtp.port}}}
    queue(make_email(), make_lead())
    assert sender.send_due().counts == {State.SENT: 1}
    assert len(smtp.raw) == 1


@pytest.mark.parametrize("fast", [True, False])
def test_a_message_too_large_for_the_server_holds_nobody_up(
    make_email, make_lead, queue, smtp, monkeypatch, fast
):
    """RFC 1870: it says so in answer to MAIL FROM, where otherwise the site's address is refused."""
    monkeypatch.setattr(MessagePreparer, "fast", fast)

    async def handle_mail(_server, _session, envelope, address, options):
        if refused:
            return refused.pop()
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    refused = ["552 5.3.4 Message size exceeds fixed limit"]
    smtp.handle_MAIL = handle_mail
    messages = queue(make_email(), *[make_lead() for _ in range(3)])
    report = sender.send_due()
    assert report.counts == {State.FAILED: 1, State.SENT: 2} and not report.server_down
    for message in messages:
        message.refresh_from_db()
    (failed,) = [message for message in messages if message.state == State.FAILED]
    assert (failed.reason, failed.bounce_kind) == ("message_refused", "blocked")
    assert len(smtp.raw) == 2
