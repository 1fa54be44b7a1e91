"""What starts a campaign from goals."""

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from wagtail_automation.tracking import events
from wagtail_automation.triggers import Trigger, register

from .blocks import GoalChooserBlock


@register
class GoalReached(Trigger):
    """A goal is reached: any or one."""

    key = "goal_reached"
    keywords = (
        _("conversion"),
        _("target"),
    )
    event = events.GOAL_REACHED
    can_circle = True
    goal = GoalChooserBlock(label=_("Goal"), required=False, help_text=_("Leave it empty for any goal."))

    class Meta:
        label = _("Goal reached")
        icon = "success"
        group = _("Lead")
        tone = "violet"
        description = _("Starts when a lead reaches a goal.")

    def subject(self, value):
        return value.get("goal")

    def sentence(self, value):
        goal = value.get("goal")
        return gettext("Reaches the goal “%(goal)s”") % {"goal": goal} if goal else str(self.label)
