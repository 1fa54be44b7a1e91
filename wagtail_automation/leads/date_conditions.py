"""Questions about the dates of a lead. "Today" is the day where the lead lives; moments lie on a day of the
site's zone."""

import datetime as dt

from django.core.exceptions import ValidationError
from django.db.models import Q, Value
from django.db.models.functions import Coalesce
from django.db.models.lookups import GreaterThan, GreaterThanOrEqual, LessThan, LessThanOrEqual
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from wagtail.blocks import ChoiceBlock, IntegerBlock
from wagtail.blocks.struct_block import StructBlockValidationError

from wagtail_automation.rules.conditions import Condition, Fields, Time, register

from .blocks import LeadFieldChoiceBlock, chosen_field
from .days import born_by, on_their_day, site_day
from .field_days import TYPES, FieldDays
from .fields import COLUMNS
from .operators import (
    MAX_DAYS,
    DateComparison,
    NumberComparison,
    date_q,
    date_words,
    is_relative,
    number_q,
    number_words,
)

GROUP = _("Profile")
OLDEST = 150


def _days(value) -> int | None:
    """Days that a form may have written; None for anything else."""
    days = value.get("days")
    if isinstance(days, bool) or not isinstance(days, int) or abs(days) > MAX_DAYS:
        return None
    return days


@register
class Age(Condition):
    """Whole years since birth, on the day where the lead lives."""

    key = "age"
    keywords = (_("birthday"), _("years"))
    depends_on = Fields("birth_date", "time_zone") | Time()

    years = NumberComparison(whole=True, label=_("Years"))

    class Meta:
        label = _("Age")
        icon = "user"
        group = GROUP
        tone = "blue"
        description = _(
            "The person's age in years, by their birth date and the day where they live. Those without a "
            "birth date match nothing."
        )

    def q(self, value, scope):
        born = FieldDays(COLUMNS["birth_date"], scope.prefix)

        def ask(op, years):
            if years > OLDEST:
                years = OLDEST + 1

            def on(today):
                youngest = born_by(today, years)  # of those who are at least so old
                one_less = born_by(today, years + 1)
                after, after_one_less = youngest + dt.timedelta(days=1), one_less + dt.timedelta(days=1)
                return {
                    "gte": lambda: born.between(None, youngest),
                    "gt": lambda: born.between(None, one_less),
                    "lt": lambda: born.between(after, None),
                    "lte": lambda: born.between(after_one_less, None),
                    "exact": lambda: born.between(after_one_less, youngest),
                }[op]()

            return on_their_day(scope, on)

        return number_q(value.get("years"), ask) or scope.nobody()

    def sentence(self, value):
        return number_words(gettext("Age"), value.get("years"))


class DatedFieldCondition(Condition):
    """Asks about a field that holds a day."""

    def get_depends_on(self, value):
        keys = [str(value[name]) for name in ("field", "other") if value.get(name)]
        return Fields(*keys, "time_zone") | Time()

    def q(self, value, scope):
        field = chosen_field(value)
        if field is None or field.type not in TYPES:
            return scope.nobody()
        return self.ask(value, FieldDays(field, scope.prefix), scope) or scope.nobody()

    def ask(self, value, target: FieldDays, scope) -> Q | None:
        """The filter; None if the parameters are incomplete."""
        raise NotImplementedError


@register
class DateField(DatedFieldCondition):
    """A date field compared with a day, or with today."""

    key = "date_field"
    keywords = (_("date"), _("before"), _("after"), _("anniversary"), _("birthday"))

    field = LeadFieldChoiceBlock(types=TYPES, label=_("Field"))
    compare = DateComparison(label=_("Day"))

    class Meta:
        label = _("Date field")
        icon = "date"
        group = GROUP
        tone = "blue"
        description = _("A date of the lead lies on, before or after a day, or near its anniversary.")

    def get_depends_on(self, value):
        facts = Fields(str(value["field"])) if value.get("field") else Fields()
        return facts | Fields("time_zone") | Time() if is_relative(value.get("compare")) else facts

    def ask(self, value, target, scope):
        compare = value.get("compare")
        if not is_relative(compare):
            return date_q(compare, scope.now.date(), target)
        if date_q(compare, scope.now.date(), target) is None:
            return None
        return on_their_day(scope, lambda today: date_q(compare, today, target))

    def sentence(self, value):
        if not value.get("field"):
            return str(self.label)
        return date_words(value["field"].label, value.get("compare"))


