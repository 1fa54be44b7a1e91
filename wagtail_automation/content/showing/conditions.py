"""Questions about what people were shown."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail import blocks

from wagtail_automation.audiences.dynamic.blocks import DynamicContentChooserBlock
from wagtail_automation.content.choosers import PromoChooserBlock
from wagtail_automation.rules import Condition, Events
from wagtail_automation.rules.conditions import register
from wagtail_automation.tracking import events


class ContentCondition(Condition):
    """One of: a shared dynamic content, the personal parts of a page, or a web promo."""

    waitable = True
    counted_from = "entry"
    event: str
    #: the names of the parameters of which one is chosen
    choices = ("content", "page", "promo")

    content = DynamicContentChooserBlock(label=gettext_lazy("Shared dynamic content"), required=False)
    page = blocks.PageChooserBlock(label=gettext_lazy("Or a page with dynamic content"), required=False)
    promo = PromoChooserBlock(label=gettext_lazy("Or a web promo"), required=False)

    def clean(self, value):
        cleaned = super().clean(value)
        if len(self.chosen(cleaned)) != 1:
            problem = ValidationError(_("Choose one of them."))
            raise blocks.StructBlockValidationError(block_errors={self.choices[0]: problem})
        return cleaned

    def chosen(self, value) -> list:
        """What was chosen; a rule that says more or less than one thing asks nothing."""
        return [value[name] for name in self.choices if value.get(name)]

    def q(self, value, scope):
        chosen = self.chosen(value)
        return scope.happened(self.event, about=chosen[0]) if len(chosen) == 1 else scope.nobody()

    def named(self, value) -> str:
        """What was chosen, in words; empty if nothing."""
        chosen = self.chosen(value)
        return str(chosen[0]) if chosen else ""


@register
class ContentSeen(ContentCondition):
    """An alternative was shown and seen (half of it for a second); what everybody sees does not count."""

    key = "content_seen"
    event = events.CONTENT_SEEN
    depends_on = Events(events.CONTENT_SEEN)

    class Meta:
        label = gettext_lazy("Dynamic content seen")
        icon = "view"
        group = gettext_lazy("Web site")
        description = gettext_lazy("The person saw an alternative of this content.")

    def sentence(self, value):
        name = self.named(value)
        return _("Saw the dynamic content “%(name)s”") % {"name": name} if name else str(self.label)


@register
class ContentClicked(ContentCondition):
    """A link or button of an alternative was clicked."""

    key = "content_clicked"
    event = events.CONTENT_CLICKED
    depends_on = Events(events.CONTENT_CLICKED)

    class Meta:
        label = gettext_lazy("Dynamic content clicked")
        icon = "link"
        group = gettext_lazy("Web site")
        description = gettext_lazy("The person clicked in an alternative of this content.")

    def sentence(self, value):
        name = self.named(value)
        return _("Clicked in the dynamic content “%(name)s”") % {"name": name} if name else str(self.label)
