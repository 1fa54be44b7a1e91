"""Onboarding with double opt-in: nothing is sent before the address is confirmed."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .base import Scenario, register
from .kit import rule


@register
class Onboarding(Scenario):
    key = "double_opt_in_onboarding"
    name = gettext_lazy("Onboarding after double opt-in")
    sentence = gettext_lazy(
        "Waits until a new person has confirmed the address, then introduces you in two emails; who never "
        "confirms gets nothing."
    )
    before = (
        gettext_lazy("Turn double opt-in on: Settings → Privacy, and a form with a box for the consent."),
    )
    icon = "circle-check"
    order = 20

    def build(self, kit):
        silent = kit.lead_list(_("Never confirmed"), _("They signed up and did not confirm their address."))
        kit.start("lead_created")
        confirmed = kit.add(
            "wait_for",
            {"rule": rule(("has_consent", {"subject": "email"})), "patience": 3, "unit": "days"},
            name=_("Address confirmed?"),
        )
        hello = kit.email(
            _("1 Good to have you"),
            _("Good to have you"),
            _("Good to have you"),
            _("Hello {{ lead.first_name | default: 'and welcome' }},"),
            _("Your address is confirmed. This is who we are and what you can expect: add your text here."),
        )
        kit.do("email_send", email=hello, parent=confirmed, branch="true", name=_("Good to have you"))
        kit.add("wait_days", {"amount": 2, "unit": "days"}, parent=confirmed, branch="true")
        steps = kit.email(
            _("2 First steps"),
            _("Your first steps"),
            _("Your first steps"),
            _("Hello {{ lead.first_name | default: 'again' }},"),
            _("Three things to begin with: add them here."),
        )
        kit.do("email_send", email=steps, parent=confirmed, branch="true", name=_("First steps"))
        kit.do("list_add", list=silent, parent=confirmed, branch="timed_out", name=_("Never confirmed"))
