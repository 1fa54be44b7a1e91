"""Recording goals by a campaign, a form or a bulk action."""

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.blocks import IntegerBlock

from wagtail_automation.activities import Activity, activities

from . import actions
from .blocks import GoalChooserBlock


@activities.register
class GoalReached(Activity):
    """The lead reaches a goal here."""

    key = "goal_reach"
    changes = ("event:goal_reached",)
    keywords = (_("conversion"),)
    immediate = True
    goal = GoalChooserBlock(label=_("Goal"))
    value = IntegerBlock(
        label=_("Value"),
        required=False,
        min_value=0,
        max_value=10**12,
        help_text=_("Leave it empty for the goal's own value."),
    )

    class Meta:
        label = _("Record a goal")
        icon = "success"
        group = _("Lead")
        tone = "violet"
        description = _("Records that the lead reached a goal.")

    def apply(self, value, cohort):
        actions.reach_goal(goal=value["goal"], cohort=cohort, value=value.get("value"))

    def sentence(self, value):
        if not value.get("goal"):
            return str(self.label)
        return gettext("Record the goal “%(goal)s”") % {"goal": value["goal"]}
