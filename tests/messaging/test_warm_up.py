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
        values = {"host": "127.0.0.1", "port": smtp.port, "security": "none"}
        values |= {"warm_up_begin": None, "warm_up_end": None, **fields}  # as fast as it goes
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


def tomorrow(now):
    """When the next day begins in the site's zone."""
    return warming.begin_of(site_day(now) + DAY)


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
    with test_clock.freeze(tomorrow(noon) - dt.timedelta(seconds=1)):
        sender.send_due()
        assert not sender.has_due(), "nobody looks every second until tomorrow"
    assert sent() == 3 and leases == []
    with test_clock.freeze(tomorrow(noon)):
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
    assert warming.used_up([new], noon) == [(new, warming.begin_of(new.warm_up_from))]
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


def test_without_a_plan_nothing_is_asked_and_after_it_once(django_assert_num_queries):
    plain = MailServer.objects.create(name="Plain", host="x", warm_up_plan="5")
    over = MailServer.objects.create(
        name="Over", host="x", warm_up_plan="5", warm_up_from=dt.date(2020, 1, 1)
    )
    now = clock.now()
    warming.take(over, 5, now - 300 * DAY, is_held=False)
    with django_assert_num_queries(1):
        assert warming.limit_of(over, site_day(now)) is None
    with django_assert_num_queries(0):
        for server in (plain, over, None):
            assert warming.take(server, 20, now) == 20
            warming.give_back(server, 5, now)
        assert warming.used_up([plain, over], now) == []


def test_what_went_long_ago_is_forgotten_when_no_plan_counts_it(server, due, noon):
    new = server()
    due(3)
    sender.send_due()
    for days in (30, 300):
        routing.forget_lines(noon + days * DAY)
        assert warming.progress(new, noon).today.sent == 3
    MailServer.objects.update(warm_up_from=None)
    routing.forget_lines(noon + 30 * DAY)
    assert warming.progress(new, noon).today.sent == 3
    routing.forget_lines(noon + 300 * DAY)
    assert warming.progress(new, noon).today.sent == 0


def test_a_day_on_which_nothing_went_is_no_day_of_the_plan(server, due, noon):
    new = server("3\n5\n7")
    due(20)
    sender.send_due()
    assert sent() == 3
    later = noon + 10 * DAY
    with test_clock.freeze(later):
        shown = warming.progress(new, later)
        sender.send_due()
    assert sent() == 8, "the second day of the plan, however long nothing went"
    assert [(day.day, day.limit) for day in shown.days] == [
        (site_day(noon), 3), (site_day(later), 5), (site_day(later + DAY), 7)
    ]  # fmt: skip
    assert (shown.today.number, shown.full_from) == (2, site_day(later + 2 * DAY))
    with test_clock.freeze(later + 5 * DAY):
        sender.send_due()
        assert sent() == 15
        assert not warming.progress(new, clock.now()).is_over
    with test_clock.freeze(later + 6 * DAY):
        over = warming.progress(new, clock.now())
        sender.send_due()
    assert (over.is_over, over.today, over.full_from) == (True, None, site_day(later + 6 * DAY))
    assert sent() == 20


def test_a_day_on_which_the_server_took_nothing_does_not_count(server, due, noon):
    new = server(port=1)
    due(5)
    sender.send_due()
    assert warming.progress(new, noon + DAY).today.number == 1


# -- spread over the day -----------------------------------------------------------------------------------

EIGHT = dt.datetime(2026, 3, 2, 8, tzinfo=dt.UTC)
TWELVE_HOURS = dt.timedelta(hours=12)


def day(limit: int) -> plans.Day:
    return plans.Day(limit, EIGHT, EIGHT + TWELVE_HOURS)


def walk(plan: plans.Day, begin, step, wanted=10**9) -> list[tuple[dt.datetime, int]]:
    """``(when, how many)`` of a sender that asks after each step, until the day is over."""
    gone, used, now, went = 0, EIGHT - TWELVE_HOURS, begin, []
    while now < EIGHT + dt.timedelta(hours=16):
        count = min(wanted, plan.may(gone, used, now))
        used = plan.after(count, gone, used, now) if count else used
        gone += count
        if count:
            went.append((now, count))
        now += step
    return went


