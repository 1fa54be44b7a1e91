"""The numbers of one email in all its languages and versions: a constant number of queries for any number of
messages, and only about leads that the person who looks may see."""

import datetime as dt
from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import TruncDate

from wagtail_automation.audiences.goals.models import GoalReach
from wagtail_automation.leads.permissions import about_visible
from wagtail_automation.messaging.delivery.models import BounceKind, LinkClick
from wagtail_automation.messaging.models import Email, EmailVersion, Message
from wagtail_automation.outbox import State

#: a goal counts for an email if it is reached so soon after it was sent
GOAL_WINDOW = dt.timedelta(days=7)
DAYS, DOMAINS = 30, 12

NOT_BACK = ~Q(bounce_kind__in=(BounceKind.HARD, BounceKind.BLOCKED)) & ~Q(
    bounce_kind="soft", delivered_at=None
)
SENT = Q(state=State.SENT)
#: of these bounces are a share: a server may refuse what therefore was never sent
TRIED = SENT | ~Q(bounce_kind="")
#: each state of the tab of people: name, and whom it holds
STATES = {
    "sent": SENT,
    "delivered": SENT & NOT_BACK,
    "confirmed": SENT & Q(delivered_at__isnull=False),
    "opened": Q(opened_at__isnull=False),
    "machine_opened": Q(machine_opened_at__isnull=False),
    "clicked": Q(clicked_at__isnull=False),
    "machine_clicked": Q(machine_clicked_at__isnull=False),
    "replied": Q(replied_at__isnull=False),
    "hard": Q(bounce_kind=BounceKind.HARD),
    "soft": Q(bounce_kind=BounceKind.SOFT),
    "blocked": Q(bounce_kind=BounceKind.BLOCKED),
    "unsubscribed": Q(unsubscribed_at__isnull=False),
    "complained": Q(complained_at__isnull=False),
    "queued": Q(state__in=(State.QUEUED, State.IN_HAND)),
    "skipped": Q(state__in=(State.SKIPPED, State.CANCELLED)),
    "failed": Q(state=State.FAILED),
    "doubtful": Q(state=State.DOUBTFUL),
}


def messages_of(email: Email, user) -> QuerySet:
    """Its messages in any language, to leads that this person may see."""
    rows = Message.objects.filter(email_version__translation_key=email.translation_key)
    return about_visible(rows, user)


def totals(rows: QuerySet) -> dict[str, int]:
    """``{state: how many}``, and ``tried``; one query."""
    wanted = STATES | {"tried": TRIED}
    return rows.order_by().aggregate(**{name: Count("pk", filter=q) for name, q in wanted.items()})


def share(part: int, whole: int) -> float | None:
    """A percentage with one digit, or None of nothing."""
    return round(100 * part / whole, 1) if whole else None


@dataclass(frozen=True)
class Group:
    """One line of a table: a domain or a device."""

    name: str
    sent: int
    delivered: int
    opened: int
    clicked: int
    bounced: int
    complained: int


def by(rows: QuerySet, column: str, limit: int = DOMAINS) -> list[Group]:
    """Sent messages by ``domain`` or ``device``, the largest first; one query."""
    counts = {
        "sent": Count("pk", filter=SENT),
        "delivered": Count("pk", filter=SENT & NOT_BACK),
        "opened": Count("pk", filter=Q(opened_at__isnull=False)),
        "clicked": Count("pk", filter=Q(clicked_at__isnull=False)),
        "bounced": Count("pk", filter=~Q(bounce_kind="")),
        "complained": Count("pk", filter=Q(complained_at__isnull=False)),
    }
    found = rows.exclude(**{column: ""}).order_by().values(column).annotate(**counts)
    return [
        Group(row[column], *(row[name] for name in counts)) for row in found.order_by("-sent", column)[:limit]
    ]


def by_day(rows: QuerySet, now: dt.datetime) -> list[tuple[dt.date, int, int]]:
    """``(day, opened, clicked)`` of the last days on which anything happened, newest first; two queries."""
    since = now - dt.timedelta(days=DAYS)
    days: dict[dt.date, list[int]] = {}
    for place, column in enumerate(("opened_at", "clicked_at")):
        found = rows.filter(**{f"{column}__gte": since}).order_by()
        for day, count in found.values_list(TruncDate(column)).annotate(n=Count("pk")):
            days.setdefault(day, [0, 0])[place] = count
    return [(day, *counts) for day, counts in sorted(days.items(), reverse=True)]


def clicks(rows: QuerySet) -> dict[str, tuple[int, int]]:
    """``{id of the link: (people, machines)}``: each person counts once for a link; one query."""
    found = LinkClick.objects.filter(message__in=rows.order_by().values("pk")).order_by().values("link")
    counted = found.annotate(
        people=Count("message", filter=Q(human=True), distinct=True),
        machines=Count("message", filter=Q(human=False), distinct=True),
    )
    return {str(row["link"]): (row["people"], row["machines"]) for row in counted}


def places(rows: QuerySet, version) -> dict[str, int]:
    """``{name of a link in this version: people}``, told apart by where in the email it stands, in whatever
    version and language they got it; two queries."""
    found = LinkClick.objects.filter(message__in=rows.order_by().values("pk"), human=True).order_by()
    found = found.values_list("message__email_version", "number").annotate(n=Count("message", distinct=True))
    counted: dict[tuple, int] = {}
    by_version = list(found)
    held = EmailVersion.objects.filter(pk__in={pk for pk, _number, _n in by_version})
    place_of = {pk: _places(links) for pk, links in held.values_list("pk", "links")}
    for pk, number, people in by_version:
        place = place_of.get(pk, {}).get(f"link_{number}")
        counted[place] = counted.get(place, 0) + people
    return {name: counted.get(place, 0) for name, place in _places(version.links).items()}


def _places(links: dict) -> dict[str, tuple[str, int]]:
    """``{"link_3": (id, 2)}``: the second link to this address."""
    met: dict[str, int] = {}
    found = {}
    for name in sorted(links, key=lambda name: int(name.removeprefix("link_"))):
        key = str(links[name]["id"])
        met[key] = met.get(key, 0) + 1
        found[name] = (key, met[key])
    return found


def goals(rows: QuerySet) -> list[tuple[str, int]]:
    """``(goal, people)`` who reached it within a week after the email was sent to them; one query."""
    before = rows.filter(
        lead=OuterRef("lead"), sent_at__lte=OuterRef("at"), sent_at__gte=OuterRef("at") - GOAL_WINDOW
    )
    reached = GoalReach.objects.filter(Exists(before)).order_by().values("goal__name")
    counted = reached.annotate(people=Count("lead", distinct=True)).order_by("-people", "goal__name")
    return [(row["goal__name"], row["people"]) for row in counted]
