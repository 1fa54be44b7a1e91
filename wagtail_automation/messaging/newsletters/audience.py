"""Who gets a newsletter: the people of its lists and segments, each once, minus who must not get it."""

import datetime as dt
import functools
import operator
import time
import zoneinfo
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.db.models import (
    BigIntegerField,
    BooleanField,
    Case,
    CharField,
    Count,
    DateTimeField,
    F,
    Q,
    Value,
    When,
)
from django.db.models.functions import Cast, Mod
from django.utils import timezone
from django.utils.translation import gettext as _

from wagtail_automation import sql
from wagtail_automation.audiences.lists import builtin
from wagtail_automation.audiences.models import ListMembership, SegmentMembership
from wagtail_automation.audiences.querysets import patient
from wagtail_automation.leads import consent, shares
from wagtail_automation.leads.models import Lead
from wagtail_automation.messaging.recipients import closed_addresses

from . import testing
from .models import Newsletter

#: so many addresses are looked up at once
CHUNK = 2_000
#: a page waits so long for the number of suppressed addresses, then says "at least"
COUNT_SECONDS = 4
#: where the day begins first
FIRST_ZONE = dt.timezone(dt.timedelta(hours=14))
ALLOWED = ""


def _members(groups) -> Q:
    """The people of some lists and segments; nobody for none."""
    lists = [group.lead_list for group in groups if group.lead_list_id]
    segments = [group.segment_id for group in groups if group.segment_id]
    kept = [one.pk for one in lists if not builtin.computed(one)]
    parts = [Q(pk__in=builtin.people(one).order_by().values("pk")) for one in lists if builtin.computed(one)]
    if kept:
        parts.append(Q(pk__in=ListMembership.objects.filter(list__in=kept).leads()))
    if segments:
        parts.append(Q(pk__in=SegmentMembership.objects.filter(segment__in=segments).leads()))
    return functools.reduce(operator.or_, parts, Q(pk__in=[]))


def judged(newsletter: Newsletter):
    """Everybody in the chosen lists and segments, once, annotated ``why``: the code of the reason for which
    they are left out, "" for those who get it. One statement; suppressed addresses are not known here."""
    groups = list(newsletter.groups.select_related("lead_list"))
    refusals = [
        When(_members([one for one in groups if one.is_excluded]), then=Value("excluded")),
        When(email="", then=Value("no_address")),
        When(consent.withdrawn_q(consent.EMAIL), then=Value("consent_withdrawn")),
    ]
    agreed = consent.granted_q(consent.EMAIL)
    if newsletter.topic_id:
        subject = newsletter.topic.subject
        refusals.append(When(consent.withdrawn_q(subject), then=Value("topic_withdrawn")))
        agreed |= consent.granted_q(subject)
    if not newsletter.with_unasked:
        refusals.append(When(~agreed, then=Value("no_consent")))
    chosen = Lead.objects.filter(_members([one for one in groups if not one.is_excluded]))
    return chosen.annotate(why=Case(*refusals, default=Value(ALLOWED), output_field=CharField(max_length=20)))


def recipients(newsletter: Newsletter):
    """The leads who get it."""
    return judged(newsletter).filter(why=ALLOWED)


def obstacles(newsletter: Newsletter) -> list[str]:
    """Why it cannot be sent now, in words for people; empty: it can. Closed on failure: a segment that does
    not work would send to fewer people, or, left out, to more."""
    found = []
    for email in filter(None, (newsletter.email, newsletter.email_b)):
        if email.is_transactional:
            found.append(_("The email answers an act of one person: it cannot be sent to many."))
        elif not email.live:
            found.append(not_published(email))
    groups = list(newsletter.groups.select_related("lead_list", "segment__state"))
    if all(group.is_excluded for group in groups):
        found.append(_("No list and no segment is chosen."))
    for group in groups:
        name = {"name": group.target}
        if group.segment_id and not group.segment.live:
            found.append(_("The segment “%(name)s” is not published.") % name)
        elif group.segment_id and _is_broken(group.segment):
            found.append(_("The segment “%(name)s” cannot be computed.") % name)
        elif group.lead_list_id and group.lead_list.filling is not None:
            found.append(_("The list “%(name)s” is still being filled.") % name)
    return found


def not_published(email) -> str:
    return _("The email “%(name)s” is not published.") % {"name": email}


def _is_broken(segment) -> bool:
    state = getattr(segment, "state", None)
    return state is None or bool(state.problem) or state.refreshed_at is None


