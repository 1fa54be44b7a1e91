"""What commerce holds about people, for export and erasure."""

from django.utils.translation import gettext_lazy as _

from wagtail_automation.leads.personal_data import (
    Matcher,
    PersonalRows,
    personal_data,
    register,
    register_sweep,
)

from . import querysets, retention  # noqa: F401  (registers how long carts are kept)
from .models import Claim, OrderItem, Touch

APP = "wagtail_automation_commerce"
_INNER = ("stated", "told", "folded", "touches_at", "coupon_key")


class OrderRows(PersonalRows):
    """Orders with what was in them. The shop keeps its books; here they go with their person. An
    anonymisation keeps what was bought and for how much, without number and information."""

    def __init__(self):
        super().__init__(f"{APP}.Order", heading=_("Orders"), exclude=_INNER, is_traced=False)

    def export(self, ids):
        lines: dict[int, list[dict]] = {}
        for item in OrderItem.objects.filter(order__lead__in=list(ids)).order_by("order", "position"):
            line = {"sku": item.sku, "name": item.name, "quantity": item.quantity, "price": item.price}
            lines.setdefault(item.order_id, []).append(line)
        touches: dict[int, list[dict]] = {}
        for touch in Touch.objects.filter(order__lead__in=list(ids)).order_by("at", "pk"):
            shown = {"at": touch.at, "contact": touch.label, "came_from": touch.came_from}
            touches.setdefault(touch.order_id, []).append(shown | {"device": touch.device})
        for row in super().export(ids):
            yield row | {"items": lines.get(row["id"], []), "touches": touches.get(row["id"], [])}

    def anonymise(self, ids):
        return self.rows(ids).exclude(number=querysets.blank_number()).update(
            number=querysets.blank_number(), source="", info={}, folded={}, stated={"content": ["", ""]}
        )  # fmt: skip


register(OrderRows())
register(
    PersonalRows(
        f"{APP}.Cart",
        heading=_("Carts"),
        exclude=(*_INNER[:1],),
        blank={"items": [], "url": "", "stated": {}},
        is_traced=False,
    )
)
register(PersonalRows(f"{APP}.LeadOrders", heading=_("Totals of orders"), blank={}, is_traced=False))
register(PersonalRows(f"{APP}.LeadSpend", heading=_("Spending"), blank={}, is_traced=False))
register(
    PersonalRows(
        f"{APP}.Offer", heading=_("Promotions offered"), exclude=("code_key",), blank={}, is_traced=False
    )
)
personal_data.exempt(f"{APP}.Claim", "Identifiers of people who are no leads: the sweep finds them.")


@register_sweep
def forget_claims(matcher: Matcher) -> dict[str, int]:
    """Orders and carts that wait for the person go on waiting for nobody."""
    gone, last = [], 0
    while part := list(Claim.objects.filter(pk__gt=last).order_by("pk").values_list("pk", "value")[:2000]):
        last = part[-1][0]
        gone += [pk for pk, value in part if matcher.finds(value)]
    return {"claims": Claim.objects.filter(pk__anyof=gone).delete()[0] if gone else 0}
