"""A new mail server sends few messages a day at first, and more every day."""

import datetime as dt

import pytest
from django.contrib.auth.models import Group, User
from django.core.exceptions import ValidationError
from django.urls import reverse

from wagtail_automation import clock
from wagtail_automation.admin.roles import create_groups
from wagtail_automation.leads.days import site_day
from wagtail_automation.messaging import actions, sender
from wagtail_automation.messaging.delivery import plans, routing, warming
from wagtail_automation.messaging.delivery.models import MailServer
from wagtail_automation.messaging.models import DirectMessage, Message
from wagtail_automation.messaging.reasons import REASONS
from wagtail_automation.outbox import OutboxQuerySet
from wagtail_automation.testing import clock as test_clock

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)
FORM = {
    "name": "New", "host": "mail.example.com", "port": "587", "security": "tls", "username": "",
    "secret": "", "domains": "", "order": "100", "per_minute": "0", "is_active": "on",
}  # fmt: skip


@pytest.fixture
def server(smtp):
    """A server whose plan began today: three messages, then five."""

    def make(plan="3\n5", since=0, **fields):
        values = {"host": "127.0.0.1", "port": smtp.port, "security": "none", **fields}
        first = site_day(clock.now()) - since * DAY
        return MailServer.objects.create(name="New", warm_up_from=first, warm_up_plan=plan, **values)

    return make


@pytest.fixture
def due(make_email, make_lead, queue, brand, smtp):
    email = make_email()

    def make(count=20, origin="campaign:1"):
        people = [make_lead() for _n in range(count)]
        numbers = [row.pk for row in queue(email, *people, key=f"due:{origin}")]
        Message.objects.filter(pk__in=numbers).update(origin=origin)

    return make


@pytest.fixture
def noon():
    """Noon today in the site's zone, and so on the days after."""
    with test_clock.freeze(warming.begin_of(site_day(clock.now())) + dt.timedelta(hours=12)):
        yield clock.now()


@pytest.fixture
def leases(monkeypatch):
    taken = []
    lease = OutboxQuerySet.lease
    monkeypatch.setattr(
        OutboxQuerySet, "lease", lambda *args, **where: taken.append(args) or lease(*args, **where)
    )
    return taken


def sent() -> int:
    return Message.objects.filter(state="sent").count()


# -- the plan ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "limits"),
    [
        ("", []),
        (" \r\n\n", []),
        ("50\n100", [50, 100]),
        (" 50 \r\n 1 000\r\n1,000\n1.500\n2'000", [50, 1000, 1000, 1500, 2000]),
        ("10\u202f000\n20\u00a0000", [10000, 20000]),
        ("7\n7", [7, 7]),
    ],
)  # fmt: skip
def test_a_plan_as_people_write_it(text, limits):
    assert plans.read(text) == limits


@pytest.mark.parametrize(
    "text",
    ["0", "-5", "fifty", "50\n10", "1e3", "50; 100", "١٢", "1,00", "9" * 13, "100000001", "5\n\x00",
     "1\n" * 121, "1" * 100_000, "<b>5</b>"],
)  # fmt: skip
def test_what_is_no_plan(text):
    with pytest.raises(ValidationError):
        plans.read(text)


def test_the_plan_that_is_offered_is_one_and_reaches_far():
    assert plans.read(plans.write(plans.DEFAULT)) == list(plans.DEFAULT)
    assert plans.DEFAULT[0] == 50 and plans.DEFAULT[-1] == 100_000
    assert all(later <= 2 * before for before, later in zip(plans.DEFAULT, plans.DEFAULT[1:], strict=False))


# -- sending -----------------------------------------------------------------------------------------------


