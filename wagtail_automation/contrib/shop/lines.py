"""The products of a promotion as pages and emails show them."""

from wagtail_automation.commerce import showing
from wagtail_automation.commerce.models import Promotion

MAX_LINES = 24


def lines_of(promotion: Promotion, limit: int = MAX_LINES) -> list[dict]:
    """Its products with the prices that they have there; those not sold any more are left out."""
    lines = promotion.lines.filter(product__archived=False).select_related("product__image")
    rows = list(lines.order_by("sort_order", "pk")[:limit])
    pictures = showing.pictures([row.product for row in rows])
    return [
        {**showing.as_data(row.product, pictures[row.product_id]), "price_shown": row.price_shown}
        | ({"old_price_shown": row.product.price_shown} if row.price is not None else {})
        for row in rows
    ]
