"""What a rule may ask about a customer as a whole: how much, how often, how lately. Answered by the counters
of each lead, but for "in the last days", which asks the orders."""

import datetime as dt
from decimal import Decimal

from django.db.models import ExpressionWrapper, F, FloatField, Q, Value
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from wagtail.blocks import ChoiceBlock, IntegerBlock

from wagtail_automation.leads.operators import NumberComparison, number_q, number_words, whole_bound
from wagtail_automation.rules.conditions import Condition, Facts, Time, conditions
from wagtail_automation.tracking.visit_conditions import DURATIONS, UNITS

from . import money, rfm
from .blocks import CurrencyBlock
from .events import ORDER_FACT
from .models import LeadOrders, LeadSpend, Order

GROUP = _("E-commerce")
ORDERED = Facts(frozenset({ORDER_FACT}))
MAX_DAYS = 36_500


def days_block() -> IntegerBlock:
    return IntegerBlock(
        label=_("In the last days"),
        required=False,
        min_value=1,
        max_value=MAX_DAYS,
        help_text=_("Leave it empty for all time."),
    )


def whole_in(value, low: int, high: int) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high else None


def at_least_q(scope, value, at_least) -> Q | None:
    """A comparison of a whole total of which only "at least n" (n > 0) can be asked. Those who never bought
    have 0: they are below everything else."""

    def from_n(n: int) -> Q:
        return ~scope.nobody() if n <= 0 else at_least(n)

    def ask(op, number):
        bound = whole_bound(op, number)
        if bound is None:
            return scope.nobody()
        op, n = bound
        return {
            "gte": lambda: from_n(n),
            "gt": lambda: from_n(n + 1),
            "lt": lambda: ~from_n(n),
            "lte": lambda: ~from_n(n + 1),
            "exact": lambda: from_n(n) & ~from_n(n + 1),
        }[op]()

    return number_q(value, ask)


def in_units(comparison: dict | None, currency: str) -> dict:
    """A comparison of decimal amounts as one of whole units; what is finer stays a fraction."""
    found = dict(comparison or {})
    for name in ("value", "to"):
        number = found.get(name)
        if isinstance(number, int | float) and not isinstance(number, bool):
            units = Decimal(str(number)).scaleb(money.decimals(currency))
            found[name] = int(units) if units == units.to_integral_value() else float(units)
    return found


class Windowed(Condition):
    """Base: a total of all time by the counters, or one of the last days by the orders."""

    waitable = True
    counted_from = "ever"
    depends_on = ORDERED

    def get_depends_on(self, value):
        return ORDERED | Time() if value.get("days") else ORDERED

    def since(self, value, scope) -> dt.datetime | None:
        """When the window begins; None for all time. Raises ValueError for days nobody wrote in a form."""
        days = value.get("days")
        if days is None:
            return None
        if whole_in(days, 1, MAX_DAYS) is None:
            raise ValueError("no window")
        return scope.now - dt.timedelta(days=days)

    def in_window(self, said: str, value) -> str:
        days = whole_in(value.get("days"), 1, MAX_DAYS)
        if days is None:
            return said
        return ngettext("%(what)s, in the last %(days)d day", "%(what)s, in the last %(days)d days", days) % {
            "what": said,
            "days": days,
        }


@conditions.register
class AmountSpent(Windowed):
    """What was spent in one currency, less what was paid back."""

    key = "amount_spent"
    keywords = (_("revenue"), _("purchase"), _("value"))
    amount = NumberComparison(label=_("Amount"))
    currency = CurrencyBlock(label=_("Currency"))
    days = days_block()

    class Meta:
        label = _("Amount spent")
        icon = "wa-cart"
        group = GROUP
        tone = "green"
        description = _(
            "What the person spent in all, or in the last days, in this currency, less what was paid back."
        )

    def q(self, value, scope):
        currency = str(value.get("currency") or "")
        if currency not in money.currencies():
            return scope.nobody()
        try:
            since = self.since(value, scope)
        except ValueError:
            return scope.nobody()

        def at_least(units):
            if since is None:
                return scope.where(LeadSpend.objects.filter(currency=currency, revenue__gte=units))
            return scope.where(Order.objects.spent(currency, units, since))

        return at_least_q(scope, in_units(value.get("amount"), currency), at_least) or scope.nobody()

    def sentence(self, value):
        what = gettext("Spent (%(currency)s)") % {"currency": value.get("currency") or "?"}
        said = number_words(what, value.get("amount"))
        return str(self.label) if said == what else self.in_window(said, value)


@conditions.register
class OrderCount(Windowed):
    """Orders that count, in all currencies together."""

    key = "order_count"
    keywords = (_("transactions"), _("purchase"), _("frequency"))
    count = NumberComparison(whole=True, label=_("Orders"))
    days = days_block()

    class Meta:
        label = _("Number of orders")
        icon = "wa-cart"
        group = GROUP
        tone = "green"
        description = _("How many paid orders the person has made in all, or in the last days.")

    def q(self, value, scope):
        try:
            since = self.since(value, scope)
        except ValueError:
            return scope.nobody()

        def at_least(n):
            if since is None:
                return scope.where(LeadOrders.objects.filter(order_count__gte=n))
            return scope.where(Order.objects.counted().filter(paid_at__gte=since), times=n)

        return at_least_q(scope, value.get("count"), at_least) or scope.nobody()

    def sentence(self, value):
        what = gettext("Orders")
        said = number_words(what, value.get("count"))
        return str(self.label) if said == what else self.in_window(said, value)


