"""From a message in hand to a finished email, or the reason why it must not be sent – for a whole batch."""

import datetime as dt
import time
from collections.abc import Generator
from dataclasses import dataclass, field
from functools import partial

from django.core.mail import EmailMultiAlternatives
from wagtail.models import Site

from wagtail_automation import clock, contact, liquid
from wagtail_automation.compiled import CompiledQuery, Given
from wagtail_automation.leads.models import Lead
from wagtail_automation.outbox import State

from . import addresses, choosing, mime, recipients, rendering, senders, targets
from .compiler import base_url
from .models import DirectMessage, EmailSettings, EmailVersion, Message
from .mould import Finished, Mould
from .newsletters.querysets import notices

#: versions and moulds that one run of the sender keeps
KEPT = 64
#: seconds after which brand and sites are read again
FRESH = 2


@dataclass(frozen=True)
class Refusal:
    """Why a message is not handed over. ``reason`` is a code of ``reasons``."""

    reason: str
    state: str = State.SKIPPED
    detail: str = ""
    #: of a message that is only put off (state queued): when it may be tried
    until: dt.datetime | None = None


@dataclass(slots=True, eq=False)
class Prepared:
    email: EmailMultiAlternatives | Finished
    variables: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Frame:
    """Who sends a version of an email: its site and brand, the person, what templates may say of them."""

    site: Site | None
    settings: EmailSettings
    person: senders.Sender | None
    values: dict
    mould: Mould | None


class Sites:
    """Site and brand by id, read once per batch."""

    def __init__(self):
        self.frames: dict[tuple, Frame] = {}
        self._settings: dict = {}
        self._sites = {site.pk: site for site in Site.objects.select_related("root_page")}

    def get(self, pk):
        """The site itself, else the default one, else None."""
        return self._sites.get(pk) or next((s for s in self._sites.values() if s.is_default_site), None)

    def settings(self, site) -> EmailSettings:
        key = site.pk if site else None
        if key not in self._settings:
            found = EmailSettings.objects.filter(site=site).first() if site else None
            self._settings[key] = found or EmailSettings(site=site)
        return self._settings[key]


_VERSIONS = CompiledQuery(
    lambda: EmailVersion.objects.filter(pk__anyof=Given("versions")).values_list(
        "pk", "email_id", "email__live"
    )
)


def put_off(rows: list[Message], judge: contact.Judge | None = None) -> dict[int, Refusal]:
    """Those that may not be handed over at this hour, by the limits of what queued them."""
    judge, now = judge or contact.judge(), clock.now()
    if judge is None or not rows:
        return {}
    free = notices({row.origin for row in rows})
    recipients = [
        contact.Recipient(
            row.lead_id, lead.time_zone, lead.country, row.site_id, "" if row.origin in free else row.origin
        )
        for row, lead in ((row, row.lead) for row in rows)
    ]
    moments = judge.allowed_from(recipients, now)
    return {
        row.id: Refusal("quiet_hours", State.QUEUED, until=moment)
        for row, moment in zip(rows, moments, strict=True)
        if moment > now
    }


