"""The form of a mail server: campaigns are ticked, not typed as numbers; a plan is offered."""

import datetime as dt

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from wagtail.admin.forms import WagtailAdminModelForm

from wagtail_automation import clock, origins
from wagtail_automation.leads.days import site_day

from . import plans


def numbers(text: str) -> list[str]:
    """The numbers of a stored list."""
    return [part.strip() for part in (text or "").split(",") if part.strip()]


class CampaignsField(forms.MultipleChoiceField):
    """Campaigns to tick, kept as their numbers with commas. One that is gone stays until it is unticked."""

    widget = forms.CheckboxSelectMultiple
    longest = 250

    def offer(self, stored: str) -> None:
        """What may be ticked: all campaigns, and what is stored."""
        known = {str(number): name for number, name in origins.named("campaign")}
        gone = {number: _("Campaign %(number)s (deleted)") % {"number": number} for number in numbers(stored)}
        self.choices = list({**gone, **known}.items())

    def prepare_value(self, value):
        return numbers(value) if isinstance(value, str) else value

    def clean(self, value):
        text = ", ".join(super().clean(value))
        if len(text) > self.longest:
            raise ValidationError(_("These are too many for one mail server."))
        return text

    def has_changed(self, initial, data):
        return set(numbers(initial)) != set(data or ())


class MailServerForm(WagtailAdminModelForm):
    """A mail server."""

    campaigns = CampaignsField(
        label=gettext_lazy("For campaigns"), required=False, help_text=gettext_lazy("None ticked: all.")
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "campaigns" in self.fields:
            self.fields["campaigns"].offer(self.instance.campaigns)
        if "order" in self.fields:  # what is bought is an "order", too, and another word in other languages
            self.fields["order"].label = pgettext("sequence", "Order")
        if "warm_up_plan" in self.fields and not self.instance.warm_up_plan:
            self.initial["warm_up_plan"] = plans.write(plans.DEFAULT)

    def clean_warm_up_from(self):
        """A day that comes within a year, or any that has passed."""
        day = self.cleaned_data["warm_up_from"]
        if day and day > site_day(clock.now()) + dt.timedelta(days=366):
            raise ValidationError(_("The first day is more than a year away."))
        return day

    def clean_warm_up_plan(self):
        """As people write numbers, kept as bare ones."""
        return plans.write(plans.read(self.cleaned_data["warm_up_plan"]))

    def clean(self):
        """Both hours of a plan or none, the later one last."""
        cleaned = super().clean()
        begin, end = cleaned.get("warm_up_begin"), cleaned.get("warm_up_end")
        if "warm_up_end" in self.fields and not {"warm_up_begin", "warm_up_end"} & set(self.errors):
            if (begin is None) != (end is None):
                self.add_error("warm_up_end", _("Say both times or none."))
            elif begin is not None and end < begin:
                self.add_error("warm_up_end", _("The end lies before the start."))
        return cleaned
