"""Double opt-in: a consent that counts once the person followed the link sent to their own address.

Asked for, mailed, confirmed or expired; each step may be repeated. Mail goes through the kernel's door, so
that it works with and without messaging.
"""

import datetime as dt
import uuid

from django.core import signing
from django.db import transaction
from django.db.models import F, Sum
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext
from wagtail.models import Site

from wagtail_automation import clock, conf, jobs, mailer

from . import consent
from .actions import record_consent
from .field_types import clean_text
from .models import ConsentConfirmation, ConsentRecord, Identifier, Lead, PrivacySettings, Topic
from .panels import name_of

HOW = "double_opt_in"
SALT = "wagtail_automation.leads.confirm"
MAX_TOKEN = 200
#: Two clicks on "send" in so short a time are one.
PAUSE = dt.timedelta(minutes=1)
#: A mail that could not be sent is tried again for so long.
PATIENCE = dt.timedelta(days=1)
FOLDER = "wagtail_automation/leads/confirm"


class BadToken(ValueError):  # noqa: N818  reads as what it is
    """Forged, cut off, of another purpose, or of a consent that was erased."""


# -- asking ------------------------------------------------------------------------------------------------


def is_needed(subject: str, site: Site | None) -> bool:
    """Whether a consent to this subject has to be confirmed by email; one query."""
    if subject == consent.EMAIL:
        wanted = {"site": site} if site is not None else {"site__is_default_site": True}
        return PrivacySettings.objects.filter(**wanted, email_double_opt_in=True).exists()
    prefix, _colon, key = subject.partition(":")
    return prefix == "topic" and Topic.objects.filter(key=key, double_opt_in=True).exists()


def ask(
    *,
    lead: Lead,
    subject: str,
    how: str,
    text: str,
    site: Site | None,
    now: dt.datetime,
    always: bool = False,
) -> ConsentRecord | ConsentConfirmation | None:
    """Take a consent given in a form: into the ledger at once, or, where it has to be confirmed, by a mail to
    the lead's address first. ``always``: it has to be, whatever site and topic say; never for the tracking.

    Returns the record, the confirmation that waits, or None when nothing can come of it: no address to
    confirm, or as many mails as CONFIRMATION_RATE allows. Asking again sends the mail again.
    """
    consent.clean_subject(subject)
    if (
        not (is_needed(subject, site) or (always and subject != consent.TRACKING))
        or consent.is_granted(lead, subject)
        or consent.obstacle(lead, subject, how=how, site=site, now=now)
    ):
        return record_consent(
            lead=lead, subject=subject, granted=True, how=how, text=text, site=site, now=now
        )
    if not lead.email:
        return None
    with transaction.atomic():
        waiting = _waiting(lead, subject, now)
        if waiting is not None:
            return waiting if _ask_again(waiting, now) or now - waiting.asked_at < PAUSE else None
        if _is_too_often(lead, subject, now):
            return None
        row = ConsentConfirmation.objects.create(
            lead=lead,
            subject=subject,
            address=lead.email,
            how=how[:100],
            text=clean_text(text, max_length=5000, lines=True),
            language=(translation.get_language() or "")[:35],
            site=site,
            requested_at=now,
            asked_at=now,
            expires_at=now + lifetime(site),
        )
        jobs.enqueue(send, row.pk)
    return row


def lifetime(site: Site | None) -> dt.timedelta:
    """How long a link is good for."""
    wanted = {"site": site} if site is not None else {"site__is_default_site": True}
    days = PrivacySettings.objects.filter(**wanted).values_list("confirmation_days", flat=True).first()
    return dt.timedelta(days=days or PrivacySettings._meta.get_field("confirmation_days").default)


def _waiting(lead: Lead, subject: str, now: dt.datetime) -> ConsentConfirmation | None:
    rows = ConsentConfirmation.objects.select_for_update().filter(
        lead=lead, subject=subject, address=lead.email, confirmed_at=None, expires_at__gt=now
    )
    return rows.first()


def _ask_again(row: ConsentConfirmation, now: dt.datetime) -> bool:
    """One more mail with a fresh lifetime; False within a minute of the last or beyond the rate."""
    if now - row.asked_at < PAUSE or _is_too_often(row.lead, row.subject, now):
        return False
    row.asked_at, row.expires_at = now, now + lifetime(row.site)
    ConsentConfirmation.objects.filter(pk=row.pk).update(
        asked_at=now, expires_at=row.expires_at, asked_count=F("asked_count") + 1
    )
    jobs.enqueue(send, row.pk)
    return True


