# ruff: noqa: F401, E501  (fixtures of other tests)
"""Blocks with products on pages and in emails: what they show, to whom, and what never leaks."""

import datetime as dt
import re
import uuid
from types import SimpleNamespace

import pytest
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from tests.commerce.conftest import NOW, hours_ago, item
from tests.content.conftest import make_page, make_segment, make_visitor, one_block, rule
from tests.contentapp.models import PersonalPage
from tests.messaging.conftest import (
    Mailbox,
    brand,
    make_email,
    make_lead,
    queue,
    smtp,
)
from wagtail_automation.commerce import attribution, showing
from wagtail_automation.commerce.actions import record_order, update_cart
from wagtail_automation.commerce.models import Order, Product, ProductCategory
from wagtail_automation.commerce.personal import together_data
from wagtail_automation.contrib.shop.blocks import ShopBlocks
from wagtail_automation.contrib.shop.email_blocks import CartEmailBlock
from wagtail_automation.leads.models import Lead
from wagtail_automation.messaging import sender
from wagtail_automation.messaging.models import Message
from wagtail_automation.messaging.registry import email_blocks
from wagtail_automation.objects import ref_of
from wagtail_automation.testing import clock as test_clock
from wagtail_automation.tracking.actions import record_page_view
from wagtail_automation.tracking.models import Event, Visitor

pytestmark = pytest.mark.django_db
NOTHING = {"kind": "nothing", "category": None, "products": []}
SELLERS = {"kind": "best_sellers", "category": None, "products": []}


@pytest.fixture(autouse=True)
def _shop_on_pages(monkeypatch):
    """The blocks stand on the test project's pages as they would on a site's."""
    cache.clear()
    stream = PersonalPage._meta.get_field("body").stream_block
    monkeypatch.setattr(stream, "child_blocks", {**stream.child_blocks, **ShopBlocks().child_blocks})


@pytest.fixture
def goods(site):
    """Three products whose pages are the site's; the heron sells best, the badger is sold no more."""
    found = {}
    for age, (sku, archived) in enumerate((("otter", False), ("heron", False), ("badger", True))):
        found[sku] = Product.objects.create(
            sku=sku, name=f"{sku.title()} & Co", price=1050, currency="EUR", archived=archived,
            url=f"{site.root_url}/shop/{sku}/", image_url=f"https://img.example/{sku}.png",
            created_at=hours_ago(age), updated_at=NOW,
        )  # fmt: skip
    for number, sku in enumerate(("heron", "heron", "otter", "badger", "badger", "badger")):
        record_order(str(number), identifiers={"email": f"b{number}@example.com"}, currency="EUR",
                     items=[item(sku)], state="paid", at=hours_ago(5))  # fmt: skip
    return found


def look(who, lead, *paths):
    visitor = Visitor.objects.get(lead=lead)
    for minutes, path in enumerate(paths):
        record_page_view(visitor=visitor, site=None, url=path, page=None, user_agent="x",
                         now=NOW - dt.timedelta(minutes=30 - minutes))  # fmt: skip


@pytest.fixture(autouse=True)
def _base(settings, site):
    settings.WAGTAIL_AUTOMATION = {**settings.WAGTAIL_AUTOMATION, "BASE_URL": site.root_url}


def fragments(who, page) -> str:
    answer = who.get(f"/automation/fragments/{page.pk}/")
    assert "no-store" in answer["Cache-Control"]
    return "".join(part["html"] for part in answer.json()["fragments"].values())


def names(html) -> list[str]:
    return re.findall(r"(Otter|Heron|Badger) &amp; Co", html)


def block(kind, **value):
    return one_block(kind, {"heading": "For you", "count": 4, "instead": NOTHING, "rule": {}, **value})


# -- for everybody -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        ("best_sellers", {"category": None}, ["Heron", "Otter"]),
        ("product_grid", {"what": "newest", "category": None, "products_chosen": []}, ["Otter", "Heron"]),
        ("product_grid", {"what": "best_sellers", "category": None, "products_chosen": [], "count": 1}, ["Heron"]),
    ],
)  # fmt: skip
def test_what_everybody_sees_stands_in_the_page(goods, make_page, kind, value, shown):
    make_page([block(kind, **value)])
    html = Client().get("/personal/").content.decode()
    assert names(html) == shown
    assert "data-wa-fragment" not in html
    assert "10.50\u00a0EUR" in html
    assert 'src="https://img.example/heron.png"' in html


