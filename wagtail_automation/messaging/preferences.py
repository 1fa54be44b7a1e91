"""What a person may change about the emails they get: topics, channels, a pause, another address."""

import datetime as dt

from django.core.exceptions import ValidationError
from django.core.signing import BadSignature, TimestampSigner
from django.db import transaction
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from wagtail_automation.leads import consent, sources
from wagtail_automation.leads.actions import change_address, record_consent
from wagtail_automation.leads.identifiers import normalise
from wagtail_automation.leads.models import ConsentRecord, Lead, Topic

from . import actions
from .compiler import base_url
from .delivery.models import AddressChange, Pause
from .models import Message

HOW = "preferences"
MAX_WEEKS = 26
#: changes of address that one person may ask for in a day
PER_DAY = 3
LIFETIME = dt.timedelta(days=3)
SALT = "wagtail_automation.messaging.address"


def choices(lead: Lead) -> list[tuple[str, str, str, bool]]:
    """``(subject, name, description, granted)`` of what is offered: emails, other channels that the person
    was asked about, and all topics. Two queries."""
    states = consent.states(lead)
    rows = [
        (subject, str(label), "", states.get(subject, False))
        for subject, label in consent.CHANNELS.items()
        if subject == consent.EMAIL or subject in states
    ]
    for topic in Topic.objects.filter(is_archived=False):
        rows.append((topic.subject, topic.name, topic.description, states.get(topic.subject, False)))
    return rows


def save(*, lead: Lead, granted: set[str], weeks: int | None, shown: str, site, now: dt.datetime) -> bool:
    """Write what the person chose; only what changed becomes a fact of the ledger. ``weeks``: of pause, 0
    ends one, None leaves it. Returns whether anything changed. Raises ValueError for no such pause."""
    if weeks is not None and not 0 <= weeks <= MAX_WEEKS:
        raise ValueError("no such pause")
    changed = False
    with transaction.atomic():
        for subject, _name, _text, before in choices(lead):
            wanted = subject in granted
            if wanted != before:
                record_consent(
                    lead=lead, subject=subject, granted=wanted, how=HOW, text=shown, site=site, now=now
                )
                changed = True
        if weeks:
            until = now + dt.timedelta(weeks=weeks)
            Pause.objects.update_or_create(lead=lead, defaults={"until": until, "asked_at": now})
            changed = True
        elif weeks == 0:
            changed = bool(Pause.objects.filter(lead=lead).delete()[0]) or changed
    return changed


def paused_until(lead: Lead, now: dt.datetime) -> dt.datetime | None:
    return Pause.objects.filter(lead=lead, until__gt=now).values_list("until", flat=True).first()


def why(lead: Lead) -> dict:
    """How the address came to us, and when the person agreed: source and since; how, at, text."""
    record = (
        ConsentRecord.objects.filter(lead=lead, subject=consent.EMAIL, granted=True).order_by("-at").first()
    )
    words = sources.labels([lead.source]).get(lead.source, "")
    found = {"source": "" if words == lead.source else words, "since": lead.created_at}
    if record is not None:
        found |= {"how": consent.HOWS.get(record.how, record.how), "at": record.at, "text": record.text}
    return found


# -- another address ---------------------------------------------------------------------------------------


def ask_for_address(*, message: Message, address: str, now: dt.datetime) -> None:
    """Send a link to the new address; nothing changes before it is used.

    Raises ValidationError for an invalid address, the present one, and for asking too often."""
    lead = message.lead
    address = normalise("email", address)
    day = now - dt.timedelta(days=1)
    if AddressChange.objects.filter(lead=lead, asked_at__gt=day).count() >= PER_DAY:
        raise ValidationError(_("You asked several times today. Please try again tomorrow."))
    if address == lead.email:
        raise ValidationError(_("We write to this address already."))
    language = message.email_version.language
    with transaction.atomic():
        row = AddressChange.objects.create(lead=lead, address=address, language=language, asked_at=now)
        with translation.override(language):
            url = base_url(message.site) + reverse("wagtail_automation_messaging:address", args=[token(row)])
            site_name = message.site.site_name if message.site else ""
            text = _(
                "Hello,\n\nsomebody – we hope it was you – asked us to write to this address from now on.\n"
                "Please confirm it here, within three days:\n\n%(url)s\n\n"
                "It was not you? Then do nothing, and nothing changes.\n\n%(site)s"
            ) % {"url": url, "site": site_name}
            actions.queue_direct(
                to=address,
                subject=_("Please confirm your address"),
                text=text,
                key=f"address:{row.pk}",
                site=message.site,
            )


def token(row: AddressChange) -> str:
    return TimestampSigner(salt=SALT, sep="~").sign(str(row.pk))


def read(text: str) -> AddressChange | None:
    """The change that a link stands for, as long as it may be made; else None."""
    try:
        pk = TimestampSigner(salt=SALT, sep="~").unsign(text[:200], max_age=LIFETIME)
    except BadSignature:
        return None
    return AddressChange.objects.select_related("lead").filter(pk=pk).first() if pk.isdecimal() else None


def confirm_address(row: AddressChange, *, now: dt.datetime) -> bool:
    """Make the change; a repeat changes nothing. False if the address belongs to somebody else by now."""
    if row.done_at is not None:
        return True
    try:
        with transaction.atomic():
            change_address(lead=row.lead, kind="email", value=row.address, source=HOW, now=now)
            AddressChange.objects.filter(pk=row.pk).update(done_at=now)
    except ValidationError:
        return False
    return True
