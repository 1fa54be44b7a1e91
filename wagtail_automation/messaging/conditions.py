"""What a rule may ask about emails."""

from django.utils.translation import gettext_lazy as _

from wagtail_automation.admin.choosers import SnippetChooserBlock
from wagtail_automation.rules.conditions import Condition, Events, conditions
from wagtail_automation.tracking.events import EMAIL_CLICKED, EMAIL_OPENED

GROUP = _("Email and text")


class AboutEmail(Condition):
    """Base: something that a person did with one email, in whatever language they got it."""

    email = SnippetChooserBlock("wagtail_automation_messaging.Email", label=_("Email"))
    waitable = True
    counted_from = "entry"
    event = ""

    def q(self, value, scope):
        if not value.get("email"):
            return scope.nobody()
        return scope.happened(self.event, about=value["email"])


@conditions.register
class EmailOpened(AboutEmail):
    key = "email_opened"
    keywords = (
        _("read"),
        _("seen"),
    )
    event = EMAIL_OPENED
    depends_on = Events(EMAIL_OPENED)

    class Meta:
        label = _("Opened the email")
        icon = "mail"
        group = GROUP
        tone = "blue"
        description = _(
            "The person opened the email. Some mail programs hide this, so that “no” is not certain."
        )

    def sentence(self, value) -> str:
        return _("Opened “%(email)s”") % {"email": value["email"]} if value.get("email") else str(self.label)


@conditions.register
class EmailClicked(AboutEmail):
    key = "email_clicked"
    keywords = (
        _("link"),
        _("reaction"),
    )
    event = EMAIL_CLICKED
    depends_on = Events(EMAIL_CLICKED)

    class Meta:
        label = _("Clicked in the email")
        icon = "link"
        group = GROUP
        tone = "blue"
        description = _("The person followed any link of the email.")

    def sentence(self, value) -> str:
        return (
            _("Clicked in “%(email)s”") % {"email": value["email"]} if value.get("email") else str(self.label)
        )
