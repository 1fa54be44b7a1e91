"""The forms of a channel: first its kind, then what its kind asks."""

from django import forms
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.forms import WagtailAdminModelForm

from wagtail_automation.messaging.actions import default_site
from wagtail_automation.messaging.compiler import base_url

from .models import Channel
from .registry import channel_kinds


def _described(kind):
    """A kind's label, and below it what it is for."""
    if not kind.description:
        return kind.label
    return format_html("<span>{}<br><small>{}</small></span>", kind.label, kind.description)


class NewChannelForm(WagtailAdminModelForm):
    """A name and a kind."""

    kind = forms.ChoiceField(label=gettext_lazy("Kind"), widget=forms.RadioSelect)

    class Meta:
        model = Channel
        fields = ["name", "kind"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [
            (kind.key, _described(kind)) for kind in sorted(channel_kinds, key=lambda kind: str(kind.label))
        ]


class ChannelForm(WagtailAdminModelForm):
    """The options of the kind beside the name. A channel whose app is gone keeps its options."""

    class Meta:
        model = Channel
        fields = ["name", "is_active", "is_default", "per_minute"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        kind = self.instance.kind_class
        self._asked = list(kind.Options.base_fields) if kind else []
        if kind is None:
            return
        self.initial = {**self.instance.options, **self.initial}
        self.options = kind.Options(self.data or None) if self.is_bound else kind.Options()
        for name, field in self.options.fields.items():
            self.fields[name] = field
        if "webhook_secret" in self.fields:
            where = _("Its calls go to %(url)s") % {"url": self._address()}
            field = self.fields["webhook_secret"]
            field.help_text = f"{field.help_text} {where}"

    def _address(self) -> str:
        try:
            path = reverse("wagtail_automation_messaging:channel", args=[self.instance.uuid])
        except NoReverseMatch:  # the check of messaging tells of it
            return ""
        return f"{base_url(default_site())}{path}"

    def clean(self):
        cleaned = super().clean()
        kind = self.instance.kind_class
        if kind is None:
            if cleaned.get("is_active"):
                self.add_error("is_active", _("The program of this channel is not installed."))
            return cleaned
        for name, errors in self.options.errors.as_data().items():
            if name not in self.errors:
                for error in errors:
                    self.add_error(name if name in self.fields else None, error)
        return cleaned

    def save(self, commit=True):
        if self._asked:
            given = self.options.cleaned_data
            self.instance.options = {
                name: given[name] for name in self._asked if given.get(name) not in ("", None)
            }
        return super().save(commit)
