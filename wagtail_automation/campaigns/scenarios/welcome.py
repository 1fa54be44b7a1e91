"""Welcome: who joins a list is greeted, and asked again if nothing was clicked."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .base import Scenario, register
from .kit import rule


@register
class Welcome(Scenario):
    key = "welcome"
    name = gettext_lazy("Welcome")
    sentence = gettext_lazy(
        "Greets everybody who joins your newsletter list, and shows those who clicked nothing what they "
        "missed."
    )
    before = (gettext_lazy("Let a form, an import or your team put people on the list “Newsletter”."),)
    icon = "mail"
    order = 10

    def build(self, kit):
        readers = kit.lead_list(_("Newsletter"), _("Everybody who asked for your newsletter."))
        fans = kit.lead_list(_("Interested readers"), _("They clicked in a welcome email."))
        hello = kit.email(
            _("1 Welcome"),
            _("Welcome, {{ lead.first_name | default: 'and thank you' }}"),
            _("Welcome!"),
            _("Hello {{ lead.first_name | default: 'and thank you for joining us' }},"),
            _("You will hear from us once a month. This is what our readers like best: add your links here."),
        )
        kit.start("list_joined", list=readers)
        kit.do("email_send", email=hello, name=_("Welcome email"))
        clicked = kit.ask(rule(("email_clicked", {"email": hello})), days=3, name=_("Clicked within 3 days?"))
        kit.do("list_add", list=fans, parent=clicked, branch="yes", name=_("Interested reader"))
        second = kit.email(
            _("2 In case you missed it"),
            _("In case you missed it"),
            _("In case you missed it"),
            _("Hello {{ lead.first_name | default: 'again' }},"),
            _("Three pages that are worth a minute: add your links here."),
        )
        kit.do("email_send", email=second, parent=clicked, branch="no", name=_("In case you missed it"))
