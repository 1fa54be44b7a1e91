"""Jumping to another step of the same campaign, and leaving it."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail import blocks

from wagtail_automation import flow
from wagtail_automation.campaigns.tree.step_chooser import StepChooserBlock

FLOW_GROUP = gettext_lazy("Flow")


@flow.register
class GoTo(flow.FlowStep):
    """Goes on at another step of the same campaign. Ways back are counted for each person."""

    key = "go_to"
    keywords = (
        gettext_lazy("loop"),
        gettext_lazy("repeat"),
        gettext_lazy("jump"),
    )
    terminal = True

    step = StepChooserBlock(label=gettext_lazy("Go on at"))
    most = blocks.IntegerBlock(
        label=gettext_lazy("At most so many times"),
        help_text=gettext_lazy(
            "Only for a way back: who comes here more often leaves the campaign, so that nobody goes round "
            "for ever."
        ),
        default=100,
        min_value=1,
        max_value=1000,
    )

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

    def visit(self, visit):
        going, tired = visit.ids, []
        if visit.leads_back():
            most = visit.value["most"] or 1
            times = visit.book.times(visit.ids, visit.step.pk)
            tired = [pk for pk in visit.ids if times.get(pk, 0) >= most]
            out = set(tired)
            going = [pk for pk in visit.ids if pk not in out]
            visit.leave(tired, "loop_limit", detail={"times": most})
        visit.go(going)


@flow.register
class Exit(flow.FlowStep):
    """Leaves here, with a reason for those who look at the trace and the people of the campaign."""

    key = "exit"
    keywords = (
        gettext_lazy("stop"),
        gettext_lazy("finish"),
        gettext_lazy("leave"),
    )
    terminal = True

    reason = blocks.CharBlock(
        label=gettext_lazy("Reason"),
        max_length=100,
        required=False,
        help_text=gettext_lazy("Shown with the people who left here, such as “not interested”."),
    )

    class Meta:
        label = gettext_lazy("Leave the campaign")
        icon = "cross"
        group = FLOW_GROUP
        tone = "grey"
        description = gettext_lazy("People leave the campaign here, with a reason.")

    def sentence(self, value):
        reason = value["reason"]
        return _("Leaves: %(reason)s") % {"reason": reason} if reason else _("Leaves the campaign.")

    def visit(self, visit):
        reason = (visit.value["reason"] or "").strip()[:100]
        visit.leave(visit.ids, "exit", detail={"why": reason} if reason else None, said=reason)
