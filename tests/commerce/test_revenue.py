"""What emails, campaigns, pages and sources earned; whatever is asked, the parts make the whole."""

import csv
import io

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.commerce.conftest import hours_ago, item
from tests.commerce.test_touches import buy, page, visit  # noqa: F401  (a fixture)
from wagtail_automation.admin import roles
from wagtail_automation.campaigns.models import Campaign
from wagtail_automation.commerce import attribution
from wagtail_automation.commerce.actions import record_order
from wagtail_automation.commerce.models import Order, Touch
from wagtail_automation.commerce.revenue_views import ReportForm
from wagtail_automation.messaging.models import Email
from wagtail_automation.objects import ref_of
from wagtail_automation.tracking.actions import record_event

pytestmark = pytest.mark.django_db
REPORT = "wagtail_automation_revenue"


@pytest.fixture
def spring(person, page):
    """Ada came by an advertisement, then by an email of a campaign; she pays 10.01 EUR."""
    ada = person()
    campaign = Campaign.objects.create(name="Spring")
    email = Email.objects.create(name="Letter", subject="x", locale=page.locale)
    visit(ada, 30)
    click = {"device": "desktop", "origin": f"campaign:{campaign.pk}"}
    record_event(name="email_clicked", lead=ada, about=email, channel="email", data=click, at=hours_ago(5))
    record_event(name="email_opened", lead=ada, about=email, channel="email", at=hours_ago(2))
    order = record_order("1", lead=ada, currency="EUR", items=[item(price="10.01")], state="paid",
                         at=hours_ago(1))  # fmt: skip
    return ada, campaign, email, order


def earned(by, model="last", orders=None):
    rows = attribution.credits(Order.objects.all() if orders is None else orders, by=by, model=model)
    return {(row.label, row.currency): (row.orders, row.revenue) for row in rows}


@pytest.mark.parametrize(
    ("by", "model", "expected"),
    [
        ("email", "last", {("Letter", "EUR"): (1, 1001)}),
        ("email", "first", {("", "EUR"): (1, 1001)}),
        ("campaign", "last", {("Spring", "EUR"): (1, 1001)}),
        ("source", "first", {("google / cpc", "EUR"): (1, 1001)}),
        ("url_campaign", "first", {("spring", "EUR"): (1, 1001)}),
        ("source", "linear", {("google / cpc", "EUR"): (1, 500), ("", "EUR"): (1, 501)}),
        ("device", "linear", {("Mobile phone", "EUR"): (1, 500), ("Desktop computer", "EUR"): (1, 501)}),
        ("contact", "any", {("Visit", "EUR"): (1, 1001), ("Email clicked", "EUR"): (1, 1001)}),
        ("email", "any", {("Letter", "EUR"): (1, 1001)}),
        ("promo", "any", {("", "EUR"): (1, 1001)}),
    ],
)
def test_who_earned_it(spring, by, model, expected):
    assert earned(by, model) == expected


def test_pages_and_what_is_gone(spring, page):
    assert earned("page", "first") == {(str(page), "EUR"): (1, 1001)}
    _ada, _campaign, email, _order = spring
    key = str(email.translation_key)[:8]
    email.delete()
    assert earned("email") == {(f"deleted ({key})", "EUR"): (1, 1001)}


def test_of_one_email_and_one_campaign(spring):
    _ada, campaign, email, _order = spring
    by_model = {row[0]: row[2:] for row in attribution.earned_by(Order.objects.all(), email)}
    assert by_model == {
        "last": ("EUR", 1, 1001), "linear": ("EUR", 1, 501), "any": ("EUR", 1, 1001),
    }  # fmt: skip
    assert "last" in {row[0] for row in attribution.earned_by(Order.objects.all(), campaign)}


def test_a_refund_takes_from_what_was_earned(spring):
    record_order("1", currency="EUR", refunds=[{"key": "r", "amount": "0.02"}])
    assert earned("source", "linear") == {("google / cpc", "EUR"): (1, 499), ("", "EUR"): (1, 500)}
    record_order("1", currency="EUR", refunds=[{"key": "s", "amount": "9.99"}])
    assert earned("source", "linear") == {}