class MessagePreparer:
    """Messages to leads. Everything that may have changed since they were queued is asked now.

    A constant number of queries for a batch: versions, leads, refusals, suppressions, sites, brand, those
    of the Liquid objects that the emails name, and one for the rules of their dynamic content.
    """

    model = Message
    result_fields = ("variables", "sent_to", "domain", "provider_id")
    settled_fields = ("id", "lead")
    #: False: every message is built in the ordinary way
    fast = True

    def __init__(self, *, by_smtp: bool = False):
        self.fast = type(self).fast and by_smtp
        self._versions: dict[int, EmailVersion] = {}
        self._moulds: dict[tuple, Mould | None] = {}
        self._names: dict[int, frozenset[str]] = {}
        self._sites, self._sites_at, self._judge = None, 0.0, None

    def sites(self) -> Sites:
        """Sites and brand as they were at most two seconds ago, and so the hours (``_judge``)."""
        if self._sites is None or time.monotonic() - self._sites_at > FRESH:
            self._sites, self._sites_at = Sites(), time.monotonic()
            judge = contact.judge()
            self._judge = judge and judge.for_a_moment()
        return self._sites

    def versions(self, pks: set[int]) -> dict[int, EmailVersion]:
        """The versions, which never change and are kept, with the state of their email as it is now."""
        states = {pk: state for pk, *state in _VERSIONS(versions=pks)}
        missing = [pk for pk in states if pk not in self._versions]
        if missing:
            _make_room(self._versions, len(missing))
            self._versions |= EmailVersion.objects.in_bulk(missing)
        for pk, (email, live) in states.items():
            self._versions[pk].email_id, self._versions[pk].email_live = email, live
        return {pk: self._versions[pk] for pk in states}

    def prepare(self, rows: list[Message]) -> dict:
        """``{pk: Refusal, or what builds the message}``: a function that returns Prepared or Refusal."""
        steps = self.steps(rows)
        while True:
            try:
                next(steps)
            except StopIteration as end:
                return end.value

    def steps(self, rows: list[Message]) -> Generator[None, None, dict]:
        """``prepare`` with pauses between a few questions each, for whoever has something else to do."""
        versions = self.versions({row.email_version_id for row in rows})
        names = set().union(*map(self._names_in, versions.values()))
        asked = recipients.leads_with(recipients.columns_of(names))
        leads = {lead.id: lead for lead in asked(leads={row.lead_id for row in rows})}
        for row in rows:  # asked for its id as ``id``: ``pk`` is a property
            row.email_version = versions[row.email_version_id]
            row.lead = leads.get(row.lead_id) or Lead(pk=row.lead_id)  # deleted a moment ago: no address
        yield
        blocked = recipients.closed_addresses({lead.email for lead in leads.values() if lead.email})
        yield
        unwilling, sites = recipients.unwilling_leads(leads), self.sites()
        yield
        refused = {row.id: self._refuse(row, blocked, unwilling) for row in rows}
        refused |= put_off([row for row in rows if refused[row.id] is None], self._judge)
        yield
        sendable = [row for row in rows if refused[row.id] is None]
        data = self._data(sendable, names)
        people = senders.People(senders.user_of_message(row) for row in sendable)
        return {row.id: refused[row.id] or partial(self._build, row, data, sites, people) for row in rows}

    def _refuse(self, row: Message, blocked: set[str], unwilling: dict[int, str]) -> Refusal | None:
        lead, version = row.lead, row.email_version
        if version.email_id is None:
            return Refusal("email_deleted")
        if not version.email_live:
            return Refusal("email_unpublished")
        if not lead.email:
            return Refusal("no_address")
        if not addresses.is_valid(lead.email):
            return Refusal("invalid_address")
        if lead.email in blocked:
            return Refusal("suppressed")
        reason = unwilling.get(row.lead_id)
        return Refusal(reason) if reason else None

    def _names_in(self, version: EmailVersion) -> frozenset[str]:
        """What its templates read of a person; a broken one is told for each of its messages when it is
        rendered."""
        if version.pk not in self._names:
            templates = version.subject, version.html, version.text, *targets.templates(version.links)
            try:
                found = rendering.names_in(*templates)
            except liquid.TemplateError:
                found = set()
            _make_room(self._names, 1)
            self._names[version.pk] = frozenset(found)
        return self._names[version.pk]

    def _data(self, rows: list[Message], names: set[str]) -> dict:
        data = liquid.contexts({row.lead_id: row.lead for row in rows}.values(), names)
        asked = {(row.email_version, row.lead_id) for row in rows if row.email_version.alternatives}
        chosen = choosing.choose(asked, clock.now())
        return {
            row.id: {**data.get(row.lead_id, {}), **chosen.get((row.email_version_id, row.lead_id), {})}
            for row in rows
        }

    def _build(self, row: Message, data: dict, sites: Sites, people: senders.People) -> Prepared | Refusal:
        try:
            frame = self._frame(row, sites, people)
            values = {**data.get(row.id, {}), **frame.values}
            made = frame.mould and frame.mould.fill(
                values, to=row.lead.email, message_id=row.message_id, pk=row.id, now=clock.now()
            )
            email, variables = made or _built(row, values, frame)
        except ValueError as error:  # TemplateError is one
            return Refusal("cannot_be_built", State.FAILED, rendering.one_line(str(error))[:255])
        row.sent_to, row.domain = addresses.hashes(row.lead.email)[0], addresses.domain(row.lead.email)
        return Prepared(email, variables)

    def _frame(self, row: Message, sites: Sites, people: senders.People) -> Frame:
        """What messages of one version and sender have in common, as long as ``sites`` are fresh."""
        version, user = row.email_version, senders.user_of_message(row)
        if (version.pk, user) not in sites.frames:
            site = sites.get(version.site_id)
            settings, person = sites.settings(site), people.get(user, site)
            values = {
                "site": rendering.site_data(site),
                senders.NAME: (person or senders.of_site(settings, site)).data(),
            }
            mould = self._mould(version, settings, site, person) if self.fast else None
            sites.frames[version.pk, user] = Frame(site, settings, person, values, mould)
        return sites.frames[version.pk, user]

    def _mould(self, version: EmailVersion, settings: EmailSettings, site, person) -> Mould | None:
        """The mould of a version for one sender; None: it is built in the ordinary way."""
        brand = (settings.sender_name, settings.sender_address, settings.reply_to, settings.return_path)
        key = (version.pk, site and site.pk, brand, base_url(site), person)
        if key not in self._moulds:
            _make_room(self._moulds, 1)
            self._moulds[key] = Mould.cast(version, settings=settings, site=site, person=person)
        return self._moulds[key]

    def sent(self, row: Message, prepared: Prepared) -> None:
        row.variables = prepared.variables


