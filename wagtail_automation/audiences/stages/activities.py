"""Moving people to a stage by a campaign, a form or a bulk action."""

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.blocks import BooleanBlock

from wagtail_automation.activities import Activity, activities

from . import actions
from .blocks import StageChooserBlock


@activities.register
class StageChange(Activity):
    """Move to a stage; forwards only where the step or the stage itself says so."""

    key = "stage_change"
    changes = ("stage",)
    keywords = (_("pipeline"), _("funnel"))
    immediate = True
    stage = StageChooserBlock(label=_("Stage"))
    forward_only = BooleanBlock(
        label=_("Forward only"),
        required=False,
        default=True,
        help_text=_("Leaves those alone who are in this stage or beyond it."),
    )

    class Meta:
        label = _("Move to a stage")
        icon = "tasks"
        group = _("Lead")
        tone = "violet"
        description = _("Moves the lead to a stage.")

    def apply(self, value, cohort):
        # a stage that is itself forward only stays so, whatever the step says
        forward = True if value.get("forward_only") else None
        actions.move_to_stage(stage=value["stage"], cohort=cohort, forward_only=forward)

    def sentence(self, value):
        if not value.get("stage"):
            return str(self.label)
        return gettext("Move to the stage “%(stage)s”") % {"stage": value["stage"]}