@settings(max_examples=25, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])  # fmt: skip
@given(
    orders=st.lists(
        st.tuples(
            st.sampled_from(["EUR", "JPY"]),
            st.integers(1, 10**6),
            st.lists(st.tuples(st.sampled_from(["visit", "email_clicked", "email_opened"]),
                               st.sampled_from(["", "google", "news"])), max_size=6),
        ),
        max_size=6,
    )
)  # fmt: skip
def test_parts_add_up_to_the_whole(person, orders):
    Order.objects.all().delete()
    ada, whole = person(), {}
    for number, (currency, units, touches) in enumerate(orders):
        price = str(units) if currency == "JPY" else f"{units // 100}.{units % 100:02}"
        order = record_order(str(number), lead=ada, currency=currency, items=[item(price=price)],
                             state="paid", at=hours_ago(1))  # fmt: skip
        whole[currency] = whole.get(currency, 0) + units
        Touch.objects.bulk_create(
            Touch(order=order, name=name, ref=place, at=hours_ago(9), source=source)
            for place, (name, source) in enumerate(touches)
        )
    for by in attribution.DIMENSIONS:
        for model in ("last", "first", "linear"):
            sums = {}
            for row in attribution.credits(Order.objects.all(), by=by, model=model):
                sums[row.currency] = sums.get(row.currency, 0) + row.revenue
            assert sums == whole, (by, model)


@pytest.fixture
def analyst(client, db):
    roles.create_groups()
    user = User.objects.create_user("ann", "ann@example.com", "x")
    user.groups.add(Group.objects.get(name="Analyst"))
    client.force_login(user)
    return user


def test_the_report(spring, analyst, client):
    answer = client.get(reverse(REPORT), {"by": "email"})
    text = answer.content.decode()
    assert "Letter" in text
    assert "10.01\u00a0EUR" in text
    assert "Together: 10.01\u00a0EUR" in text


def test_a_period_is_from_a_day_to_a_day():
    with translation.override("fr"):
        form = ReportForm()
        assert (str(form["start"].label), str(form["end"].label)) == ("Payé du", "au")


def test_the_file_of_the_report_holds_no_formula(spring, analyst, client):
    Touch.objects.update(source="=1+1", medium="")
    answer = client.get(reverse(REPORT), {"by": "source", "model": "first", "export": "csv"})
    rows = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    assert rows == [["Source", "Currency", "Orders", "Revenue"], ["'=1+1", "EUR", "1", "10.01"]]


@pytest.mark.parametrize(
    "asked",
    [
        {"by": "nonsense"},
        {"model": "'; DROP TABLE"},
        {"start": "yesterday"},
        {"start": "2026-03-01", "end": "2026-02-01"},
        {"end": "9999-12-31"},
        {"start": "0001-01-01"},
    ],
)
def test_what_makes_no_sense_shows_nothing_and_breaks_nothing(spring, analyst, client, asked):
    assert client.get(reverse(REPORT), asked).status_code == 200
    assert client.get(reverse(REPORT), asked | {"export": "csv"}).status_code == 200


def test_the_page_of_an_email_and_the_way_to_it(spring, analyst, client):
    _ada, _campaign, email, _order = spring
    kind = ref_of(email).kind
    analyst.user_permissions.add(*Permission.objects.filter(codename__in=["view_email", "change_email"]))
    text = client.get(reverse("wagtail_automation_revenue_of", args=[kind, email.pk])).content.decode()
    assert "10.01\u00a0EUR" in text
    listed = client.get(reverse(Email.snippet_viewset.get_url_name("list"))).content.decode()
    assert reverse("wagtail_automation_revenue_of", args=[kind, email.pk]) in listed
    for args, status in (([1, 1], 404), ([kind, 10**9], 404), ([999, 1], 404)):
        assert client.get(reverse("wagtail_automation_revenue_of", args=args)).status_code == status


def test_a_salesperson_counts_their_own_leads(spring, client):
    roles.create_groups()
    user = User.objects.create_user("sam", "sam@example.com", "x")
    user.groups.add(Group.objects.get(name="Salesperson"))
    client.force_login(user)
    assert "10.01" not in client.get(reverse(REPORT)).content.decode()
    ada = spring[0]
    ada.owner = user
    ada.save()
    assert "10.01" in client.get(reverse(REPORT)).content.decode()


def test_nobody_without_the_right(spring, client, django_user_model):
    user = django_user_model.objects.create_user("eve", "eve@example.com", "x")
    user.user_permissions.add(Permission.objects.get(codename="access_admin"))
    client.force_login(user)
    assert client.get(reverse(REPORT)).status_code == 302
    assert client.get(reverse("wagtail_automation_revenue_of", args=[2, spring[2].pk])).status_code == 302


def test_the_order_says_what_happened_before_it(spring, admin_client):
    order = spring[3]
    text = admin_client.get(reverse("automation_orders_modeladmin_inspect", args=[order.pk])).content.decode()
    assert "Email clicked: Letter" in text
    assert "google / cpc / spring" in text


def test_as_many_queries_for_many_orders(spring):
    ada = spring[0]
    counts = []
    for more in (0, 8):
        for number in range(more):
            buy(ada, number=f"n{number}")
        with CaptureQueriesContext(connection) as queries:
            attribution.credits(Order.objects.all(), by="email", model="linear")
        counts.append(len(queries))
    assert counts == [2, 2]