@pytest.mark.parametrize("limit", [1, 2, 50, 720, 1_001, 100_000])
@pytest.mark.parametrize("seconds", [1, 60, 240])
def test_a_day_goes_evenly_and_all_of_it(limit, seconds):
    went = walk(day(limit), EIGHT - TWELVE_HOURS / 3, dt.timedelta(seconds=seconds))
    assert sum(count for _at, count in went) == limit
    assert went[0][0] >= EIGHT and went[-1][0] < EIGHT + TWELVE_HOURS + plans.STRETCH
    fair = limit * seconds / TWELVE_HOURS.total_seconds()
    assert all(count <= fair + 2 for _at, count in went)
    half = sum(count for at, count in went if at < EIGHT + TWELVE_HOURS / 2)
    assert abs(half - limit / 2) <= fair + 1


def test_after_a_while_without_any_there_is_no_burst_and_the_rest_goes_twice_as_fast_at_most():
    an_hour_late = walk(day(7_200), EIGHT + dt.timedelta(hours=1), dt.timedelta(minutes=1))
    assert sum(count for _at, count in an_hour_late) == 7_200
    late = walk(day(7_200), EIGHT + dt.timedelta(hours=7), dt.timedelta(minutes=1))
    assert 6_000 <= sum(count for _at, count in late) <= 6_200, "five hours at twice the pace"
    for went, pace in ((an_hour_late, 7_200 / 11 / 60), (late, 20)):
        assert went[0][1] <= 5 * pace + 1, "what flows in within five minutes"
        assert all(count <= pace + 2 for _at, count in went[1:])
    last_minute = walk(day(7_200), EIGHT + TWELVE_HOURS - dt.timedelta(seconds=30), dt.timedelta(minutes=1))
    assert sum(count for _at, count in last_minute) <= 20 * 7
    assert walk(day(7_200), EIGHT + TWELVE_HOURS + plans.STRETCH, dt.timedelta(minutes=1)) == []


def test_a_day_spread_is_the_same_over_the_whole_day_and_where_clocks_change(settings):
    settings.TIME_ZONE = "Europe/Zurich"
    server = MailServer(warm_up_begin=dt.time(8), warm_up_end=dt.time(20))
    spring = warming.day_of(server, 6, dt.date(2026, 3, 29))
    assert [moment.astimezone(dt.UTC).hour for moment in (spring.begin, spring.end)] == [6, 18]
    server.warm_up_begin = server.warm_up_end = dt.time(0)
    whole = warming.day_of(server, 6, dt.date(2026, 3, 29))
    assert whole.end.astimezone(dt.UTC) - whole.begin.astimezone(dt.UTC) == dt.timedelta(hours=23)


@pytest.fixture
def spread(server):
    """Twelve a day between eight and twenty o'clock: one an hour."""
    return server("12\n24", warm_up_begin=dt.time(8), warm_up_end=dt.time(20))


@pytest.fixture
def due_early(due, noon):
    """As ``due``, since three o'clock."""

    def make(count):
        with test_clock.freeze(at(noon, 3)):
            due(count)

    return make


def at(noon, hour, minute=0):
    return warming.begin_of(site_day(noon)) + dt.timedelta(hours=hour, minutes=minute)


def test_messages_of_a_day_go_hour_by_hour(spread, due_early, noon, leases):
    due_early(20)
    for moment, total in (
        (at(noon, 7, 59), 0), (at(noon, 8), 0), (at(noon, 8, 29), 0), (at(noon, 8, 30), 1),
        (at(noon, 9, 29), 1), (at(noon, 9, 30), 2),
    ):  # fmt: skip
        leases.clear()
        with test_clock.freeze(moment):
            sender.send_due()
            sender.send_due()
            assert not sender.has_due(), "nobody looks every second"
        assert sent() == total
        assert len(leases) <= 1
    assert warming.used_up([spread], at(noon, 9, 31)) == [(spread, at(noon, 10, 30))]
    for hour in range(10, 20):
        with test_clock.freeze(at(noon, hour, 30)):
            assert sender.has_due()
            sender.send_due()
    assert sent() == 12
    assert warming.used_up([spread], at(noon, 20)) == [(spread, at(noon, 24 + 8, 15))]
    with test_clock.freeze(at(noon, 24 + 8, 15)):
        sender.send_due()
    assert sent() == 13


