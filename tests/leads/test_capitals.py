"""Names and texts whose capitals are put right, and those that are left to people."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wagtail_automation.activities import activities
from wagtail_automation.leads.capitals import fix_capitals, fix_name
from wagtail_automation.leads.cohorts import LeadsCohort
from wagtail_automation.leads.models import CustomField, Lead
from wagtail_automation.rules.binding import bind
from wagtail_automation.testing import contracts

NAMES = """
    jean → Jean
    ÉLODIE → Élodie
    jean-pierre → Jean-Pierre
    ANNE-MARIE DUPONT → Anne-Marie Dupont
    jeanne d'arc → Jeanne d'Arc
    D’ARTAGNAN → d’Artagnan
    o'brien → O'Brien
    N'DIAYE → N'Diaye
    MCDONALD → McDonald
    macdonald → MacDonald
    MACRON → Macron
    machado → Machado
    ludwig van beethoven → Ludwig van Beethoven
    VON DER LEYEN → von der Leyen
    charles de gaulle → Charles de Gaulle
    DE LA TOUR → de la Tour
    LA FONTAINE → La Fontaine
    le goff → Le Goff
    maria da silva → Maria da Silva
    martin luther king jr. → Martin Luther King Jr.
    HENRY VIII → Henry VIII
    j.r.r. tolkien → J.R.R. Tolkien
    saint-exupéry → Saint-Exupéry
    LI → Li
    øystein ÅSE → None
    JP → None
    McDonald → None
    DeVito → None
    van der Berg → None
    王芳 → None
    straße → None
    user42 → None
    ada@example.com → None
    Ada → None
"""
TEXTS = """
    ATELIER DE LA SÈVE SARL → Atelier de la Sève SARL
    bois & cie → Bois & Cie
    l'oréal → L'Oréal
    AIX-EN-PROVENCE → Aix-en-Provence
    saint-jean-d'angély → Saint-Jean-d'Angély
    dupont gmbh → Dupont GmbH
    BNP PARIBAS → BNP Paribas
    directeur des ventes → Directeur des Ventes
    IBM → None
    SNCF → None
    iPhone → None
    eBay France → None
    3M → None
"""


def rows(table):
    return [tuple(part.strip() for part in line.split("→")) for line in table.strip().splitlines()]


@pytest.mark.parametrize(("text", "expected"), rows(NAMES))
def test_names(text, expected):
    assert str(fix_name(text)) == expected


@pytest.mark.parametrize(("text", "expected"), rows(TEXTS))
def test_texts(text, expected):
    assert str(fix_capitals(text)) == expected


@given(st.text(max_size=40))
def test_only_case_changes_and_once_is_enough(text):
    for fix in (fix_name, fix_capitals):
        fixed = fix(text)
        if fixed is not None:
            assert fixed.casefold() == text.casefold()
            assert fix(fixed) is None or fix(fixed).casefold() == text.casefold()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("date_add", {"source": "birth_date", "days": 3, "target": "renewal"}),
        ("date_today", {"field": "renewal"}),
        ("field_copy", {"source": "company", "target": "job_title"}),
        ("fix_capitals", {"fields": ["company", "city"]}),
        ("fix_names", {"fields": ["first_name", "last_name"]}),
    ],
)
def test_the_number_of_statements_does_not_depend_on_the_number_of_people(key, value, db):
    CustomField.objects.create(key="renewal", label="Renewal", type="date")

    def cohort_of(size):
        leads = [
            Lead.objects.create(
                first_name="ADA",
                last_name="MCDONALD",
                company=f"BOIS {n}",
                city="NÎMES",
                birth_date="1990-01-01",
            )
            for n in range(size)
        ]
        return LeadsCohort([lead.pk for lead in leads], key=f"test:{size}")

    contracts.check_activity(activities[key], value=value, cohort_of=cohort_of)


def test_what_a_field_does_not_take_is_left(db, caplog):
    CustomField.objects.create(key="nps", label="NPS", type="number")
    many, nine = Lead.objects.create(company="many"), Lead.objects.create(company="9")
    block = activities["field_copy"]()
    block.apply(bind(block, {"source": "company", "target": "nps"}), LeadsCohort([many.pk, nine.pk], key="t"))
    many.refresh_from_db()
    nine.refresh_from_db()
    assert (many.attributes, nine.attributes) == ({}, {"nps": 9})
    assert "1 leads keep" in caplog.text


@pytest.mark.parametrize("days", [10**9, -(10**9), 10**30])
def test_days_beyond_the_calendar_change_nothing(days, db):
    lead = Lead.objects.create(birth_date="1990-01-01")
    block = activities["date_add"]()
    value = bind(block, {"source": "birth_date", "days": days, "target": "birth_date"})
    block.apply(value, LeadsCohort([lead.pk], key="t"))
    lead.refresh_from_db()
    assert str(lead.birth_date) == "1990-01-01"