def _is_too_often(lead: Lead, subject: str, now: dt.datetime) -> bool:
    limit, seconds = conf.get("CONFIRMATION_RATE")
    rows = ConsentConfirmation.objects.filter(
        lead=lead, subject=subject, asked_at__gt=now - dt.timedelta(seconds=seconds)
    )
    return (rows.aggregate(total=Sum("asked_count"))["total"] or 0) >= limit


# -- the mail ----------------------------------------------------------------------------------------------


def send(pk: int) -> None:
    """Job: send the mail that was asked for, once for each time. Nothing for what is confirmed or erased."""
    row = ConsentConfirmation.objects.select_related("site", "lead").filter(pk=pk).first()
    if row is None or row.state(clock.now()) != "pending" or row.sent_count >= row.asked_count:
        return
    number = row.asked_count
    with translation.override(row.language or None):
        site_name = _site_name(row.site)
        context = {
            "url": url_of(row),
            "site_name": site_name,
            "subject": subject_name(row.subject),
            "text": row.text,
            "expires_at": row.expires_at,
            "language": row.language,
        }
        mailer.send(
            to=row.address,
            subject=" ".join(
                (
                    gettext("Please confirm: %(subject)s")
                    % {"subject": f"{context['subject']} – {site_name}"}
                ).split()
            )[:200],
            text=render_to_string(f"{FOLDER}/mail.txt", context),
            html=render_to_string(f"{FOLDER}/mail.html", context),
            key=f"opt-in:{row.uuid}:{number}",
        )
    ConsentConfirmation.objects.filter(pk=pk, sent_count__lt=number).update(sent_count=number)


def send_waiting() -> str:
    """Beat: mails whose job was lost or whose mail server was away."""
    now = clock.now()
    rows = ConsentConfirmation.objects.filter(
        sent_count__lt=F("asked_count"), asked_at__gt=now - PATIENCE, confirmed_at=None
    )
    pks = list(rows.order_by("asked_at").values_list("pk", flat=True)[:200])
    for pk in pks:
        send(pk)
    return f"{len(pks)} confirmations sent"


def subject_name(subject: str) -> str:
    """The channel or topic in words."""
    return name_of(subject, {topic.subject: topic.name for topic in Topic.objects.all()})


def _site_name(site: Site | None) -> str:
    return (site.site_name or site.hostname) if site is not None else ""


def url_of(row: ConsentConfirmation) -> str:
    """The absolute address of the page with the button."""
    site = row.site or Site.objects.filter(is_default_site=True).first()
    base = (conf.get("BASE_URL") or (site.root_url if site else "")).rstrip("/")
    return base + reverse("wagtail_automation_leads:confirm", args=[token(row)])


# -- the answer --------------------------------------------------------------------------------------------


def token(row: ConsentConfirmation) -> str:
    """Signed; says only which row. How long it is good for stands in the row."""
    return signing.Signer(salt=SALT, sep="~").sign(row.uuid.hex)


def read(text: str) -> ConsentConfirmation:
    """The row of a token. Raises BadToken."""
    if len(text) > MAX_TOKEN:
        raise BadToken
    try:
        key = uuid.UUID(hex=signing.Signer(salt=SALT, sep="~").unsign(text))
    except (signing.BadSignature, ValueError) as error:
        raise BadToken from error
    row = ConsentConfirmation.objects.select_related("lead", "site").filter(uuid=key).first()
    if row is None:
        raise BadToken
    return row


def confirm(row: ConsentConfirmation, *, now: dt.datetime) -> str:
    """The person pressed the button: "confirmed", "expired" or "refused" (under age, or the address is no
    longer theirs). Pressed twice it is one consent."""
    with transaction.atomic():
        row = ConsentConfirmation.objects.select_for_update().get(pk=row.pk)
        if row.state(now) != "pending":
            return row.state(now)
        lead = Lead.objects.get(pk=row.lead_id)
        theirs = Identifier.objects.filter(lead=lead, kind="email", value=row.address).exists()
        if not theirs and lead.email != row.address:
            return "refused"
        record = record_consent(
            lead=lead, subject=row.subject, granted=True, how=HOW, text=row.text, site=row.site, now=now
        )
        if not record.granted:
            return "refused"
        ConsentConfirmation.objects.filter(pk=row.pk).update(confirmed_at=now)
    return "confirmed"


def resend(row: ConsentConfirmation, *, now: dt.datetime) -> bool:
    """Another link, for one that expired or was lost; False when it was sent too often."""
    with transaction.atomic():
        row = (
            ConsentConfirmation.objects.select_for_update(of=("self",))
            .select_related("lead", "site")
            .get(pk=row.pk)
        )
        return row.confirmed_at is None and _ask_again(row, now)
