"""The minimum age: nobody under it consents to marketing or to being remembered. The one place that knows."""

import datetime as dt

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from wagtail.models import Site

from wagtail_automation import signals

from . import ledger
from .models import ConsentState, Lead, PrivacySettings

#: the declaration "I am old enough" in the ledger; refused means that they said they are not
OF_AGE = "of_age"
#: how the ledger says that a consent was refused or withdrawn for this reason
HOW = "under_age"
#: refused in the ledger even if never asked, so that every other guard follows
CLOSED = ("email", "tracking")


def minimum(site: Site | None) -> int:
    """Years; 0: no check. ``site`` None: the default site's."""
    wanted = {"site": site} if site is not None else {"site__is_default_site": True}
    found = PrivacySettings.objects.filter(**wanted).values_list("minimum_age", flat=True).first()
    return PrivacySettings._meta.get_field("minimum_age").default if found is None else found


def born_after(years: int, now: dt.datetime) -> dt.date:
    """Whoever was born after this day is not yet ``years`` old; born on 29 February, they are on 1 March."""
    today = timezone.localdate(now)
    try:
        return today.replace(year=today.year - years)
    except ValueError:  # 29 February
        return today.replace(year=today.year - years, day=28)


def is_under_age(lead: Lead, *, site: Site | None, now: dt.datetime) -> bool:
    """Whether the lead said so or was born too late for this site."""
    if ConsentState.objects.filter(lead_id=lead.pk, subject=OF_AGE, granted=False).exists():
        return True
    born = Lead.objects.filter(pk=lead.pk).values_list("birth_date", flat=True).first()
    if born is None:
        return False
    years = minimum(site)
    return bool(years) and born > born_after(years, now)


def young_q(now: dt.datetime) -> Q:
    """Leads that are too young for the default site, or said that they are; one query for the setting."""
    declared = ConsentState.objects.filter(lead=OuterRef("pk"), subject=OF_AGE, granted=False)
    young = Q(Exists(declared))
    if years := minimum(None):
        young |= Q(birth_date__isnull=False, birth_date__gt=born_after(years, now))
    return young


def enforce(leads, now: dt.datetime) -> int:
    """Withdraw whatever those of these leads granted who turn out to be too young; returns how many leads.

    ``leads``: ids, or a queryset that selects them. A constant number of statements; repeatable.
    """
    states = ConsentState.objects.filter(lead=OuterRef("pk"))
    open_or_new = Exists(states.filter(granted=True).exclude(subject=OF_AGE))
    for subject in CLOSED:
        open_or_new |= ~Exists(states.filter(subject=subject))
    ids = list(Lead.objects.filter(young_q(now), Q(open_or_new), pk__in=leads).values_list("pk", flat=True))
    if not ids:
        return 0
    rows = ConsentState.objects.filter(lead__in=ids).exclude(subject=OF_AGE)
    known = {
        (lead, subject): granted for lead, subject, granted in rows.values_list("lead", "subject", "granted")
    }
    wanted = {pair for pair, granted in known.items() if granted}
    wanted |= {(pk, subject) for pk in ids for subject in CLOSED if (pk, subject) not in known}
    ledger.write(wanted, granted=False, how=HOW, now=now)
    return len(ids)


def follow(sender, leads, facts, now, **kwargs) -> None:
    """Receiver of ``facts_changed``: a birth date or a declaration came in."""
    if facts & {"field:birth_date", f"consent:{OF_AGE}"}:
        enforce(leads, now)


def follow_import(sender, leads, subject, granted, now, **kwargs) -> None:
    """Receiver of ``consents_recorded``: a file granted something to many at once."""
    if granted and subject != OF_AGE:
        enforce(leads, now)


def connect() -> None:
    signals.facts_changed.connect(follow, dispatch_uid="wagtail_automation_leads_age")
    signals.consents_recorded.connect(follow_import, dispatch_uid="wagtail_automation_leads_age")
