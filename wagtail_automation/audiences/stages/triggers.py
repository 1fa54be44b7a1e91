"""What starts a campaign from stages."""

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from wagtail_automation.triggers import Trigger, register

from .blocks import StageChooserBlock
from .events import STAGE_CHANGED


@register
class StageChanged(Trigger):
    """A stage is reached: any or one."""

    key = "stage_changed"
    keywords = (
        _("funnel"),
        _("lifecycle"),
        _("pipeline"),
    )
    event = STAGE_CHANGED
    can_circle = True
    stage = StageChooserBlock(label=_("Stage"), required=False, help_text=_("Leave it empty for any stage."))

    class Meta:
        label = _("Stage reached")
        icon = "tasks"
        group = _("Lead")
        tone = "violet"
        description = _("Starts when a lead is moved to a stage, by a person, a rule or a campaign.")

    def subject(self, value):
        return value.get("stage")

    def sentence(self, value):
        stage = value.get("stage")
        return gettext("Reaches the stage “%(stage)s”") % {"stage": stage} if stage else str(self.label)