SIDES = {"after": _("after today"), "before": _("before today")}


@register
class FieldBetweenDaysAndToday(DatedFieldCondition):
    """A date lies between today and so many days before or after it, both included."""

    key = "field_between_days_and_today"
    keywords = (_("soon"), _("recently"), _("date"))

    field = LeadFieldChoiceBlock(types=TYPES, label=_("Field"))
    days = IntegerBlock(min_value=0, max_value=MAX_DAYS, default=7, label=_("Days"))
    side = ChoiceBlock(choices=list(SIDES.items()), default="after", label=_("Before or after today"))

    class Meta:
        label = _("Date near today")
        icon = "date"
        group = GROUP
        tone = "blue"
        description = _("A date of the lead lies between today and some days before or after it.")

    def ask(self, value, target, scope):
        days = _days(value)
        if days is None or value.get("side") not in SIDES:
            return None
        operator = "next" if value["side"] == "after" else "last"
        return on_their_day(scope, lambda today: date_q({"operator": operator, "days": days}, today, target))

    def sentence(self, value):
        days = value.get("days")
        if not value.get("field") or not isinstance(days, int):
            return str(self.label)
        operator = "last" if value.get("side") == "before" else "next"
        return date_words(value["field"].label, {"operator": operator, "days": days})


DISTANCES = {"exactly": _("exactly"), "at_least": _("at least"), "at_most": _("at most")}


@register
class FieldDaysFromToday(DatedFieldCondition):
    """A date is exactly, at least or at most so many days before or after today."""

    key = "field_days_from_today"
    keywords = (_("ago"), _("date"))

    field = LeadFieldChoiceBlock(types=TYPES, label=_("Field"))
    distance = ChoiceBlock(choices=list(DISTANCES.items()), default="exactly", label=_("Comparison"))
    days = IntegerBlock(min_value=0, max_value=MAX_DAYS, default=7, label=_("Days"))
    side = ChoiceBlock(choices=list(SIDES.items()), default="after", label=_("Before or after today"))

    class Meta:
        label = _("Days from today to a date")
        icon = "date"
        group = GROUP
        tone = "blue"
        description = _("A date of the lead is exactly, at least or at most so many days away from today.")

    def ask(self, value, target, scope):
        days, distance, side = _days(value), value.get("distance"), value.get("side")
        if days is None or days < 0 or side not in SIDES or distance not in DISTANCES:
            return None
        sign = 1 if side == "after" else -1

        def on(today):
            far = today + dt.timedelta(days=sign * days)
            if distance == "exactly":
                return target.between(far, far)
            if distance == "at_most":
                return target.between(min(today, far), max(today, far))
            return target.between(far, None) if sign > 0 else target.between(None, far)

        return on_their_day(scope, on)

    def sentence(self, value):
        days, distance = value.get("days"), value.get("distance")
        if not value.get("field") or not isinstance(days, int) or distance not in DISTANCES:
            return str(self.label)
        words = {"field": value["field"].label, "distance": DISTANCES[distance], "days": days}
        if value.get("side") == "before":
            return (
                ngettext(
                    "%(field)s %(distance)s %(days)d day ago",
                    "%(field)s %(distance)s %(days)d days ago",
                    days,
                )
                % words
            )
        return (
            ngettext(
                "%(field)s in %(distance)s %(days)d day", "%(field)s in %(distance)s %(days)d days", days
            )
            % words
        )


@register
class DaysBeforeDate(DatedFieldCondition):
    """Today is so many days before a date."""

    key = "days_before_date"
    keywords = (_("before"), _("date"))

    days = IntegerBlock(min_value=0, max_value=MAX_DAYS, default=7, label=_("Days before"))
    field = LeadFieldChoiceBlock(types=TYPES, label=_("Field"))

    class Meta:
        label = _("Today is days before a date")
        icon = "date"
        group = GROUP
        tone = "blue"
        description = _("Today is exactly so many days before a date of the lead.")

    def ask(self, value, target, scope):
        days = _days(value)
        if days is None or days < 0:
            return None
        return on_their_day(scope, lambda today: date_q({"operator": "in", "days": days}, today, target))

    def sentence(self, value):
        days = value.get("days")
        if not value.get("field") or not isinstance(days, int):
            return str(self.label)
        return ngettext(
            "Today is %(days)d day before %(field)s", "Today is %(days)d days before %(field)s", days
        ) % {"days": days, "field": value["field"].label}


