"""What a campaign step or a form may do with emails."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.blocks import ChoiceBlock, EmailBlock, IntegerBlock, TextBlock
from wagtail.blocks.struct_block import StructBlockValidationError

from wagtail_automation.activities import Activity, activities
from wagtail_automation.admin.choosers import SnippetChooserBlock
from wagtail_automation.blocks import Idle
from wagtail_automation.leads.people import PersonBlock, TeamBlock
from wagtail_automation.objects import MissingReference

from . import actions, alerts, personal, reasons
from .alerting.rooms import IS_ROOM, RoomBlock
from .models import Channel, Email
from .preparing import refusals
from .writing.models import SentBy


@activities.register
class EmailSend(Activity):
    """Queues the email; the worker hands it over. Consent and suppression are looked at then."""

    key = "email_send"
    immediate = True
    messages = True
    changes = ("event:email_sent",)
    email = SnippetChooserBlock("wagtail_automation_messaging.Email", label=_("Email"))

    spread = IntegerBlock(
        label=_("Spread over so many days"),
        help_text=_("0: at once. Otherwise each person gets it at another moment within these days."),
        default=0,
        min_value=0,
        max_value=90,
        required=False,
    )
    sent_by = ChoiceBlock(
        label=_("Sent by"),
        choices=SentBy.choices,
        required=False,
        help_text=_(
            "Whose name stands in front of your address, and who gets the answers. Empty: as the email says."
        ),
    )
    person = PersonBlock(
        label=_("Person"),
        required=False,
        help_text=_("Who sends it, or who does for leads without an owner."),
    )

    class Meta:
        label = _("Send email")
        icon = "mail"
        group = _("Messages")
        tone = "blue"
        description = _("Sends an email in the language of each person, in its published version.")
        keywords = (_("newsletter"), _("mail"))

    def sentence(self, value) -> str:
        if not value.get("email"):
            return str(self.label)
        words = {"email": value["email"], "days": value.get("spread") or 0}
        if words["days"]:
            return _("Send “%(email)s”, spread over so many days: %(days)d") % words
        return _("Send “%(email)s”") % words

    def warnings(self, values):
        keys = [value["email"].pk if value.get("email") else None for value in values]
        emails = Email.objects.only("live", "has_unpublished_changes").in_bulk({*keys} - {None})
        return [_publication_of(emails[key]) if key in emails else [] for key in keys]

    def apply(self, value, cohort) -> None:
        person = value.get("person")
        actions.queue_email(
            cohort=cohort,
            email=value["email"],
            spread=value.get("spread") or 0,
            sent_by=value.get("sent_by") or "",
            sent_by_user=person.pk if person else None,
        )

    def clean(self, value):
        value = super().clean(value)
        deferred = getattr(self, "is_deferred_validation", False)
        if not deferred and value["sent_by"] == SentBy.PERSON and not value["person"]:
            error = ValidationError(gettext("Say which person sends it."))
            raise StructBlockValidationError({"person": error})
        return value

    def refused(self, value, leads):
        if not value.get("email"):
            return {}
        return {pk: reasons.explain(code) for pk, code in refusals(value["email"].key, leads).items()}

    def handed_over_at(self, value, bucket, now):
        days = value.get("spread") or 0
        return actions.spread_moment(value["email"], days, bucket, now) if days else now


def _publication_of(email: Email) -> list[str]:
    if not email.live:
        return [Idle(gettext("The email is a draft: nobody gets it until it is published."))]
    if email.has_unpublished_changes:
        return [gettext("The email has changes that are not published: people get it without them.")]
    return []


#: fields of an alert that name somebody
CHOSEN = ("team", "person", "address", "room")


@activities.register
class AlertSend(Activity):
    """Queues an email about each lead to people who work on the site."""

    key = "alert_send"
    immediate = True
    changes = ("event:alert_sent",)

    to = ChoiceBlock(
        label=_("Who is told"),
        choices=[
            (alerts.OWNER, _("The owner; without one, the sales team")),
            (alerts.SALES, _("The whole sales team")),
            (alerts.OTHERS, _("Only those chosen below")),
        ],
        default=alerts.OWNER,
        help_text=_("The sales team is everybody in the group “Salesperson”."),
    )
    text = TextBlock(
        label=_("Message"),
        max_length=5000,
        rows=3,
        default=_("Please get in touch with this person."),
        help_text=_("Name, address and a link to the person's page stand below it."),
    )
    team = TeamBlock(label=_("Also a team"), required=False)
    person = PersonBlock(label=_("Also a person"), required=False)
    address = EmailBlock(label=_("Also an address"), required=False)
    room = RoomBlock(label=_("Also a chat"), required=False)

    class Meta:
        label = _("Alert the sales team")
        icon = "warning"
        group = _("Sales")
        tone = "amber"
        description = _(
            "Tells colleagues about the person by email or in a chat: the owner, the sales team, anybody."
        )
        keywords = (_("notify"), _("tell"), _("inform"), _("colleague"))

    def clean(self, value):
        value = super().clean(value)
        if getattr(self, "is_deferred_validation", False):
            return value
        errors = {}
        if value["to"] == alerts.OTHERS and not any(value[name] for name in CHOSEN):
            errors["to"] = ValidationError(gettext("Choose somebody below, or another answer here."))
        try:
            personal.check(value["text"])
        except ValidationError as error:
            errors["text"] = error
        if errors:
            raise StructBlockValidationError(errors)
        return value

    def sentence(self, value) -> str:
        choices = {alerts.OWNER: _("the owner or the sales team"), alerts.SALES: _("the sales team")}
        who = [choices.get(value.get("to")), *(value.get(name) for name in CHOSEN)]
        names = ", ".join(str(name) for name in who if name)
        return gettext("Tell %(people)s") % {"people": names} if names else str(self.label)

    def apply(self, value, cohort) -> None:
        alerts.queue_alerts(
            cohort=cohort,
            to=value.get("to") or alerts.OWNER,
            text=value.get("text") or "",
            team=value.get("team"),
            person=value.get("person"),
            address=value.get("address") or "",
            room=self._room(value),
        )

    def _room(self, value):
        if not value.get("room"):
            return None
        found = Channel.objects.filter(IS_ROOM, pk=value["room"].pk).first()
        if found is None:
            raise MissingReference(Channel, value["room"].pk)
        return found
