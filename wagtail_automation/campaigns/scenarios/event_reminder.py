"""Event reminder: a confirmation, two reminders and a thank-you around a date of the person."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .base import Scenario, register


@register
class EventReminder(Scenario):
    key = "event_reminder"
    name = gettext_lazy("Event reminder")
    sentence = gettext_lazy(
        "Confirms a seat, reminds a week and a day before the event, and says thank you the day after."
    )
    before = (
        gettext_lazy("Put guests on the list “Guests” and write the day into their field “Event date”."),
    )
    icon = "calendar-alt"
    order = 50

    def build(self, kit):
        guests = kit.lead_list(_("Guests"), _("They have a seat at an event."))
        date = kit.custom_field("event_date", "date", _("Event date"))
        letters = [
            kit.email(name, subject, subject, _("Hello {{ lead.first_name | default: 'dear guest' }},"), text)
            for name, subject, text in (
                (
                    _("1 Your seat"),
                    _("Your seat is reserved"),
                    _("Place, time and how to get there: add them here."),
                ),
                (
                    _("2 In a week"),
                    _("We see you in a week"),
                    _("What to bring and whom you will meet: add it here."),
                ),
                (
                    _("3 Tomorrow"),
                    _("See you tomorrow"),
                    _("The address and the time once more: add them here."),
                ),
                (
                    _("4 Thank you"),
                    _("Thank you for coming"),
                    _("Pictures and what comes next: add them here."),
                ),
            )
        ]
        kit.start("list_joined", list=guests)
        kit.do("email_send", email=letters[0], name=_("Your seat"))
        kit.add("run_before_date", {"days": 7, "field": date, "time": "09:00:00", "past": "go_on"})
        kit.do("email_send", email=letters[1], name=_("In a week"))
        kit.add("run_before_date", {"days": 1, "field": date, "time": "09:00:00", "past": "go_on"})
        kit.do("email_send", email=letters[2], name=_("Tomorrow"))
        kit.add("wait_after_date", {"days": 1, "field": date, "time": "09:00:00", "past": "leave"})
        kit.do("email_send", email=letters[3], name=_("Thank you"))
