"""What starts a campaign from emails."""

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.blocks import CharBlock

from wagtail_automation.admin.choosers import SnippetChooserBlock
from wagtail_automation.tracking import addresses, events
from wagtail_automation.tracking.matching import link_pattern, matches_pattern
from wagtail_automation.triggers import Trigger, register

from .conditions import ANY, GROUP, kind_block

EMAIL = "wagtail_automation_messaging.Email"


def email_block() -> SnippetChooserBlock:
    return SnippetChooserBlock(
        EMAIL,
        label=_("Email"),
        required=False,
        help_text=_("In whatever language it was sent. Leave it empty for any email."),
    )


class AboutEmail(Trigger):
    """Base: something happened to one email, or to any."""

    email = email_block()

    def subject(self, value):
        return value.get("email")

    def said(self, value, one: str, any_email: str) -> str:
        """A sentence about the chosen email, or about any."""
        return one % {"email": value["email"]} if value.get("email") else any_email


@register
class EmailSent(AboutEmail):
    key = "email_sent"
    event = events.EMAIL_SENT
    can_circle = True

    class Meta:
        label = _("Email sent")
        icon = "mail"
        group = GROUP
        tone = "blue"
        description = _("Starts when an email to the person was handed over to the mail server.")

    def sentence(self, value):
        return self.said(value, gettext("Is sent “%(email)s”"), gettext("Is sent any email"))


@register
class EmailOpened(AboutEmail):
    key = "email_opened"
    event = events.EMAIL_OPENED

    class Meta:
        label = _("Email opened")
        icon = "mail"
        group = GROUP
        tone = "blue"
        description = _(
            "Starts when the person opens an email. Some mail programs hide this; machines never start it."
        )

    def sentence(self, value):
        return self.said(value, gettext("Opens “%(email)s”"), gettext("Opens any email"))


@register
class EmailClicked(AboutEmail):
    key = "email_clicked"
    event = events.EMAIL_CLICKED

    link = CharBlock(
        max_length=500,
        required=False,
        label=_("Address of the link"),
        help_text=_("A star stands for anything, as in https://shop.example/*. Leave it empty for any link."),
    )

    class Meta:
        label = _("Link in an email clicked")
        icon = "link"
        group = GROUP
        tone = "blue"
        description = _("Starts when the person follows a link of an email; machines never start it.")

    def matches(self, value, event):
        text = (value.get("link") or "").strip()
        if not text:
            return True
        address = addresses.web_address(text) if "*" not in text else None
        if address is not None:
            return event.url == address
        pattern = link_pattern(text)
        return bool(pattern) and matches_pattern(pattern, event.url)

    def sentence(self, value):
        if value.get("link"):
            words = {"link": value["link"], "email": value.get("email")}
            if value.get("email"):
                return gettext("Clicks “%(link)s” in “%(email)s”") % words
            return gettext("Clicks “%(link)s” in any email") % words
        return self.said(value, gettext("Clicks in “%(email)s”"), gettext("Clicks in any email"))


@register
class EmailBounced(AboutEmail):
    key = "email_bounced"
    event = events.EMAIL_BOUNCED
    can_circle = True

    kind = kind_block()

    class Meta:
        label = _("Email bounced")
        icon = "warning"
        group = GROUP
        tone = "blue"
        description = _("Starts when an email to the person comes back as undeliverable.")

    def matches(self, value, event):
        kind = value.get("kind") or ANY
        return kind == ANY or event.data.get("kind") == kind

    def sentence(self, value):
        return self.said(value, gettext("“%(email)s” bounces"), gettext("Any email bounces"))


@register
class EmailUnsubscribed(AboutEmail):
    key = "email_unsubscribed"
    event = events.EMAIL_UNSUBSCRIBED

    class Meta:
        label = _("Unsubscribed by an email")
        icon = "cross"
        group = GROUP
        tone = "blue"
        description = _("Starts when the person unsubscribes through an email. They get no more emails.")

    def sentence(self, value):
        return self.said(value, gettext("Unsubscribes by “%(email)s”"), gettext("Unsubscribes by any email"))


@register
class EmailReplied(AboutEmail):
    key = "email_replied"
    event = events.EMAIL_REPLIED

    class Meta:
        label = _("Email answered")
        icon = "mail"
        group = GROUP
        tone = "blue"
        description = _(
            "Starts when an answer of the person arrives in a mailbox that the site reads. Automatic "
            "answers, such as of somebody on holiday, never start it."
        )

    def sentence(self, value):
        return self.said(value, gettext("Answers “%(email)s”"), gettext("Answers any email"))
