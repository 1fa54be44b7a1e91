"""Every mutation of messaging: compiling what is published, queuing, unsubscribing."""

import hashlib
import re
import uuid
from datetime import datetime, timedelta

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import (
    BigIntegerField,
    Case,
    CharField,
    F,
    Model,
    OuterRef,
    Q,
    Subquery,
    UUIDField,
    Value,
    When,
)
from django.db.models.functions import MD5, Cast, Concat, Lower, Mod
from django.db.models.lookups import Exact, StartsWith
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from wagtail.log_actions import log
from wagtail.models import Locale, Site

from wagtail_automation import clock, conf, jobs, liquid, objects, sql
from wagtail_automation.cohorts import Cohort
from wagtail_automation.leads import consent, shares
from wagtail_automation.leads.actions import record_consent
from wagtail_automation.leads.models import ConsentState, Lead
from wagtail_automation.outbox import State
from wagtail_automation.sanitize import linkify
from wagtail_automation.tracking.actions import link_for

from . import choosing, events, mime, personal, rendering, senders
from .compiler import compile_email
from .hyperlinks import LIQUID
from .models import DirectMessage, Email, EmailSettings, EmailVersion, Message

SEND = "wagtail_automation.messaging.tasks.send_due"


def site_of(email: Email) -> Site | None:
    """The site whose brand and addresses an email has."""
    return email.site or default_site()


def default_site() -> Site | None:
    return Site.objects.filter(is_default_site=True).first()


def settings_of(site: Site | None) -> EmailSettings:
    """The email settings of a site; those of a site that has none are the defaults, not stored."""
    found = EmailSettings.objects.filter(site=site).select_related("logo").first() if site else None
    return found or EmailSettings(site=site)


def compile_version(*, email: Email, revision=None, now: datetime | None = None) -> EmailVersion | None:
    """Compile what is published now into a new version, from now on the one that is sent.

    A transactional email is only checked: it is compiled when it is sent, with the caller's values.

    Raises ValidationError when the email cannot be sent: no subject, wrong Liquid, a forbidden link.
    """
    now = now or clock.now()
    if not email.subject.strip():
        raise ValidationError({"subject": _("An email needs a subject.")})
    with transaction.atomic():
        site = site_of(email)
        EmailVersion.objects.filter(email=email, is_current=True).update(is_current=False)
        compiled = compile_email(
            email, site=site, settings=settings_of(site), transactional=email.is_transactional
        )
        if email.is_transactional:
            for source in (compiled.subject, compiled.html, compiled.text):
                liquid.validate(source)
            return None
        for source in (compiled.subject, compiled.html, compiled.text):
            personal.check(source, own=compiled.links, choices=compiled.alternatives)
        links = {}
        for name, (url, label) in compiled.links.items():
            try:
                link = link_for(url=url, name=label, now=now)
            except ValueError as error:
                raise ValidationError(
                    _("The link “%(url)s” cannot be followed."), params={"url": url}
                ) from error
            links[name] = {"id": str(link.uuid), "url": link.url, "label": label}
            if LIQUID.search(url):
                personal.check(url)
                links[name]["template"] = url
            if name in compiled.parts:
                links[name]["part"] = compiled.parts[name]
        return EmailVersion.objects.create(
            email=email,
            translation_key=email.translation_key,
            language=email.locale.language_code,
            name=email.name,
            revision=revision,
            site=email.site,
            subject=compiled.subject,
            html=compiled.html,
            text=compiled.text,
            links=links,
            alternatives=compiled.alternatives,
            sent_by=email.sent_by,
            sent_by_user=email.sent_by_user,
            created_at=now,
        )


def write_email(
    *, subject: str, text: str, button: str = "", address: str = "", locale: Locale, user
) -> Email:
    """A plain email: paragraphs and perhaps a button to an address, else to the home page.

    Published at once if ``user`` may publish emails, else a draft. A repeat makes another one.
    """
    body = [("rich_text", {"text": _paragraphs(text)})]
    if button:
        site = default_site()
        link = {"page": None, "url": address} if address or not site else {"page": site.root_page_id}
        body.append(("button", {"label": button, "link": link}))
    block = Email._meta.get_field("body").stream_block
    email = Email(name=subject[:160], subject=subject, locale=locale, live=False)
    email.body = block.to_python(
        [{"type": kind, "value": value, "id": str(uuid.uuid4())} for kind, value in body]
    )
    with transaction.atomic():
        email.save()
        log(instance=email, action="wagtail.create", user=user)
        revision = email.save_revision(user=user)
        if user.has_perm("wagtail_automation_messaging.publish_email"):
            revision.publish(user=user)
    return email


def _paragraphs(text: str) -> str:
    """Typed text as rich text; addresses in it become links."""
    parts = [part for part in re.split(r"\n\s*\n", text.replace("\r", "").strip()) if part.strip()]
    return "".join(f"<p>{linkify(part.strip())}</p>" for part in parts)


def retire_versions(*, email: Email) -> None:
    """After unpublishing: nothing of this email is sent, not even what is queued."""
    EmailVersion.objects.filter(email=email, is_current=True).update(is_current=False)