@conditions.register
class RfmClass(Condition):
    """Recency, frequency and value together, compared with all other customers; computed once a day."""

    key = "rfm_class"
    keywords = (_("recency"), _("frequency"), _("value"), _("customers"))
    counted_from = "ever"
    depends_on = Facts(frozenset({rfm.FACT}))

    name = ChoiceBlock(choices=list(rfm.CLASSES.items()), label=_("Class"))

    class Meta:
        label = _("Customer class (RFM)")
        icon = "wa-cart"
        group = GROUP
        tone = "green"
        description = _(
            "How recently, how often and for how much the person bought, compared with all other customers. "
            "Computed once a day."
        )

    def q(self, value, scope):
        name = value.get("name")
        if name not in rfm.CLASSES:
            return scope.nobody()
        return scope.where(LeadOrders.objects.filter(rfm=name))

    def sentence(self, value):
        name = value.get("name")
        if name not in rfm.CLASSES:
            return str(self.label)
        return gettext("Customer class: %(name)s") % {"name": rfm.CLASSES[name]}


@conditions.register
class AverageBasket(Condition):
    """What an order of the person is worth on average, in one currency. Those who never bought match
    nothing."""

    key = "average_basket"
    keywords = (_("revenue"), _("purchase"), _("value"), _("basket"))
    counted_from = "ever"
    depends_on = ORDERED

    amount = NumberComparison(label=_("Amount"))
    currency = CurrencyBlock(label=_("Currency"))

    class Meta:
        label = _("Average order")
        icon = "wa-cart"
        group = GROUP
        tone = "green"
        description = _(
            "What the person's orders are worth on average, less what was paid back. Those who never bought "
            "match nothing."
        )

    def q(self, value, scope):
        currency = str(value.get("currency") or "")
        if currency not in money.currencies():
            return scope.nobody()

        def ask(op, number):
            bound = ExpressionWrapper(F("order_count") * Value(float(number)), FloatField())
            spends = LeadSpend.objects.filter(currency=currency, order_count__gt=0)
            return scope.where(spends.filter(**{f"revenue__{op}": bound}))

        return number_q(in_units(value.get("amount"), currency), ask) or scope.nobody()

    def sentence(self, value):
        what = gettext("Average order (%(currency)s)") % {"currency": value.get("currency") or "?"}
        said = number_words(what, value.get("amount"))
        return str(self.label) if said == what else said


class OrderAgo(Condition):
    """Base: time since an order that counts. Those who never bought match nothing."""

    counted_from = "ever"
    depends_on = ORDERED | Time()
    column = ""

    def q(self, value, scope):
        if value.get("unit") not in UNITS:
            return scope.nobody()
        length = UNITS[value["unit"]][1]
        lookups = {"gte": "lte", "gt": "lt", "lte": "gte", "lt": "gt"}  # longer ago is earlier

        def ask(op, number):
            if op not in lookups:
                return None
            try:
                moment = scope.now - number * length
            except OverflowError:  # before all time: nobody bought then
                return scope.nobody() if op in ("gte", "gt") else scope.where(LeadOrders.objects.all())
            return scope.where(LeadOrders.objects.filter(**{f"{self.column}__{lookups[op]}": moment}))

        return number_q(value.get("ago"), ask) or scope.nobody()

    def sentence(self, value):
        unit = UNITS.get(value.get("unit"))
        what = self.what(unit[0]) if unit else str(self.label)
        said = number_words(what, value.get("ago"))
        return str(self.label) if said == what else said


def unit_block() -> ChoiceBlock:
    return ChoiceBlock(
        choices=[(key, label) for key, (label, _length) in UNITS.items()], default="days", label=_("Unit")
    )


@conditions.register
class LastOrder(OrderAgo):
    """Recency."""

    key = "last_order"
    column = "last_at"
    keywords = (_("recently"), _("inactive"), _("purchase"))

    ago = NumberComparison(whole=True, operators=DURATIONS, label=_("Time since the last order"))
    unit = unit_block()

    class Meta:
        label = _("Last order")
        icon = "wa-cart"
        group = GROUP
        tone = "green"
        description = _("How long ago the person last paid an order. Those who never did match nothing.")

    def what(self, unit):
        return gettext("Last order ago (%(unit)s)") % {"unit": unit}


@conditions.register
class FirstOrder(OrderAgo):
    """How long somebody has been a customer."""

    key = "first_order"
    column = "first_at"
    keywords = (_("customer"), _("purchase"), _("ago"))

    ago = NumberComparison(whole=True, operators=DURATIONS, label=_("Time since the first order"))
    unit = unit_block()

    class Meta:
        label = _("First order")
        icon = "wa-cart"
        group = GROUP
        tone = "green"
        description = _("How long ago the person first paid an order. Those who never did match nothing.")

    def what(self, unit):
        return gettext("First order ago (%(unit)s)") % {"unit": unit}
