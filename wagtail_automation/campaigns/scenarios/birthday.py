"""Birthday: a greeting in the morning of the day, every year."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .base import Scenario, register


@register
class Birthday(Scenario):
    key = "birthday"
    name = gettext_lazy("Birthday")
    sentence = gettext_lazy(
        "Sends a greeting at nine in the morning of the birthday, where the person lives."
    )
    before = (gettext_lazy("Collect birth dates: a form or an import fills the field “Birth date”."),)
    icon = "date"
    order = 40
    settings = {"reentry": "each"}

    def build(self, kit):
        kit.start("date_reached", field="birth_date", days=0, side="before", yearly=True, time="09:00:00")
        email = kit.email(
            _("Birthday"),
            _("Happy birthday, {{ lead.first_name | default: 'and all the best' }}!"),
            _("Happy birthday!"),
            _("Dear {{ lead.first_name | default: 'friend' }},"),
            _("All of us wish you a wonderful day. A small present waits for you: add it here."),
        )
        kit.do("email_send", email=email, name=_("Birthday email"))
