"""Interests changed by a campaign, a form or a bulk action."""

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.blocks import ChoiceBlock, FloatBlock

from wagtail_automation.activities import Activity, activities

from . import actions
from .blocks import InterestChooserBlock


@activities.register
class InterestChange(Activity):
    """Add to, take from or set what an interest is worth now."""

    key = "interest_change"
    changes = ("interest",)
    keywords = (_("subject"), _("topic"))
    immediate = True
    interest = InterestChooserBlock(label=_("Interest"))
    operation = ChoiceBlock(
        label=_("Change"),
        choices=[
            ("add", _("Add points (+)")),
            ("subtract", _("Take away points (−)")),
            ("set", _("Set to (=)")),
        ],
        default="add",
    )
    value = FloatBlock(label=_("Points"), min_value=0, max_value=1_000_000, default=5)

    class Meta:
        label = _("Change an interest")
        icon = "glasses"
        group = _("Lead")
        tone = "violet"
        description = _("Strengthens, weakens or sets the lead's interest in a subject.")

    def apply(self, value, cohort):
        actions.change_interest(
            interest=value["interest"], cohort=cohort, operation=value["operation"], value=value["value"]
        )

    def sentence(self, value):
        if not value.get("interest") or value.get("value") is None:
            return str(self.label)
        sentences = {
            "add": gettext("Interest in “%(interest)s” + %(points)s"),
            "subtract": gettext("Interest in “%(interest)s” − %(points)s"),
            "set": gettext("Interest in “%(interest)s” = %(points)s"),
        }
        sentence = sentences.get(value.get("operation"), sentences["add"])
        return sentence % {"interest": value["interest"], "points": f"{value['value']:g}"}
