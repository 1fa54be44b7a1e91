"""What starts a campaign from points."""

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.blocks import ChoiceBlock

from wagtail_automation.tracking import events
from wagtail_automation.triggers import Trigger, register

from .blocks import ThresholdBlock


@register
class ScoreChanged(Trigger):
    """A threshold is crossed: any or one, upwards, downwards or both ways."""

    key = "score_changed"
    keywords = (
        _("points"),
        _("scoring"),
        _("hot lead"),
    )
    event = events.SCORE_CHANGED
    can_circle = True
    threshold = ThresholdBlock(
        label=_("Threshold"), required=False, help_text=_("Leave it empty for any threshold.")
    )
    direction = ChoiceBlock(
        label=_("Direction"),
        choices=[("up", _("Upwards")), ("down", _("Downwards")), ("any", _("Both ways"))],
        default="up",
    )

    class Meta:
        label = _("Score crosses a threshold")
        icon = "order"
        group = _("Lead")
        tone = "violet"
        description = _("Starts when a lead's points rise to a threshold or fall below it.")

    def subject(self, value):
        return value.get("threshold")

    def matches(self, value, event):
        wanted = value.get("direction") or "up"
        return wanted == "any" or (event.data or {}).get("direction") == wanted

    def sentence(self, value):
        threshold = value.get("threshold")
        if not threshold:
            return str(self.label)
        sentences = {
            "up": gettext("Score rises to “%(threshold)s”"),
            "down": gettext("Score falls below “%(threshold)s”"),
            "any": gettext("Score crosses “%(threshold)s”"),
        }
        return sentences.get(value.get("direction"), sentences["up"]) % {"threshold": threshold}
