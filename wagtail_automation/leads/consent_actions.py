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


def set_consents(
    *, leads, subject: str, granted: bool, how: str, now: dt.datetime, text: str = "", reopen: bool = False
) -> int:
    """Grant or withdraw one subject for many; returns for how many that changed something.

    ``leads``: a queryset that selects ids. Granting reaches only those who were never asked: what somebody
    refused or withdrew stays so, even if they do it meanwhile. ``reopen``: those too; only for a person of
    the site who says in ``text`` how they agreed again. Nobody under age or erased before is ever opened.
    A constant number of statements; a repeat changes nothing.
    """
    consent.clean_subject(subject)
    people = Lead.objects.filter(pk__in=leads)
    states = ConsentState.objects.filter(lead=OuterRef("pk"), subject=subject)
    said = {"granted": granted, "how": how, "text": text, "now": now}
    with transaction.atomic():
        if not granted:
            ids = people.exclude(Exists(states.filter(granted=False))).values_list("pk", flat=True)
            return ledger.write(((pk, subject) for pk in ids), **said)
        new = _may_be_opened(people.exclude(Exists(states)), now)
        count = ledger.write(((pk, subject) for pk in new), only_new=True, **said)
        if reopen:
            # locked, so that whoever withdraws meanwhile comes after this and has the last word
            refused = ConsentState.objects.filter(subject=subject, granted=False, lead__in=leads)
            closed = refused.select_for_update().order_by("lead").values_list("lead", flat=True)
            again = _may_be_opened(Lead.objects.filter(pk__anyof=list(closed)), now)
            count += ledger.write(((pk, subject) for pk in again), **said)
    return count


def set_for_many(
    *,
    ids: list[int],
    subject: str,
    granted: bool,
    reopen: bool,
    reason: str,
    origin: str,
    user,
    now: dt.datetime,
) -> tuple[int, int]:
    """A person of the site notes what many told, with the reason; returns how many changed and how many
    stand where they stood because nobody but they may consent.

    All calls of one ``origin`` are one privacy act, which counts them. Raises ValidationError without a
    reason. A constant number of statements.
    """
    reason = clean_text(reason, max_length=MAX_REASON, lines=True)
    if not reason:
        raise ValidationError({"reason": gettext("Say how you know.")})
    with transaction.atomic():
        people = Lead.objects.filter(pk__anyof=ids).values("pk")
        changed = set_consents(
            leads=people, subject=subject, granted=granted, how=BY_HAND, text=reason, reopen=reopen, now=now
        )
        there = ConsentState.objects.filter(lead__anyof=ids, subject=subject, granted=granted).count()
        act, _created = PrivacyAct.objects.select_for_update().get_or_create(
            kind=PrivacyAct.Kind.CONSENT,
            origin=origin,
            defaults={
                "user": user,
                "reason": reason,
                "details": {"subject": subject, "granted": granted, "people": 0},
                "at": now,
            },
        )
        act.details["people"] += changed
        act.completed_at = now
        act.save(update_fields=["details", "completed_at"])
    return changed, len(ids) - there


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
