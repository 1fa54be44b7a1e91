"""Shared dynamic content in emails: what is counted when they are read, where it is used, and compiling the
emails anew when it changes."""

import logging
import uuid

from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from wagtail.models import ReferenceIndex

from wagtail_automation.audiences.dynamic import elsewhere
from wagtail_automation.audiences.dynamic.models import DynamicContent
from wagtail_automation.outbox import State

from . import choosing
from .models import Email, EmailVersion, Message, Newsletter

logger = logging.getLogger("wagtail_automation")
#: messages that change their version in one commit
CHUNK = 2_000


def seen(message: Message, *, now) -> None:
    """A person opened the email: they saw what was chosen for them of each shared content."""
    for name, alternatives in message.email_version.alternatives.items():
        _tell(message, name, alternatives, elsewhere.SEEN, now)


def clicked(message: Message, link: dict, *, now) -> None:
    """A person followed a link: it counts where it stands in the alternative that they got."""
    name, colon, number = link.get("part", "").partition(":")
    alternatives = message.email_version.alternatives.get(name)
    if colon and alternatives and choosing.number_shown(_chosen(message, name)) == number:
        _tell(message, name, alternatives, elsewhere.CLICKED, now)


def _chosen(message: Message, name: str) -> str | None:
    """As it was sent; None when retention has emptied it."""
    chosen = message.variables.get(choosing.NAME)
    return chosen.get(name) if isinstance(chosen, dict) else None


def _tell(message: Message, name: str, alternatives: list[dict], what: str, now) -> None:
    chosen = _chosen(message, name)
    if chosen is None or not alternatives or not alternatives[0].get("key"):
        return
    number, is_held_back = choosing.read(chosen)
    matched = alternatives[number - 1] if 0 < number <= len(alternatives) else None
    elsewhere.tell(
        elsewhere.Shown(
            lead=message.lead_id,
            key=alternatives[0]["key"],
            alternative=matched["id"] if matched else "",
            is_held_back=is_held_back,
            what=what,
            channel="email",
        ),
        site=message.site,
        now=now,
    )


# -- where it is used -------------------------------------------------------------------------------------


def _references():
    """References of emails to shared contents: ``(id of the email, id of the content)``."""
    kinds = ContentType.objects.get_for_models(Email, DynamicContent)
    rows = ReferenceIndex.objects.filter(
        base_content_type=kinds[Email], to_content_type=kinds[DynamicContent]
    )
    return {(int(email), int(content)) for email, content in rows.values_list("object_id", "to_object_id")}


def uses(user) -> list[elsewhere.Use]:
    """Emails that show a shared content; three statements."""
    if not user.has_perm("wagtail_automation_messaging.view_email"):
        return []
    pairs = _references()
    emails = Email.objects.in_bulk([email for email, _content in pairs]) if pairs else {}
    contents = DynamicContent.objects.in_bulk([content for _email, content in pairs]) if pairs else {}
    found = [
        elsewhere.Use(
            title=str(emails[email]),
            url=reverse(Email.snippet_viewset.get_url_name("edit"), args=[email]),
            kind=_("Email"),
            content=contents[content],
            is_live=emails[email].live,
        )
        for email, content in pairs
        if email in emails and content in contents
    ]
    return sorted(found, key=lambda use: (use.title, use.content.name))


elsewhere.sources.append(uses)


# -- following a change -----------------------------------------------------------------------------------


def compile_anew(translation_key: str) -> str:
    """New versions of the published emails that show this content in any language, also for the messages that
    wait: the job after it was published. An email that cannot be compiled keeps its version, and the log says
    why."""
    from . import actions

    contents = DynamicContent.objects.filter(translation_key=uuid.UUID(translation_key))
    wanted = set(contents.values_list("pk", flat=True))
    emails = {email for email, content in _references() if content in wanted}
    done = 0
    for email in Email.objects.filter(pk__in=emails, live=True, is_transactional=False).order_by("pk"):
        try:
            version = actions.compile_version(email=email, revision=email.live_revision)
            take_over(version)
            done += 1
        except ValidationError as error:
            logger.warning(
                "The email %s was not compiled anew after its dynamic content changed: %s",
                email.pk,
                "; ".join(error.messages),
            )
    return f"{done} of {len(emails)}"


def take_over(version: EmailVersion) -> int:
    """Give messages that wait with an older version of the same publication the newest; returns how many.

    The email is the same: only what it shares with pages is new. Where a newsletter tries a second subject,
    theirs stays. Messages of an earlier publication keep it, as always. Those in hand meanwhile keep theirs.
    """
    older = EmailVersion.objects.filter(email=version.email_id, revision=version.revision_id)
    number = 0
    for old in older.exclude(pk=version.pk).order_by("pk"):
        waiting = Message.objects.filter(email_version=old, state=State.QUEUED)
        if not waiting.exists():
            continue
        number += _give(waiting, version if old.subject == version.subject else _with_subject(version, old))
    return number


def _with_subject(version: EmailVersion, old: EmailVersion) -> EmailVersion:
    """This version with the other's subject; a newsletter that used the other uses it from now on."""
    values = {f.name: getattr(version, f.name) for f in EmailVersion._meta.concrete_fields if f.name != "id"}
    made = EmailVersion.objects.create(**{**values, "subject": old.subject, "is_current": False})
    Newsletter.objects.filter(version_b=old).update(version_b=made)
    return made


def _give(waiting, version: EmailVersion) -> int:
    number = last = 0
    while pks := list(waiting.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:CHUNK]):
        last = pks[-1]
        rows = Message.objects.filter(pk__anyof=pks, state=State.QUEUED)
        number += rows.update(email_version=version)
    return number
