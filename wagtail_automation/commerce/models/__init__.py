"""Products, orders with their items and refunds, carts, and the totals of each lead."""

from .carts import Cart
from .orders import Channel, Claim, ItemCategory, Order, OrderItem, Refund
from .products import Product, ProductCategory
from .totals import LeadOrders, LeadSpend

__all__ = [
    "Cart",
    "Channel",
    "Claim",
    "ItemCategory",
    "LeadOrders",
    "LeadSpend",
    "Order",
    "OrderItem",
    "Product",
    "ProductCategory",
    "Refund",
]
