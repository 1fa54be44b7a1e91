"""Waiting: a length of time, a random one, or until a window of the week opens."""

import datetime as dt

from django import forms
from django.core.exceptions import ValidationError
from django.utils.formats import time_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from wagtail import blocks
from wagtail.blocks.struct_block import StructBlockValidationError

from wagtail_automation import flow
from wagtail_automation.campaigns.calendar import add_calendar, next_opening
from wagtail_automation.campaigns.tree.decisions import duration_words
from wagtail_automation.leads.shares import chance

from .fields import TimeOfDayBlock
from .jumps import FLOW_GROUP


class Wait(flow.FlowStep):
    """A step at which people rest. A subclass says until when: ``until`` for a zone, or ``ends`` for each."""

    #: ``until`` gives other answers in other time zones
    zoned = False
    #: asked again when the time has come, since it may be over (the engine may come late)
    asks_again = False

    def until(self, value, now: dt.datetime, tz: dt.tzinfo) -> dt.datetime:
        """The end (aware UTC) of a wait that begins ``now`` for people who live in ``tz``."""
        raise NotImplementedError(f"{type(self).__qualname__} must define until()")

    def ends(self, visit, ids: list[int]) -> dict[int, dt.datetime]:
        """The end of the wait of each person for whom it begins now."""
        if not self.zoned:
            return dict.fromkeys(ids, self.until(visit.value, visit.now, dt.UTC))
        return visit.by_zone(ids, lambda tz: self.until(visit.value, visit.now, tz))

    def is_pause(self, value) -> bool:
        return True

    def visit(self, visit):
        begin = visit.ids if self.asks_again else visit.fresh
        over = [] if self.asks_again else list(visit.over)
        ends = self.ends(visit, begin) if begin else {}
        over += [pk for pk in begin if ends[pk] <= visit.now]
        visit.rest({pk: end for pk, end in ends.items() if end > visit.now})
        if not self.asks_again:
            visit.stay(visit.waiting)
        visit.go(over)


@flow.register
class WaitMinutes(Wait):
    """So many minutes or hours of the clock, whatever the zone."""

    key = "wait_minutes"
    keywords = (
        gettext_lazy("pause"),
        gettext_lazy("delay"),
        gettext_lazy("hours"),
    )

    amount = blocks.IntegerBlock(label=gettext_lazy("Wait for"), min_value=1, max_value=100_000, default=30)
    unit = blocks.ChoiceBlock(
        label=gettext_lazy("Unit"),
        choices=[("minutes", gettext_lazy("minutes")), ("hours", gettext_lazy("hours"))],
        default="minutes",
    )

    class Meta:
        label = gettext_lazy("Wait minutes or hours")
        icon = "time"
        group = FLOW_GROUP
        tone = "amber"
        description = gettext_lazy("People go on after this many minutes or hours.")

    def until(self, value, now, tz):
        return now + dt.timedelta(**{value["unit"] or "minutes": value["amount"] or 0})

    def is_pause(self, value):
        return bool(value["amount"])

    def sentence(self, value):
        amount = value["amount"] or 0
        if value["unit"] == "hours":
            return ngettext("%(count)d hour", "%(count)d hours", amount) % {"count": amount}
        return ngettext("%(count)d minute", "%(count)d minutes", amount) % {"count": amount}


@flow.register
class WaitDays(Wait):
    """Days, weeks or months in the lead's own zone: the same time of day, also across a clock change."""

    key = "wait_days"
    keywords = (
        gettext_lazy("pause"),
        gettext_lazy("delay"),
        gettext_lazy("weeks"),
        gettext_lazy("months"),
    )
    zoned = True

    amount = blocks.IntegerBlock(label=gettext_lazy("Wait for"), min_value=1, max_value=999, default=1)
    unit = blocks.ChoiceBlock(
        label=gettext_lazy("Unit"),
        choices=[
            ("days", gettext_lazy("days")),
            ("weeks", gettext_lazy("weeks")),
            ("months", gettext_lazy("months")),
        ],
        default="days",
    )

    class Meta:
        label = gettext_lazy("Wait days")
        icon = "calendar-alt"
        group = FLOW_GROUP
        tone = "amber"
        description = gettext_lazy(
            "People go on after this many days, weeks or months, at the same time of day where they live."
        )

    def until(self, value, now, tz):
        amount = value["amount"] or 0
        if value["unit"] == "months":
            return add_calendar(now, months=amount, tz=tz)
        return add_calendar(now, days=amount * (7 if value["unit"] == "weeks" else 1), tz=tz)

    def is_pause(self, value):
        return bool(value["amount"])

    def sentence(self, value):
        amount = value["amount"] or 0
        words = {
            "days": ngettext("%(count)d day", "%(count)d days", amount),
            "weeks": ngettext("%(count)d week", "%(count)d weeks", amount),
            "months": ngettext("%(count)d month", "%(count)d months", amount),
        }
        return words[value["unit"] or "days"] % {"count": amount}