def queue_email(
    *, cohort: Cohort, email: objects.Ref, spread: int = 0, sent_by: str = "", sent_by_user: int | None = None
) -> int:
    """Queue an email for everybody of the cohort, each in their language; returns how many.

    ``spread``: over so many days, each person always at the same point of them. ``sent_by``: one of
    ``SentBy`` instead of what the email says, with the id of a user. Two statements for any
    number of people: the versions, and one INSERT … SELECT. Raises
    MissingReference for an email that was never published, IntegrityError for a cohort key that
    queued this email before.
    """
    versions = EmailVersion.objects.newest_by_language(email.key)
    if not versions:
        raise objects.MissingReference(Email, email.pk)
    fallback = next((version for version in versions if version.email_id == email.pk), versions[0])
    key = Concat(F("cohort_key"), Value(f":{email.key.hex[:12]}"), output_field=CharField())
    queued = sql.insert_select(
        Message,
        {
            "key": key,
            "uuid": Cast(MD5(key), UUIDField()),
            "origin": cohort.origin[:60],
            "lead": F("cohort_lead"),
            "email_version": version_for_lead(versions, fallback),
            "site": cohort.site.pk if cohort.site else fallback.site_id,
            "state": State.QUEUED,
            "not_before": _spread(cohort, email, spread) if spread else cohort.now,
            "created_at": cohort.now,
            "attempts": 0,
            "reason": "",
            "detail": "",
            "sent_to": "",
            "domain": "",
            "provider_id": "",
            "bounce_kind": "",
            "sent_by": sent_by,
            "sent_by_user": sent_by_user,
            "device": "",
            "message_id": Concat(MD5(key), Value(f"@{mime.host(fallback.site or default_site())}")),
            "variables": {},
        },
        cohort.rows(),
    )
    if queued:
        jobs.enqueue(SEND)
    return queued


