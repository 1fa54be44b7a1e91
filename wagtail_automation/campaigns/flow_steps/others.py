"""Putting people into another campaign, and taking them out of one."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from wagtail_automation import flow
from wagtail_automation.admin.choosers import SnippetChooserBlock

from .jumps import FLOW_GROUP

CAMPAIGN = "wagtail_automation_campaigns.Campaign"


@flow.register
class CampaignEnter(flow.FlowStep):
    """Puts people into a campaign, as its own rules for entering allow. They go on here too."""

    key = "campaign_enter"
    keywords = (
        gettext_lazy("workflow"),
        gettext_lazy("start another"),
    )

    campaign = SnippetChooserBlock(CAMPAIGN, label=gettext_lazy("Campaign"))

    class Meta:
        label = gettext_lazy("Enter another campaign")
        icon = "arrow-right"
        group = FLOW_GROUP
        tone = "teal"
        description = gettext_lazy(
            "People enter another campaign, if it is published and lets them in, and go on here."
        )

    def sentence(self, value):
        campaign = value["campaign"]
        return _("Enters “%(campaign)s”") % {"campaign": campaign} if campaign else str(self.label)

    def warnings(self, values):
        campaigns = {value["campaign"].pk: value["campaign"].model for value in values if value["campaign"]}
        running: set = set()
        for model in set(campaigns.values()):
            running |= set(model.objects.filter(pk__in=campaigns, live=True).values_list("pk", flat=True))
        idle = _("That campaign is not published: nobody enters it.")
        return [
            [idle] if value["campaign"] and value["campaign"].pk not in running else [] for value in values
        ]

    def visit(self, visit):
        entered = visit.book.enter(visit.ids, visit.offset, visit.value["campaign"].pk)
        others = [pk for pk in visit.ids if pk not in entered]
        visit.go([pk for pk in visit.ids if pk in entered])
        visit.go(others, reason="not_let_in")


@flow.register
class CampaignLeave(flow.FlowStep):
    """Takes people out of a campaign; without one, or with this one, out of this."""

    key = "campaign_leave"
    keywords = (
        gettext_lazy("workflow"),
        gettext_lazy("remove"),
        gettext_lazy("stop"),
    )

    campaign = SnippetChooserBlock(
        CAMPAIGN,
        label=gettext_lazy("Campaign"),
        required=False,
        help_text=gettext_lazy("Leave it empty for this campaign."),
    )

    class Meta:
        label = gettext_lazy("Take out of a campaign")
        icon = "logout"
        group = FLOW_GROUP
        tone = "teal"
        description = gettext_lazy("People leave another campaign where they are in it – or this one.")

    def sentence(self, value):
        campaign = value["campaign"]
        return _("Leaves “%(campaign)s”") % {"campaign": campaign} if campaign else _("Leaves this campaign.")

    def visit(self, visit):
        campaign = visit.value["campaign"]
        if campaign is None or campaign.pk == visit.plan.campaign_pk:
            visit.leave(visit.ids, "taken_out")
            return
        left = visit.book.take_out(visit.ids, campaign.pk)
        visit.go([pk for pk in visit.ids if pk in left])
        visit.go([pk for pk in visit.ids if pk not in left], reason="not_inside")
