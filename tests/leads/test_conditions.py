"""Conditions on fields against a naive reading in Python, on whatever database the tests run."""

import datetime as dt
import unicodedata
import zoneinfo

import pytest
from django.db import connection
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from wagtail.blocks.struct_block import StructBlockValidationError

from wagtail_automation.leads.fields import lead_field
from wagtail_automation.leads.models import CustomField, Lead
from wagtail_automation.rules.binding import bind
from wagtail_automation.rules.compiler import compile_rule
from wagtail_automation.rules.conditions import conditions
from wagtail_automation.rules.rule import Rule
from wagtail_automation.rules.scope import Scope
from wagtail_automation.testing import contracts

NOW = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
pytestmark = pytest.mark.django_db
randomly = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

#: capitals, accents, ligatures, letters that fold into several, marks of their own, LIKE's own signs
ALPHABET = "ÉéEe ßSsİIiıﬁﬂfĳÅåKkΣσςάΆ\u0301\u0308\u0327'%_\\\"-ǅ①"
text = st.text(alphabet=st.sampled_from(ALPHABET), max_size=6)
moments = st.integers(0, 4 * 24 * 60).map(
    lambda minutes: dt.datetime(2026, 2, 26, tzinfo=dt.UTC) + dt.timedelta(minutes=minutes)
)
person = st.fixed_dictionaries(
    {},
    optional={
        "first_name": text,
        "company": text,
        "plan": text,
        "note": text,
        "nps": st.integers(-3, 3) | st.sampled_from([0.5, 1.5]),
        "vip": st.booleans(),
        "renewal": st.dates(dt.date(2026, 2, 27), dt.date(2026, 3, 2)),
        "seen": moments,
        "tags": st.lists(st.sampled_from(["É", "b", "É b"])),
        "birth_date": st.dates(dt.date(2026, 2, 27), dt.date(2026, 3, 2)),
    },
)


@pytest.fixture
def custom():
    CustomField.objects.bulk_create(
        [
            CustomField(key="plan", label="Plan", type="text"),
            CustomField(key="note", label="Note", type="long_text"),
            CustomField(key="nps", label="NPS", type="number"),
            CustomField(key="vip", label="VIP", type="boolean"),
            CustomField(key="renewal", label="Renewal", type="date"),
            CustomField(key="seen", label="Seen", type="datetime"),
            CustomField(key="tags", label="Tags", type="multiple_choice", choices=["É", "b", "É b"]),
            CustomField(key="contains", label="A key that is a lookup", type="number"),
        ]
    )


def naive_fold(value: str) -> str:
    """Letter by letter until nothing changes any more."""
    while True:
        letters = "".join(unicodedata.normalize("NFKD", letter.casefold()) for letter in value)
        folded = "".join(letter for letter in letters if unicodedata.combining(letter) == 0)
        if folded == value:
            return folded
        value = folded


def people_of(rows: list[dict]) -> list[Lead]:
    """Leads with these values, cleaned as every writer cleans them."""
    Lead.objects.all().delete()
    leads = []
    for row in rows:
        lead = Lead()
        for key, value in row.items():
            field = lead_field(key)
            stored = field.clean(value)
            if field.is_custom:
                if stored is not None:
                    lead.attributes[key] = stored
            elif stored is not None:
                setattr(lead, key, dt.date.fromisoformat(stored) if field.type == "date" else stored)
        leads.append(lead)
    Lead.objects.bulk_create(leads)
    return list(Lead.objects.order_by("pk"))


def answers(type_: str, value: dict, match: str = "all") -> set[int]:
    rule = Rule({"match": match, "items": [{"id": "1", "type": type_, "value": value}]})
    found = set(Lead.objects.filter(compile_rule(rule, Scope(NOW, mode="set"))).values_list("pk", flat=True))
    assert found == set(
        Lead.objects.filter(compile_rule(rule, Scope(NOW, mode="one"))).values_list("pk", flat=True)
    )
    return found


def check(leads, type_, value, naive):
    """The rule and its negation, each against the naive answer: nobody is lost in NULLs."""
    yes = {lead.pk for lead in leads if naive(lead)}
    assert answers(type_, value) == yes
    assert answers(type_, value, "none") == {lead.pk for lead in leads} - yes


def value_of(lead, key):
    return lead.attributes.get(key) if key in {"plan", "note", "tags"} else getattr(lead, key)


