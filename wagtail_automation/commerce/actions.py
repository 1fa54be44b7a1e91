"""The Python API: what a site's own code calls when something is ordered, paid, or put into a cart.

Both functions are repeatable: what stands in a call is a statement about one order or cart at one moment
(``at``), and of statements that come twice, late or in any order the newest counts.
"""

from django.core.exceptions import ValidationError

from . import carts
from .models import Cart, Order
from .recording import record_statements
from .stating import cart_statement, order_statement

__all__ = ["record_order", "update_cart"]


def record_order(number, *, wake: bool | None = None, **said) -> Order:
    """Record what is said of the order with this number; returns it as it stands now.

    ``source``: the shop or till that gave the number. ``at``: the (aware) moment of the statement, such as
    the shop's "last changed"; now if left out. ``lead`` or ``identifiers`` (``{kind: value}``): whose it is;
    somebody unknown becomes a lead unless ``create_lead=False``, where the order waits for them.
    ``currency`` with ``items`` (``[{"sku", "name", "quantity", "price", "categories"}]``), ``total``,
    ``shipping``, ``discount``, ``tax``: amounts as decimals in the currency, "49.90". ``state``: "placed",
    "paid" or "cancelled", or the moments ``placed_at``, ``paid_at``, ``cancelled_at``, of which the earliest
    said counts. ``refunds``: ``[{"key", "amount", "at"}]``. ``channel``, ``coupon``, ``info`` (free values
    by name), ``site``, and ``cart``: the key of the cart that was bought.

    ``wake``: whether it may start campaigns; None: what happened in the last two days may. Raises
    ValidationError by name of what is wrong, and then nothing is written.
    """
    (result,) = record_statements([order_statement(number, **said)], wake=wake)
    if isinstance(result, ValidationError):
        raise result
    return result


def update_cart(key, *, items: list[dict], **said) -> Cart:
    """What lies in the cart with this key now; returns it.

    ``items`` as in ``record_order``; an empty list empties it. ``currency``, ``source``, ``at``, ``lead``,
    ``identifiers``, ``site`` as there; ``url``: the address at which its person finds it again. Nobody
    becomes a lead by a cart unless ``create_lead=True``. Raises ValidationError by name.
    """
    return carts.update(cart_statement(key, items=items, **said))
