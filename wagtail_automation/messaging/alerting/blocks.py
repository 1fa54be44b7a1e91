"""An alert or a step that alerts, in campaigns and rules."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.blocks import TextBlock
from wagtail.blocks.struct_block import StructBlockValidationError

from wagtail_automation.activities import Activity, activities
from wagtail_automation.admin.choosers import SnippetChooserBlock
from wagtail_automation.messaging import alerts, personal
from wagtail_automation.rules.conditions import Condition, Events, conditions
from wagtail_automation.triggers import Trigger, triggers

from .vocabulary import ALERT_SENT


def alert_block() -> SnippetChooserBlock:
    return SnippetChooserBlock(
        "wagtail_automation_messaging.Alert",
        label=_("Alert"),
        required=False,
        help_text=_("Empty: any alert, also those of campaigns."),
    )


@triggers.register
class AlertSent(Trigger):
    """Colleagues were told about the person."""

    key = "alert_sent"
    event = ALERT_SENT
    can_circle = True
    keywords = (_("notify"), _("colleague"))

    alert = alert_block()

    class Meta:
        label = _("Colleagues alerted")
        icon = "warning"
        group = _("Sales")
        tone = "amber"
        description = _("Starts when colleagues are told about the person.")

    def subject(self, value):
        return value.get("alert")

    def sentence(self, value):
        if value.get("alert"):
            return gettext("“%(alert)s” is sent about the person") % {"alert": value["alert"]}
        return gettext("Any alert is sent about the person")


@conditions.register
class AlertWasSent(Condition):
    """Since the entry, in a campaign."""

    key = "alert_was_sent"
    waitable = True
    counted_from = "entry"
    depends_on = Events(ALERT_SENT)
    keywords = (_("notify"), _("colleague"))

    alert = alert_block()

    class Meta:
        label = _("Colleagues were alerted")
        icon = "warning"
        group = _("Other")
        tone = "amber"
        description = _("Colleagues were told about the person by an alert or by a campaign.")

    def q(self, value, scope):
        about = {"about": value["alert"]} if value.get("alert") else {}
        return scope.happened(ALERT_SENT, **about)

    def sentence(self, value):
        if value.get("alert"):
            return _("“%(alert)s” was sent about the person") % {"alert": value["alert"]}
        return str(_("Colleagues were alerted about the person"))


@activities.register
class NotifyOwner(Activity):
    """Queues an email to the owner; people without an owner are passed by."""

    key = "notify_owner"
    immediate = True
    changes = ("event:alert_sent",)

    text = TextBlock(
        label=_("Message"),
        max_length=5000,
        rows=3,
        default=_("Please get in touch with this person."),
        help_text=_("Name, address and a link to the person's page stand below it."),
    )

    class Meta:
        label = _("Notify the owner")
        icon = "user"
        group = _("Sales")
        tone = "amber"
        description = _("Tells the owner about the person by email. Without an owner nobody is told.")
        keywords = (_("tell"), _("inform"), _("salesperson"))

    def clean(self, value):
        value = super().clean(value)
        if not getattr(self, "is_deferred_validation", False):
            try:
                personal.check(value["text"])
            except ValidationError as error:
                raise StructBlockValidationError({"text": error}) from error
        return value

    def sentence(self, value) -> str:
        return str(self.label)

    def apply(self, value, cohort) -> None:
        alerts.queue_alerts(cohort=cohort, to=alerts.ONLY_OWNER, text=value.get("text") or "")