@flow.register
class WaitRandom(Wait):
    """A time between zero and so many days, another for each person and round."""

    key = "wait_random"
    keywords = (
        gettext_lazy("pause"),
        gettext_lazy("delay"),
        gettext_lazy("chance"),
    )

    days = blocks.IntegerBlock(label=gettext_lazy("Days at most"), min_value=1, max_value=365, default=1)

    class Meta:
        label = gettext_lazy("Wait a random time")
        icon = "time"
        group = FLOW_GROUP
        tone = "amber"
        description = gettext_lazy("Each person goes on at another moment within so many days.")

    def is_pause(self, value):
        return bool(value["days"])

    def sentence(self, value):
        return _("Up to %(duration)s") % {"duration": duration_words(value["days"] or 0, "days")}

    def ends(self, visit, ids):
        longest = dt.timedelta(days=visit.value["days"] or 0)
        return {pk: visit.now + longest * chance(visit.step.uuid, pk, visit.now) for pk in ids}


WEEKDAYS = (
    ("0", gettext_lazy("Monday")),
    ("1", gettext_lazy("Tuesday")),
    ("2", gettext_lazy("Wednesday")),
    ("3", gettext_lazy("Thursday")),
    ("4", gettext_lazy("Friday")),
    ("5", gettext_lazy("Saturday")),
    ("6", gettext_lazy("Sunday")),
)


@flow.register
class WaitWeekday(Wait):
    """Until a window of the week is open where the person lives; one that ends before it begins goes over
    midnight and belongs to the day on which it begins."""

    key = "wait_weekday"
    zoned = True
    asks_again = True

    weekdays = blocks.MultipleChoiceBlock(
        label=gettext_lazy("Days"),
        choices=WEEKDAYS,
        default=["0", "1", "2", "3", "4"],
        widget=forms.CheckboxSelectMultiple,
    )
    begin = TimeOfDayBlock(label=gettext_lazy("From"), default=dt.time(9))
    end = TimeOfDayBlock(
        label=gettext_lazy("To"),
        default=dt.time(17),
        help_text=gettext_lazy("Earlier than “from”: the window goes over midnight. The same: all day."),
    )

    class Meta:
        label = gettext_lazy("Wait for a time of the week")
        icon = "calendar-check"
        group = FLOW_GROUP
        tone = "amber"
        description = gettext_lazy(
            "People go on between two times of day on the days you choose, where they live."
        )
        keywords = (gettext_lazy("weekday"), gettext_lazy("office hours"))

    def clean(self, value):
        value = super().clean(value)
        if not self.is_deferred_validation and not value["weekdays"]:
            raise StructBlockValidationError(
                {"weekdays": ValidationError(_("Choose at least one day of the week."))}
            )
        return value

    def is_pause(self, value):
        return False  # the window may be open: a loop through it could spin

    def warnings(self, values):
        always = _("This window is always open: nobody waits here.")
        return [[always] if self._is_always_open(value) else [] for value in values]

    def _is_always_open(self, value) -> bool:
        every_day = {str(day) for day in value["weekdays"]} >= {day for day, _name in WEEKDAYS}
        return every_day and value["begin"] is not None and value["begin"] == value["end"]

    def until(self, value, now, tz):
        days = {int(day) for day in value["weekdays"]}
        return next_opening(now, days, value["begin"], value["end"], tz)

    def sentence(self, value):
        names = dict(WEEKDAYS)
        days = [str(names[day]) for day in value["weekdays"] if day in names]
        if not days or not value["begin"] or not value["end"]:
            return str(self.label)
        return _("%(days)s, %(begin)s to %(end)s") % {
            "days": ", ".join(days),
            "begin": time_format(value["begin"], "TIME_FORMAT"),
            "end": time_format(value["end"], "TIME_FORMAT"),
        }
