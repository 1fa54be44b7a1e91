"""What a rule may ask about interests. All compare what the interest is worth at the scope's moment."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.blocks import FloatBlock
from wagtail.blocks.struct_block import StructBlockValidationError

from wagtail_automation.rules.conditions import Condition, Facts, conditions

from .blocks import InterestChooserBlock
from .models import LeadInterest
from .querysets import bound


def points(label) -> FloatBlock:
    return FloatBlock(label=label, min_value=0, max_value=1_000_000)


class InterestCondition(Condition):
    """What the three have in common."""

    keywords = (_("subject"), _("topic"))
    depends_on = Facts(time=True)

    def get_depends_on(self, value):
        interest = value.get("interest")
        return Facts(frozenset({f"interest:{interest.pk}"} if interest else ()), time=True)

    def rows(self, value):
        return LeadInterest.objects.filter(interest_id=value["interest"].pk)


@conditions.register
class InterestAbove(InterestCondition):
    """Is worth more than a number of points now."""

    key = "interest_above"
    interest = InterestChooserBlock(label=_("Interest"))
    value = points(_("More points than"))
    waitable = True

    class Meta:
        label = _("Interest above")
        icon = "glasses"
        group = _("Lead")
        tone = "violet"
        description = _("The lead's interest in a subject is stronger than this now.")

    def q(self, value, scope):
        if not value.get("interest") or value.get("value") is None:
            return scope.nobody()
        rows = self.rows(value)
        if value["value"] > 0:
            rows = rows.filter(strength__gt=bound(value["value"], scope.now))
        return scope.where(rows)

    def sentence(self, value):
        if not value.get("interest") or value.get("value") is None:
            return str(self.label)
        return gettext("Interest in “%(interest)s” above %(points)s") % {
            "interest": value["interest"],
            "points": f"{value['value']:g}",
        }


@conditions.register
class InterestBelow(InterestCondition):
    """Is worth less than a number of points now; true at once of people without the interest."""

    key = "interest_below"
    interest = InterestChooserBlock(label=_("Interest"))
    value = points(_("Fewer points than"))
    negative = True

    class Meta:
        label = _("Interest below")
        icon = "glasses"
        group = _("Lead")
        tone = "violet"
        description = _("The lead's interest in a subject is weaker than this now, or there is none.")

    def q(self, value, scope):
        if not value.get("interest") or not value.get("value"):
            return scope.nobody()
        return ~scope.where(self.rows(value).filter(strength__gte=bound(value["value"], scope.now)))

    def sentence(self, value):
        if not value.get("interest") or value.get("value") is None:
            return str(self.label)
        return gettext("Interest in “%(interest)s” below %(points)s") % {
            "interest": value["interest"],
            "points": f"{value['value']:g}",
        }


@conditions.register
class InterestBetween(InterestCondition):
    """Is worth points from one number to another now, both included."""

    key = "interest_between"
    interest = InterestChooserBlock(label=_("Interest"))
    low = points(_("From"))
    high = points(_("To"))
    waitable = True

    class Meta:
        label = _("Interest between")
        icon = "glasses"
        group = _("Lead")
        tone = "violet"
        description = _("The lead's interest in a subject lies between two numbers now, both included.")

    def clean(self, value):
        cleaned = super().clean(value)
        low, high = cleaned.get("low"), cleaned.get("high")
        if low is not None and high is not None and low > high:
            message = gettext("The second number is the higher one.")
            raise StructBlockValidationError(block_errors={"high": ValidationError(message)})
        return cleaned

    def q(self, value, scope):
        low, high = value.get("low"), value.get("high")
        if not value.get("interest") or low is None or high is None or low > high or high <= 0:
            return scope.nobody()
        rows = self.rows(value)
        if low <= 0:
            return ~scope.where(rows.filter(strength__gt=bound(high, scope.now)))
        return scope.where(
            rows.filter(strength__gte=bound(low, scope.now), strength__lte=bound(high, scope.now))
        )

    def sentence(self, value):
        low, high = value.get("low"), value.get("high")
        if not value.get("interest") or low is None or high is None:
            return str(self.label)
        return gettext("Interest in “%(interest)s” from %(low)s to %(high)s") % {
            "interest": value["interest"],
            "low": f"{low:g}",
            "high": f"{high:g}",
        }
