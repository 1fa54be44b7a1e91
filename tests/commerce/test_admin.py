"""Products, orders and carts in the admin, the lead's panel and timeline, as the right people see them."""

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from tests.commerce.conftest import hours_ago, item
from wagtail_automation.commerce import carts
from wagtail_automation.commerce.actions import record_order, update_cart
from wagtail_automation.commerce.models import Cart, Order, Product, ProductCategory
from wagtail_automation.tracking import timeline

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(person):
    ada = person("ada")
    record_order(
        "A-1",
        lead=ada,
        currency="EUR",
        items=[item("otter", "1234.50", 2, categories=["Bags"]), item("badger"), item("heron"), item("wren")],
        state="paid",
        at=hours_ago(5),
        info={"gift": "=cmd|'/c calc'!A1"},
        refunds=[{"key": "back", "amount": "4.50", "at": hours_ago(4)}],
    )
    update_cart("ada-cart", lead=ada, currency="EUR", items=[item("lantern", "15")], at=hours_ago(3))
    carts.mark_abandoned()
    return ada


def data(**more):
    return {"sku": "otter", "name": "Otter", "amount": "49.90", "currency": "EUR", "is_in_stock": "on",
            "description": "", "image_url": "", "url": "", "attributes": "", **more}  # fmt: skip


class TestProducts:
    add = property(lambda self: reverse("wagtail_automation_product:add"))

    def test_made_and_changed_with_the_price_as_people_write_it(self, client, marketer):
        bags = ProductCategory.objects.create(name="Bags")
        sent = data(categories=[bags.pk], attributes="colour: red\n\nsize: XL: wide\n")
        response = client.post(self.add, sent)
        assert response.status_code == 302, response.content
        product = Product.objects.get()
        assert (product.price, product.currency) == (4990, "EUR")
        assert product.attributes == {"colour": "red", "size": "XL: wide"}
        edit = reverse("wagtail_automation_product:edit", args=[product.pk])
        shown = client.get(edit).content.decode()
        assert 'value="49.90"' in shown and "colour: red" in shown
        client.post(edit, data(amount="1\u202f234,5"))
        product.refresh_from_db()
        assert (product.price, product.price_shown) == (123450, "1,234.50\u00a0EUR")
        client.post(edit, data(amount="", currency=""))
        product.refresh_from_db()
        assert product.price is None and product.price_shown == ""

    @pytest.mark.parametrize(
        ("wrong", "field"),
        [
            ({"amount": "49.999"}, "amount"),
            ({"amount": "-1"}, "amount"),
            ({"amount": "a lot"}, "amount"),
            ({"amount": "1e12"}, "amount"),
            ({"amount": "1,500"}, "amount"),
            ({"currency": "ZZZ"}, "currency"),
            ({"currency": ""}, "currency"),
            ({"sku": ""}, "sku"),
            ({"sku": "WREN"}, "sku"),
            ({"name": ""}, "name"),
            ({"url": "javascript:alert(1)"}, "url"),
            ({"attributes": "just words"}, "attributes"),
            ({"attributes": "\n".join(f"a{n}: b" for n in range(51))}, "attributes"),
        ],
    )
    def test_bad_input_is_said_at_its_field(self, client, marketer, wrong, field):
        client.post(self.add, data(sku="wren"))
        response = client.post(self.add, data(**wrong))
        assert response.status_code == 200
        assert field in response.context["form"].errors
        assert Product.objects.count() == 1

    @pytest.mark.parametrize("query", ["nonsense=1", "placed_at__gte=nonsense", "lead__password=x"])
    def test_an_address_that_asks_for_nonsense_shows_all(self, client, marketer, ada, query):
        client.force_login(marketer.user)
        url = reverse("automation_orders_modeladmin_index")
        page = client.get(f"{url}?{query}", follow=True)
        assert page.status_code == 200 and "all are shown" in page.content.decode()
        assert page.redirect_chain == [(url, 302)]

    def test_the_list_filters_and_exports(self, client, marketer, ada):
        index = reverse("wagtail_automation_product:index")
        bags = ProductCategory.objects.get()
        shown = client.get(index, {"categories": bags.pk}).content.decode()
        assert "Otter" in shown and "Badger" not in shown
        assert "1,234.50" in shown
        exported = b"".join(client.get(index, {"export": "csv"}).streaming_content).decode()
        assert "otter" in exported and "wren" in exported
        categories = client.get(reverse("wagtail_automation_product_category:index")).content.decode()
        assert "Bags" in categories

    def test_only_for_those_who_may(self, client):
        client.force_login(User.objects.create_user("nobody"))
        assert client.get(self.add).status_code == 302
        assert client.post(self.add, data()).status_code == 302 and not Product.objects.exists()


def test_an_order_with_its_lines_and_what_was_paid_back(client, marketer, ada):
    order = Order.objects.get()
    shown = client.get(reverse("automation_orders_modeladmin_inspect", args=[order.pk]))
    text = shown.content.decode()
    for words in ("Refunded in part", "1,234.50", "4.50", "back", "ada@example.com", "Web shop", "gift"):
        assert words in text, words
    index = client.get(reverse("automation_orders_modeladmin_index")).content.decode()
    assert "A-1" in index and "2,499.00" in index
    cart = Cart.objects.get()
    text = client.get(reverse("automation_carts_modeladmin_inspect", args=[cart.pk])).content.decode()
    assert "Lantern" in text and "15.00" in text and "Abandoned" in text


def test_the_panel_and_the_timeline(client, marketer, ada):
    text = client.get(reverse("wagtail_automation_lead:inspect", args=[ada.pk])).content.decode()
    assert "2 × Otter, Badger, Heron and 1 more" in text
    assert "2,494.50" in text and "Lantern" in text
    page = timeline.page_of(ada.pk, timeline.Wanted(group="commerce"), user=marketer.user)
    assert [(entry.title, entry.subject) for entry in page.entries] == [
        ("Cart abandoned", "15.00\u00a0EUR"),
        ("Money paid back", "A-1, 4.50\u00a0EUR"),
        ("Order paid", "A-1, 2,499.00\u00a0EUR"),
        ("Order placed", "A-1, 2,499.00\u00a0EUR"),
    ]
    assert page.entries[0].by == "untouched for 1 hour" and page.entries[2].detail.startswith("2 × Otter")
    marketer.user.groups.clear()
    stranger = User.objects.get(pk=marketer.user.pk)
    assert timeline.page_of(ada.pk, timeline.Wanted(group="commerce"), user=stranger).entries == []


def test_the_panel_costs_the_same_for_a_good_customer(client, marketer, ada):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    url = reverse("wagtail_automation_lead:inspect", args=[ada.pk])
    client.get(url)
    with CaptureQueriesContext(connection) as before:
        client.get(url)
    for number in range(6):
        record_order(f"B-{number}", lead=ada, currency="EUR", items=[item(f"x{number}")], state="paid")
    with CaptureQueriesContext(connection) as after:
        text = client.get(url).content.decode()
    assert "All orders of this person" in text
    assert len(after) <= len(before) + 1
