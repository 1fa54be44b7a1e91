"""People, emails, and a real SMTP server on loopback."""

import collections
import itertools
import socket
from email import message_from_bytes, policy

import pytest
from aiosmtpd.controller import Controller
from django.db import connection

from tests.messaging.mails import BASE
from wagtail_automation import clock
from wagtail_automation.audiences.models import LeadList, ListMembership
from wagtail_automation.leads import actions as leads
from wagtail_automation.leads.cohorts import LeadsCohort
from wagtail_automation.messaging import sender
from wagtail_automation.messaging.models import Email, EmailSettings, Message
from wagtail_automation.messaging.newsletters import actions as newsletters
from wagtail_automation.messaging.newsletters.models import Newsletter
from wagtail_automation.objects import ref_of
from wagtail_automation.outbox import OutboxQuerySet

_numbers = itertools.count(1)

BODY = [
    ("heading", {"text": "Hello {{ lead.first_name | default: 'you' }}", "level": "h1"}),
    ("rich_text", {"text": '<p>Read <a href="/guide/">the guide</a>, {{ lead.first_name }}.</p>'}),
    (
        "button",
        {"label": "See prices", "link": {"page": None, "url": "https://shop.example/prices?a=1&b=2#top"}},
    ),
]


@pytest.fixture
def make_lead(db):
    """A known lead who agreed to emails; any field may be given."""

    def make(email=None, **fields):
        address = email or f"person{next(_numbers)}@example.com"
        lead = leads.create_known(identifiers={"email": address}, source="test", now=clock.now())
        for name, value in fields.items():
            setattr(lead, name, value)
        lead.save()
        leads.record_consent(lead=lead, subject="email", granted=True, how="form", now=clock.now())
        return lead

    return make


@pytest.fixture
def brand(site):
    return EmailSettings.objects.create(
        site=site,
        sender_name="Atelier Sève",
        sender_address="bonjour@atelier.example",
        reply_to="reponse@atelier.example",
        postal_address="12 rue des Lilas\n69001 Lyon",
    )


@pytest.fixture
def make_email(brand, english):
    """A published email (or a draft, with ``publish=False``)."""

    def make(
        subject="Welcome, {{ lead.first_name | default: 'friend' }}",
        body=BODY,
        *,
        locale=None,
        publish=True,
        **fields,
    ):
        email = Email(
            name=fields.pop("name", f"Email {next(_numbers)}"),
            subject=subject,
            preheader=fields.pop("preheader", "A few words before"),
            locale=locale or english,
            live=False,
            **fields,
        )
        block = Email._meta.get_field("body").stream_block
        email.body = block.to_python([{"type": kind, "value": value} for kind, value in body])
        email.save()
        revision = email.save_revision()
        if publish:
            revision.publish()
            email.refresh_from_db()
        return email

    return make


@pytest.fixture
def queue(db):
    """Queue an email for people, without handing it over; returns the messages in the order of leads."""

    def queue(email, *people, key="test:1", **kwargs):
        from wagtail_automation.messaging import actions

        cohort = LeadsCohort([lead.pk for lead in people], key=key, **kwargs)
        waiting = list(connection.run_on_commit)
        actions.queue_email(cohort=cohort, email=ref_of(email))
        connection.run_on_commit = waiting  # the test says itself when the worker comes
        return list(Message.objects.filter(key__startswith=key).order_by("lead_id"))

    return queue


class Mailbox:
    """Keeps what it is given; answers as told. ``replies``: what to say to DATA, one after the other."""

    def __init__(self):
        self.raw: list[bytes] = []
        self.senders: list[str] = []
        self.replies: list[str] = []
        self.refuse: dict[str, str] = {}
        self.sessions: set = set()
        self.drop = False

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):  # noqa: N802
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        self.sessions.add(session.peer)
        self.raw.append(envelope.content)
        self.senders.append(envelope.mail_from)
        if self.drop:
            server.transport.close()
        return self.replies.pop(0) if self.replies else "250 OK"

    @property
    def messages(self):
        return [message_from_bytes(raw, policy=policy.default) for raw in self.raw]


@pytest.fixture
def smtp(settings):
    """A real SMTP server; the site sends through it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    mailbox = Mailbox()
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    mailbox.port = port
    yield mailbox
    controller.stop()


@pytest.fixture
def three_sent(make_email, make_lead, queue, brand, smtp):
    """Three messages that were handed over, from a site that reads its bounces."""
    brand.return_path = BASE
    brand.save()
    messages = queue(make_email(), *[make_lead(f"p{n}@example.com") for n in range(3)])
    sender.send_due()
    return messages


@pytest.fixture
def leased(monkeypatch):
    """How often each message was taken in hand, by its number."""
    counts = collections.Counter()
    lease = OutboxQuerySet.lease

    def counted(rows, limit, now, **where):
        taken = lease(rows, limit, now, **where)
        counts.update(row.pk for row in taken)
        return taken

    monkeypatch.setattr(OutboxQuerySet, "lease", counted)
    return counts


@pytest.fixture
def jobs_waiting(monkeypatch):
    """The jobs the sender has queued for later; none of them runs."""
    found = []
    monkeypatch.setattr(sender.jobs, "enqueue", lambda job, *args, **options: found.append(job))
    return found


@pytest.fixture
def make_list(db):
    def make(*people, name="Readers"):
        found = LeadList.objects.create(name=name)
        ListMembership.objects.bulk_create(
            ListMembership(list=found, lead=lead, added_at=clock.now()) for lead in people
        )
        return found

    return make


@pytest.fixture
def make_newsletter(make_email):
    def make(*lists, email=None, without=(), segments=(), **fields):
        newsletter = Newsletter.objects.create(name="July", email=email or make_email(), **fields)
        newsletters.set_audience(newsletter=newsletter, lists=lists, segments=segments, without_lists=without)
        return newsletter

    return make
