"""Asking what people agreed to. Subjects: ``tracking``, a channel such as ``email``, ``topic:<key>``."""

import datetime as dt
import re
from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from . import age, suppression
from .models import ConsentState, Identifier, Lead, Topic

TRACKING = "tracking"
EMAIL = "email"
OF_AGE = age.OF_AGE

#: channels of marketing, and what else the ledger holds, in words
CHANNELS = {"email": _("Emails"), "sms": _("Text messages"), "push": _("Push messages")}
SUBJECTS = {TRACKING: _("Remembering visits"), **CHANNELS, OF_AGE: _("Being old enough")}

#: ``how`` of what the person did themselves; only such a consent opens an erased address again
BY_PERSON = frozenset({"form", "notice", "preferences", "double_opt_in"})
#: ``how`` that is known, in words; others are sources of leads (``sources.labels``) or a site's own
HOWS = {
    "form": _("Form"),
    "notice": _("Consent notice"),
    "preferences": _("Preferences"),
    "unsubscribe": _("Unsubscribed"),
    "one_click": _("Unsubscribed by the mail program"),
    "double_opt_in": _("Confirmed by email"),
    "stop": _("Answered STOP"),
    "merge": _("Merge"),
    "import": _("Import"),
    age.HOW: _("Under the minimum age"),
    suppression.HOW: _("Address of somebody who was erased"),
}

_SUBJECT = re.compile(r"\A[a-z][a-z0-9_]{0,19}(:[a-z0-9][a-z0-9_-]{0,38})?\Z")


def topic(key: str) -> str:
    """The subject of a topic."""
    return f"topic:{key}"


def clean_subject(subject: str) -> str:
    """The subject itself. Raises ValidationError for what no ledger should hold."""
    if not isinstance(subject, str) or not _SUBJECT.match(subject):
        raise ValidationError(
            gettext("“%(value)s” is not a subject of consent.") % {"value": str(subject)[:60]}
        )
    return subject


def granted_q(subject: str, to_lead: str = "") -> Q:
    """Rows whose lead grants the subject now. Silence is no consent.

    ``to_lead``: the key to the lead when the rows are not leads: ``granted_q("email", "lead")``.
    """
    row = f"{to_lead}_id" if to_lead else "pk"
    return Q(Exists(ConsentState.objects.filter(lead_id=OuterRef(row), subject=subject, granted=True)))


def withdrawn_q(subject: str, to_lead: str = "") -> Q:
    """Rows whose lead has refused or withdrawn the subject; those never asked are not among them."""
    row = f"{to_lead}_id" if to_lead else "pk"
    return Q(Exists(ConsentState.objects.filter(lead_id=OuterRef(row), subject=subject, granted=False)))


def is_granted(lead: Lead | None, subject: str) -> bool:
    """Whether this lead grants the subject now; one query."""
    return (
        lead is not None
        and ConsentState.objects.filter(lead_id=lead.pk, subject=subject, granted=True).exists()
    )


def states(lead: Lead) -> dict[str, bool]:
    """``{subject: granted}`` of everything the lead was asked; one query."""
    return dict(ConsentState.objects.filter(lead_id=lead.pk).values_list("subject", "granted"))


def obstacle(lead: Lead, subject: str, *, how: str, site, now: dt.datetime) -> str:
    """Why a consent cannot be given: "under_age", "erased", or "" when it can. At most four queries."""
    if subject == OF_AGE:
        return ""
    if age.is_under_age(lead, site=site, now=now):
        return age.HOW
    if subject != TRACKING and how not in BY_PERSON and is_suppressed(lead):
        return suppression.HOW
    return ""


def is_suppressed(lead: Lead) -> bool:
    """Whether an address or number of the lead belonged to somebody who was erased."""
    pairs = Identifier.objects.filter(lead=lead, kind__in=suppression.CHANNELS).values_list("kind", "value")
    return any(suppression.suppressed(kind, [value]) for kind, value in pairs)


def subjects(*, marketing: bool = False) -> list[tuple[str, str]]:
    """``(subject, what people call it)`` of all that consent may be about, topics last; one query.

    ``marketing``: only channels and topics. Archived topics are left out.
    """
    fixed = CHANNELS if marketing else {TRACKING: SUBJECTS[TRACKING], **CHANNELS}
    topics = Topic.objects.filter(is_archived=False)
    return [
        *((subject, str(label)) for subject, label in fixed.items()),
        *((topic.subject, topic.name) for topic in topics),
    ]


def preferred(channel: str, *, among: Iterable[str] = CHANNELS) -> QuerySet:
    """The states of people whose preferred channel this is: of those that they grant, the one that they
    granted last. Of two granted at once, the one that comes first in ``among``, the channels in question."""
    order = list(among)
    granted = ConsentState.objects.filter(granted=True, subject__in=order)
    others = granted.filter(lead_id=OuterRef("lead_id"))
    better = Q(at__gt=OuterRef("at")) | Q(at=OuterRef("at"), subject__in=order[: order.index(channel)])
    return granted.filter(~Exists(others.filter(better)), subject=channel)
