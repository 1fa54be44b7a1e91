"""Numbers of the campaigns that run and of the engine: counted up to a limit, so that they are as fast in
front of ten million rows as of ten."""

import datetime as dt
from dataclasses import dataclass
from urllib.parse import urlencode

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from wagtail_automation import clock, contact, jobs
from wagtail_automation.campaigns import progress
from wagtail_automation.campaigns.models import Campaign, Enrollment, Outcome, Step, StepIdentity, StepLog
from wagtail_automation.doctor import BEAT_LIMIT
from wagtail_automation.leads.permissions import about_visible
from wagtail_automation.sql import Counted, counts_up_to
from wagtail_automation.tracking import events
from wagtail_automation.tracking.models import Event

#: No number is counted further than this.
LIMIT = 10_000
#: Somebody who should have moved so long ago shows that the engine does not keep up.
LATE = dt.timedelta(minutes=5)

LOG_URL, HELD_URL = "wagtail_automation_campaigns_log", "wagtail_automation_campaigns_held"
PEOPLE_URL = "wagtail_automation_campaigns_people"


@dataclass(frozen=True)
class Number:
    """A count in words, and the list behind it. ``is_bad``: somebody should look."""

    count: int
    more: bool = False
    url: str = ""
    is_bad: bool = False

    def __str__(self):
        count = number_format(self.count, force_grouping=True)
        return _("more than %(count)s") % {"count": count} if self.more else count


@dataclass
class Line:
    """One campaign of the overview."""

    campaign: Campaign
    url: str
    percent: int | None
    inside: Number
    entered: Number
    reached: Number
    sent: Number
    planned: Number
    held: Number
    failed: Number
    doubtful: Number


@dataclass
class EngineState:
    """Whether people move. ``beat_at``: None if there never was a beat."""

    beat_at: dt.datetime | None
    is_alive: bool
    due: Number
    late: Number
    held: Number
    doubtful: Number


def today(now: dt.datetime | None = None) -> tuple[dt.datetime, dt.datetime]:
    """The first moment of this day and of the next, in the time zone of the reader."""
    local = timezone.localtime(now or clock.now())
    start = local.replace(hour=0, minute=0, second=0, microsecond=0)
    following = start.replace(tzinfo=None) + dt.timedelta(days=1)
    return start, following.replace(tzinfo=start.tzinfo)


def link(name: str, *args, **query) -> str:
    """An address of the admin with a filter."""
    return f"{reverse(name, args=args)}?{urlencode(query)}" if query else reverse(name, args=args)


def lines(campaigns: list[Campaign], user) -> list[Line]:
    """Those campaigns with their numbers; the number of queries does not depend on how many they are.

    People are those whom ``user`` may see; messages are counted for everybody who may see everybody.
    """
    if not campaigns:
        return []
    start, end = today()
    percent = progress.of(campaigns)
    steps: dict[int, list[int]] = {campaign.pk: [] for campaign in campaigns}
    for pk, home in StepIdentity.objects.filter(campaign__in=campaigns).values_list("pk", "campaign_id"):
        steps[home].append(pk)
    acting = set(
        Step.objects.filter(
            version__in={campaign.current_version_id for campaign in campaigns}, type__startswith="do_"
        ).values_list("identity_id", flat=True)
    )
    questions: list[tuple] = []
    places: list[tuple[int, str]] = []
    for campaign in campaigns:
        for name, question in _questions(campaign, steps[campaign.pk], acting, user, start, end).items():
            questions.append(question)
            places.append((campaign.pk, name))
    counted: dict[int, dict[str, list[Counted]]] = {campaign.pk: {} for campaign in campaigns}
    for (pk, name), count in zip(places, counts_up_to(questions, LIMIT), strict=True):
        counted[pk].setdefault(name.partition("/")[0], []).append(count)
    return [_line(campaign, percent[campaign.pk], counted[campaign.pk], start) for campaign in campaigns]