def test_so_many_a_day_in_all_processes_together_and_the_rest_is_not_touched(server, due, noon, leases):
    server()
    due(20)
    sender.send_due()
    sender.send_due()
    assert sent() == 3
    waiting = Message.objects.filter(state="queued")
    assert set(waiting.values_list("attempts", "reason")) == {(0, "")}
    assert not waiting.filter(not_before__gt=noon).exists()
    leases.clear()
    with test_clock.freeze(warming.tomorrow(noon) - dt.timedelta(seconds=1)):
        sender.send_due()
        assert not sender.has_due(), "nobody looks every second until tomorrow"
    assert sent() == 3 and leases == []
    with test_clock.freeze(warming.tomorrow(noon)):
        assert sender.has_due()
        sender.send_due()
        sender.send_due()
    assert sent() == 8
    with test_clock.freeze(noon + 2 * DAY):
        sender.send_due()
    assert sent() == 20, "after the plan there is no limit"


def test_before_its_first_day_no_marketing_goes_through_it(server, due, noon):
    new = server(since=-2)
    due(2)
    actions.queue_direct(to="ada@example.com", subject="Receipt", text="x", key="r")
    sender.send_due()
    assert sent() == 0 and DirectMessage.objects.get().state == "sent"
    assert warming.used_up([new], noon) == [(new, warming.tomorrow(noon))]
    with test_clock.freeze(noon + 2 * DAY):
        sender.send_due()
    assert sent() == 2


def test_answers_to_acts_are_counted_and_never_held_back(server, due, noon, smtp):
    new = server()
    due(5)
    sender.send_due()
    for number in range(4):
        actions.queue_direct(to=f"{number}@example.com", subject="Receipt", text="x", key=f"r{number}")
    sender.send_due()
    assert len(smtp.raw) == 7 and sent() == 3
    assert warming.progress(new, noon).today.sent == 7
    with test_clock.freeze(noon + DAY):
        actions.queue_direct(to="x@example.com", subject="Receipt", text="x", key="x")
        sender.send_due()
        assert warming.progress(new, clock.now()).today.sent == 3
    assert sent() == 5, "the five of the second day hold the receipt, and no more were there"


def test_a_rate_and_a_plan(server, due, noon):
    new = server(per_minute=6)
    due(5)
    sender.send_due()
    assert sent() == 1 and warming.progress(new, noon).today.sent == 1
    for second in (10, 20, 30, 40):
        with test_clock.freeze(noon + dt.timedelta(seconds=second)):
            sender.send_due()
    assert sent() == 3 and warming.progress(new, noon).today.sent == 3


def test_what_did_not_go_is_not_counted(server, due, noon):
    new = server(port=1)
    due(5)
    sender.send_due()
    assert sent() == 0 and warming.progress(new, noon).today.sent == 0
    MailServer.objects.filter(pk=new.pk).update(domains="example.com")
    with test_clock.freeze(noon + dt.timedelta(minutes=2)):
        sender.send_due()
    assert sent() == 0 and warming.progress(new, noon).today.sent == 0


def test_another_server_is_not_held_back_and_campaigns_share_the_day(server, due, noon):
    server("4", campaigns="1, 2")
    due(5, "campaign:1")
    due(5, "campaign:2")
    due(5, "campaign:3")  # goes through the site's own
    sender.send_due()
    by_origin = [Message.objects.filter(state="sent", origin=f"campaign:{n}").count() for n in (1, 2, 3)]
    assert by_origin == [2, 2, 5]


def test_where_recipients_choose_the_server_each_waits_for_its_day(server, due, noon, leases):
    new = server("3\n5\n6", domains="example.com")
    due(20)
    sender.send_due()
    waiting = Message.objects.filter(state="queued").order_by("not_before")
    assert sent() == 3 and set(waiting.values_list("reason", "attempts")) == {("warm_up", 0)}
    begins = [warming.begin_of(site_day(noon) + number * DAY) for number in (1, 2, 3)]
    moments = list(waiting.values_list("not_before", flat=True))
    assert moments == [begins[0]] * 5 + [begins[1]] * 6 + [begins[2]] * 6
    assert str(REASONS["warm_up"])
    for days, total in ((1, 8), (2, 14), (3, 20)):
        leases.clear()
        with test_clock.freeze(noon + days * DAY):
            sender.send_due()
        assert sent() == total and len(leases) <= 3
    assert [day.sent for day in warming.progress(new, noon + 3 * DAY).days] == [3, 5, 6]