@randomly
@given(
    rows=st.lists(person, min_size=1, max_size=6),
    wanted=text,
    key=st.sampled_from(["first_name", "plan", "note"]),
)
def test_contains(custom, rows, wanted, key):
    leads = people_of(rows)
    folded = naive_fold(wanted).strip()
    if not folded:
        assert answers("field_contains", {"field": key, "value": wanted}) == set()
        return
    check(
        leads,
        "field_contains",
        {"field": key, "value": wanted},
        lambda lead: folded in naive_fold(value_of(lead, key) or ""),
    )


@randomly
@given(rows=st.lists(person, min_size=1, max_size=6), wanted=text, key=st.sampled_from(["company", "plan"]))
def test_text_equals(custom, rows, wanted, key):
    leads = people_of(rows)
    cleaned = lead_field(key).clean(wanted)
    folded = naive_fold(cleaned or "")
    if not folded:
        return
    check(
        leads,
        "field_equals",
        {"field": key, "value": wanted},
        lambda lead: naive_fold(value_of(lead, key) or "") == folded,
    )


@randomly
@given(rows=st.lists(person, min_size=1, max_size=6), wanted=st.sampled_from(["É", "e", "b", "e B", "x"]))
def test_one_of_several_choices(custom, rows, wanted):
    leads = people_of(rows)
    check(
        leads,
        "field_equals",
        {"field": "tags", "value": wanted},
        lambda lead: naive_fold(wanted) in [naive_fold(tag) for tag in lead.attributes.get("tags", [])],
    )


@randomly
@given(
    rows=st.lists(person, min_size=1, max_size=6),
    wanted=st.sampled_from(["0", "1", "-2", "0.5", "1,5", " 3 ", "1.0"]),
)
def test_number_equals(custom, rows, wanted):
    leads = people_of(rows)
    number = float(wanted.replace(",", "."))
    check(
        leads,
        "field_equals",
        {"field": "nps", "value": wanted},
        lambda lead: lead.attributes.get("nps") == number and "nps" in lead.attributes,
    )


@randomly
@given(
    rows=st.lists(person, min_size=1, max_size=6), wanted=st.sampled_from(["yes", "No", "oui", "FALSE", "1"])
)
def test_boolean_equals(custom, rows, wanted):
    leads = people_of(rows)
    truth = wanted.lower() in {"yes", "oui", "1"}
    check(
        leads,
        "field_equals",
        {"field": "vip", "value": wanted},
        lambda lead: lead.attributes.get("vip") is truth,
    )


@randomly
@given(
    rows=st.lists(person, min_size=1, max_size=6),
    day=st.dates(dt.date(2026, 2, 27), dt.date(2026, 3, 2)),
    key=st.sampled_from(["renewal", "birth_date"]),
)
def test_date_equals(custom, rows, day, key):
    leads = people_of(rows)

    def naive(lead):
        return (lead.birth_date if key == "birth_date" else lead.attributes.get(key)) in (
            day,
            day.isoformat(),
        )

    check(leads, "field_equals", {"field": key, "value": day.isoformat()}, naive)


@randomly
@given(
    rows=st.lists(person, min_size=1, max_size=6),
    day=st.dates(dt.date(2026, 2, 27), dt.date(2026, 3, 2)),
    zone=st.sampled_from(["UTC", "Europe/Paris", "Pacific/Kiritimati", "America/St_Johns"]),
)
def test_a_moment_equals_a_day_of_the_sites_zone(custom, rows, day, zone, settings):
    settings.TIME_ZONE = zone
    leads = people_of(rows)

    def naive(lead):
        stored = lead.attributes.get("seen")
        moment = stored and dt.datetime.fromisoformat(stored.replace("Z", "+00:00"))
        return bool(moment) and moment.astimezone(zoneinfo.ZoneInfo(zone)).date() == day

    check(leads, "field_equals", {"field": "seen", "value": day.isoformat()}, naive)