def test_chosen_products_in_their_order_without_those_sold_no_more(goods, make_page):
    chosen = [
        {"type": "item", "id": str(uuid.uuid4()), "value": goods[sku].pk}
        for sku in ("heron", "badger", "otter")
    ]
    make_page([block("product_grid", what="chosen", category=None, products_chosen=chosen)])
    assert names(Client().get("/personal/").content.decode()) == ["Heron", "Otter"]


def test_a_product_that_is_sold_no_more_gives_way(goods, make_page):
    make_page([block("product", product=goods["badger"].pk, instead=SELLERS)])
    assert names(Client().get("/personal/").content.decode()) == ["Heron"]


def test_a_product_that_was_deleted_breaks_no_page(goods, make_page):
    make_page([block("product", product=goods["otter"].pk)])
    Product.objects.filter(sku="otter").delete()
    assert Client().get("/personal/").status_code == 200


def test_a_category(goods, make_page):
    bags = ProductCategory.objects.create(name="Bags")
    goods["otter"].categories.add(bags)
    make_page([block("best_sellers", category=bags.pk)])
    assert names(Client().get("/personal/").content.decode()) == ["Otter"]


def together(number: str, *skus: str, **more):
    said = {"identifiers": {"email": f"t{number}@example.com"}, "state": "paid", "at": hours_ago(4), **more}
    return record_order(f"t{number}", currency="EUR", items=[item(sku) for sku in skus], **said)


@pytest.fixture
def pairs(goods):
    """Otters go with wax (three times) and herons (twice, one of them cancelled); badgers are sold no more."""
    for number, skus in enumerate((("otter", "wax"), ("otter", "wax", "badger"), ("otter", "wax", "wax"),
                                   ("heron", "otter"), ("strap", "heron"))):  # fmt: skip
        together(str(number), *skus)
    together("9", "otter", "strap", state="cancelled")
    together("8", "otter", "heron", at=hours_ago(24 * 400))
    return {product.sku: product for product in Product.objects.all()}


def test_bought_together(pairs, make_page):
    make_page([block("bought_together", product=pairs["otter"].pk)])
    html = Client().get("/personal/").content.decode()
    assert html.index("Wax") < html.index("Heron") and "Strap" not in html and "Badger" not in html


def test_bought_together_counts_orders_for_each_basket(pairs, django_assert_num_queries):
    baskets = {"a": [pairs["otter"].pk], "b": [pairs["heron"].pk, pairs["wax"].pk], "c": []}
    cache.clear()
    with django_assert_num_queries(3):
        found = showing.bought_with(baskets, limit=5)
    skus = {key: [product.sku for product in products] for key, products in found.items()}
    assert skus == {"a": ["wax", "heron"], "b": ["otter", "strap"], "c": []}
    with django_assert_num_queries(1):
        assert showing.bought_with(baskets, limit=1)["a"] == found["a"][:1]
    with django_assert_num_queries(0):
        assert showing.bought_with({}, limit=5) == {}


def test_bought_together_in_texts_takes_as_many_queries_for_many_people(pairs):
    counts = []
    for size in (1, 30):
        people = list(Lead.objects.filter(email__startswith="t").order_by("pk"))[:1] if size == 1 else [
            together(f"q{number}", "otter").lead for number in range(size)
        ]  # fmt: skip
        cache.clear()
        with CaptureQueriesContext(connection) as queries:
            found = together_data(people)
        counts.append(len(queries))
        names_of = [line["name"] for line in found[people[-1].pk]["products"]]
        assert names_of[0] == ("Heron & Co" if size == 1 else "Wax"), names_of
    assert counts[0] == counts[1], counts
    stranger = Lead.objects.create()
    assert together_data([stranger]) == {stranger.pk: {"products": []}}


# -- for a rule, and of one's own --------------------------------------------------------------------------


def test_a_rule_says_who_sees_it(goods, make_page, make_visitor, make_segment):
    member, lead = make_visitor()
    asked = rule(("in_segment", {"segment": make_segment(lead).pk}))
    page = make_page([block("product", product=goods["otter"].pk, rule=asked, instead=SELLERS)])
    html = Client().get("/personal/").content.decode()
    assert names(html) == ["Heron"]
    assert names(fragments(member, page)) == ["Otter"]
    stranger, _lead = make_visitor()
    assert fragments(stranger, page) == ""


def test_a_broken_rule_shows_the_product_to_nobody(goods, make_page, make_visitor):
    member, _lead = make_visitor()
    page = make_page([block("product", product=goods["otter"].pk, rule=rule(("gone", {})))])
    assert names(member.get("/personal/").content.decode()) == []
    assert fragments(member, page) == ""