def _built(row: Message, values: dict, frame: Frame) -> tuple:
    """``(email, variables)`` in the ordinary way."""
    urls = rendering.message_urls(row.id, row.email_version.links, frame.site)
    parts = rendering.render(row.email_version, data=values, urls=urls, now=clock.now())
    email = mime.marketing(
        parts,
        to=row.lead.email,
        settings=frame.settings,
        message_id=row.message_id,
        unsubscribe_url=urls["unsubscribe_url"],
        pk=row.id,
        sent_by=frame.person,
    )
    return email, parts.variables


def _make_room(kept: dict, more: int) -> None:
    """Forget what came first, so that no more than ``KEPT`` are kept."""
    while kept and len(kept) + more > KEPT:
        kept.pop(next(iter(kept)))


def refusals(email_key, leads: list[int]) -> dict[int, str]:
    """``{lead: code of reasons}`` of those to whom an email would not be handed over as things are now.

    Asks what ``MessagePreparer`` asks, and sends nothing: for the dry run. A constant number of queries.
    """
    versions = EmailVersion.objects.newest_by_language(email_key)
    version = EmailVersion.objects.filter(pk__in=[v.pk for v in versions[:1]]).with_email_state().first()
    if version is None:
        return dict.fromkeys(leads, "email_unpublished")
    people = list(Lead.objects.filter(pk__anyof=leads).only("pk", "email"))
    given = {lead.email for lead in people if lead.email}
    blocked, unwilling = recipients.closed_addresses(given), recipients.unwilling_leads(leads)
    refuse = MessagePreparer()._refuse
    found = {
        lead.id: refuse(Message(lead=lead, email_version=version), blocked, unwilling) for lead in people
    }
    return {pk: refusal.reason for pk, refusal in found.items() if refusal is not None}


class DirectPreparer:
    """Messages to one address, finished when they were queued."""

    model = DirectMessage
    result_fields = ("subject", "text", "html", "reply_to", "attachments", "headers", "provider_id")
    settled_fields = ("id",)

    def prepare(self, rows: list[DirectMessage]) -> dict:
        blocked = recipients.suppressed({row.to for row in rows})
        sites, people = Sites(), senders.People(row.sent_by_user_id for row in rows)
        return {row.id: self._one(row, blocked, sites, people) for row in rows}

    def _one(
        self, row: DirectMessage, blocked: set[str], sites: Sites, people: senders.People
    ) -> Prepared | Refusal:
        if not addresses.is_valid(row.to):
            return Refusal("invalid_address")
        if row.to in blocked:
            return Refusal("suppressed")
        site = sites.get(row.site_id)
        try:
            parts = rendering.Parts(rendering.one_line(row.subject), row.html, row.text)
            email = mime.direct(
                parts,
                to=row.to,
                settings=sites.settings(site),
                message_id=row.message_id,
                pk=row.id,
                sent_by=people.get(row.sent_by_user_id, site),
                reply_to=row.reply_to,
                attachments=row.attachments,
                further=row.headers,
            )
        except ValueError as error:
            return Refusal("cannot_be_built", State.FAILED, rendering.one_line(str(error))[:255])
        return Prepared(email)

    def sent(self, row: DirectMessage, prepared: Prepared) -> None:
        row.subject = row.text = row.html = row.reply_to = ""
        row.attachments, row.headers = [], {}