def test_a_plan_that_is_changed_is_asked_at_once(server, due, noon):
    new = server("3\n5", domains="example.com")
    due(20)
    sender.send_due()
    new.warm_up_plan = "10"
    new.save()
    sender.send_due()
    assert sent() == 10
    new.delete()
    sender.send_due()
    assert sent() == 20


def test_without_a_plan_nothing_is_asked(django_assert_num_queries):
    plain = MailServer.objects.create(name="Plain", host="x", warm_up_plan="5")
    over = MailServer.objects.create(
        name="Over", host="x", warm_up_plan="5", warm_up_from=dt.date(2020, 1, 1)
    )
    now = clock.now()
    with django_assert_num_queries(0):
        for server in (plain, over, None):
            assert warming.take(server, 20, now) == 20
            warming.give_back(server, 5, now)
        assert warming.used_up([plain, over], now) == []


def test_what_went_long_ago_is_forgotten(server, due, noon):
    new = server()
    due(3)
    sender.send_due()
    routing.forget_lines(noon + dt.timedelta(days=30))
    assert warming.progress(new, noon).today.sent == 3
    routing.forget_lines(noon + dt.timedelta(days=300))
    assert warming.progress(new, noon).today.sent == 0


# -- the admin ---------------------------------------------------------------------------------------------


@pytest.fixture
def boss(client):
    client.force_login(User.objects.create_superuser("boss"))
    return client


ADD = "wagtail_automation_mail_server:add"


def test_a_plan_is_offered_kept_and_shown(boss, noon):
    page = boss.get(reverse(ADD))
    assert page.context["form"]["warm_up_plan"].value().splitlines()[:3] == ["50", "100", "200"]
    today = site_day(noon)
    plan = {"warm_up_from": str(today - DAY), "warm_up_plan": "10\r\n1 000\r\n2,000\r\n"}
    assert boss.post(reverse(ADD), {**FORM, **plan}).status_code == 302
    new = MailServer.objects.get()
    assert (new.warm_up_from, new.warm_up_plan) == (today - DAY, "10\n1000\n2000")
    warming.take(new, 12, noon)
    page = boss.get(reverse("wagtail_automation_mail_server:edit", args=[new.pk])).content.decode()
    assert "Today at most 1,000 messages; 12 sent so far." in page and page.count('aria-current="date"') == 1
    listed = boss.get(reverse("wagtail_automation_mail_server:index")).content.decode()
    assert "day 2 of 3: 12 of 1000 sent" in listed


@pytest.mark.parametrize(
    ("days", "words", "listed"),
    [(3, "has not begun", "begins on"), (-9, "there is no limit since", "finished"), (None, "", "")],
)
def test_before_after_and_without_a_plan(boss, noon, days, words, listed):
    first = None if days is None else site_day(noon) + days * DAY
    new = MailServer.objects.create(name="New", host="x", warm_up_from=first, warm_up_plan="5\n6")
    page = boss.get(reverse("wagtail_automation_mail_server:edit", args=[new.pk])).content.decode()
    assert words in page and ("wa-warm-up" in page) is (days is not None)
    assert listed in boss.get(reverse("wagtail_automation_mail_server:index")).content.decode()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("warm_up_plan", "50\nmany"),
        ("warm_up_plan", "100\n50"),
        ("warm_up_plan", "0"),
        ("warm_up_plan", "1\n" * 500),
        ("warm_up_plan", "<script>"),
        ("warm_up_from", "tomorrow"),
        ("warm_up_from", "2026-02-30"),
        ("warm_up_from", "9999-12-31"),
    ],
)
def test_what_is_wrong_is_told_at_its_field(boss, field, value):
    answer = boss.post(reverse(ADD), {**FORM, "warm_up_from": "2026-12-01", field: value})
    assert answer.status_code == 200 and list(answer.context["form"].errors) == [field]
    assert not MailServer.objects.exists()


def test_salespeople_have_no_part_in_it(client):
    create_groups()
    seller = User.objects.create_user("theo", "t@example.com", "x")
    seller.groups.add(Group.objects.get(name="Salesperson"))
    client.force_login(seller)
    assert client.post(reverse(ADD), FORM).status_code in (302, 403) and not MailServer.objects.exists()
