"""Each scenario installed and published by an editor in the admin, then lived through by people."""

import datetime as dt

import pytest

from wagtail_automation.audiences.models import Segment
from wagtail_automation.campaigns.models import Enrollment
from wagtail_automation.commerce import carts
from wagtail_automation.commerce.actions import record_order, update_cart
from wagtail_automation.leads.actions import set_fields
from wagtail_automation.leads.consent import is_granted
from wagtail_automation.leads.models import Lead
from wagtail_automation.messaging.models import Email
from wagtail_automation.testing import clock as test_clock

from .conftest import NOW

pytestmark = pytest.mark.django_db


def test_welcome(world):
    world.publish("welcome")
    ada, eve = world.person("Ada"), world.person("Eve")
    world.person("Nobody")
    for lead in (ada, eve):
        world.join(lead, "Newsletter")
    with world.after(days=1):
        world.click(ada, "1 Welcome")
    with world.after(days=2.9):
        pass
    assert world.mail() == [("Ada", "1 Welcome", 0), ("Eve", "1 Welcome", 0)]
    with world.after(days=3):
        pass
    assert world.mail()[2:] == [("Eve", "2 In case you missed it", 3)]
    assert world.members("Interested readers") == {"Ada"}
    assert not Enrollment.objects.inside().exists()


def test_onboarding_after_double_opt_in(world):
    world.publish("double_opt_in_onboarding")
    ada, eve = world.person("Ada", consent=False), world.person("Eve", consent=False)
    world.tick()
    assert world.mail() == []
    with world.after(days=1):
        world.confirm(ada)
        world.tick()
    with world.after(days=3):
        pass
    with world.after(days=4):
        # too late
        world.confirm(eve)
        world.tick()
    assert world.mail() == [("Ada", "1 Good to have you", 1), ("Ada", "2 First steps", 3)]
    assert world.members("Never confirmed") == {"Eve"}


def test_birthday(world):
    world.publish("birthday")
    # nine in the morning is another moment in Tokyo
    ada = world.person("Ada", birth_date=dt.date(1990, 3, 12), time_zone="UTC")
    world.person("Eve", birth_date=dt.date(1980, 3, 12), time_zone="Asia/Tokyo")
    world.person("Leap", birth_date=dt.date(2000, 2, 29), time_zone="UTC")
    world.person("Nobody")
    for hours in range(0, 60, 3):
        with world.after(hours=hours):
            pass
    assert world.mail() == [("Eve", "Birthday", 1.62), ("Ada", "Birthday", 2)]
    for day in (353, 354, 355, 367):
        with world.after(days=day, hours=1):
            pass
    assert ("Leap", "Birthday", 355.04) in world.mail()
    assert [row[2] for row in world.mail() if row[0] == "Ada"] == [2, 367.04]
    assert Enrollment.objects.filter(lead=ada).count() == 2


def quiet(world, name, days, **fields):
    """Somebody whose last visit was so many days ago."""
    with test_clock.freeze(NOW - dt.timedelta(days=days)):
        lead = world.person(name, **fields)
        world.visit(lead)
    return lead


def test_win_back(world):
    ada, eve = quiet(world, "Ada", 100, time_zone="UTC"), quiet(world, "Eve", 200, time_zone="UTC")
    late = quiet(world, "Late", 88, time_zone="UTC")
    quiet(world, "Busy", 5, time_zone="UTC")
    world.publish("win_back")
    assert Segment.objects.get().live
    # Tuesdays at nine
    with world.after(days=7):
        pass
    assert {row[:2] for row in world.mail()} == {
        ("Ada", "1 We miss you"),
        ("Eve", "1 We miss you"),
        ("Late", "1 We miss you"),
    }
    with world.after(days=9):
        world.click(ada, "1 We miss you")
    with world.after(days=21):
        pass
    first = {name: day for name, email, day in world.mail() if email == "1 We miss you"}
    second = {name: day for name, email, day in world.mail() if email == "2 One more thing"}
    assert set(first) == {"Ada", "Eve", "Late"}
    assert set(second) == {"Eve", "Late"}
    assert all(second[name] >= first[name] + 14 for name in second)
    with world.after(days=23):
        world.click(late, "2 One more thing")
    with world.after(days=36):
        pass
    assert world.members("Came back") == {"Ada", "Late"}
    assert world.members("Asleep") == {"Eve"}
    # not again within half a year, though still quiet
    with world.after(days=42):
        pass
    assert len(world.mail()) == 5
    with world.after(days=7 * 30):
        pass
    assert ("Eve", "1 We miss you", 210) in world.mail()
    assert Lead.objects.filter(pk=eve.pk).exists()


def test_nurturing_hands_over_to_sales(world, seller):
    world.publish("lead_nurturing")
    ready, curious, cold = world.person("Ready"), world.person("Curious"), world.person("Cold")
    for lead in (ready, curious, cold):
        world.join(lead, "Prospects")
    with world.after(days=1):
        world.click(ready, "1 A guide")
        world.click(curious, "1 A guide")
    assert world.alerts() == []
    with world.after(days=2):
        world.click(ready, "story")
    assert world.alerts() == ["seller@example.com"]
    with world.after(days=5):
        pass
    with world.after(days=9):
        pass
    assert world.mail() == [
        ("Ready", "1 A guide", 0),
        ("Curious", "1 A guide", 0),
        ("Cold", "1 A guide", 0),
        ("Ready", "2 A customer's story", 1),
        ("Curious", "2 A customer's story", 1),
    ]
    assert dict(Lead.objects.values_list("first_name", "score")) == {"Ready": 20, "Curious": 10, "Cold": 0}
    assert world.members("Handed over to sales") == {"Ready"}
    assert world.members("To be kept warm") == {"Curious", "Cold"}
    assert len(world.alerts()) == 1


