"""Conditions for people who celebrate."""

from django.utils.dates import MONTHS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail import blocks

from wagtail_automation.rules import Condition, Fields, conditions


@conditions.register
class BornInMonth(Condition):
    """True when the lead's birth date lies in the chosen month of any year."""

    key = "acme_born_in_month"
    depends_on = Fields("birth_date")

    month = blocks.ChoiceBlock(choices=list(MONTHS.items()), label=gettext_lazy("Month"))

    class Meta:
        label = gettext_lazy("Born in a month")
        description = gettext_lazy("The lead's birthday is in this month, whatever the year.")
        icon = "date"
        group = gettext_lazy("Acme")

    def q(self, value, scope):
        if not value["month"]:
            return scope.nobody()
        return scope.lead(birth_date__month=int(value["month"]))

    def sentence(self, value):
        if not value["month"]:
            return _("Born in a month")
        return _("Born in %(month)s") % {"month": MONTHS[int(value["month"])]}
