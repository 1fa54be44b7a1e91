"""Fields computed from the lead itself."""

import datetime as dt

from wagtail_automation.campaigns.testing import Step, activity


@activity("date_add")
def a_year_after_birth(world):
    world.custom_field("renewal", "date")
    ada, bob = world.lead(birth_date=dt.date(2024, 2, 28)), world.lead(attributes={"renewal": "2026-01-01"})
    yield Step({"source": "birth_date", "days": 2, "target": "renewal"}, [ada, bob])
    assert ada.attributes["renewal"] == "2024-03-01"
    assert bob.attributes["renewal"] == "2026-01-01"


@activity("date_today")
def the_day_where_they_live(world):
    world.custom_field("renewal", "date")
    ada, sina = world.lead(), world.lead(time_zone="Pacific/Pago_Pago")
    yield Step({"field": "renewal"}, [ada, sina])
    assert (ada.attributes["renewal"], sina.attributes["renewal"]) == ("2026-03-10", "2026-03-09")


@activity("field_copy")
def with_its_shadow(world):
    ada, bob = world.lead(company="Sève"), world.lead(job_title="Menuisier")
    yield Step({"source": "company", "target": "job_title"}, [ada, bob])
    assert (ada.job_title, ada.folded["job_title"]) == ("Sève", "seve")
    assert bob.job_title == "Menuisier"


@activity("fix_capitals")
def companies_and_towns(world):
    ada, bob = (
        world.lead(company="ATELIER DE LA SÈVE SARL", city="aix-en-provence"),
        world.lead(company="eBay"),
    )
    yield Step({"fields": ["company", "city"]}, [ada, bob])
    assert (ada.company, ada.city, bob.company) == ("Atelier de la Sève SARL", "Aix-en-Provence", "eBay")


@activity("fix_names")
def of_persons(world):
    ada, bob = world.lead(first_name="JEAN-PIERRE", last_name="D'ARC"), world.lead(last_name="DeVito")
    yield Step({"fields": ["first_name", "last_name"]}, [ada, bob])
    assert (ada.name, bob.last_name) == ("Jean-Pierre d'Arc", "DeVito")
