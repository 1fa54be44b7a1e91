"""Every question to the database about newsletters."""

import datetime as dt

from django.apps import apps
from django.db import models
from django.db.models import Case, Count, Q, When

from wagtail_automation.outbox import State

#: what has not left yet
OPEN_MESSAGES = (State.QUEUED, State.IN_HAND)


class NewsletterQuerySet(models.QuerySet):
    """Newsletters."""

    def to_start(self, now: dt.datetime):
        """Planned, and their time has come."""
        return self.filter(state="planned", begins_at__lte=now).order_by("begins_at", "pk")

    def between(self, start: dt.datetime, end: dt.datetime):
        """Those that are or were to be sent from ``start`` until before ``end``."""
        moment = Case(
            When(started_at__isnull=False, then="started_at"),
            When(send_at__isnull=False, then="send_at"),
            default="begins_at",
        )
        return self.annotate(moment=moment).filter(moment__gte=start, moment__lt=end)

    def archived(self, site):
        """In the public archive of a site, newest first."""
        found = self.filter(in_archive=True, started_at__isnull=False).exclude(state="cancelled")
        mine = Q(email__site=site)
        if site.is_default_site:
            mine |= Q(email__site=None)
        return found.filter(mine).order_by("-started_at", "-pk")

    def last_start(self) -> dt.datetime | None:
        """When the last one began to be sent."""
        return self.aggregate(last=models.Max("started_at"))["last"]

    def sending(self):
        found = self.filter(state="sending").order_by("begins_at", "pk")
        return found.select_related("experiment__winner", "experiment__goal")


def messages_of(newsletter) -> models.QuerySet:
    """The messages of one newsletter."""
    return apps.get_model("wagtail_automation_messaging", "Message").objects.filter(origin=newsletter.origin)


def pks_in(origins: set[str]) -> dict[int, str]:
    """``{pk: origin}`` of the newsletters among these origins."""
    named = {origin.partition(":")[2]: origin for origin in origins if origin.startswith("newsletter:")}
    return {int(pk): origin for pk, origin in named.items() if pk.isdigit()}


def notices(origins: set[str]) -> set[str]:
    """Of these origins, the newsletters for which no limits hold; at most one query."""
    if not (pks := pks_in(origins)):
        return set()
    rows = apps.get_model("wagtail_automation_messaging", "Newsletter").objects
    found = rows.filter(pk__in=pks, is_notice=True)
    return {pks[pk] for pk in found.values_list("pk", flat=True)}


def reasons_of(newsletter) -> list[tuple[str, int]]:
    """``(code, messages)`` of what was not sent or has to wait, most first; one statement."""
    rows = messages_of(newsletter).exclude(state=State.SENT).exclude(reason="")
    return list(rows.values_list("reason").annotate(n=Count("pk")).order_by("-n", "reason"))


def open_count(newsletter) -> int:
    """How many of its messages wait or are in hand."""
    return messages_of(newsletter).filter(state__in=OPEN_MESSAGES).count()


def figures(newsletter) -> dict[str, int]:
    """How far it came; two statements. ``waiting``: those without a message yet."""
    found = messages_of(newsletter).aggregate(
        **{state.value: Count("pk", filter=Q(state=state)) for state in State},
        opened=Count("opened_at"),
        clicked=Count("clicked_at"),
        unsubscribed=Count("unsubscribed_at"),
    )
    return found | {"waiting": newsletter.recipients.count()}
