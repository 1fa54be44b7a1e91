"""Win-back: who has not visited for three months is asked to come again."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .base import Scenario, register
from .kit import rule


@register
class WinBack(Scenario):
    key = "win_back"
    name = gettext_lazy("Win-back")
    sentence = gettext_lazy(
        "Writes to people who have not visited you for three months, once more after two weeks, and notes "
        "who came back and who did not."
    )
    before = (gettext_lazy("Nobody gets it twice within half a year; change that under Settings."),)
    icon = "rotate"
    order = 70
    settings = {"reentry": "after", "reentry_days": 180}

    def build(self, kit):
        quiet = kit.segment(
            _("Quiet for three months"),
            _("Their last visit was at least 90 days ago."),
            rule(("last_visit", {"ago": {"operator": "gte", "value": 90, "to": None}, "unit": "days"})),
        )
        back = kit.lead_list(_("Came back"), _("They answered a win-back email."))
        asleep = kit.lead_list(_("Asleep"), _("They did not answer two win-back emails."))
        kit.start("recurring", segment=quiet, every="week", weekday="1", time="09:00:00")
        first = kit.email(
            _("1 We miss you"),
            _("We have not seen you for a while"),
            _("We have not seen you for a while"),
            _("Hello {{ lead.first_name | default: 'again' }},"),
            _("This is new since your last visit: add your links here."),
        )
        kit.do("email_send", email=first, name=_("We miss you"))
        came = kit.ask(
            rule(("email_clicked", {"email": first})), days=14, name=_("Clicked within two weeks?")
        )
        kit.do("list_add", list=back, parent=came, branch="yes", name=_("Came back"))
        second = kit.email(
            _("2 One more thing"),
            _("Something for you, if you like"),
            _("Something for you, if you like"),
            _("Hello {{ lead.first_name | default: 'again' }},"),
            _("A reason to come back: add your offer here."),
        )
        kit.do("email_send", email=second, parent=came, branch="no", name=_("One more thing"))
        again = kit.ask(
            rule(("email_clicked", {"email": second})),
            days=14,
            parent=came,
            branch="no",
            name=_("Clicked this time?"),
        )
        kit.do("list_add", list=back, parent=again, branch="yes", name=_("Came back"))
        kit.do("list_add", list=asleep, parent=again, branch="no", name=_("Asleep"))