def test_answers_to_acts_go_at_any_hour_and_the_rest_of_the_day_makes_room(spread, due_early, noon):
    due_early(20)
    with test_clock.freeze(at(noon, 3)):
        for number in range(6):
            actions.queue_direct(to=f"{number}@example.com", subject="Receipt", text="x", key=f"r{number}")
        sender.send_due()
        assert DirectMessage.objects.filter(state="sent").count() == 6 and sent() == 0
    for hour in range(8, 24):
        with test_clock.freeze(at(noon, hour, 59)):
            sender.send_due()
    assert sent() == 6


def test_where_recipients_choose_the_server_each_waits_for_its_hour(server, due_early, noon, leases):
    new = server("12\n24", domains="example.com", warm_up_begin=dt.time(8), warm_up_end=dt.time(20))
    due_early(30)
    with test_clock.freeze(at(noon, 7)):
        sender.send_due()
    waiting = Message.objects.filter(state="queued", reason="warm_up")
    moments = list(waiting.order_by("not_before").values_list("not_before", flat=True))
    today = [at(noon, 8 + hour, 30) for hour in range(12)]
    assert moments == today + [at(noon, 24 + 8, 15 + 30 * number) for number in range(18)]
    for hour in range(24):
        with test_clock.freeze(at(noon, hour, 45)):
            leases.clear()
            sender.send_due()
            assert len(leases) <= 2
    assert sent() == 12 == warming.progress(new, noon).today.sent


def test_hours_that_are_changed_are_asked_at_once(server, due_early, noon):
    new = server("12", domains="example.com", warm_up_begin=dt.time(18), warm_up_end=dt.time(20))
    due_early(5)
    sender.send_due()
    assert sent() == 0
    new.warm_up_begin = new.warm_up_end = None
    new.save()
    sender.send_due()
    assert sent() == 5


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
    form = page.context["form"]
    assert (form["warm_up_begin"].value(), form["warm_up_end"].value()) == (dt.time(8), dt.time(20))
    plan |= {"warm_up_begin": "08:00", "warm_up_end": "20:00"}
    assert boss.post(reverse(ADD), {**FORM, **plan}).status_code == 302
    new = MailServer.objects.get()
    assert (new.warm_up_from, new.warm_up_plan) == (today - DAY, "10\n1000\n2000")
    assert (new.warm_up_begin, new.warm_up_end) == (dt.time(8), dt.time(20))
    warming.take(new, 10, noon - DAY, is_held=False)
    warming.take(new, 12, noon, is_held=False)
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
    for number in (1, 2) if days == -9 else ():
        warming.take(new, 5, noon - number * DAY, is_held=False)
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
        ("warm_up_begin", "25:00"),
        ("warm_up_end", "at eight"),
        ("warm_up_end", "07:59"),
        ("warm_up_end", ""),
    ],
)
def test_what_is_wrong_is_told_at_its_field(boss, field, value):
    hours = {"warm_up_begin": "08:00", "warm_up_end": "20:00"}
    answer = boss.post(reverse(ADD), {**FORM, **hours, "warm_up_from": "2026-12-01", field: value})
    assert answer.status_code == 200 and list(answer.context["form"].errors) == [field]
    assert not MailServer.objects.exists()


def test_salespeople_have_no_part_in_it(client):
    create_groups()
    seller = User.objects.create_user("theo", "t@example.com", "x")
    seller.groups.add(Group.objects.get(name="Salesperson"))
    client.force_login(seller)
    assert client.post(reverse(ADD), FORM).status_code in (302, 403) and not MailServer.objects.exists()
