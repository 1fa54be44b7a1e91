"""Numbers, dates, company, language, zone and random shares of leads."""

import datetime as dt

from wagtail_automation.campaigns.testing import Asked, condition

DAY = dt.timedelta(days=1)
TODAY = dt.date(2026, 3, 10)
#: at nine in the morning, UTC, it is still yesterday here
YESTERDAY = "Pacific/Pago_Pago"


def born(world, day, zone=""):
    return world.lead(birth_date=day, time_zone=zone)


@condition("age")
def on_the_day_where_they_live(world):
    eighteen = dt.date(2008, 3, 10)
    return Asked(
        {"years": {"operator": "gte", "value": 18}},
        yes=[born(world, eighteen), born(world, eighteen - DAY, YESTERDAY), born(world, eighteen - DAY)],
        no=[born(world, eighteen + DAY), born(world, eighteen, YESTERDAY), world.lead()],
    )


@condition("age")
def between_two_ages(world):
    return Asked(
        {"years": {"operator": "between", "value": 30, "to": 39}},
        yes=[born(world, dt.date(1986, 3, 11)), born(world, dt.date(1996, 3, 10))],
        no=[born(world, dt.date(1986, 3, 10)), born(world, dt.date(1996, 3, 11)), world.lead()],
    )


@condition("field_empty")
def own_and_custom(world):
    world.custom_field("plan", "text")
    return Asked({"field": "plan"}, yes=[world.lead()], no=[world.lead(attributes={"plan": "a"})])


@condition("field_empty")
def a_column(world):
    return Asked({"field": "birth_date"}, yes=[world.lead()], no=[world.lead(birth_date=dt.date(1990, 1, 1))])


def renewal(world, days, zone=""):
    world.custom_field("renewal", "date")
    return world.lead(attributes={"renewal": (TODAY + days * DAY).isoformat()}, time_zone=zone)


@condition("field_between_days_and_today")
def within_a_week_from_today(world):
    return Asked(
        {"field": "renewal", "days": 7, "side": "after"},
        yes=[renewal(world, 0), renewal(world, 7), renewal(world, -1, YESTERDAY)],
        no=[renewal(world, 8), renewal(world, -1), renewal(world, 7, YESTERDAY), world.lead()],
    )


@condition("field_days_from_today")
def at_least_three_days_ago(world):
    return Asked(
        {"field": "renewal", "distance": "at_least", "days": 3, "side": "before"},
        yes=[renewal(world, -3), renewal(world, -400)],
        no=[renewal(world, -2), renewal(world, 3), world.lead()],
    )


@condition("field_number")
def a_custom_number_between(world):
    world.custom_field("employees", "number")
    count = lambda number: world.lead(attributes={"employees": number})  # noqa: E731
    return Asked(
        {"field": "employees", "compare": {"operator": "between", "value": 2.5, "to": 10}},
        yes=[count(2.5), count(9), count(10)],
        no=[count(2), count(10.5), world.lead()],
    )


@condition("field_number")
def other_than_a_number(world):
    return Asked(
        {"field": "score", "compare": {"operator": "ne", "value": 5}},
        yes=[world.lead(score=4), world.lead()],
        no=[world.lead(score=5)],
    )


@condition("dates_compared")
def at_least_a_month_after(world):
    world.custom_field("renewal", "date")
    pair = lambda own, other: world.lead(birth_date=own, attributes={"renewal": other})  # noqa: E731
    return Asked(
        {"field": "renewal", "order": "after", "other": "birth_date", "days": 30},
        yes=[pair(dt.date(2024, 2, 28), "2024-03-30")],
        no=[pair(dt.date(2024, 2, 28), "2024-03-29"), pair(None, "2024-03-30"), world.lead()],
    )


@condition("date_field")
def before_a_day(world):
    return Asked(
        {"field": "renewal", "compare": {"operator": "before", "date": "2026-03-12"}},
        yes=[renewal(world, 1)],
        no=[renewal(world, 2), world.lead()],
    )


@condition("date_field")
def birthday_within_two_days(world):
    return Asked(
        {"field": "birth_date", "compare": {"operator": "anniversary", "days": 2}},
        yes=[born(world, dt.date(1980, 3, 12)), born(world, dt.date(1955, 3, 8))],
        no=[born(world, dt.date(1980, 3, 13)), world.lead()],
    )


@condition("days_before_date")
def today_is_five_days_before(world):
    return Asked(
        {"days": 5, "field": "renewal"},
        yes=[renewal(world, 5), renewal(world, 4, YESTERDAY)],
        no=[renewal(world, 4), renewal(world, 6), world.lead()],
    )


@condition("company_is")
def one_of_several(world):
    return Asked(
        {"company": {"operator": "one_of", "text": "atelier seve, ACME"}},
        yes=[world.lead(company="Atelier Sève"), world.lead(company="Acme")],
        no=[world.lead(company="Acme Sève"), world.lead()],
    )


@condition("company_is")
def does_not_contain(world):
    return Asked(
        {"company": {"operator": "not_contains", "text": "INTERNATIONAL"}},
        yes=[world.lead(company="Bois & Cie"), world.lead()],
        no=[world.lead(company="Bois Intérnational")],
    )


@condition("language_is")
def with_its_regions(world):
    return Asked(
        {"languages": ["fr", "pt-BR"]},
        yes=[world.lead(language="fr"), world.lead(language="fr-CA"), world.lead(language="pt-BR")],
        no=[world.lead(language="pt"), world.lead(language="frr"), world.lead()],
    )


@condition("time_zone_is")
def by_name(world):
    return Asked(
        {"zones": ["Europe/Paris", "Europe/Brussels"]},
        yes=[world.lead(time_zone="Europe/Paris")],
        no=[world.lead(time_zone="Europe/London"), world.lead()],
    )


@condition("created")
def in_the_last_days(world):
    created = lambda days: world.lead(created_at=world.now - days * DAY)  # noqa: E731
    return Asked({"compare": {"operator": "last", "days": 7}}, yes=[created(0), created(7)], no=[created(8)])


@condition("random_share")
def a_quarter_and_everybody(world):
    return Asked(
        {"percent": 25, "salt": ""},
        yes=[world.lead(bucket=bucket) for bucket in drawn(range(12), "", 25)],
        no=[world.lead(bucket=bucket) for bucket in range(12) if bucket not in drawn(range(12), "", 25)],
    )


def drawn(buckets, salt, percent):
    """Those of the buckets that are among so many percent."""
    from wagtail_automation.leads.shares import fraction

    return [bucket for bucket in buckets if fraction(bucket, salt) < percent / 100]