def _questions(campaign, steps, acting, user, start, end) -> dict[str, tuple]:
    """``{name: (rows, column)}``; "sent/1" is part of "sent"."""
    people = about_visible(Enrollment.objects.filter(step_id__anyof=steps), user)
    entered = Event.objects.filter(
        object_key=campaign.uuid, name=events.CAMPAIGN_ENTERED, at__gte=start, at__lt=end
    )
    own = [pk for pk in steps if pk in acting]
    acts = StepLog.objects.filter(step_id__anyof=own, outcome=Outcome.DONE, at__gte=start, at__lt=end)
    found = {
        "inside": (people, "pk"),
        "held": (people.filter(due_at__isnull=True), "pk"),
        "entered": (about_visible(entered.filter(lead__isnull=False), user), "lead_id"),
        "reached": (about_visible(acts, user, "enrollment__lead"), "enrollment_id"),
    }
    for number, source in enumerate(contact.sources()):
        for name, rows in source.of_day(f"campaign:{campaign.pk}", start, end).items():
            found[f"{name}/{number}"] = (about_visible(rows, user), "pk")
    return found


def _line(campaign: Campaign, percent, counted: dict[str, list[Counted]], start) -> Line:
    def number(name: str, url: str, *, distinct=False, is_bad=False) -> Number:
        parts = counted.get(name, [])
        total = sum(part.distinct if distinct else part.rows for part in parts)
        return Number(total, any(part.more for part in parts), url if total else "", is_bad and total > 0)

    day = timezone.localtime(start).date().isoformat()
    log = {"campaign": campaign.pk, "day_from": day, "day_to": day}
    origin = f"campaign:{campaign.pk}"
    people = link(PEOPLE_URL, campaign.pk, where="inside")
    return Line(
        campaign,
        reverse(campaign.snippet_viewset.get_url_name("inspect"), args=[campaign.pk]),
        percent,
        inside=number("inside", people),
        entered=number("entered", link(LOG_URL, kind="event:campaign", **log), distinct=True),
        reached=number(
            "reached", link(LOG_URL, kind="activity", outcome=Outcome.DONE.value, **log), distinct=True
        ),
        sent=number("sent", _messages(origin=origin, state="sent")),
        planned=number("planned", _messages(origin=origin, state="queued")),
        held=number("held", link(HELD_URL, campaign=campaign.pk), is_bad=True),
        failed=number("failed", _messages(origin=origin, state="failed"), is_bad=True),
        doubtful=number("doubtful", _messages(origin=origin, state="doubtful"), is_bad=True),
    )


def _messages(**asked: str) -> str:
    """The list of messages of the first channel that has one."""
    return next((url for source in contact.sources() if (url := source.list_url(**asked))), "")


def engine_state(user) -> EngineState:
    """Beat, people whose time has come or is long over, people held, doubtful messages; three queries."""
    now = clock.now()
    beat = jobs.last_heartbeat("beat")
    running = Q(campaign__in=Campaign.objects.running())
    steps = list(StepIdentity.objects.filter(running).values_list("pk", flat=True))
    waiting = about_visible(Enrollment.objects.filter(step_id__anyof=steps), user)
    questions = [
        (waiting.due(now), "pk"),
        (waiting.due(now - LATE), "pk"),
        (about_visible(Enrollment.objects.held(), user), "pk"),
    ]
    doubtful = [rows for source in contact.sources() if (rows := source.doubtful()) is not None]
    questions += [(about_visible(rows, user), "pk") for rows in doubtful]
    due, late, held, *unsure = counts_up_to(questions, LIMIT)
    total = sum(count.rows for count in unsure)
    alive = beat is not None and now - beat <= BEAT_LIMIT
    return EngineState(
        beat,
        alive,
        Number(due.rows, due.more),
        Number(late.rows, late.more, is_bad=late.rows > 0),
        Number(held.rows, held.more, link(HELD_URL), held.rows > 0),
        Number(total, any(c.more for c in unsure), _messages(state="doubtful"), total > 0),
    )
