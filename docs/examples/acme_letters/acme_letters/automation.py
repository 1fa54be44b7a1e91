"""A channel of one's own: text goes to the printer, if the person agreed to letters and has an address."""

from django import forms
from django.utils.translation import gettext_lazy as _

from wagtail_automation import clock
from wagtail_automation.messaging.channels.registry import (
    ChannelKind,
    Medium,
    Outcome,
    Verdict,
    register,
    register_medium,
)

LETTER = register_medium(Medium("letter", _("Letters")))


@register
class PaperChannel(ChannelKind):
    """Queues a sheet for the printer."""

    key = "acme_paper"
    label = _("Letters on paper")
    description = _("For the printer in the cellar.")
    medium = LETTER.key

    class Options(forms.Form):
        country = forms.CharField(label=_("Only to"), max_length=2, required=False)

    def addresses(self, leads):
        country = self.options.get("country")
        return {
            lead.pk: lead.city for lead in leads if lead.city and (not country or lead.country == country)
        }

    def send(self, message):
        from acme_letters.models import Letter
        from wagtail_automation.messaging.models import ChannelMessage

        row = ChannelMessage.objects.get(uuid=message.reference)
        Letter.objects.get_or_create(
            key=message.reference,
            defaults={"lead": row.lead, "text": message.content["text"], "ordered_at": clock.now()},
        )
        return Outcome(Verdict.SENT)
