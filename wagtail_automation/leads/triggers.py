"""What starts a campaign when a lead becomes known or turns out to be another one."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.blocks import ChoiceBlock

from wagtail_automation.triggers import Trigger, register

from .sources import WORDS

GROUP = gettext_lazy("Lead")


def source_choices() -> list[tuple[str, str]]:
    """The kinds of places where somebody can become known."""
    return sorted(((key, str(word)) for key, word in WORDS.items()), key=lambda pair: pair[1])


class SourceKindBlock(ChoiceBlock):
    """A kind of source; no migration holds the choices."""

    def __init__(self, **kwargs):
        super().__init__(choices=source_choices, **kwargs)

    def deconstruct(self):
        return "wagtail.blocks.ChoiceBlock", [], {"choices": []}

    def deconstruct_with_lookup(self, lookup):
        return self.deconstruct()


@register
class LeadCreated(Trigger):
    """Somebody is identified for the first time, wherever that was or in one kind of place."""

    key = "lead_created"
    event = "lead_identified"
    keywords = (gettext_lazy("new"), gettext_lazy("known"), gettext_lazy("identified"))

    source = SourceKindBlock(
        label=gettext_lazy("Source"),
        required=False,
        help_text=gettext_lazy("Where the person became known. Leave it empty for anywhere."),
    )

    class Meta:
        label = gettext_lazy("New lead")
        icon = "user"
        group = GROUP
        description = gettext_lazy("Starts when somebody is identified for the first time.")

    def matches(self, value, event):
        wanted = value.get("source")
        return not wanted or str(event.data.get("source", "")).partition(":")[0] == wanted

    def sentence(self, value):
        word = WORDS.get(value.get("source") or "")
        return (
            _("Is identified for the first time: %(source)s") % {"source": word} if word else str(self.label)
        )


@register
class LeadMerged(Trigger):
    """Another lead is merged into this one; the survivor enters."""

    key = "lead_merged"
    event = "lead_merged"
    keywords = (gettext_lazy("duplicate"), gettext_lazy("same person"))

    class Meta:
        label = gettext_lazy("Leads merged")
        icon = "group"
        group = GROUP
        description = gettext_lazy("Starts for the surviving lead when another one is merged into it.")
