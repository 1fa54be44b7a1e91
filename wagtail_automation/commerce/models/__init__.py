"""Products, orders with their items, refunds and touches, carts, and the totals of each lead."""

from .carts import Cart
from .orders import Channel, Claim, ItemCategory, Order, OrderItem, Refund
from .products import Product, ProductCategory
from .promotions import Offer, Promotion, PromotionProduct
from .totals import LeadOrders, LeadSpend
from .touches import Touch

__all__ = [
    "Cart",
    "Channel",
    "Claim",
    "ItemCategory",
    "LeadOrders",
    "LeadSpend",
    "Offer",
    "Order",
    "OrderItem",
    "Product",
    "ProductCategory",
    "Promotion",
    "PromotionProduct",
    "Refund",
    "Touch",
]