@pytest.mark.parametrize(
    ("type_", "field", "value"),
    [
        ("field_contains", "first_name", "é"),
        ("field_contains", "plan", "b"),
        ("field_equals", "plan", "b"),
        ("field_equals", "nps", "1"),
        ("field_equals", "vip", "yes"),
        ("field_equals", "renewal", "2026-03-01"),
        ("field_equals", "birth_date", "2026-03-01"),
        ("field_equals", "score", "0"),
        ("field_equals", "seen", "2026-03-01"),
        ("field_equals", "tags", "b"),
        ("field_equals", "contains", "1"),
    ],
)
def test_contract(custom, type_, field, value):
    people_of([{"first_name": "É", "plan": "b", "nps": 1}, {"vip": True, "tags": ["b"]}, {}])
    contracts.check_condition(conditions[type_], value={"field": field, "value": value}, model=Lead)


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        ("field_contains", {"field": "gone", "value": "x"}),
        ("field_contains", {"field": "nps", "value": "1"}),
        ("field_contains", {"field": "first_name", "value": "\u0301"}),
        ("field_contains", {"field": 12, "value": "x"}),
        ("field_contains", {"field": None, "value": None}),
        ("field_equals", {"field": "nps", "value": "many"}),
        ("field_equals", {"field": "renewal", "value": "31/31/2026"}),
        ("field_equals", {"field": "score", "value": "0.5"}),
        ("field_equals", {"field": "score", "value": "999999999999999"}),
        ("field_equals", {"field": "seen", "value": "9999-12-31"}),
        ("field_equals", {"field": "plan", "value": ""}),
        ("field_equals", {"field": "plan", "value": "x" * 100_000}),
    ],
)
def test_what_cannot_be_asked_matches_nobody(custom, type_, value):
    Lead.objects.create(first_name="É", attributes={"nps": 1, "plan": ""})
    assert answers(type_, value) == set()


def test_phones_and_countries_are_found_as_people_write_them():
    Lead.objects.create(phone="+33123456789", country="FR")
    for field, value in [("phone", "+33 1 23 45 67 89"), ("country", "france"), ("country", "fr")]:
        assert len(answers("field_equals", {"field": field, "value": value})) == 1


@pytest.mark.parametrize(
    ("field", "value", "english", "french"),
    [
        ("language", "fr", "Language is “French”", "Langue est « Français »"),
        ("language", "xx-nowhere", "Language is “xx-nowhere”", "Langue est « xx-nowhere »"),
        ("country", "de", "Country is “Germany”", "Pays est « Allemagne »"),
        ("country", "Atlantis", "Country is “Atlantis”", "Pays est « Atlantis »"),
        ("birth_date", "2026-12-31", "Birth date is “Dec. 31, 2026”", None),
        ("created_at", "2026-12-31", "Created is “2026-12-31”", None),
        ("city", "fr", "City is “fr”", None),
    ],
)
def test_a_rule_names_what_its_value_is_called(db, field, value, english, french):
    block = conditions["field_equals"]()
    for language, words in (("en", english), ("fr", french)):
        with translation.override(language):
            said = block.sentence(bind(block, {"field": field, "value": value}))
            assert words is None or said.replace("\xa0", " ").lower() == words.lower()


def test_values_are_checked_where_they_are_typed(custom):
    block = conditions["field_equals"]()
    for field, value in [("nps", "many"), ("vip", "perhaps"), ("renewal", "tomorrow"), ("seen", "tomorrow")]:
        with pytest.raises(StructBlockValidationError) as error:
            block.clean(block.to_python({"field": field, "value": value}))
        assert list(error.value.block_errors) == ["value"]
    cleaned = block.clean(block.to_python({"field": "nps", "value": "9"}))
    assert block.get_prep_value(cleaned) == {"field": "nps", "value": "9"}
    bound = bind(block, {"field": "nps", "value": "9"})
    assert block.sentence(bound) == "NPS is “9”"
    assert block.get_depends_on(bound).names == {"field:nps"}


def test_choices_are_read_when_they_are_used():
    form_field = conditions["field_contains"]().child_blocks["field"].field
    before = [key for key, _label in form_field.choices]
    CustomField.objects.create(key="colour", label="Colour", type="text")
    CustomField.objects.create(key="size", label="Size", type="number")
    after = [key for key, _label in form_field.choices]
    assert set(after) - set(before) == {"colour"}


@pytest.mark.skipif("connection.vendor != 'postgresql'")
def test_equality_can_use_the_index():
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_indexscan = off")
    for field, index in [("city", "wa_lead_folded_gin"), ("nps", "wa_lead_attributes_gin")]:
        CustomField.objects.get_or_create(key="nps", type="number")
        assert index in Lead.objects.filter(lead_field(field).q_equals("9")).order_by().explain()
