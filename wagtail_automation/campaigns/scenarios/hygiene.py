"""Data hygiene: names and capitals of new people are mended, and the inactive are let go (sunset)."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .base import Scenario, register
from .kit import items, rule


@register
class Hygiene(Scenario):
    key = "data_hygiene"
    name = gettext_lazy("Data hygiene")
    sentence = gettext_lazy(
        "Corrects names and capitals of new people, and each month asks those who were silent for a year "
        "whether they want to stay: who does not answer gets no more emails."
    )
    before = (
        gettext_lazy(
            "Without an answer within 14 days the consent to emails is taken back: decide whether you "
            "want that step."
        ),
    )
    icon = "clipboard-list"
    order = 80
    settings = {"reentry": "after", "reentry_days": 180}

    def build(self, kit):
        silent = kit.segment(
            _("Silent for a year"),
            _("Their last visit was at least 365 days ago."),
            rule(("last_visit", {"ago": {"operator": "gte", "value": 365, "to": None}, "unit": "days"})),
        )
        sunset = kit.lead_list(_("Sunset"), _("They did not want to stay, or did not answer."))
        kit.start("lead_created")
        kit.start("recurring", segment=silent, every="month", day=1, time="09:00:00")
        kit.do("fix_names", fields=items("first_name", "last_name"), name=_("Names"))
        kit.do("fix_capitals", fields=items("city", "company"), name=_("Capitals"))
        old = kit.ask(rule(("in_segment", {"segment": silent})), name=_("Silent for a year?"))
        email = kit.email(
            _("Stay in touch?"),
            _("Shall we stay in touch?"),
            _("Shall we stay in touch?"),
            _("Hello {{ lead.first_name | default: 'again' }},"),
            _("Click here if you want to hear from us: add the link. Otherwise this was our last email."),
        )
        kit.do("email_send", email=email, parent=old, branch="yes", name=_("Stay in touch?"))
        stays = kit.ask(
            rule(("email_clicked", {"email": email})),
            days=14,
            parent=old,
            branch="yes",
            name=_("Wants to stay?"),
        )
        kit.add("exit", {"reason": _("stays")}, parent=stays, branch="yes")
        kit.do("list_add", list=sunset, parent=stays, branch="no", name=_("Sunset"))
        kit.do(
            "consent_set",
            subject="email",
            value="withdraw",
            parent=stays,
            branch="no",
            name=_("No more emails"),
        )
