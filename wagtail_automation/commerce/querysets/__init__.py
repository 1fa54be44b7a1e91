"""Every question to the database about products, orders and carts."""

from .info import as_number, info_q
from .promotions import PromotionQuerySet, results
from .records import (
    CartQuerySet,
    ClaimQuerySet,
    OrderItemQuerySet,
    OrderQuerySet,
    ProductCategoryQuerySet,
    ProductQuerySet,
)
from .totals import blank_number, classify, has_bought, move_to_survivor, recount
from .touches import TouchQuerySet, credited

__all__ = [
    "CartQuerySet",
    "ClaimQuerySet",
    "OrderItemQuerySet",
    "OrderQuerySet",
    "ProductCategoryQuerySet",
    "ProductQuerySet",
    "PromotionQuerySet",
    "TouchQuerySet",
    "as_number",
    "blank_number",
    "classify",
    "credited",
    "has_bought",
    "info_q",
    "move_to_survivor",
    "recount",
    "results",
]