@dataclass
class Report:
    """Who is chosen, who is left out for which reason, who gets it. ``is_whole`` False: the addresses could
    not all be compared with the suppression list in time, so that a few more may be left out."""

    by_reason: dict[str, int] = field(default_factory=dict)
    suppressed: int = 0
    is_whole: bool = True

    @property
    def chosen(self) -> int:
        return sum(self.by_reason.values())

    @property
    def people(self) -> int:
        return self.by_reason.get(ALLOWED, 0) - self.suppressed

    @property
    def left_out(self) -> dict[str, int]:
        """``{code: people}``, most first."""
        found = {why: number for why, number in self.by_reason.items() if why and number}
        if self.suppressed:
            found["suppressed"] = self.suppressed
        return dict(sorted(found.items(), key=lambda pair: -pair[1]))


def count(newsletter: Newsletter) -> dict[str, int]:
    """``{reason: people}`` of everybody who is chosen; one statement."""
    rows = judged(newsletter).order_by().values("why").annotate(n=Count("pk"))
    return {row["why"]: row["n"] for row in rows}


def report(newsletter: Newsletter, *, seconds: float = COUNT_SECONDS) -> Report:
    """Count for people, before the click. Raises DatabaseError when the database takes too long."""
    with patient():
        found = Report(count(newsletter))
    end = time.monotonic() + seconds
    people = recipients(newsletter)
    last = 0
    while True:
        rows = list(people.filter(pk__gt=last).order_by("pk").values_list("pk", "email")[:CHUNK])
        found.suppressed += len(_suppressed(email for _pk, email in rows))
        if len(rows) < CHUNK:
            return found
        last = rows[-1][0]
        if time.monotonic() >= end:
            found.is_whole = False
            return found


def _suppressed(emails) -> set[str]:
    """As the sender looks at them: one query."""
    return closed_addresses(set(emails))


def is_test(newsletter: Newsletter):
    """Whether a lead takes part in the comparison of two versions, as an expression over leads."""
    if newsletter.experiment is None:
        return Value(False)
    return Case(
        When(testing.takes_part(newsletter.experiment), then=Value(True)),
        default=Value(False),
        output_field=BooleanField(),
    )


# -- when ------------------------------------------------------------------------------------------------
def _zone(name: str) -> dt.tzinfo | None:
    try:
        return zoneinfo.ZoneInfo(name) if name else None
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _wall(newsletter: Newsletter) -> dt.datetime:
    """The hour that was asked for, as a clock on the wall of the site shows it."""
    return newsletter.send_at.astimezone(timezone.get_default_timezone()).replace(tzinfo=None)


def _at(wall: dt.datetime, zone: dt.tzinfo) -> dt.datetime:
    """This hour in a zone, as aware UTC; one that the clock change leaves out moves on by the gap."""
    return wall.replace(tzinfo=zone, fold=0).astimezone(dt.UTC)


def begins_at(newsletter: Newsletter, now: dt.datetime) -> dt.datetime:
    """When the audience is fixed and the first get it. Raises ValidationError for a time that is past."""
    if newsletter.send_at is None:
        return now
    if newsletter.send_at <= now:
        raise ValidationError({"send_at": _("This time is past.")})
    if newsletter.in_each_zone:
        return max(now, _at(_wall(newsletter), FIRST_ZONE))
    return newsletter.send_at


def due_at(newsletter: Newsletter, now: dt.datetime):
    """The moment at which each lead's turn comes, as an expression over leads. One query for zones."""
    if newsletter.experiment is not None and newsletter.test_share >= testing.EVERYBODY:
        return _spread(newsletter, now)
    if newsletter.experiment is not None:
        later = _spread(newsletter, newsletter.test_ends_at)
        at_once = When(testing.takes_part(newsletter.experiment), then=Value(now, DateTimeField()))
        return Case(at_once, default=later, output_field=DateTimeField())
    if newsletter.send_at is None or not newsletter.in_each_zone:
        return _spread(newsletter, max(now, newsletter.send_at or now))
    wall = _wall(newsletter)
    moments: dict[dt.datetime, list[str]] = {}
    for name in recipients(newsletter).order_by().values_list("time_zone", flat=True).distinct():
        if zone := _zone(name):
            moments.setdefault(max(now, _at(wall, zone)), []).append(name)
    default = _spread(newsletter, max(now, newsletter.send_at))
    whens = [When(time_zone__in=names, then=_spread(newsletter, at)) for at, names in moments.items()]
    return Case(*whens, default=default, output_field=DateTimeField()) if whens else default


def _spread(newsletter: Newsletter, moment: dt.datetime):
    """From a moment on, each lead always at the same point of the spread."""
    if not newsletter.spread_hours:
        return Value(moment, DateTimeField())
    multiplier, offset = shares.multiplier_and_offset(f"newsletter:{newsletter.uuid}")
    place = Mod(Cast(F("bucket"), BigIntegerField()) * multiplier + offset, Value(shares.PRIME))
    return sql.Later(moment, place * Value(newsletter.spread_hours * 3_600_000_000 // shares.PRIME))
