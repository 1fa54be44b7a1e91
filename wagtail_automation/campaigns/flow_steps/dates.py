"""Waiting for a date: one of the calendar, or one that a field of each person holds."""

import datetime as dt

from django.utils.formats import date_format, time_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail import blocks

from wagtail_automation import clock, flow
from wagtail_automation.campaigns.calendar import at_wall
from wagtail_automation.campaigns.tree.decisions import duration_words
from wagtail_automation.leads.blocks import LeadFieldChoiceBlock, chosen_field

from .fields import NINE, DayBlock, TimeOfDayBlock, past_block
from .jumps import FLOW_GROUP
from .waits import Wait

PAST = gettext_lazy("If that is over")
PAST_OR_NONE = gettext_lazy("If that is over, or there is no date")


class DatedWait(Wait):
    """A wait for a date. For those who come when it is over, ``past`` says what happens."""

    zoned = True

    def is_pause(self, value) -> bool:
        return False  # people who come late go on at once

    def day(self, value) -> dt.date | None:
        """The day of the calendar on which everybody goes on; None if it is another one for each person."""
        return None

    def warnings(self, values):
        today = clock.now().date()
        over = _("This day is over: nobody waits here.")
        return [[over] if (day := self.day(value)) and day < today else [] for value in values]

    def visit(self, visit):
        ends = self.ends(visit, visit.fresh) if visit.fresh else {}
        late = [pk for pk in visit.fresh if ends[pk] is not None and ends[pk] <= visit.now]
        none = [pk for pk in visit.fresh if ends[pk] is None]
        visit.rest({pk: end for pk, end in ends.items() if end is not None and end > visit.now})
        visit.stay(visit.waiting)
        visit.go(visit.over)
        for ids, reason in ((late, "date_over"), (none, "no_date")):
            if visit.value["past"] == "leave":
                visit.leave(ids, reason)
            else:
                visit.go(ids, reason=reason)


@flow.register
class WaitUntilDate(DatedWait):
    """Until a day begins where the person lives."""

    key = "wait_until_date"
    keywords = (
        gettext_lazy("pause"),
        gettext_lazy("day"),
        gettext_lazy("calendar"),
    )

    date = DayBlock(label=gettext_lazy("Until"))
    past = past_block(PAST)

    class Meta:
        label = gettext_lazy("Wait until a date")
        icon = "date"
        group = FLOW_GROUP
        tone = "amber"
        description = gettext_lazy("People go on when this day begins where they live.")

    def until(self, value, now, tz):
        return at_wall(value["date"], dt.time.min, tz)

    def day(self, value):
        return value["date"]

    def sentence(self, value):
        if not value["date"]:
            return str(self.label)
        return _("Until %(date)s") % {"date": date_format(value["date"], "SHORT_DATE_FORMAT")}


@flow.register
class WaitUntilDateTime(DatedWait):
    """Until a time of a day where the person lives."""

    key = "wait_until_datetime"
    keywords = (
        gettext_lazy("pause"),
        gettext_lazy("appointment"),
        gettext_lazy("clock"),
    )

    date = DayBlock(label=gettext_lazy("Until"))
    time = TimeOfDayBlock(label=gettext_lazy("At"), default=NINE)
    past = past_block(PAST)

    class Meta:
        label = gettext_lazy("Wait until a date and time")
        icon = "date"
        group = FLOW_GROUP
        tone = "amber"
        description = gettext_lazy("People go on at this time of this day where they live.")

    def until(self, value, now, tz):
        return at_wall(value["date"], value["time"], tz)

    def day(self, value):
        return value["date"]

    def sentence(self, value):
        if not value["date"] or not value["time"]:
            return str(self.label)
        return _("Until %(date)s at %(time)s") % {
            "date": date_format(value["date"], "SHORT_DATE_FORMAT"),
            "time": time_format(value["time"], "TIME_FORMAT"),
        }


class FieldWait(DatedWait):
    """Until some days from the date that a field of the person holds."""

    #: 1: after the date, -1: before it
    direction = 1

    def ends(self, visit, ids):
        field = chosen_field(visit.value)
        if field is None:
            return dict.fromkeys(ids)
        days = dt.timedelta(days=self.direction * (visit.value["days"] or 0))
        time = visit.value["time"] or NINE
        ends = {}
        for pk, tz, day in visit.dates(ids, field):
            try:
                ends[pk] = at_wall(day + days, time, tz) if day else None
            except OverflowError:  # a date at the edge of the calendar
                ends[pk] = None
        return ends


@flow.register
class WaitAfterDate(FieldWait):
    """Until so many days after the date in a field."""

    key = "wait_after_date"
    keywords = (
        gettext_lazy("pause"),
        gettext_lazy("anniversary"),
        gettext_lazy("delay"),
    )

    days = blocks.IntegerBlock(label=gettext_lazy("Days after"), min_value=0, max_value=3650, default=1)
    field = LeadFieldChoiceBlock(types=("date", "datetime"), label=gettext_lazy("Date"))
    time = TimeOfDayBlock(label=gettext_lazy("At"), default=NINE)
    past = past_block(PAST_OR_NONE)

    class Meta:
        label = gettext_lazy("Wait until after a date of the person")
        icon = "date"
        group = FLOW_GROUP
        tone = "amber"
        description = gettext_lazy(
            "People go on so many days after the date in one of their fields, at a time of day where they "
            "live."
        )

    def sentence(self, value):
        if not value["field"]:
            return str(self.label)
        return _("%(duration)s after %(field)s") % {
            "duration": duration_words(value["days"] or 0, "days"),
            "field": value["field"].label,
        }


@flow.register
class RunBeforeDate(FieldWait):
    """Until so many days before the date in a field."""

    key = "run_before_date"
    keywords = (
        gettext_lazy("reminder"),
        gettext_lazy("countdown"),
        gettext_lazy("due date"),
    )
    direction = -1

    days = blocks.IntegerBlock(label=gettext_lazy("Days before"), min_value=0, max_value=3650, default=1)
    field = LeadFieldChoiceBlock(types=("date", "datetime"), label=gettext_lazy("Date"))
    time = TimeOfDayBlock(label=gettext_lazy("At"), default=NINE)
    past = past_block(PAST_OR_NONE)

    class Meta:
        label = gettext_lazy("Go on before a date of the person")
        icon = "date"
        group = FLOW_GROUP
        tone = "amber"
        description = gettext_lazy(
            "People go on so many days before the date in one of their fields, at a time of day where they "
            "live."
        )

    def sentence(self, value):
        if not value["field"]:
            return str(self.label)
        return _("%(duration)s before %(field)s") % {
            "duration": duration_words(value["days"] or 0, "days"),
            "field": value["field"].label,
        }
