"""Numbers, texts and dates compared, against a naive reading in Python: accents, NULLs, zones, leap years."""

import datetime as dt
import itertools
import math
import re
import zoneinfo

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from wagtail.blocks.struct_block import StructBlockValidationError

from wagtail_automation.leads.days import anniversary_window, born_by
from wagtail_automation.leads.models import CustomField, Lead
from wagtail_automation.leads.shares import fraction
from wagtail_automation.rules.binding import bind
from wagtail_automation.rules.compiler import compile_rule
from wagtail_automation.rules.conditions import conditions
from wagtail_automation.rules.rule import Rule
from wagtail_automation.rules.scope import Scope
from wagtail_automation.testing import contracts

from .test_conditions import naive_fold, text

pytestmark = pytest.mark.django_db
randomly = settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

#: before a leap day, on it, after it, in a year without one, at the turn of a year, at a change of the clock
NOWS = [
    dt.datetime(2024, 2, 28, 23, 30, tzinfo=dt.UTC),
    dt.datetime(2024, 2, 29, 11, 15, tzinfo=dt.UTC),
    dt.datetime(2025, 2, 28, 9, 0, tzinfo=dt.UTC),
    dt.datetime(2025, 12, 31, 12, 0, tzinfo=dt.UTC),
    dt.datetime(2026, 3, 29, 0, 30, tzinfo=dt.UTC),
]
ZONES = ["", "Europe/Paris", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Kathmandu", "Not/A_Zone"]
near = st.sampled_from(NOWS).flatmap(
    lambda now: st.integers(-4, 4).map(lambda days: now.date() + dt.timedelta(days=days))
)
birthdays = st.tuples(near, st.integers(0, 60)).map(
    lambda pair: dt.date(pair[0].year - pair[1], pair[0].month, min(pair[0].day, 28))
) | st.just(dt.date(2004, 2, 29))
moments = near.flatmap(
    lambda day: st.integers(0, 24 * 60 - 1).map(
        lambda minutes: (
            dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC) + dt.timedelta(minutes=minutes)
        )
    )
)
person = st.fixed_dictionaries(
    {"time_zone": st.sampled_from(ZONES)},
    optional={
        "company": text,
        "language": st.sampled_from(["fr", "fr-CA", "frr", "en", "pt-BR"]),
        "birth_date": birthdays,
        "created_at": moments,
        "renewal": near.map(str),
        "nps": st.sampled_from([-2, 0, 0.5, 1, 2.5, 3]),
        "score": st.integers(-2, 3),
    },
)
people = st.lists(person, min_size=1, max_size=7)
CUSTOM = {"renewal", "nps"}


@pytest.fixture
def custom():
    CustomField.objects.bulk_create(
        [
            CustomField(key="nps", label="NPS", type="number"),
            CustomField(key="renewal", label="Renewal", type="date"),
        ]
    )


def people_of(rows):
    Lead.objects.all().delete()
    Lead.objects.bulk_create(
        [
            Lead(
                **{"created_at": NOWS[0], **{key: row[key] for key in row.keys() - CUSTOM}},
                attributes={key: row[key] for key in row.keys() & CUSTOM},
            )
            for row in rows
        ]
    )
    return list(Lead.objects.order_by("pk"))


def answers(type_, value, now, match="all"):
    rule = Rule({"match": match, "items": [{"id": "1", "type": type_, "value": value}]})
    found = [
        set(Lead.objects.filter(compile_rule(rule, Scope(now, mode=mode))).values_list("pk", flat=True))
        for mode in ("set", "one")
    ]
    assert found[0] == found[1]
    return found[0]


def check(leads, type_, value, naive, now=NOWS[0]):
    yes = {lead.pk for lead in leads if naive(lead)}
    assert answers(type_, value, now) == yes
    assert answers(type_, value, now, "none") == {lead.pk for lead in leads} - yes


