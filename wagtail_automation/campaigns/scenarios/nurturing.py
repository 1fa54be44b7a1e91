"""Lead nurturing: who shows interest is handed over to sales, the others are kept warm."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .base import Scenario, register
from .kit import rule


@register
class Nurturing(Scenario):
    key = "lead_nurturing"
    name = gettext_lazy("Lead nurturing with hand-over to sales")
    sentence = gettext_lazy(
        "Sends prospects something to read; who clicks twice gets points and is handed over to sales with an "
        "alert, the others are kept warm."
    )
    before = (
        gettext_lazy("Put prospects on the list “Prospects”: by a form, an import or by hand."),
        gettext_lazy("Sales are the owner of the lead, else everybody in the group Salesperson."),
    )
    icon = "group"
    order = 30

    def build(self, kit):
        prospects = kit.lead_list(_("Prospects"), _("People who may become customers."))
        handed = kit.lead_list(_("Handed over to sales"), _("Sales take it from here."))
        warm = kit.lead_list(_("To be kept warm"), _("Not ready yet."))
        guide = kit.email(
            _("1 A guide"),
            _("A guide for you"),
            _("A guide for you"),
            _("Hello {{ lead.first_name | default: 'and welcome' }},"),
            _("This guide answers what people ask us most: add the link here."),
        )
        case = kit.email(
            _("2 A customer's story"),
            _("How others did it"),
            _("How others did it"),
            _("Hello {{ lead.first_name | default: 'again' }},"),
            _("The story of a customer with the same question: add the link here."),
        )
        kit.start("list_joined", list=prospects)
        kit.do("email_send", email=guide, name=_("A guide"))
        read = kit.ask(rule(("email_clicked", {"email": guide})), days=5, name=_("Read the guide?"))
        place = {"parent": read, "branch": "yes"}
        kit.do("score_change", operation="add", value=10, name=_("10 points"), **place)
        kit.do("email_send", email=case, name=_("A customer's story"), **place)
        story = kit.ask(rule(("email_clicked", {"email": case})), days=7, name=_("Read the story?"), **place)
        ready = {"parent": story, "branch": "yes"}
        kit.do("score_change", operation="add", value=10, name=_("10 points"), **ready)
        kit.do("list_add", list=handed, name=_("Handed over to sales"), **ready)
        kit.do(
            "alert_send",
            text=_("This prospect read the guide and the customer's story. Please get in touch."),
            name=_("Alert to sales"),
            **ready,
        )
        kit.do("list_add", list=warm, parent=story, branch="no", name=_("Keep warm"))
        kit.do("list_add", list=warm, parent=read, branch="no", name=_("Keep warm"))
