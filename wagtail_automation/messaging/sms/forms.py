"""The form of a text message: what a draft may leave open, publishing may not."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from wagtail.admin.forms import WagtailAdminModelForm


class ChannelContentForm(WagtailAdminModelForm):
    """Checks the texts when the message is published or submitted, not for drafts."""

    #: fields with Liquid, and those of them that must not be empty
    texts: tuple[str, ...] = ()
    needed: tuple[str, ...] = ()

    def clean(self):
        from wagtail_automation.messaging import personal
        from wagtail_automation.messaging.channels import compiling

        cleaned = super().clean()
        if self.is_deferred_validation:
            return cleaned
        for name in self.texts:
            text = cleaned.get(name) or ""
            if name in self.needed and name in cleaned and not text.strip():
                self.add_error(name, _("This must not be empty."))
            try:
                personal.check(text)
                compiling.check_links(text)
            except ValidationError as error:
                self.add_error(name, error)
        return cleaned


class TextMessageForm(ChannelContentForm):
    texts = needed = ("text",)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "channel" in self.fields:  # a room of colleagues is no way to leads
            self.fields["channel"].queryset = self.fields["channel"].queryset.exclude(medium="room")
