"""What a rule may ask about goals."""

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.blocks import IntegerBlock

from wagtail_automation.rules.conditions import Condition, Events, conditions
from wagtail_automation.tracking import events

from .blocks import GoalChooserBlock


@conditions.register
class GoalWasReached(Condition):
    """Reached a goal, so many times; in a campaign since the entry."""

    key = "goal_was_reached"
    keywords = (_("conversion"),)
    goal = GoalChooserBlock(label=_("Goal"))
    times = IntegerBlock(label=_("At least so many times"), default=1, min_value=1, max_value=1000)
    waitable = True
    counted_from = "entry"
    depends_on = Events(events.GOAL_REACHED)

    class Meta:
        label = _("Goal was reached")
        icon = "success"
        group = _("Lead")
        tone = "violet"
        description = _("The lead reached this goal.")

    def q(self, value, scope):
        if not value.get("goal"):
            return scope.nobody()
        return scope.happened(events.GOAL_REACHED, about=value["goal"], times=value.get("times") or 1)

    def sentence(self, value):
        goal, times = value.get("goal"), value.get("times") or 1
        if not goal:
            return str(self.label)
        if times > 1:
            return gettext("Reached the goal “%(goal)s” at least %(times)s times") % {
                "goal": goal,
                "times": times,
            }
        return gettext("Reached the goal “%(goal)s”") % {"goal": goal}
