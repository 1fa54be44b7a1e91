"""How many people match a rule that is being written: exact if that is quick, else an honest "more than"."""

from dataclasses import dataclass

from django.db import DatabaseError
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from wagtail_automation import clock
from wagtail_automation.leads.models import Lead
from wagtail_automation.rules.compiler import compile_rule
from wagtail_automation.rules.rule import Rule
from wagtail_automation.rules.scope import Scope

from .querysets import COUNT_TIMEOUT_SECONDS, patient

EXAMPLES = 5
#: How far is counted when everything takes too long, and for how many seconds.
MORE_THAN, MORE_SECONDS = 1000, 2


@dataclass(frozen=True)
class LiveCount:
    """``number`` None: nothing is known in time; ``is_exact`` False: there are more than ``number``."""

    number: int | None
    is_exact: bool = True
    examples: tuple[Lead, ...] = ()

    @property
    def message(self) -> str:
        if self.number is None:
            return _("Counting takes too long here. The segment itself is computed in the background.")
        shown = number_format(self.number, force_grouping=True)
        if not self.is_exact:
            return _("More than %(count)s leads match now: counting them all takes too long here.") % {
                "count": shown
            }
        return ngettext("%(count)s lead matches now", "%(count)s leads match now", self.number) % {
            "count": shown
        }


def live_count(rule: Rule, leads=None) -> LiveCount:
    """Ask for at most ``COUNT_TIMEOUT_SECONDS`` and, where that is not enough, ``MORE_SECONDS``.

    ``leads``: the queryset of those that the user may see (default: everybody).
    """
    everybody = Lead.objects.all() if leads is None else leads
    try:
        with patient(seconds=COUNT_TIMEOUT_SECONDS):
            matching = everybody.filter(compile_rule(rule, Scope(clock.now(), mode="set")))
            return LiveCount(matching.count(), True, tuple(matching.order_by("-pk")[:EXAMPLES]))
    except DatabaseError:
        return _at_least(rule, everybody)


def _at_least(rule: Rule, everybody) -> LiveCount:
    """Person by person, newest first, until enough are found: what was found is a lower bound."""
    try:
        with patient(seconds=MORE_SECONDS):
            matching = everybody.filter(compile_rule(rule, Scope(clock.now(), mode="one")))
            found = list(matching.order_by("-pk").values_list("pk", flat=True)[: MORE_THAN + 1])
            examples = tuple(Lead.objects.filter(pk__in=found[:EXAMPLES]).order_by("-pk"))
            if len(found) <= MORE_THAN:  # all of them were found after all
                return LiveCount(len(found), True, examples)
            return LiveCount(MORE_THAN, False, examples)
    except DatabaseError:
        return LiveCount(None)
