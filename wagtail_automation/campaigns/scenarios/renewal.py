"""Renewal: a letter a month before a contract ends; sales call who has not renewed a week before."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .base import Scenario, register
from .kit import rule


@register
class Renewal(Scenario):
    key = "renewal"
    name = gettext_lazy("Renewal")
    sentence = gettext_lazy(
        "Writes a month before a contract ends; a week before, who has not renewed is reminded and sales are "
        "told."
    )
    before = (
        gettext_lazy("Fill the field “Renewal date”. Whose date moves into the future counts as renewed."),
    )
    icon = "rotate"
    order = 60
    settings = {"reentry": "each"}

    def build(self, kit):
        date = kit.custom_field("renewal_date", "date", _("Renewal date"))
        month = kit.email(
            _("1 In a month"),
            _("Your contract ends in a month"),
            _("Your contract ends in a month"),
            _("Hello {{ lead.first_name | default: 'dear customer' }},"),
            _("Renew it in two minutes: add the link here."),
        )
        thanks = kit.email(
            _("2 Thank you"),
            _("Thank you for staying"),
            _("Thank you for staying"),
            _("Hello {{ lead.first_name | default: 'dear customer' }},"),
            _("It is good to have you with us for another year."),
        )
        week = kit.email(
            _("2 In a week"),
            _("Your contract ends in a week"),
            _("Your contract ends in a week"),
            _("Hello {{ lead.first_name | default: 'dear customer' }},"),
            _("Renew it today, or call us: add the link and the number here."),
        )
        kit.start("date_reached", field=date, days=30, side="before", yearly=False, time="09:00:00")
        kit.do("email_send", email=month, name=_("A month before"))
        kit.add("wait_days", {"amount": 23, "unit": "days"})
        moved = {"field": date, "distance": "at_least", "days": 30, "side": "after"}
        renewed = kit.ask(rule(("field_days_from_today", moved)), name=_("Renewed?"))
        kit.do("email_send", email=thanks, parent=renewed, branch="yes", name=_("Thank you"))
        kit.do("email_send", email=week, parent=renewed, branch="no", name=_("A week before"))
        kit.do(
            "alert_send",
            text=_("This contract ends in a week and was not renewed. Please call."),
            parent=renewed,
            branch="no",
            name=_("Alert to sales"),
        )