def today_of(lead, now):
    try:
        zone = zoneinfo.ZoneInfo(lead.time_zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        zone = dt.UTC
    return now.astimezone(zone).date()


def day_of(lead, key):
    if key == "renewal":
        stored = lead.attributes.get(key)
        return dt.date.fromisoformat(stored) if stored else None
    value = getattr(lead, key)
    return value.date() if isinstance(value, dt.datetime) else value


COMPARED = {
    "gte": lambda x, a, b: x >= a,
    "lte": lambda x, a, b: x <= a,
    "gt": lambda x, a, b: x > a,
    "lt": lambda x, a, b: x < a,
    "eq": lambda x, a, b: x == a,
    "ne": lambda x, a, b: x != a,
    "between": lambda x, a, b: min(a, b) <= x <= max(a, b),
}
numbers = st.sampled_from([-2, -1.5, -1, 0, 0.5, 1, 2.5, 3, 3.0, 10**12])


@randomly
@given(
    rows=people,
    key=st.sampled_from(["nps", "score"]),
    operator=st.sampled_from(sorted(COMPARED)),
    a=numbers,
    b=numbers,
)
def test_numbers(custom, rows, key, operator, a, b):
    leads = people_of(rows)

    def naive(lead):
        number = lead.score if key == "score" else lead.attributes.get("nps")
        return number is not None and COMPARED[operator](number, a, b)

    value = {"field": key, "compare": {"operator": operator, "value": a, "to": b}}
    check(leads, "field_number", value, naive)


SAID = {
    "contains": lambda x, a: a in x,
    "is": lambda x, a: x == a,
    "starts": lambda x, a: x.startswith(a),
    "ends": lambda x, a: x.endswith(a),
    "not_contains": lambda x, a: a not in x,
    "is_not": lambda x, a: x != a,
    "empty": lambda x, a: not x,
    "not_empty": lambda x, a: bool(x),
    "one_of": lambda x, a: x in [part.strip() for part in re.split("[,;]", a) if part.strip()],
}


@randomly
@given(rows=people, operator=st.sampled_from(sorted(SAID)), wanted=st.lists(text, max_size=2).map(",".join))
def test_texts(rows, operator, wanted):
    leads = people_of(rows)
    folded = naive_fold(wanted).strip()
    value = {"company": {"operator": operator, "text": wanted}}
    asks_nothing = not folded.replace(",", "").strip() if operator == "one_of" else not folded
    if operator not in ("empty", "not_empty") and asks_nothing:
        assert answers("company_is", value, NOWS[0]) == set()
        return
    check(leads, "company_is", value, lambda lead: SAID[operator](naive_fold(lead.company), folded))


def celebrates(born, year):
    try:
        return born.replace(year=year)
    except ValueError:
        return dt.date(year, 2, 28)


def near_anniversary(day, today, days):
    return any(
        abs(celebrates(day, today.year + shift) - today) <= dt.timedelta(days=days) for shift in (-1, 0, 1)
    )


ON_A_DAY = {
    "on": lambda x, day, to: x == day,
    "before": lambda x, day, to: x < day,
    "after": lambda x, day, to: x > day,
    "between": lambda x, day, to: min(day, to) <= x <= max(day, to),
}
FROM_TODAY = {
    "last": lambda gap, days: -days <= gap <= 0,
    "next": lambda gap, days: 0 <= gap <= days,
    "ago": lambda gap, days: gap == -days,
    "in": lambda gap, days: gap == days,
}
DATED = st.sampled_from(["renewal", "birth_date", "created_at"])


@randomly
@given(rows=people, key=DATED, operator=st.sampled_from(sorted(ON_A_DAY)), day=near, to=near)
def test_days(custom, rows, key, operator, day, to):
    leads = people_of(rows)
    compare = {"operator": operator, "date": str(day), "to": str(to)}

    def naive(lead):
        own = day_of(lead, key)
        return own is not None and ON_A_DAY[operator](own, day, to)

    check(leads, "date_field", {"field": key, "compare": compare}, naive)
    if key == "created_at":
        check(leads, "created", {"compare": compare}, naive)


@randomly
@given(
    rows=people,
    key=DATED,
    operator=st.sampled_from([*sorted(FROM_TODAY), "anniversary"]),
    days=st.integers(0, 5),
    now=st.sampled_from(NOWS),
)
def test_days_from_today_where_they_live(custom, rows, key, operator, days, now):
    leads = people_of(rows)

    def naive(lead):
        own, today = day_of(lead, key), today_of(lead, now)
        if own is None:
            return False
        if operator == "anniversary":
            return near_anniversary(own, today, days)
        return FROM_TODAY[operator]((own - today).days, days)

    value = {"field": key, "compare": {"operator": operator, "days": days}}
    check(leads, "date_field", value, naive, now)
    if operator == "in":
        check(leads, "days_before_date", {"field": key, "days": days}, naive, now)
    if operator in ("last", "next"):
        side = "before" if operator == "last" else "after"
        check(leads, "field_between_days_and_today", {"field": key, "days": days, "side": side}, naive, now)


@randomly
@given(
    rows=people,
    key=DATED,
    distance=st.sampled_from(["exactly", "at_least", "at_most"]),
    side=st.sampled_from(["before", "after"]),
    days=st.integers(0, 5),
    now=st.sampled_from(NOWS),
)
def test_how_far_from_today(custom, rows, key, distance, side, days, now):
    leads = people_of(rows)

    def naive(lead):
        own = day_of(lead, key)
        if own is None:
            return False
        gap = (own - today_of(lead, now)).days * (1 if side == "after" else -1)
        return {"exactly": gap == days, "at_least": gap >= days, "at_most": 0 <= gap <= days}[distance]

    value = {"field": key, "distance": distance, "days": days, "side": side}
    check(leads, "field_days_from_today", value, naive, now)


@randomly
@given(
    rows=people,
    one=DATED,
    two=DATED,
    order=st.sampled_from(["before", "after", "same"]),
    days=st.integers(-3, 3),
)
def test_two_dates(custom, rows, one, two, order, days):
    leads = people_of(rows)

    def naive(lead):
        first, second = day_of(lead, one), day_of(lead, two)
        if first is None or second is None:
            return False
        gap = (first - second).days
        return {"before": gap < days, "after": gap > days, "same": abs(gap) <= abs(days)}[order]

    check(leads, "dates_compared", {"field": one, "other": two, "order": order, "days": days}, naive)


@randomly
@given(
    rows=people,
    operator=st.sampled_from(sorted(COMPARED)),
    a=st.integers(0, 62),
    b=st.integers(0, 62),
    now=st.sampled_from(NOWS),
)
def test_ages(rows, operator, a, b, now):
    leads = people_of(rows)

    def naive(lead):
        born, today = lead.birth_date, today_of(lead, now)
        if born is None:
            return False
        years = today.year - born.year - (celebrates(born, today.year) > today)
        return COMPARED[operator](years, a, b)

    check(leads, "age", {"years": {"operator": operator, "value": a, "to": b}}, naive, now)


@given(
    born=st.dates(dt.date(1900, 1, 1), dt.date(2026, 12, 31)),
    today=st.dates(dt.date(1990, 1, 1)),
    years=st.integers(0, 90),
)
def test_born_by_is_the_last_birthday_of_that_age(born, today, years):
    assert (born <= born_by(today, years)) == (
        celebrates(born, born.year + years) <= today if born.year + years < 9999 else False
    )


@given(
    born=st.dates(dt.date(1900, 1, 1), dt.date(2026, 12, 31)),
    today=st.dates(dt.date(1990, 1, 1), dt.date(2100, 1, 1)),
    days=st.integers(0, 200),
)
def test_the_window_of_an_anniversary(born, today, days):
    inside = any(low <= f"{born:%m-%d}" <= high for low, high in anniversary_window(today, days))
    assert inside == (near_anniversary(born, today, days) or days >= 183)


@randomly
@given(rows=people, wanted=st.lists(st.sampled_from(["fr", "fr-CA", "pt", "pt-BR"]), max_size=2))
def test_languages_and_zones(rows, wanted):
    leads = people_of(rows)
    if wanted:
        check(
            leads,
            "language_is",
            {"languages": wanted},
            lambda lead: lead.language in wanted or lead.language.partition("-")[0] in wanted,
        )
    else:
        assert answers("language_is", {"languages": []}, NOWS[0]) == set()
    zones = ["Europe/Paris", "Asia/Kathmandu"]
    check(leads, "time_zone_is", {"zones": zones}, lambda lead: lead.time_zone in zones)


@pytest.mark.parametrize("percent", [0, 0.5, 33.3, 50, 100])
def test_a_random_share_is_sticky_and_grows(percent):
    Lead.objects.bulk_create([Lead(bucket=bucket) for bucket in [0, 1, 999_999, *range(7, 10**6, 10_007)]])
    leads = list(Lead.objects.all())
    for salt in ("", "Printemps"):
        value = {"percent": percent, "salt": salt}
        check(
            leads, "random_share", value, lambda lead, salt=salt: fraction(lead.bucket, salt) < percent / 100
        )
    share = len(answers("random_share", {"percent": percent}, NOWS[0])) / len(leads)
    assert math.isclose(share, percent / 100, abs_tol=0.12)
    less = answers("random_share", {"percent": percent / 2}, NOWS[0])
    assert less <= answers("random_share", {"percent": percent}, NOWS[0])


WHOLE = {
    "age": {"years": {"operator": "lt", "value": 30}},
    "field_empty": {"field": "company"},
    "field_between_days_and_today": {"field": "renewal", "days": 3, "side": "before"},
    "field_days_from_today": {"field": "birth_date", "days": 3, "side": "before", "distance": "at_least"},
    "field_number": {"field": "nps", "compare": {"operator": "ne", "value": 2}},
    "dates_compared": {"field": "renewal", "other": "created_at", "order": "after", "days": 2},
    "date_field": {"field": "birth_date", "compare": {"operator": "anniversary", "days": 3}},
    "days_before_date": {"field": "renewal", "days": 2},
    "company_is": {"company": {"operator": "ends", "text": "é"}},
    "language_is": {"languages": ["fr"]},
    "time_zone_is": {"zones": ["Europe/Paris"]},
    "created": {"compare": {"operator": "before", "date": "2024-03-01"}},
    "random_share": {"percent": 50},
}


@pytest.mark.parametrize("key", sorted(WHOLE))
def test_contract(custom, key):
    people_of(
        [
            {"company": "Café", "birth_date": dt.date(2004, 2, 29), "nps": 1, "renewal": "2026-01-17"},
            {"language": "fr-CA", "time_zone": "Europe/Paris", "renewal": "2026-01-13"},
            {"time_zone": ""},
        ]
    )
    contracts.check_condition(conditions[key], value=WHOLE[key], model=Lead)


LONG = "é'\"; DROP TABLE x; --" * 500
ABSURD = [None, "", "x", LONG, [], {}, {"operator": "sum"}, -1, 10**30, 1e308, True]


@pytest.mark.parametrize("key", sorted(WHOLE))
def test_what_no_form_wrote_matches_nobody(custom, key):
    """Each parameter in turn is something else: nobody, or – where it means something – no error."""
    people_of([{"company": "Café", "birth_date": dt.date(2004, 2, 29), "nps": 1, "renewal": "2026-01-17"}])
    for wrong, (name, right) in itertools.product(ABSURD, WHOLE[key].items()):
        answers(key, {**WHOLE[key], name: wrong}, NOWS[0])
        if isinstance(right, dict):
            for inner in right:
                found = answers(key, {name: {**right, inner: wrong}}, NOWS[0])
                if inner == "operator":
                    assert found == set()


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "2026-02-30", "20260101", 5])
@pytest.mark.parametrize("operator", sorted(ON_A_DAY))
def test_the_ends_of_the_calendar(custom, day, operator):
    people_of([{"birth_date": dt.date(1, 1, 1)}, {"birth_date": dt.date(9999, 12, 31)}])
    for field in ("birth_date", "renewal", "created_at"):
        compare = {"operator": operator, "date": day, "to": "2026-01-01"}
        answers("date_field", {"field": field, "compare": compare}, NOWS[0])


