"""The lead page's panel of the stage: where the person is, how it came there, and moving by hand."""

from django.utils.translation import gettext_lazy as _

from wagtail_automation.admin.panels import LeadPanel, lead_panels
from wagtail_automation.audiences.scoring.panel import reasons

from .models import LeadStage, Stage, StageMove

APP = "wagtail_automation_audiences"
SHOWN = 5


@lead_panels.register
class StagePanel(LeadPanel):
    """Three queries, and one more for each kind of reason. Hidden while there is no stage."""

    key = "stage"
    heading = _("Stage")
    icon = "tasks"
    column = "side"
    order = 13
    template_name = "wagtail_automation/audiences/stage_panel.html"

    def is_shown(self):
        return self.request.user.has_perm(f"{APP}.view_stage") and bool(self._stages())

    def get_context(self):
        current = LeadStage.objects.filter(lead_id=self.lead.pk).first()
        moves = list(
            StageMove.objects.filter(lead_id=self.lead.pk)
            .select_related("stage")
            .order_by("-at", "-pk")[:SHOWN]
        )
        words = reasons({move.origin for move in moves if move.origin})
        words |= {"rule": _("by its rule"), "code": ""}
        return {
            "stages": self._stages(),
            "current": current,
            "weight": next(
                (row.weight for row in self._stages() if current and row.pk == current.stage_id), None
            ),
            "moves": [(move, words.get(move.origin, move.origin)) for move in moves],
            "may_move": self.request.user.has_perm(f"{APP}.change_leadstage"),
        }

    def _stages(self):
        if not hasattr(self, "_found"):
            self._found = list(Stage.objects.all())
        return self._found
