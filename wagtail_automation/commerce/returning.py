"""What came back: refunds by item, laid upon the lines of their orders, whichever of the two came first."""

from .models import OrderItem, Refund
from .models.products import key_of


def settle(refunds: dict[int, list[Refund]]) -> None:
    """Set ``returned`` of the lines of these (locked) orders to what all their refunds say. At most two
    statements, none where nothing came back; a repeat changes nothing. Of two lines of one SKU the first is
    the first to come back; more than was bought never does."""
    back: dict[tuple[int, str], int] = {}
    for order, found in refunds.items():
        for item in (item for refund in found for item in refund.items):
            place = (order, key_of(item["sku"]))
            back[place] = back.get(place, 0) + item["quantity"]
    if not back:
        return
    changed = []
    for line in OrderItem.objects.filter(order__anyof=sorted({order for order, _key in back})).order_by(
        "position"
    ):
        place = (line.order_id, line.sku_key)
        returned = min(line.quantity, back.get(place, 0))
        if place in back:
            back[place] -= returned
        if line.returned != returned:
            line.returned = returned
            changed.append(line)
    OrderItem.objects.bulk_update(changed, ["returned"], batch_size=500)