def test_damaged_dates_end_no_statement(custom):
    for stored in ("2026-99-01", "0000-01-01", "yesterday", "2026-02-31", "-1", ""):
        Lead.objects.create(attributes={"renewal": stored}, birth_date=dt.date(2026, 1, 1))
    for order in ("before", "after", "same"):
        answers("dates_compared", {"field": "renewal", "other": "birth_date", "order": order}, NOWS[0])
    answers("date_field", {"field": "renewal", "compare": {"operator": "anniversary"}}, NOWS[0])


def test_a_rule_of_a_hundred_conditions(custom):
    people_of([{"company": "Café", "nps": 1}])
    item = {"type": "company_is", "value": {"company": {"operator": "contains", "text": "cafe"}}}
    rule = Rule({"match": "all", "items": [{**item, "id": str(number)} for number in range(100)]})
    for mode in ("one", "set"):
        assert Lead.objects.filter(compile_rule(rule, Scope(NOWS[0], mode=mode))).count() == 1
    assert rule.malformed() == ""
    assert Rule({"match": "all", "items": [item] * 101}).malformed()


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("age", {"years": {"operator": "between", "value": 18, "to": 30}}, "Age: between 18 and 30"),
        ("field_empty", {"field": "company"}, "company is empty"),
        ("company_is", {"company": {"operator": "starts", "text": "A"}}, "Company starts with “A”"),
        ("date_field", {"field": "renewal", "compare": {"operator": "in", "days": 1}}, "Renewal in 1 day"),
        ("date_field", {"field": "renewal", "compare": {"operator": "on"}}, "Renewal"),
        (
            "field_days_from_today",
            {"field": "renewal", "distance": "at_least", "days": 3, "side": "before"},
            "Renewal at least 3 days ago",
        ),
        ("dates_compared", {"field": "renewal", "other": "birth_date", "order": "after", "days": -2},
         "Renewal after birth date -2 days"),
        ("language_is", {"languages": ["fr", "xx-YY"]}, "Language is one of: French, xx-YY"),
        ("random_share", {"percent": 12.5, "salt": "A"}, "In the random 12.5 % of “A”"),
    ],
)  # fmt: skip
def test_sentences(custom, key, value, sentence):
    block = conditions[key]()
    assert block.sentence(bind(block, value)) == sentence


