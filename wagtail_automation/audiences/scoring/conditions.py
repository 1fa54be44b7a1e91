"""What a rule may ask about points: the total, or one group."""

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.blocks import IntegerBlock
from wagtail.blocks.struct_block import StructBlockValidationError

from wagtail_automation.rules.conditions import Condition, Facts, Fields, conditions

from .blocks import ScoreGroupBlock
from .models import GroupScore

LOWEST, HIGHEST = -2_000_000_000, 2_000_000_000


def number(label) -> IntegerBlock:
    return IntegerBlock(label=label, min_value=LOWEST, max_value=HIGHEST)


def points_between(scope, group, low: int, high: int) -> Q:
    """Points from ``low`` to ``high``, both included. Who has no row in a group has zero points there."""
    if low > high:
        return scope.nobody()
    if not group:
        return scope.lead(score__gte=low, score__lte=high)
    rows = GroupScore.objects.filter(group_id=group.pk)
    if low <= 0 <= high:
        return ~scope.where(rows.filter(Q(points__lt=low) | Q(points__gt=high)))
    return scope.where(rows.filter(points__gte=low, points__lte=high))


class ScoreCondition(Condition):
    """What the three have in common."""

    depends_on = Fields("score")

    def get_depends_on(self, value):
        group = value.get("group")
        return Facts(frozenset({f"score:{group.pk}"})) if group else Fields("score")

    def said(self, value, total: str, grouped: str, **numbers) -> str:
        group = value.get("group")
        return (grouped if group else total) % {**numbers, "group": group}


@conditions.register
class ScoreAbove(ScoreCondition):
    """Has more points than a number."""

    key = "score_above"
    keywords = (_("points"), _("scoring"))
    value = number(_("More points than"))
    group = ScoreGroupBlock(required=False)
    waitable = True

    class Meta:
        label = _("Score above")
        icon = "order-up"
        group = _("Lead")
        tone = "violet"
        description = _("The lead's score, or its points in a group, is higher than this number.")

    def q(self, value, scope):
        if value.get("value") is None:
            return scope.nobody()
        if not value.get("group"):
            return scope.lead(score__gt=value["value"])
        return points_between(scope, value["group"], value["value"] + 1, HIGHEST)

    def sentence(self, value):
        if value.get("value") is None:
            return str(self.label)
        return self.said(
            value,
            gettext("Score above %(points)s"),
            gettext("Score “%(group)s” above %(points)s"),
            points=value["value"],
        )


@conditions.register
class ScoreBelow(ScoreCondition):
    """Has fewer points than a number; true at once of people who never got any."""

    key = "score_below"
    keywords = (_("points"), _("scoring"))
    value = number(_("Fewer points than"))
    group = ScoreGroupBlock(required=False)
    negative = True

    class Meta:
        label = _("Score below")
        icon = "order-down"
        group = _("Lead")
        tone = "violet"
        description = _("The lead's score, or its points in a group, is lower than this number.")

    def q(self, value, scope):
        if value.get("value") is None:
            return scope.nobody()
        if not value.get("group"):
            return scope.lead(score__lt=value["value"])
        return points_between(scope, value["group"], LOWEST, value["value"] - 1)

    def sentence(self, value):
        if value.get("value") is None:
            return str(self.label)
        return self.said(
            value,
            gettext("Score below %(points)s"),
            gettext("Score “%(group)s” below %(points)s"),
            points=value["value"],
        )


@conditions.register
class ScoreBetween(ScoreCondition):
    """Has points from one number to another, both included."""

    key = "score_between"
    keywords = (_("points"), _("scoring"))
    low = number(_("From"))
    high = number(_("To"))
    group = ScoreGroupBlock(required=False)
    waitable = True

    class Meta:
        label = _("Score between")
        icon = "order"
        group = _("Lead")
        tone = "violet"
        description = _(
            "The lead's score, or its points in a group, lies between two numbers, both included."
        )

    def clean(self, value):
        cleaned = super().clean(value)
        low, high = cleaned.get("low"), cleaned.get("high")
        if low is not None and high is not None and low > high:
            message = gettext("The second number is the higher one.")
            raise StructBlockValidationError(block_errors={"high": ValidationError(message)})
        return cleaned

    def q(self, value, scope):
        if value.get("low") is None or value.get("high") is None:
            return scope.nobody()
        return points_between(scope, value.get("group"), value["low"], value["high"])

    def sentence(self, value):
        if value.get("low") is None or value.get("high") is None:
            return str(self.label)
        return self.said(
            value,
            gettext("Score from %(low)s to %(high)s"),
            gettext("Score “%(group)s” from %(low)s to %(high)s"),
            low=value["low"],
            high=value["high"],
        )
