"""The form of an alert."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.forms import WagtailAdminModelForm

from wagtail_automation.tracking import events

#: an alert about alerts would never end
LEFT_OUT = frozenset({"alert_sent"})


def event_choices() -> list[tuple[str, str]]:
    """Everything that can happen to a lead, by its name for people."""
    found = [(name.name, str(name.label)) for name in events.all_names() if name.name not in LEFT_OUT]
    return [("", _("Choose what happens…")), *sorted(found, key=lambda pair: pair[1].casefold())]


class AlertForm(WagtailAdminModelForm):
    """Somebody must be told, and the text must be readable."""

    event = forms.ChoiceField(label=gettext_lazy("When this happens"), choices=event_choices)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "rule" in self.fields:
            self.fields["rule"].widget.empty = _("No condition: you are told about anybody.")
        if "room" in self.fields:
            self.fields["room"].empty_label = _("No chat")

    def clean(self):
        from wagtail_automation.messaging import personal

        cleaned = super().clean()
        if cleaned.get("to") == "others" and not any(
            cleaned.get(name) for name in ("team", "person", "address", "room")
        ):
            self.add_error("to", _("Choose somebody below, or another answer here."))
        try:
            personal.check(cleaned.get("text") or "")
        except ValidationError as error:
            self.add_error("text", error)
        return cleaned