def test_incomplete_comparisons_are_refused_at_their_field(custom):
    block = conditions["date_field"]()
    for compare, missing in (
        ({"operator": "between", "date": "2026-01-01"}, ["to"]),
        ({"operator": "last"}, ["days"]),
        ({"operator": "on"}, ["date"]),
    ):
        with pytest.raises(StructBlockValidationError) as error:
            block.clean(block.to_python({"field": "renewal", "compare": compare}))
        assert list(error.value.block_errors["compare"].block_errors) == missing


def test_what_the_answers_depend_on(custom):
    def facts(key, value):
        block = conditions[key]()
        return block.get_depends_on(bind(block, value))

    fixed = facts("date_field", WHOLE["created"] | {"field": "renewal"})
    assert (fixed.names, fixed.time) == ({"field:renewal"}, False)
    moving = facts("date_field", WHOLE["date_field"])
    assert (moving.names, moving.time) == ({"field:birth_date", "field:time_zone"}, True)
    assert facts("age", WHOLE["age"]).time
    assert facts("dates_compared", WHOLE["dates_compared"]).names == {"field:renewal", "field:created_at"}


@pytest.mark.skipif("connection.vendor != 'postgresql'")
def test_equal_numbers_can_use_the_index(custom):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_indexscan = off")
    rule = Rule(
        {
            "items": [
                {
                    "id": "1",
                    "type": "field_number",
                    "value": {"field": "nps", "compare": {"operator": "eq", "value": 9}},
                }
            ]
        }
    )
    assert (
        "wa_lead_attributes_gin"
        in Lead.objects.filter(compile_rule(rule, Scope(NOWS[0]))).order_by().explain()
    )
