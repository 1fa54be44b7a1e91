"""What a rule may ask about stages."""

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.blocks import ListBlock

from wagtail_automation.audiences.tags.blocks import quoted
from wagtail_automation.rules.conditions import Condition, Facts, conditions

from .blocks import StageChooserBlock
from .models import LeadStage


@conditions.register
class StageIs(Condition):
    """Is in one of these stages now."""

    key = "stage_is"
    keywords = (_("pipeline"), _("funnel"))
    stages = ListBlock(StageChooserBlock(label=_("Stage")), label=_("Stages"), min_num=1, max_num=50)
    waitable = True
    depends_on = Facts(frozenset({"stage"}))

    class Meta:
        label = _("Is in a stage")
        icon = "tasks"
        group = _("Lead")
        tone = "violet"
        description = _("The lead is in one of these stages now.")

    def q(self, value, scope):
        stages = sorted({stage.pk for stage in value.get("stages") or () if stage})
        if not stages:
            return scope.nobody()
        return scope.where(LeadStage.objects.filter(stage_id__in=stages))

    def sentence(self, value):
        stages = [stage for stage in value.get("stages") or () if stage]
        if not stages:
            return str(self.label)
        if len(stages) == 1:
            return gettext("Is in the stage %(stages)s") % {"stages": quoted(stages)}
        return gettext("Is in one of the stages %(stages)s") % {"stages": quoted(stages)}
