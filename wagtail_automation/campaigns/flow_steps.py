"""The flow steps of this version: waiting and jumping. They alone move and hold people."""

import datetime as dt

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from wagtail import blocks

from wagtail_automation import flow

from .calendar import add_calendar
from .tree import decisions  # noqa: F401  (registers the decision)
from .tree.step_chooser import StepChooserBlock

FLOW_GROUP = gettext_lazy("Flow")


class Wait(flow.FlowStep):
    """A step at which people rest. A subclass says until when."""

    #: ``until`` gives other answers in other time zones
    zoned = False

    def until(self, value, now: dt.datetime, tz: dt.tzinfo) -> dt.datetime:
        """The end (aware UTC) of a wait that begins ``now`` for people who live in ``tz``."""
        raise NotImplementedError(f"{type(self).__qualname__} must define until()")

    def is_pause(self, value) -> bool:
        """True if it holds people for some time whatever happens, so that a loop through it cannot spin."""
        return True


@flow.register
class WaitMinutes(Wait):
    """So many minutes or hours of the clock, whatever the zone."""

    key = "wait_minutes"

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
class GoTo(flow.FlowStep):
    """Goes on at another step of the same campaign."""

    key = "go_to"
    terminal = True

    step = StepChooserBlock(label=gettext_lazy("Go on at"))

    class Meta:
        label = gettext_lazy("Go to a step")
        icon = "redirect"
        group = FLOW_GROUP
        tone = "grey"
        description = gettext_lazy(
            "People go on at another step. A way back must lead through a waiting step."
        )

    def sentence(self, value):
        return _("Goes on at another step.")
