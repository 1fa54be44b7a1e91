"""Questions about visits: when, how long, how many pages. Answered by totals, never by looking through visits
– but for "the latest N visits"."""

import datetime as dt

from django.db.models import ExpressionWrapper, F, FloatField, Q, Value
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from wagtail.blocks import ChoiceBlock, IntegerBlock

from wagtail_automation.leads.operators import (
    NumberComparison,
    number_q,
    number_words,
)
from wagtail_automation.rules import Condition, Events, Time, conditions

from . import events, querysets
from .models import LeadTotals

GROUP = _("Web site")
VIEWED = Events(events.PAGE_VIEWED)
#: a length of time is never exactly something
DURATIONS = ("gte", "lte", "gt", "lt", "between")


def everybody(scope) -> Q:
    return ~scope.nobody()


def never(scope) -> Q:
    """An answer that holds for nobody; ``scope.nobody()`` says that there is no question."""
    return everybody(scope) & scope.nobody()


def count_q(scope, value, at_least) -> Q | None:
    """A comparison of a count of which only "at least n" (n > 0) can be asked. Nobody has less than 0."""

    def from_n(n: int) -> Q:
        return everybody(scope) if n <= 0 else at_least(n)

    def ask(op, n):
        return {
            "gte": lambda: from_n(n),
            "gt": lambda: from_n(n + 1),
            "lt": lambda: ~from_n(n) if n > 0 else never(scope),
            "lte": lambda: ~from_n(n + 1) if n >= 0 else never(scope),
            "exact": lambda: from_n(n) & ~from_n(n + 1),
        }[op]()

    return number_q(value, ask)


def total_q(scope, value, column: str) -> Q | None:
    """A comparison of a total, which is 0 of people without totals."""
    return count_q(scope, value, lambda n: scope.where(LeadTotals.objects.filter(**{f"{column}__gte": n})))


UNITS = {
    "minutes": (_("minutes"), dt.timedelta(minutes=1)),
    "hours": (_("hours"), dt.timedelta(hours=1)),
    "days": (_("days"), dt.timedelta(days=1)),
}


@conditions.register
class LastVisit(Condition):
    """Time since the last page view. People who never came match nothing."""

    key = "last_visit"
    keywords = (_("recently"), _("inactive"), _("ago"))
    counted_from = "ever"
    depends_on = VIEWED | Time()

    ago = NumberComparison(whole=True, operators=DURATIONS, label=_("Time since the last visit"))
    unit = ChoiceBlock(
        choices=[(key, label) for key, (label, _length) in UNITS.items()], default="days", label=_("Unit")
    )

    class Meta:
        label = _("Last visit")
        icon = "history"
        group = GROUP
        tone = "teal"
        description = _("How long ago the person last viewed a page. Those who never did match nothing.")

    def q(self, value, scope):
        if value.get("unit") not in UNITS:
            return scope.nobody()
        length = UNITS[value["unit"]][1]
        lookups = {"gte": "lte", "gt": "lt", "lte": "gte", "lt": "gt"}  # longer ago is earlier

        def ask(op, number):
            if op not in lookups:
                return None
            moment = scope.now - number * length
            return scope.where(
                LeadTotals.objects.filter(visits__gt=0, **{f"last_seen_at__{lookups[op]}": moment})
            )

        return number_q(value.get("ago"), ask) or scope.nobody()

    def sentence(self, value):
        unit = UNITS.get(value.get("unit"))
        what = gettext("Last visit ago (%(unit)s)") % {"unit": unit[0]} if unit else str(self.label)
        said = number_words(what, value.get("ago"))
        return str(self.label) if said == what else said


@conditions.register
class LastVisitDuration(Condition):
    """Seconds from the first to the last sign of life in the latest visit."""

    key = "last_visit_duration"
    keywords = (_("length"), _("seconds"), _("time"))
    counted_from = "ever"
    depends_on = VIEWED | Time()

    seconds = NumberComparison(whole=True, operators=DURATIONS, label=_("Seconds"))

    class Meta:
        label = _("Length of the last visit")
        icon = "time"
        group = GROUP
        tone = "teal"
        description = _(
            "How many seconds the person's latest visit lasted. Those who never came match nothing."
        )

    def q(self, value, scope):
        def ask(op, number):
            return scope.where(
                LeadTotals.objects.filter(visit_at__isnull=False, **{f"visit_seconds__{op}": number})
            )

        return number_q(value.get("seconds"), ask) or scope.nobody()

    def sentence(self, value):
        return number_words(gettext("Length of the last visit in seconds"), value.get("seconds"))