ORDERS = {"before": _("before"), "after": _("after"), "same": _("on the same day")}


@register
class DatesCompared(DatedFieldCondition):
    """Two dates of the same lead. ``days`` moves the second date; for "same day" it is how far they may lie
    apart."""

    key = "dates_compared"
    keywords = (_("date"), _("before"), _("after"))

    field = LeadFieldChoiceBlock(types=TYPES, label=_("Date"))
    order = ChoiceBlock(choices=list(ORDERS.items()), default="before", label=_("Comparison"))
    other = LeadFieldChoiceBlock(types=TYPES, label=_("Other date"))
    days = IntegerBlock(
        required=False,
        default=0,
        min_value=-MAX_DAYS,
        max_value=MAX_DAYS,
        label=_("Days"),
        help_text=_(
            "Moves the other date by so many days, earlier if the number is negative. For “on the same day”: "
            "how many days they may lie apart."
        ),
    )

    class Meta:
        label = _("Two dates compared")
        icon = "date"
        group = GROUP
        tone = "blue"
        description = _("One date of the lead lies before, after or on the same day as another one.")

    def get_depends_on(self, value):
        return Fields(*(str(value[name]) for name in ("field", "other") if value.get(name)))

    def clean(self, value):
        result = super().clean(value)
        if result.get("field") and str(result["field"]) == str(result.get("other") or ""):
            raise StructBlockValidationError({"other": ValidationError(gettext("Choose another date."))})
        return result

    def ask(self, value, target, scope):
        other = getattr(value.get("other"), "field", None)
        days = _days({"days": value.get("days") or 0})
        if other is None or other.type not in TYPES or days is None or value.get("order") not in ORDERS:
            return None
        # NULL if one of them is missing; Coalesce makes that a plain no
        apart = target.number() - FieldDays(other, scope.prefix).number()
        if value["order"] == "before":
            return Q(LessThan(Coalesce(apart, Value(10**9)), days))
        if value["order"] == "after":
            return Q(GreaterThan(Coalesce(apart, Value(-(10**9))), days))
        near = Coalesce(apart, Value(10**9))
        return Q(GreaterThanOrEqual(near, -abs(days))) & Q(LessThanOrEqual(near, abs(days)))

    def sentence(self, value):
        order = value.get("order")
        if not value.get("field") or not value.get("other") or order not in ORDERS:
            return str(self.label)
        days = value.get("days") or 0
        words = {"field": value["field"].label, "other": value["other"].label, "days": days}
        if order == "same":
            if not days:
                return gettext("%(field)s on the same day as %(other)s") % words
            sentence = ngettext(
                "%(field)s at most %(days)d day from %(other)s",
                "%(field)s at most %(days)d days from %(other)s",
                abs(days),
            )
            return sentence % (words | {"days": abs(days)})
        if not days:
            sentences = {
                "before": gettext("%(field)s before %(other)s"),
                "after": gettext("%(field)s after %(other)s"),
            }
            return sentences[order] % words
        sentences = {
            "before": gettext("%(field)s before %(other)s %(days)+d days"),
            "after": gettext("%(field)s after %(other)s %(days)+d days"),
        }
        return sentences[order] % words


@register
class Created(Condition):
    """When the lead was first seen, by the days of the site's zone."""

    key = "created"
    keywords = (_("new"), _("since"), _("date"))

    compare = DateComparison(label=_("Day"))

    class Meta:
        label = _("Created")
        icon = "date"
        group = GROUP
        tone = "blue"
        description = _("The day on which the lead was created: its first visit, form or import.")

    def get_depends_on(self, value):
        # a new lead is looked at in every segment anyway
        return Fields("created_at") | Time() if is_relative(value.get("compare")) else Fields("created_at")

    def q(self, value, scope):
        target = FieldDays(COLUMNS["created_at"], scope.prefix)
        return date_q(value.get("compare"), site_day(scope.now), target) or scope.nobody()

    def sentence(self, value):
        return date_words(gettext("Created"), value.get("compare"))