def test_looked_at_last(goods, make_page, make_visitor):
    who, lead = make_visitor()
    look(
        who, lead, "/shop/otter/?utm_source=x", "/about/", "/shop/heron/", "/shop/badger/", "/shop/heron/#top"
    )
    page = make_page([block("last_seen", instead=SELLERS)])
    assert names(fragments(who, page)) == ["Heron", "Otter"]
    other, _lead = make_visitor()
    assert fragments(other, page) == ""
    assert names(other.get("/personal/").content.decode()) == ["Heron", "Otter"]  # best sellers


def test_left_in_the_cart(goods, make_page, make_visitor):
    who, lead = make_visitor()
    update_cart("c", lead=lead, currency="EUR", items=[item("otter", "9", 2)], url="https://shop.example/c",
                at=hours_ago(2))  # fmt: skip
    page = make_page([block("cart", label="<b>Back</b>")])
    html = fragments(who, page)
    assert "× 2" in html
    assert "18.00\u00a0EUR" in html
    assert 'href="https://shop.example/c"' in html
    assert "&lt;b&gt;Back" in html
    assert "https://img.example/otter.png" in html
    update_cart("c", items=[], at=hours_ago(1))
    assert fragments(who, page) == ""


@pytest.mark.parametrize(
    ("level", "seen"), [("anonymous", True), ("recognised", False), ("identified", True)]
)
@pytest.mark.parametrize("mode", ["fragment", "server"])
def test_who_only_followed_a_signed_link_sees_nothing_stored(
    goods,
    make_page,
    make_visitor,
    settings,
    level,
    seen,
    mode,
):
    settings.WAGTAIL_AUTOMATION = {**settings.WAGTAIL_AUTOMATION, "PERSONALISE": mode}
    who, lead = make_visitor(level=level)
    update_cart("c", lead=lead, currency="EUR", items=[item("otter")], at=hours_ago(2))
    look(who, lead, "/shop/heron/")
    page = make_page([block("cart", label=""), block("last_seen")])
    html = fragments(who, page) if mode == "fragment" else who.get("/personal/").content.decode()
    assert ("Otter" in html, "Heron" in html) == (seen, seen)


def test_the_page_is_the_same_for_everybody(goods, make_page, make_visitor):
    who, lead = make_visitor()
    update_cart("c", lead=lead, currency="EUR", items=[item("otter")], at=hours_ago(2))
    make_page([block("cart", label=""), block("last_seen", instead=SELLERS)])
    pages = [one.get("/personal/") for one in (Client(), who)]
    assert pages[0].content == pages[1].content
    assert not pages[1].cookies
    assert "Cookie" not in pages[1].get("Vary", "")


def test_as_many_queries_for_many_products(goods, make_page, make_visitor):
    who, lead = make_visitor()
    page = make_page([block("last_seen", count=12)])
    counts = []
    for more in (0, 8):
        for number in range(more):
            Product.objects.create(sku=f"n{number}", name="N", url=f"{goods['otter'].url[:-12]}/shop/n{number}/",
                                   created_at=NOW, updated_at=NOW)  # fmt: skip
        look(who, lead, "/shop/otter/", *(f"/shop/n{number}/" for number in range(more)))
        fragments(who, page)
        with CaptureQueriesContext(connection) as queries:
            fragments(who, page)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_best_sellers_are_remembered(goods, django_assert_num_queries):
    showing.best_sellers(limit=4)
    with django_assert_num_queries(1):
        assert [product.sku for product in showing.best_sellers(limit=1)] == ["heron"]


# -- emails ------------------------------------------------------------------------------------------------


def part(mail, kind="html") -> str:
    return mail.get_body((kind,)).get_content().replace("&nbsp;", "\u00a0")


@pytest.fixture
def send(make_email, queue, smtp):
    """``send([(block, value)…], people)``: what arrives, as ``{address: message}``."""

    def send(body, *people):
        queue(make_email(body=body), *people)
        sender.send_due()
        return {mail["To"]: mail for mail in smtp.messages}

    return send


