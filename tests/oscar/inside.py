# ruff: noqa: E402  (models are imported once Django is ready)
"""Run by ``test_oscar`` with the interpreter that has django-oscar: a shop that sells, and what commerce
knows of it afterwards. Prints one line ``REPORT {…}``."""

import datetime as dt
import json
import os
import sys
from decimal import Decimal

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.oscar.settings"

import django

django.setup()

from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.test import Client
from oscar import get_version
from oscar.apps.basket.models import Basket
from oscar.apps.offer.models import ConditionalOffer
from oscar.apps.order.models import Order as OscarOrder
from oscar.apps.order.models import PaymentEvent, PaymentEventQuantity, PaymentEventType
from oscar.apps.payment.models import Source, SourceType
from oscar.core.loading import get_class
from oscar.test import factories

from wagtail_automation import clock
from wagtail_automation.commerce.models import Cart, LeadSpend, Order, Product, Promotion
from wagtail_automation.contrib.oscar import receivers
from wagtail_automation.leads.models import Lead


def fill(basket, product, quantity=1):
    basket.strategy = get_class("partner.strategy", "Selector")().strategy()
    basket.add_product(product, quantity)
    return basket


def state(number) -> dict:
    order = Order.objects.get(source="oscar", number=number)
    return {
        "state": str(order.state),
        "total": order.total,
        "refunded": order.refunded,
        "revenue": order.revenue,
        "coupon": order.coupon,
        "items": [[i.sku, i.name, i.quantity, i.price, i.returned] for i in order.items.all()],
        "lead": order.lead.email if order.lead_id else "",
    }


def by_voucher(product, user) -> dict:
    """Somebody gives a voucher's code; a promotion of ours has the same one, and another has not."""
    now = clock.now()
    for name, code in (("Heron days", "heron-20"), ("Others", "OTHER")):
        Promotion.objects.create(
            reference=name, reference_key=name.lower(), name=name, codes=Promotion.Codes.SINGLE, code=code,
            starts_at=now - dt.timedelta(days=1), created_at=now, updated_at=now,
        )  # fmt: skip
    voucher = factories.VoucherFactory(code="HERON-20")
    voucher.offers.add(factories.create_offer(offer_type=ConditionalOffer.VOUCHER))
    basket = fill(Basket.objects.create(owner=user), product)
    basket.vouchers.add(voucher)
    get_class("offer.applicator", "Applicator")().apply(basket, user)
    placed = factories.create_order(number="102", basket=basket, user=user)
    placed.set_status("Paid")
    order = Order.objects.get(source="oscar", number="102")
    return state("102") | {
        "discount": order.discount,
        "promotion": order.promotion.name if order.promotion else "",
        "oscar total": int(placed.total_incl_tax * 100),
        "uses": voucher.applications.count(),
    }


def main() -> dict:
    call_command("migrate", run_syncdb=True, verbosity=0)
    call_command("check")
    report = {"oscar": get_version()}
    bag = factories.create_product(upc="OTTER-9L", title="Otter bag", price=Decimal("89.90"), num_in_stock=9)
    wax = factories.create_product(upc="WAX", title="Wax", price=Decimal("9.50"), num_in_stock=9)
    bag.categories.add(factories.CategoryFactory(name="Bags"))
    bag.save()
    known = Product.objects.get(sku="OTTER-9L")
    report["product"] = [known.name, known.price, known.currency, known.is_in_stock]
    report["product"] += [[category.name for category in known.categories.all()]]

    ada = get_user_model().objects.create_user("ada", "ada@example.com", "x")
    basket = fill(Basket.objects.create(owner=ada), bag)
    fill(basket, wax, 2)
    cart = Cart.objects.get(source="oscar", key=str(basket.pk))
    report["cart"] = [str(cart.state), cart.total, cart.item_count, cart.lead_id is not None, cart.url]

    placed = factories.create_order(number="100", basket=basket, user=ada)
    report["placed"] = state("100")
    report["known"] = list(Lead.objects.filter(email="ada@example.com").values_list("status", flat=True))
    source = Source.objects.create(
        order=placed, source_type=SourceType.objects.create(name="Card"), currency=placed.currency
    )
    source.debit(placed.total_incl_tax, reference="d1")
    report["paid"] = state("100")
    basket.submit()
    cart.refresh_from_db()
    report["cart_closed"] = str(cart.state)

    kind = PaymentEventType.objects.create(name="Refunded")
    event = PaymentEvent.objects.create(order=placed, amount=Decimal("9.50"), event_type=kind)
    line = placed.lines.get(partner_sku=wax.stockrecords.get().partner_sku)
    PaymentEventQuantity.objects.create(event=event, line=line, quantity=1)
    source.refund(Decimal("9.50"), reference="r1")  # the same money, as the gateway tells it
    report["refunded"] = state("100")

    second = factories.create_order(number="101", basket=fill(Basket.objects.create(), bag), user=None)
    OscarOrder.objects.filter(pk=second.pk).update(guest_email="guest@example.com")
    second.refresh_from_db()
    second.set_status("Paid")
    report["guest"] = state("101")
    second.set_status("Cancelled")
    report["cancelled"] = state("101")

    report["voucher"] = by_voucher(bag, ada)

    # a browser fills its basket on the shop's own page
    client = Client()
    answer = client.post(f"/basket/add/{bag.pk}/", {"quantity": 2})
    report["page"] = [answer.status_code, Cart.objects.order_by("-pk").first().item_count]

    before = list(LeadSpend.objects.values_list("lead__email", "currency", "revenue"))
    Order.objects.all().delete()
    report["all"] = [receivers.record_all(), receivers.record_all(), Order.objects.count()]
    report["spend"] = [list(row) for row in before]
    report["spend_again"] = [
        list(row) for row in LeadSpend.objects.values_list("lead__email", "currency", "revenue")
    ]
    return report


if __name__ == "__main__":
    sys.stdout.write(f"REPORT {json.dumps(main())}\n")
