"""Orders and carts of a person who asks for their data, or to be forgotten."""

import io
import json
import zipfile

import pytest

from tests.commerce.conftest import NOW, hours_ago, item
from wagtail_automation import pruning
from wagtail_automation.commerce.actions import record_order, update_cart
from wagtail_automation.commerce.models import Cart, Claim, LeadOrders, LeadSpend, Order, OrderItem
from wagtail_automation.leads import download, erasure
from wagtail_automation.leads.models import Lead
from wagtail_automation.testing import clock as test_clock
from wagtail_automation.tracking.models import Event

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(person):
    ada = person("ada")
    record_order(
        "A-1",
        lead=ada,
        currency="EUR",
        items=[item("otter", "10", 2)],
        info={"note": "for Ada"},
        state="paid",
    )
    update_cart("ada-cart", lead=ada, currency="EUR", items=[item("badger")])
    return ada


def test_the_download_holds_them(ada):
    stream = io.BytesIO()
    download.write(ada, stream)
    sections = json.loads(zipfile.ZipFile(stream).read("data.json"))["sections"]
    by_model = {section["model"].rpartition(".")[2]: section["rows"] for section in sections}
    (order,) = by_model["Order"]
    assert order["number"] == "A-1" and order["items"] == [
        {"sku": "otter", "name": "Otter", "quantity": 2, "price": 1000}
    ]
    assert by_model["Cart"][0]["items"][0]["sku"] == "badger"
    assert by_model["LeadSpend"][0]["revenue"] == 2000


def test_an_erasure_takes_them(ada):
    erasure.erase_now(leads=[ada.pk], origin="test")
    assert not Order.objects.exists() and not Cart.objects.exists() and not OrderItem.objects.exists()
    assert not LeadSpend.objects.exists() and not Event.objects.filter(name="order_paid").exists()


def test_an_anonymisation_keeps_what_is_counted(ada):
    for _again in range(2):
        erasure.erase_now(leads=[ada.pk], mode=erasure.ANONYMISE, origin="test")
    order, cart = Order.objects.get(), Cart.objects.get()
    assert (order.total, order.is_counted, order.info) == (2000, True, {})
    assert order.number == f"anonymised:{order.pk}" and cart.items == []
    assert LeadOrders.objects.get().order_count == 1


def test_what_waits_for_an_erased_person_waits_no_more(person):
    ada = person("ada")
    order = record_order(
        "1", currency="EUR", items=[item()], identifiers={"phone": "+33612345678"}, create_lead=False
    )
    other = record_order(
        "2", currency="EUR", items=[item()], identifiers={"email": "bob@example.com"}, create_lead=False
    )
    Claim.objects.create(order=order, kind="external", value="ada@example.com")
    erasure.erase_now(leads=[ada.pk], origin="test")
    assert sorted(Claim.objects.values_list("order", "value")) == [
        (order.pk, "+33612345678"), (other.pk, "bob@example.com"),
    ]  # fmt: skip


def test_orders_outlive_an_anonymous_browser_and_carts_their_year(ada):
    browser = Lead.objects.create(created_at=hours_ago(24 * 400))
    Order.objects.update(lead=browser)
    with test_clock.freeze(NOW.replace(year=2027, month=4)):
        counts = pruning.prune()
    assert counts["carts"] == 1 and not Cart.objects.exists()
    assert Order.objects.get().lead_id is None