@conditions.register
class PagesTotal(Condition):
    """Pages seen in all visits."""

    key = "pages_total"
    keywords = (_("views"), _("count"))
    waitable = True
    counted_from = "ever"
    depends_on = VIEWED

    count = NumberComparison(whole=True, label=_("Pages"))

    class Meta:
        label = _("Pages seen in all")
        icon = "doc-full"
        group = GROUP
        tone = "teal"
        description = _("How many pages the person has viewed in all.")

    def q(self, value, scope):
        return total_q(scope, value.get("count"), "pages") or scope.nobody()

    def sentence(self, value):
        return number_words(gettext("Pages seen"), value.get("count"))


@conditions.register
class VisitCount(Condition):
    """Visits in all."""

    key = "visit_count"
    keywords = (_("visits"), _("returning"), _("count"))
    waitable = True
    counted_from = "ever"
    depends_on = VIEWED

    count = NumberComparison(whole=True, label=_("Visits"))

    class Meta:
        label = _("Number of visits")
        icon = "rotate"
        group = GROUP
        tone = "teal"
        description = _(
            "How often the person has come to the site. Half an hour without a page ends a visit."
        )

    def q(self, value, scope):
        return total_q(scope, value.get("count"), "visits") or scope.nobody()

    def sentence(self, value):
        return number_words(gettext("Visits"), value.get("count"))


@conditions.register
class PagesAverage(Condition):
    """Pages per visit. People without a visit match nothing."""

    key = "pages_average"
    keywords = (_("mean"), _("per visit"))
    counted_from = "ever"
    depends_on = VIEWED

    number = NumberComparison(label=_("Pages per visit"))

    class Meta:
        label = _("Pages per visit")
        icon = "doc-full"
        group = GROUP
        tone = "teal"
        description = _(
            "How many pages the person views in a visit on average. Those who never came match nothing."
        )

    def q(self, value, scope):
        def ask(op, number):
            product = ExpressionWrapper(F("visits") * Value(float(number)), output_field=FloatField())
            totals = LeadTotals.objects.annotate(_seen=ExpressionWrapper(F("pages") * 1.0, FloatField()))
            return scope.where(totals.filter(visits__gt=0, **{f"_seen__{op}": product}))

        return number_q(value.get("number"), ask) or scope.nobody()

    def sentence(self, value):
        return number_words(gettext("Pages per visit"), value.get("number"))


@conditions.register
class PagesLast7Days(Condition):
    """Pages seen in the last days."""

    key = "pages_last_7_days"
    keywords = (_("recently"), _("views"), _("week"))
    counted_from = "window"
    depends_on = VIEWED | Time()

    count = NumberComparison(whole=True, label=_("Pages"))
    days = IntegerBlock(min_value=1, max_value=3650, default=7, label=_("In the last days"))

    class Meta:
        label = _("Pages in the last 7 days")
        icon = "doc-full"
        group = GROUP
        tone = "teal"
        description = _("How many pages the person has viewed in the last 7 days, or another number of days.")

    def q(self, value, scope):
        days = value.get("days")
        if isinstance(days, bool) or not isinstance(days, int) or not 1 <= days <= 3650:
            return scope.nobody()
        window = dt.timedelta(days=days)
        return (
            count_q(
                scope,
                value.get("count"),
                lambda n: scope.happened(events.PAGE_VIEWED, times=n, within=window),
            )
            or scope.nobody()
        )

    def sentence(self, value):
        days = value.get("days")
        if not isinstance(days, int):
            return str(self.label)
        what = gettext("Recently viewed pages (days: %(days)d)") % {"days": days}
        return number_words(what, value.get("count"))


@conditions.register
class PagesLastVisits(Condition):
    """Pages seen in the latest visits together."""

    key = "pages_last_visits"
    keywords = (_("views"), _("sessions"))
    counted_from = "window"
    depends_on = VIEWED

    count = NumberComparison(whole=True, label=_("Pages"))
    visits = IntegerBlock(min_value=1, max_value=100, default=3, label=_("In the latest visits"))

    class Meta:
        label = _("Pages in the latest visits")
        icon = "doc-full"
        group = GROUP
        tone = "teal"
        description = _("How many pages the person viewed in their latest visits together.")

    def q(self, value, scope):
        visits = value.get("visits")
        if isinstance(visits, bool) or not isinstance(visits, int) or not 1 <= visits <= 100:
            return scope.nobody()
        return (
            count_q(scope, value.get("count"), lambda n: querysets.pages_of_latest_visits(scope, visits, n))
            or scope.nobody()
        )

    def sentence(self, value):
        visits = value.get("visits")
        if not isinstance(visits, int):
            return str(self.label)
        what = ngettext("Pages in the latest visit", "Pages in the latest %(visits)d visits", visits)
        return number_words(what % {"visits": visits}, value.get("count"))
