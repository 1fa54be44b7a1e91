"""Changes to consents by others than the person: by hand, with a reason, and by campaigns."""

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext

from . import age, consent, ledger, suppression
from .actions import record_consent
from .field_types import clean_text
from .models import ConsentRecord, ConsentState, Identifier, Lead, PrivacyAct

BY_HAND = "admin"
MAX_REASON = 1000


def set_consents(*, leads, subject: str, granted: bool, how: str, now: dt.datetime) -> int:
    """Grant or withdraw one subject for many; returns for how many that changed something.

    ``leads``: a queryset that selects ids. Granting reaches only those who were never asked: what somebody
    refused or withdrew stays so, and nobody under age or erased before is opened. A constant number of
    statements; a repeat changes nothing.
    """
    consent.clean_subject(subject)
    people = Lead.objects.filter(pk__in=leads)
    states = ConsentState.objects.filter(lead=OuterRef("pk"), subject=subject)
    with transaction.atomic():
        if not granted:
            ids = people.exclude(Exists(states.filter(granted=False))).values_list("pk", flat=True)
        else:
            ids = _may_be_opened(people.exclude(Exists(states)), now)
        return ledger.write(((pk, subject) for pk in ids), granted=granted, how=how, now=now)


def _may_be_opened(people, now: dt.datetime) -> list[int]:
    """Without those too young and those with an erased address; three queries."""
    ids = set(people.exclude(age.young_q(now)).values_list("pk", flat=True))
    pairs = list(
        Identifier.objects.filter(lead__in=people.values("pk"), kind__in=suppression.CHANNELS).values_list(
            "lead", "kind", "value"
        )
    )
    for kind in suppression.CHANNELS:
        mine = {value: lead for lead, other, value in pairs if other == kind}
        ids -= {mine[value] for value in suppression.suppressed(kind, mine)}
    return sorted(ids)


def record_by_hand(
    *, lead: Lead, subject: str, granted: bool, reason: str, user, now: dt.datetime
) -> ConsentRecord:
    """A person of the site notes what the lead told them, with the reason; logged as a privacy act.

    Raises ValidationError without a reason, for an unknown subject, and where nobody but the lead may
    consent: under the minimum age, or after an erasure.
    """
    reason = clean_text(reason, max_length=MAX_REASON, lines=True)
    if not reason:
        raise ValidationError({"reason": gettext("Say how you know.")})
    consent.clean_subject(subject)
    if granted and (obstacle := consent.obstacle(lead, subject, how=BY_HAND, site=None, now=now)):
        raise ValidationError({"granted": OBSTACLES[obstacle]()})
    with transaction.atomic():
        record = record_consent(
            lead=lead, subject=subject, granted=granted, how=BY_HAND, text=reason, now=now
        )
        PrivacyAct.objects.create(
            kind=PrivacyAct.Kind.CONSENT,
            lead_pk=lead.pk,
            user=user,
            origin=BY_HAND,
            reason=reason,
            details={"subject": subject, "granted": granted},
            at=now,
            completed_at=now,
        )
    return record


OBSTACLES = {
    age.HOW: lambda: gettext("This person is under the minimum age."),
    suppression.HOW: lambda: gettext(
        "This address was erased on request. Only the person's own new consent opens it again."
    ),
}