def test_event_reminder(world):
    world.publish("event_reminder")
    early = world.person("Early", time_zone="UTC", event_date="2026-03-30")
    late = world.person("Late", time_zone="UTC", event_date="2026-03-13")
    world.person("Stranger", time_zone="UTC", event_date="2026-03-30")
    for lead in (early, late):
        world.join(lead, "Guests")
    for day in range(25):
        with world.after(days=day):
            pass
    mail = world.mail()
    assert [row[1:] for row in mail if row[0] == "Early"] == [
        ("1 Your seat", 0),
        ("2 In a week", 13),
        ("3 Tomorrow", 19),
        ("4 Thank you", 21),
    ]
    # a week before is over: the reminder comes at once
    assert [row[1:] for row in mail if row[0] == "Late"] == [
        ("1 Your seat", 0),
        ("2 In a week", 0),
        ("3 Tomorrow", 2),
        ("4 Thank you", 4),
    ]
    assert {row[0] for row in mail} == {"Early", "Late"}


def test_renewal(world, seller):
    world.publish("renewal")
    loyal = world.person("Loyal", time_zone="UTC", renewal_date="2026-04-10")
    world.person("Silent", time_zone="UTC", renewal_date="2026-04-10")
    world.person("Later", time_zone="UTC", renewal_date="2026-12-31")
    for day in (0, 1, 2):
        with world.after(days=day):
            pass
    assert world.mail() == [("Loyal", "1 In a month", 1), ("Silent", "1 In a month", 1)]
    with world.after(days=10):
        set_fields(
            lead=loyal,
            fields={"renewal_date": "2027-04-10"},
            source="api",
            now=NOW + dt.timedelta(days=10),
        )
    with world.after(days=23):
        pass
    assert len(world.mail()) == 2
    with world.after(days=24):
        pass
    assert world.mail()[2:] == [("Loyal", "2 Thank you", 24), ("Silent", "2 In a week", 24)]
    assert world.alerts() == ["seller@example.com"]


def test_data_hygiene(world):
    gone, stays = quiet(world, "Gone", 400, time_zone="UTC"), quiet(world, "Stays", 500, time_zone="UTC")
    world.publish("data_hygiene")
    world.person("JEAN-PIERRE", last_name="O'NEILL", city="PARIS", time_zone="UTC")
    world.tick()
    fresh = Lead.objects.get(email="jean-pierre@example.com")
    assert (fresh.first_name, fresh.last_name, fresh.city) == ("Jean-Pierre", "O'Neill", "Paris")
    assert world.mail() == []
    # on the first of April at nine
    with world.after(days=21):
        pass
    with world.after(days=22):
        assert {row[:2] for row in world.mail()} == {("Gone", "Stay in touch?"), ("Stays", "Stay in touch?")}
        world.click(stays, "Stay in touch?")
    with world.after(days=37):
        pass
    assert world.members("Sunset") == {"Gone"}
    assert not is_granted(gone, "email")
    assert is_granted(stays, "email")
    assert Enrollment.objects.get(lead=stays).left_reason.startswith("exit")


def basket(lead, at, items=("otter",)):
    lines = [{"sku": sku, "name": sku.title(), "price": "10.00"} for sku in items]
    update_cart(
        f"cart-{lead.pk}", lead=lead, currency="EUR", items=lines, at=at, url="https://shop.example/c"
    )


def buy(lead, number, at):
    items = [{"sku": "otter", "name": "Otter", "price": "10.00"}]
    record_order(number, lead=lead, currency="EUR", items=items, state="paid", at=at)


def test_abandoned_cart(world):
    world.publish("abandoned_cart")
    ada, eve, bob = world.person("Ada"), world.person("Eve"), world.person("Bob")
    for lead in (ada, eve, bob):
        basket(lead, NOW)
    with world.after(hours=3):
        carts.mark_abandoned()
        buy(bob, "b", NOW + dt.timedelta(hours=3))
    with world.after(hours=5):
        carts.mark_abandoned()
        world.tick()
    assert [who for who, _name, _days in world.mail()] == ["Ada", "Eve"]
    assert {name for _who, name, _days in world.mail()} == {"1 Your cart"}
    with world.after(hours=10):
        buy(eve, "e", NOW + dt.timedelta(hours=10))
    with world.after(hours=30):
        pass
    assert [(who, name) for who, name, _days in world.mail()[2:]] == [("Ada", "2 Still there")]
    assert world.members("Came back to their cart") == {"Eve"}
    email = Email.objects.get(name__endswith="1 Your cart")
    assert [block.block.name for block in email.body] == ["heading", "rich_text", "rich_text", "cart"]
    assert not Enrollment.objects.inside().exists()


def test_after_a_purchase(world):
    world.publish("post_purchase")
    ada, eve = world.person("Ada"), world.person("Eve")
    for number, lead in enumerate((ada, eve)):
        buy(lead, str(number), NOW)
    world.tick()
    with world.after(days=1.1):
        pass
    assert [(who, name) for who, name, _days in world.mail()] == [
        ("Ada", "1 Thank you"),
        ("Eve", "1 Thank you"),
    ]
    with world.after(days=15):
        buy(ada, "again", NOW + dt.timedelta(days=15))
        world.tick()
    with world.after(days=22):
        pass
    assert [(who, name) for who, name, _days in world.mail()[2:]] == [("Eve", "2 What others like")]
    assert world.members("Regular customers") == {"Ada"}
