"""Purchases in texts, in exports and in the filter of the list of leads."""

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.commerce.conftest import NOW, hours_ago, item
from wagtail_automation import liquid
from wagtail_automation.commerce import rfm
from wagtail_automation.commerce.actions import record_order, update_cart
from wagtail_automation.leads.exports.columns import export_columns
from wagtail_automation.leads.models import Lead

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(person):
    ada = person("ada")
    for number, hours in (("new", 2), ("old", 50)):
        record_order(number, lead=ada, currency="EUR", items=[item("otter", "1234.50")], state="paid",
                     at=hours_ago(hours), info={"gift": "yes"})  # fmt: skip
    record_order("yen", lead=ada, currency="JPY", items=[item("wax", "900")], state="paid", at=hours_ago(90))
    url = "https://shop.example/cart"
    update_cart("c", lead=ada, currency="EUR", items=[item("heron", "5", 2)], url=url, at=hours_ago(1))
    rfm.refresh(now=NOW)
    return ada


def say(text, lead) -> str:
    return liquid.render(text, liquid.contexts([lead])[lead.pk])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{{ order.number }} {{ order.total_shown }}", "new 1,234.50\u00a0EUR"),
        ("{{ order.placed_at | date: '%H:%M' }} {{ order.info.gift }}", "10:00 yes"),
        ("{% for i in order.items %}{{ i.quantity }} {{ i.name }}{% endfor %}", "1 Otter"),
        ("{% if cart.total > 9.99 %}{{ cart.total_shown }} {{ cart.url }}{% endif %}",
         "10.00\u00a0EUR https://shop.example/cart"),
        ("{{ customer.average_shown }} {{ customer.first_at | date: '%d' }}", "1,234.50\u00a0EUR 25"),
        ("{{ customer.order_count }} {{ customer.spent_shown }}", "3 2,469.00\u00a0EUR"),
    ],
)  # fmt: skip
def test_what_texts_say(ada, text, said):
    assert say(text, ada) == said


def test_of_somebody_who_never_bought_texts_are_empty(person):
    bob = person("bob")
    text = "{{ order.number }}{{ cart.items.size }}{{ customer.order_count }}{{ customer.class_shown }}"
    assert say(text, bob) == "00"


def test_as_many_queries_for_many(ada, person):
    counts = []
    for people in ([ada], [ada, person("bob"), person("cyd")]):
        with CaptureQueriesContext(connection) as queries:
            liquid.contexts(people, {"order", "cart", "customer"})
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 7


def test_columns_of_exports(ada, person):
    columns = export_columns["purchases"]()
    keys = {column.key: str(column) for column in columns.columns()}
    assert keys["purchases.spent_EUR"] == "Spent (EUR)" and "purchases.spent_JPY" in keys
    found = columns.values(set(keys), [ada, person("bob")])
    assert list(found) == [ada.pk]
    assert found[ada.pk] == {
        "purchases.orders": 3,
        "purchases.first": hours_ago(90),
        "purchases.last": hours_ago(2),
        "purchases.class": "Lost",
        "purchases.spent_EUR": "2469.00",
        "purchases.spent_JPY": "900",
    }


def test_the_list_of_leads_is_narrowed_to_a_class(ada, person, client):
    person("bob")
    client.force_login(User.objects.create_superuser("boss"))
    url = reverse("wagtail_automation_lead:index")
    shown = client.get(url, {"customer_class": "lost"}).content.decode()
    assert "ada@example.com" in shown and "bob@example.com" not in shown
    assert "ada@example.com" not in client.get(url, {"customer_class": "champion"}).content.decode()
    assert client.get(url, {"customer_class": "rich"}).status_code == 200
    assert Lead.objects.count() == 2


def test_the_list_of_leads_shows_purchases_to_those_who_may_see_them(ada, person, admin_client, client):
    url = reverse("wagtail_automation_lead:index")
    page = admin_client.get(url).content.decode()
    assert "3 orders · " in page
    assert "2,469.00\u00a0EUR, 900\u00a0JPY" in page
    seller = User.objects.create_user("sam", "sam@example.com", "x")
    seller.user_permissions.add(
        *Permission.objects.filter(codename__in=["access_admin", "view_lead", "view_all_leads"])
    )
    client.force_login(seller)
    page = client.get(url).content.decode()
    assert "ada@example.com" in page
    assert "2,469.00" not in page


def test_as_many_queries_for_a_long_list(ada, person, admin_client):
    url, counts = reverse("wagtail_automation_lead:index"), []
    for more in (0, 5):
        for number in range(more):
            said = {"currency": "EUR", "items": [item()], "state": "paid", "at": hours_ago(1)}
            record_order(f"m{number}", lead=person(f"m{number}"), **said)
        admin_client.get(url)
        with CaptureQueriesContext(connection) as queries:
            admin_client.get(url)
        counts.append(len(queries))
    assert counts[0] == counts[1]
