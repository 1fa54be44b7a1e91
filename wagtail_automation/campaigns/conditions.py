"""What a rule may ask about campaigns, and how long ago something was."""

import datetime as dt

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from wagtail.blocks import ChoiceBlock, IntegerBlock

from wagtail_automation import contact
from wagtail_automation.admin.choosers import SnippetChooserBlock
from wagtail_automation.leads.blocks import LeadFieldChoiceBlock, chosen_field
from wagtail_automation.leads.days import site_day
from wagtail_automation.rules.conditions import Condition, Events, Facts, register
from wagtail_automation.tracking import events
from wagtail_automation.tracking.models import LeadTotals

from .models import Enrollment

GROUP = gettext_lazy("Campaigns")


class CampaignChooserBlock(SnippetChooserBlock):
    """Chooses a campaign."""

    def __init__(self, **kwargs):
        super().__init__("wagtail_automation_campaigns.Campaign", **kwargs)

    class Meta:
        icon = "wa-campaign"


@register
class MinutesSince(Condition):
    """More than so many minutes have passed; false where it never happened."""

    key = "minutes_since"
    keywords = (gettext_lazy("time"), gettext_lazy("ago"))
    depends_on = Facts(time=True)

    minutes = IntegerBlock(label=gettext_lazy("More than so many minutes"), min_value=0, max_value=5_256_000)
    reference = ChoiceBlock(
        label=gettext_lazy("Since"),
        choices=[
            ("entry", gettext_lazy("entering this campaign")),
            ("last_visit", gettext_lazy("the last visit")),
            ("last_email", gettext_lazy("the last email")),
            ("field", gettext_lazy("a date of the person")),
        ],
        default="entry",
    )
    field = LeadFieldChoiceBlock(
        types=("datetime", "date"),
        label=gettext_lazy("Date"),
        required=False,
        help_text=gettext_lazy("Only for a date of the person."),
    )

    class Meta:
        label = gettext_lazy("Minutes since")
        icon = "time"
        group = GROUP
        tone = "amber"
        description = gettext_lazy(
            "More than so many minutes have passed since the lead entered, came to the site or got an email."
        )

    def q(self, value, scope):
        if value.get("minutes") is None:
            return scope.nobody()
        ago = dt.timedelta(minutes=value["minutes"])
        moment = scope.now - ago
        reference = value.get("reference")
        if reference == "entry":
            return scope.entered_before(moment)
        if reference == "last_visit":
            return scope.where(LeadTotals.objects.filter(last_seen_at__lt=moment))
        if reference == "last_email":
            lately = scope.happened(events.EMAIL_SENT, within=ago)
            return scope.happened(events.EMAIL_SENT, ever=True) & ~lately
        return self._since_field(chosen_field(value), scope, moment)

    def _since_field(self, field, scope, moment):
        if field is None:
            return scope.nobody()
        if field.type == "date":  # a day begins at midnight where the site is
            return field.q_compare("lte", site_day(moment), scope.prefix)
        return field.q_compare("lt", moment, scope.prefix)

    def sentence(self, value):
        names = dict(self.child_blocks["reference"].field.choices)
        what = names.get(value.get("reference"), "")
        if value.get("reference") == "field":
            what = value["field"].label if value.get("field") else ""
        if value.get("minutes") is None or not what:
            return str(self.label)
        return _("More than %(minutes)d minutes since: %(what)s") % {
            "minutes": value["minutes"],
            "what": what,
        }


@register
class TouchedByCampaign(Condition):
    """At least one message of the campaign was really sent to the lead; entering alone does not count."""

    key = "touched_by_campaign"
    keywords = (
        gettext_lazy("received"),
        gettext_lazy("contacted"),
    )
    waitable = True
    counted_from = "ever"
    depends_on = Events(events.EMAIL_SENT)

    campaign = CampaignChooserBlock(label=gettext_lazy("Campaign"))
    days = IntegerBlock(
        label=gettext_lazy("In the last so many days"),
        help_text=gettext_lazy("Empty: ever."),
        required=False,
        min_value=1,
        max_value=3650,
    )

    class Meta:
        label = gettext_lazy("Was touched by the campaign")
        icon = "mail"
        group = GROUP
        tone = "amber"
        description = gettext_lazy(
            "At least one message of this campaign reached the lead. Having entered it is not enough."
        )

    def q(self, value, scope):
        if not value.get("campaign"):
            return scope.nobody()
        since = scope.now - dt.timedelta(days=value["days"]) if value.get("days") else None
        answer = scope.nobody()
        for source in contact.sources():
            touched = scope.where(source.reached(f"campaign:{value['campaign'].pk}", since))
            answer = touched if answer == scope.nobody() else answer | touched
        return answer

    def sentence(self, value):
        if not value.get("campaign"):
            return str(self.label)
        said = _("Was touched by the campaign “%(campaign)s”") % {"campaign": value["campaign"]}
        if not value.get("days"):
            return said
        words = ngettext(
            "%(what)s in the last %(days)d day", "%(what)s in the last %(days)d days", value["days"]
        )
        return words % {"what": said, "days": value["days"]}


STATES = (
    ("inside", gettext_lazy("is in it")),
    ("finished", gettext_lazy("came to its end")),
    ("left", gettext_lazy("left it before the end")),
    ("held_out", gettext_lazy("was held out")),
)


@register
class CampaignState(Condition):
    """Where the lead stands in a campaign; of several times it entered, any counts."""

    key = "campaign_state"
    keywords = (
        gettext_lazy("inside"),
        gettext_lazy("finished"),
        gettext_lazy("workflow"),
    )
    waitable = True
    counted_from = "ever"
    depends_on = Events(events.CAMPAIGN_ENTERED, events.CAMPAIGN_LEFT)

    campaign = CampaignChooserBlock(label=gettext_lazy("Campaign"))
    state = ChoiceBlock(label=gettext_lazy("State"), choices=STATES, default="inside")

    class Meta:
        label = gettext_lazy("State in a campaign")
        icon = "clipboard-list"
        group = GROUP
        tone = "amber"
        description = gettext_lazy("The lead is in a campaign, came to its end, left it or was held out.")

    def q(self, value, scope):
        if not value.get("campaign"):
            return scope.nobody()
        rows = Enrollment.objects.filter(campaign_id=value["campaign"].pk).in_state(value.get("state"))
        return scope.where(rows)

    def sentence(self, value):
        if not value.get("campaign"):
            return str(self.label)
        return _("“%(campaign)s”: %(state)s") % {
            "campaign": value["campaign"],
            "state": dict(STATES).get(value.get("state"), ""),
        }