def _spread(cohort: Cohort, email: objects.Ref, days: int):
    """A moment within so many days for each lead, by its bucket."""
    multiplier, offset = shares.multiplier_and_offset(f"spread:{email.key}")
    bucket = Cast(
        Subquery(Lead.objects.filter(pk=OuterRef("cohort_lead")).values("bucket")[:1]), BigIntegerField()
    )
    place = Mod(bucket * multiplier + offset, Value(shares.PRIME))
    return sql.Later(cohort.now, place * Value(days * 86_400_000_000 // shares.PRIME))


def spread_moment(email: objects.Ref, days: int, bucket: int, now: datetime) -> datetime:
    """The same moment as ``_spread`` gives, for one lead's bucket; no query."""
    multiplier, offset = shares.multiplier_and_offset(f"spread:{email.key}")
    place = (bucket * multiplier + offset) % shares.PRIME
    return now + timedelta(microseconds=place * (days * 86_400_000_000 // shares.PRIME))


def version_for_lead(versions: list[EmailVersion], fallback: EmailVersion):
    """The version in the lead's language: just that one (fr-CA), then its base (fr), else the fallback."""
    if len(versions) == 1:
        return fallback.pk
    language = Lower(Subquery(Lead.objects.filter(pk=OuterRef("cohort_lead")).values("language")[:1]))
    exact, related = [], []
    for version in sorted(versions, key=lambda version: version is not fallback):
        code = version.language.lower()
        base = code.partition("-")[0]
        exact.append(When(_is(language, code), then=Value(version.pk)))
        related.append(When(_is(language, base, prefix=True), then=Value(version.pk)))
    return Case(*exact, *related, default=Value(fallback.pk))


def queue_direct(
    *,
    to: str,
    subject: str,
    text: str,
    html: str = "",
    key: str,
    site: Site | None = None,
    sent_by: Model | None = None,
    reply_to: str = "",
    attachments: list[dict] | None = None,
    headers: dict[str, str] | None = None,
) -> DirectMessage:
    """Queue one finished message to one address; a repeat of ``key`` changes nothing. ``sent_by``: a user
    who lends name and Reply-To, if they still work here when it is handed over; ``reply_to``: an address to
    which answers go instead. ``attachments``: small files, each ``name``, ``kind`` and ``content`` (Base64).
    ``headers``: of those in ``mime.FURTHER``.

    Raises ValueError for line breaks in an address, the subject or a header, and for another header.
    """
    if unknown := set(headers or {}) - set(mime.FURTHER):
        raise ValueError(f"Headers that a message may not bring along: {', '.join(sorted(unknown))}.")
    for value in (to, subject, reply_to, *(headers or {}).values()):
        if "\n" in value or "\r" in value:
            raise ValueError("An address, the subject or a header holds a line break.")
    if len(key) > 120:
        key = hashlib.sha256(key.encode()).hexdigest()
    now, identity = clock.now(), uuid.uuid4()
    row, created = DirectMessage.objects.get_or_create(
        key=key,
        defaults={
            "uuid": identity,
            "message_id": mime.message_id(identity, site or default_site()),
            "to": to,
            "subject": subject,
            "text": text,
            "html": html,
            "site": site,
            "sent_by_user": sent_by,
            "reply_to": reply_to,
            "attachments": attachments or [],
            "headers": headers or {},
            "origin": "direct",
            "not_before": now,
            "created_at": now,
        },
    )
    if created:
        jobs.enqueue(SEND)
    return row


def send_transactional(
    email: Email, to, context: dict, *, key: str = "", sender: Model | None = None
) -> DirectMessage:
    """Queue a published email for one address because of the person's own act (an order, a booking).

    ``to``: an address, or a Lead, whose language and values then apply. ``context``: values for
    the email's Liquid. No consent is asked, no link is tracked, no unsubscription offered. ``key``: a
    repeat is not sent again. ``sender``: a user who lends name and Reply-To; None: whom the email names.
    Raises ValidationError when the email is not published, not marked as transactional, or cannot be written
    with these values.
    """
    lead = to if isinstance(to, Lead) else None
    email = _translation_for(email, lead.language if lead else "")
    if not email.live:
        raise ValidationError(_("The email “%(name)s” is not published."), params={"name": email.name})
    if not email.is_transactional:
        raise ValidationError(
            _("The email “%(name)s” is not marked as answering an act of the person."),
            params={"name": email.name},
        )
    site = site_of(email)
    compiled = compile_email(email, site=site, settings=settings_of(site), transactional=True)
    person_id = sender.pk if sender is not None else senders.user_of(email, lead)
    person = senders.People([person_id]).get(person_id, site)
    data = {
        **(liquid.contexts([lead])[lead.pk] if lead else {}),
        "site": rendering.site_data(site),
        senders.NAME: (person or senders.of_site(settings_of(site), site)).data(),
        **choosing.data(compiled, lead.pk if lead else None, clock.now()),
        **context,
    }
    try:
        parts = rendering.render(
            compiled,
            data=data,
            urls={},
            now=clock.now(),
            with_pixel=False,
            language=email.locale.language_code,
        )
    except liquid.TemplateError as error:
        raise ValidationError(str(error)) from error
    return queue_direct(
        to=lead.email if lead else to,
        subject=parts.subject,
        text=parts.text,
        html=parts.html,
        key=key or f"transactional:{uuid.uuid4()}",
        site=site,
        sent_by=get_user_model()._default_manager.filter(pk=person_id).first() if person else None,
    )


def _translation_for(email: Email, language: str) -> Email:
    """The live translation in this language, else the email itself."""
    base = language.lower().partition("-")[0]
    if not base or email.locale.language_code.lower().partition("-")[0] == base:
        return email
    others = Email.objects.filter(translation_key=email.translation_key, live=True).select_related("locale")
    return next((o for o in others if o.locale.language_code.lower().partition("-")[0] == base), email)


def unsubscribe(*, message: Message, how: str, now: datetime | None = None) -> None:
    """The person of this message wants no more emails: ledger and event. A repeat changes nothing, unless
    they agreed to emails again in between: then they mean it anew."""
    now = now or clock.now()
    with transaction.atomic():
        states = ConsentState.objects.filter(lead=message.lead, subject=consent.EMAIL)
        if message.unsubscribed_at is None or states.filter(granted=True).exists():
            record_consent(
                lead=message.lead, subject="email", granted=False, how=how, site=message.site, now=now
            )
        events.record_unsubscribed(message, data={"how": how}, now=now)


def _is(language, code: str, *, prefix: bool = False) -> Q:
    """Whether an expression is this language (``prefix``: or a variety of it)."""
    same = Q(Exact(language, Value(code)))
    return same | Q(StartsWith(language, Value(f"{code}-"))) if prefix else same


def send_test(*, email: Email, user, address: str = "", mode: str = "") -> DirectMessage:
    """Queue the email as last saved to an address, the user's own if none is given, as the preview shows it
    in this mode: with the values of somebody invented or of a lead that the user may see.

    Raises ValidationError or TemplateError for an email that cannot be written yet, and ValidationError for
    more than ``TESTS_PER_HOUR`` of one user.
    """
    from . import preview

    address = address or user.email
    if not address:
        raise ValidationError(_("Your account has no email address."))
    most, own = conf.get("TESTS_PER_HOUR"), f"test:{user.pk}:"
    lately = DirectMessage.objects.filter(
        key__startswith=own, created_at__gt=clock.now() - timedelta(hours=1)
    )
    if most and lately.count() >= most:
        raise ValidationError(
            ngettext(
                "You sent %(most)d test within the last hour. Please wait a while.",
                "You sent %(most)d tests within the last hour. Please wait a while.",
                most,
            )
            % {"most": most}
        )
    draft = email.get_latest_revision_as_object()
    parts = preview.parts_for(draft, preview.person(mode, user), chosen=preview.alternative_of(mode))
    return queue_direct(
        to=address,
        subject=_("[Test] %(subject)s") % {"subject": parts.subject},
        text=parts.text,
        html=parts.html,
        key=f"{own}{uuid.uuid4()}",
        site=site_of(email),
    )