def test_chosen_products_with_the_day_of_their_prices(goods, make_lead, send):
    ada = make_lead("ada@example.com")
    chosen = [
        {"type": "item", "id": str(uuid.uuid4()), "value": goods[sku].pk} for sku in ("heron", "badger")
    ]
    mail = send(
        [("product_grid", {"heading": "New", "products_chosen": chosen, "category": None, "count": 4,
                           "audience": "everybody", "instead": False})], ada,
    )["ada@example.com"]  # fmt: skip
    html = part(mail)
    assert names(html) == ["Heron"]
    assert "10.50\u00a0EUR" in html
    assert "Prices as of March 1, 2026." in html
    assert "/automation/e/" in html  # its link is tracked
    assert "Heron & Co – 10.50\u00a0EUR" in part(mail, "plain")


def test_what_each_left_in_a_cart_and_best_sellers_for_others(goods, make_lead, send, client):
    ada, bob = make_lead("ada@example.com"), make_lead("bob@example.com")
    cart = update_cart("c", lead=ada, currency="EUR", url="https://shop.example/c", at=hours_ago(2),
                       items=[item("otter", "9", 2), {**item("x", "1"), "name": "{{ lead.email }}<b>"}])  # fmt: skip
    block = (
        "cart",
        {"heading": "Still there", "label": "", "count": 4, "audience": "everybody", "instead": True},
    )
    mails = send([block], ada, bob)
    html = part(mails["ada@example.com"])
    assert "Otter" in html
    assert "× 2" in html
    assert "{{ lead.email }}&lt;b&gt;" in html  # text of the shop is text
    assert "19.00\u00a0EUR" in html
    ways = {client.get(url)["Location"] for url in re.findall(r'href="[^"]*?(/automation/e/c[^"]*)"', html)}
    assert any(f"/automation/commerce/cart/{cart.uuid}/" in way for way in ways), "tracked, and leads there"
    assert "Prices as of 1 March 2026." in html
    assert "Heron" not in html
    other = part(mails["bob@example.com"])
    assert names(other) == ["Heron", "Otter"]
    assert "Still there" in other
    assert "Otter × 2 – 9.00\u00a0EUR" in part(mails["ada@example.com"], "plain")


BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.mark.parametrize("way", ["product", "cart"])
def test_what_a_line_of_an_email_sells_is_owed_to_the_email(goods, make_lead, send, way):
    """The links of lines that each person has of their own are clicks of the email, and touches of the order
    that follows."""
    ada = make_lead("ada@example.com")
    cart = update_cart("c", lead=ada, currency="EUR", url="https://shop.example/c", at=hours_ago(2),
                       items=[item("otter", "9")])  # fmt: skip
    block = ("cart", {"heading": "", "label": "", "count": 4, "audience": "everybody", "instead": False})
    html = part(send([block], ada)["ada@example.com"])
    key = goods["otter"].uuid if way == "product" else cart.uuid
    target = reverse(
        f"wagtail_automation_commerce:{'product' if way == 'product' else 'to_cart'}", args=[key]
    )
    tracked = re.findall(r'href="[^"]*?(/automation/e/c[^"]*)"', html)
    browser = Client(headers={"user-agent": BROWSER})
    with test_clock.freeze(NOW + dt.timedelta(hours=1)):
        leading = [
            url for url in tracked if target in Client(headers={"user-agent": "curl/8"}).get(url)["Location"]
        ]
        assert len(leading) == 1
        assert not Event.objects.filter(name="email_clicked", human=True).exists()
        browser.get(leading[0])
    email = Message.objects.get().email_version.email
    click = Event.objects.get(name="email_clicked", human=True)
    assert (click.lead_id, click.object_key) == (ada.pk, ref_of(email).key)
    with test_clock.freeze(NOW + dt.timedelta(hours=3)):
        record_order("o", lead=ada, currency="EUR", items=[item("otter", "9")], state="paid")
    orders = Order.objects.filter(number="o")
    touched = set(orders.get().touches.values_list("name", flat=True))
    assert touched == {"email_opened", "email_clicked"}, "who clicks has opened"
    (credit,) = attribution.credits(orders, by="email", model="last")
    assert (credit.label, credit.orders, credit.revenue) == (email.name, 1, 900)


def test_what_each_looked_at_last(goods, make_lead, make_visitor, send):
    ada = make_lead("ada@example.com")
    Visitor.objects.create(lead=ada, level="identified", created_at=NOW, last_seen_at=NOW)
    look(None, ada, "/shop/otter/")
    block = ("products_seen", {"heading": "", "count": 2, "audience": "everybody", "instead": False})
    mails = send([block], ada, make_lead("bob@example.com"))
    assert names(part(mails["ada@example.com"])) == ["Otter"]
    ways = re.findall(r'href="[^"]*?(/automation/e/c[^"]*)"', part(mails["ada@example.com"]))
    product = f"/automation/commerce/product/{goods['otter'].uuid}/"
    assert any(product in Client().get(way)["Location"] for way in ways), "tracked, and leads there"
    assert names(part(mails["bob@example.com"])) == []
    assert "Prices as of" not in part(mails["bob@example.com"])


