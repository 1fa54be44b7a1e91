"""A campaign ready to be adjusted: new people get a printed letter a day later."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from wagtail_automation.campaigns.scenarios import Scenario, register


@register
class LetterOfWelcome(Scenario):
    """One class; its steps and texts are written by ``build``."""

    key = "acme_letter_of_welcome"
    name = gettext_lazy("Letter of welcome")
    sentence = gettext_lazy("Prints a letter for everybody new, a day after they became known.")
    before = (gettext_lazy("Adjust the text of the letter."),)
    icon = "openquote"

    def build(self, kit):
        printed = kit.lead_list(_("Printed letters"), _("They got a letter on paper."))
        kit.start("lead_created")
        kit.add("wait_days", {"amount": 1, "unit": "days"})
        kit.do("acme_print_letter", text=_("Welcome!"), name=_("Letter"))
        kit.do("list_add", list=printed)
