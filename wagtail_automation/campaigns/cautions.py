"""What whoever publishes a campaign should know although nothing keeps it from being published: the warnings
on its cards, said in words after the click."""

from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from wagtail.admin import messages

from wagtail_automation.blocks import Idle

from .models import Campaign
from .tree.describe import describe

SHOWN = 6


def of(campaign: Campaign) -> list[str]:
    """One sentence for each warning, and first of all whether the campaign as it stands sends nothing. Asks
    each type of step once."""
    steps = list(campaign.tree)
    told = {pk: said.get("warnings", []) for pk, said in describe(steps).items()}
    found = [
        _("“%(step)s”: %(warning)s") % {"step": step.block.title(step.value), "warning": warning}
        for step in steps
        for warning in told[step.id]
    ]
    sending = [step for step in steps if getattr(step.block.config_block, "messages", False)]
    if sending and all(any(isinstance(one, Idle) for one in told[step.id]) for step in sending):
        found.insert(0, _("As it stands this campaign sends nothing: none of its messages is published."))
    return found


class CautionsMixin:
    """For the views that publish campaigns."""

    def save_action(self):
        response = super().save_action()
        if self.action == "publish" and (found := of(self.object)):
            self._say(found)
        return response

    def _say(self, found: list[str]) -> None:
        rest = len(found) - SHOWN
        lines = [*found[:SHOWN], _("… and %(count)d more") % {"count": rest}] if rest > 0 else found
        said = format_html(
            "{}<ul>{}</ul>",
            _("There is something to know about this campaign:"),
            format_html_join("", "<li>{}</li>", ((line,) for line in lines)),
        )
        messages.warning(self.request, said)
