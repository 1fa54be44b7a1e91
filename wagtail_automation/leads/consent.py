"""Asking what people agreed to. Subjects: ``tracking``, a channel such as ``email``, ``topic:<key>``."""

import re

from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext

from .models import ConsentState, Lead

TRACKING = "tracking"
EMAIL = "email"

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