def test_a_price_that_nobody_knows_leaves_no_dash(goods, make_lead, make_visitor, send):
    Product.objects.filter(sku_key="otter").update(price=None)
    ada = make_lead("ada@example.com")
    Visitor.objects.create(lead=ada, level="identified", created_at=NOW, last_seen_at=NOW)
    look(None, ada, "/shop/otter/")
    block = ("products_seen", {"heading": "", "count": 2, "audience": "everybody", "instead": False})
    plain = part(send([block], ada)["ada@example.com"], "plain")
    assert "* Otter & Co" in [line.strip() for line in plain.splitlines()], plain


def test_what_was_bought_with_the_last_order(pairs, make_lead, send):
    ada = make_lead("ada@example.com")
    together("ada", "otter", identifiers=None, lead=ada)
    block = ("bought_together", {"heading": "", "count": 2, "audience": "everybody", "instead": False})
    mails = send([block], ada, make_lead("bob@example.com"))
    html = part(mails["ada@example.com"])
    assert html.index("Wax") < html.index("Heron") and "Prices as of" in html
    assert "Wax" not in part(mails["bob@example.com"])


@pytest.mark.parametrize(("audience", "who"), [("bought", ["ada"]), ("never", ["bob"]), ("lost", [])])
def test_a_question_who_sees_it(goods, make_lead, send, audience, who):
    people = {name: make_lead(f"{name}@example.com") for name in ("ada", "bob")}
    record_order("ada", lead=people["ada"], currency="EUR", items=[item("x")], state="paid", at=hours_ago(9))
    block = ("product", {"heading": "", "product": goods["otter"].pk, "audience": audience, "instead": False})
    mails = send([block], *people.values())
    assert [name for name in people if "Otter" in part(mails[f"{name}@example.com"])] == who


def test_no_liquid_comes_alive_in_what_the_shop_wrote(goods, make_lead, send):
    Product.objects.filter(sku="otter").update(
        name="{{ lead.email }}{% raw %}",
        url="https://shop.example/{{ lead.email }}",
        image_url="https://x/{{ a }}",
    )
    block = (
        "product",
        {"heading": "", "product": goods["otter"].pk, "audience": "everybody", "instead": False},
    )
    html = part(send([block], make_lead("ada@example.com"))["ada@example.com"])
    assert "{ { lead.email } }" in html
    assert "{ %" in html


def test_the_form_of_a_grid_asks_for_something():
    grid = email_blocks["product_grid"]()
    value = grid.to_python({"products_chosen": [], "category": None, "count": 4, "audience": "everybody"})
    with pytest.raises(ValidationError):
        grid.clean(value)


# -- the way from an email ---------------------------------------------------------------------------------


def test_the_way_from_an_email_leads_only_where_the_shop_says(goods, client):
    url = reverse("wagtail_automation_commerce:product", args=[goods["otter"].uuid])
    answer = client.get(url, {"next": "https://evil.example/"})
    assert answer.url == goods["otter"].url + "?utm_source=email&utm_medium=email"
    assert "no-store" in answer["Cache-Control"]
    Product.objects.filter(sku="otter").update(url="https://shop.example/o?a=1&utm_source=x#y")
    assert client.get(url).url == "https://shop.example/o?a=1&utm_source=x#y"
    Product.objects.filter(sku="otter").update(url="")
    assert client.get(url).status_code == 404
    assert client.post(url).status_code == 405
    gone = reverse("wagtail_automation_commerce:to_cart", args=[uuid.uuid4()])
    assert client.get(gone).status_code == 404


def _as_it_is(text, *, shown=""):
    return text


def test_a_colon_has_a_space_before_it_in_french():
    context = SimpleNamespace(
        plain=str, html=str, keep=_as_it_is, absolute=str, base_url="https://shop.example"
    )
    block, said = CartEmailBlock(), {"label": "", "count": 1}
    with translation.override("fr"):
        plain, rich = block.own_text(said, context), block.own_mjml(said, context)
    assert "Total\u00a0: {{ cart.total_shown }}" in plain and "\u00a0: https://shop.example/" in plain
    assert "Total\u00a0: <strong>{{ cart.total_shown }}</strong>" in rich
