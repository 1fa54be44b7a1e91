"""Fields of every type: what is stored, what is refused; the field activity, one statement for everybody."""

import datetime as dt
import json

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from wagtail.blocks.struct_block import StructBlockValidationError

from wagtail_automation import liquid, signals
from wagtail_automation.activities import activities
from wagtail_automation.leads import actions
from wagtail_automation.leads.cohorts import LeadsCohort
from wagtail_automation.leads.fields import COLUMNS, LeadField, all_fields, clean_fields, lead_field
from wagtail_automation.leads.models import CustomField, Lead
from wagtail_automation.rules.binding import bind
from wagtail_automation.testing import contracts

NOW = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
pytestmark = pytest.mark.django_db


def field(type_, *choices):
    return LeadField("x", "X", type_, is_custom=True, choices=choices)


@pytest.mark.parametrize(
    ("type_", "given", "stored"),
    [
        ("text", "  a \t b\x00\n", "a b"),
        ("text", "\x01\x02", None),
        ("text", "e\u0301", "é"),
        ("text", 12, "12"),
        ("long_text", "a\r\nb\x1b\n", "a\nb"),
        ("number", "1 234,5", 1234.5),
        ("number", "1\u202f000", 1000),
        ("number", 2.0, 2),
        ("number", "", None),
        ("number", "-0", 0),
        ("date", "2026-02-03", "2026-02-03"),
        ("date", dt.date(2026, 2, 3), "2026-02-03"),
        ("date", " ", None),
        ("datetime", "2026-02-03T10:00:00+02:00", "2026-02-03T08:00:00Z"),
        ("datetime", "2026-02-03 10:00", "2026-02-03T10:00:00Z"),
        ("datetime", "2026-02-03", "2026-02-03T00:00:00Z"),
        ("datetime", dt.datetime(2026, 2, 3, 4, 5, 6, 789, tzinfo=dt.UTC), "2026-02-03T04:05:06Z"),
        ("boolean", "Oui", True),
        ("boolean", "off", False),
        ("boolean", False, False),
        ("boolean", "", None),
        ("choice", "eté", "Été"),
        ("multiple_choice", ["b", "Été", "b"], ["Été", "b"]),
        ("multiple_choice", "b; ete", ["Été", "b"]),
        ("multiple_choice", "a, b", ["a, b"]),
        ("multiple_choice", [], None),
        ("country", "COTE d'ivoire", "CI"),
        ("country", "Germany", "DE"),
        ("country", "allemagne", "DE"),
        ("country", "fr", "FR"),
        ("language", "FR_ca", "fr-CA"),
        ("language", "zh-hant", "zh-Hant"),
        ("phone", "01 23.45-67 89", "0123456789"),
        ("phone", "+33 (0)1 23 45 67 89", "+33123456789"),
        ("url", "example.com/a?b=c", "https://example.com/a?b=c"),
        ("time_zone", "Europe/Paris", "Europe/Paris"),
    ],
)
def test_values_are_stored_typed(type_, given, stored):
    found = field(type_, "Été", "b", "a, b")
    value = found.clean(given)
    assert value == stored
    assert type(value) is type(stored)
    json.dumps(value)
    if value is not None:
        assert found.clean(value) == value  # cleaning what is stored changes nothing
        assert found.kind.display(value, found)


@pytest.mark.parametrize(
    ("type_", "given"),
    [
        ("text", "x" * 256),
        ("text", "x" * 5_000_000),
        ("long_text", "x" * 10_001),
        ("number", "many"),
        ("number", "NaN"),
        ("number", "1e400"),
        ("number", "1,2,3"),
        ("number", True),
        ("number", 10**16),
        ("number", "9" * 100_000),
        ("date", "2026-02-30"),
        ("date", "soon"),
        ("date", 5),
        ("datetime", "0001-01-01T00:00:00+14:00"),
        ("datetime", "soon"),
        ("boolean", "perhaps"),
        ("choice", "c"),
        ("multiple_choice", ["b", "c"]),
        ("multiple_choice", 5),
        ("country", "ZZ"),
        ("language", "French!"),
        ("phone", "call me"),
        ("phone", "<script>"),
        ("url", "javascript:alert(1)"),
        ("url", "javascript://example.com/%0aalert(1)"),
        ("url", "ftp://example.com"),
        ("url", "https://" + "x" * 3000),
        ("time_zone", "../../etc/passwd"),
        ("email", "nobody"),
    ],
)
def test_what_is_no_value_is_refused(type_, given):
    with pytest.raises(ValidationError):
        field(type_, "a", "b").clean(given)


def test_display_follows_the_language():
    with translation.override("fr"):
        assert COLUMNS["country"].display(Lead(country="DE")) == "Allemagne"
        assert COLUMNS["birth_date"].display(Lead(birth_date=dt.date(1990, 8, 3))) == "3 août 1990"
    assert COLUMNS["country"].display(Lead(country="DE")) == "Germany"
    assert COLUMNS["first_name"].display(Lead()) == ""


def test_setting_fields_remembers_where_they_came_from():
    CustomField.objects.create(key="nps", label="NPS", type="number")
    lead = actions.create_anonymous(now=NOW)
    changed = actions.set_fields(
        lead=lead, fields={"first_name": "Zoé", "nps": "9", "city": ""}, source="form:7", now=NOW
    )
    assert changed == {"first_name", "nps"}
    assert lead.attributes == {"nps": 9}
    lead.refresh_from_db()
    assert lead.folded == {"first_name": "zoe"}
    assert lead.field_sources["nps"] == {"source": "form:7", "at": "2026-03-01T12:00:00+00:00"}
    assert actions.set_fields(lead=lead, fields={"nps": 9.0}, source="import", now=NOW) == set()
    assert lead.field_sources["nps"]["source"] == "form:7"
    assert actions.set_fields(lead=lead, fields={"nps": "", "first_name": None}, source="api", now=NOW) == {
        "nps",
        "first_name",
    }
    lead.refresh_from_db()
    assert (lead.attributes, lead.folded, lead.first_name) == ({}, {}, "")


def test_two_writers_of_different_attributes_lose_nothing():
    CustomField.objects.create(key="a", label="A", type="text")
    CustomField.objects.create(key="b", label="B", type="text")
    lead = actions.create_anonymous(now=NOW)
    stale = Lead.objects.get()
    actions.set_fields(lead=lead, fields={"a": "1"}, source="x", now=NOW)
    actions.set_fields(lead=stale, fields={"b": "2"}, source="x", now=NOW)
    assert Lead.objects.get().attributes == {"a": "1", "b": "2"}
    assert Lead.objects.get().folded == {"a": "1", "b": "2"}


def test_errors_are_named_by_field():
    with pytest.raises(ValidationError) as error:
        clean_fields({"country": "Atlantis", "email": "a@example.com", "nothing": 1, "city": "Lyon"})
    assert set(error.value.message_dict) == {"country", "email", "nothing"}


def test_a_field_made_in_the_admin_works_at_once():
    assert lead_field("colour") is None
    CustomField.objects.create(key="colour", label="Colour", type="choice", choices=["red"])
    assert lead_field("colour").choices == ("red",)
    assert all_fields()[-1].key == "colour"
    lead = actions.create_anonymous(now=NOW)
    actions.set_fields(lead=lead, fields={"colour": "RED"}, source="x", now=NOW)
    assert liquid.render("{{ lead.colour }}", liquid.contexts([lead])[lead.pk]) == "red"


def test_templates_see_moments_in_the_leads_zone_and_empty_fields_as_text(django_assert_num_queries):
    leads = [Lead.objects.create(created_at=NOW, time_zone=zone) for zone in ("Asia/Tokyo", "", "Not/AZone")]
    with django_assert_num_queries(1):
        data = liquid.contexts(leads, ["lead"])
    texts = [
        liquid.render("{{ lead.created_at | date: '%H' }}{{ lead.first_name }}", data[lead.pk])
        for lead in leads
    ]
    assert texts == ["21", "12", "12"]


# -- cohorts and the activity ------------------------------------------------------------------------------


def cohort_of(size, **kwargs):
    leads = [Lead.objects.create(first_name=f"name {number}") for number in range(size)]
    return LeadsCohort([lead.pk for lead in leads], key="test", now=NOW, **kwargs)


def apply(value, cohort):
    block = activities["field_set"]()
    block.apply(bind(block, value), cohort)


def test_cohorts_are_relations():
    cohort = cohort_of(3)
    rows = list(cohort.rows().values_list("cohort_lead", "cohort_key", "cohort_since").order_by("pk"))
    assert rows == [(pk, f"test:{pk}", NOW) for pk in cohort.ids]
    assert set(Lead.objects.filter(pk__in=cohort.lead_ids())) == set(Lead.objects.all())
    assert cohort.size() == 3
    one = LeadsCohort.of(Lead.objects.first(), key="form:9", origin="form:x")
    assert one.rows().values_list("cohort_key", flat=True).get() == "form:9"
    assert one.origin == "form:x"
    assert LeadsCohort(Lead.objects.all(), key="bulk").size() == 3
    assert LeadsCohort([], key="bulk").rows().count() == 0


@pytest.mark.parametrize(
    "value",
    [
        {"field": "city", "value": "Lyon"},
        {"field": "city", "value": "{{ lead.first_name | upcase }}"},
        {"field": "birth_date", "value": "1990-02-03"},
        {"field": "birth_date", "value": "{{ lead.created_at | date: '%Y-%m-%d' }}"},
        {"field": "plan", "value": "Été"},
        {"field": "plan", "value": "{{ lead.first_name | upcase }}"},
        {"field": "nps", "value": "{{ lead.score | plus: 3 }}"},
    ],
)
def test_contract_of_field_set(value):
    CustomField.objects.create(key="plan", label="Plan", type="text")
    CustomField.objects.create(key="nps", label="NPS", type="number")
    contracts.check_activity(activities["field_set"], value=value, cohort_of=cohort_of, sizes=(2, 30))


def test_a_constant_is_written_to_everybody_once(django_assert_num_queries):
    heard = []

    def hear(sender, leads, facts, **kwargs):
        if sender is Lead:  # tracking tells of its event too
            heard.append((list(leads), facts))

    cohort = cohort_of(3, origin="campaign:1")
    already = cohort.ids[0]
    actions.set_fields(lead=Lead.objects.get(pk=already), fields={"city": "Lyon"}, source="form", now=NOW)
    signals.facts_changed.connect(hear)
    try:
        apply({"field": "city", "value": "Lyon"}, cohort)
        apply({"field": "city", "value": "Lyon"}, cohort)
    finally:
        signals.facts_changed.disconnect(hear)
    assert heard == [(cohort.ids[1:], frozenset({"field:city"}))]
    assert set(Lead.objects.values_list("city", "folded__city")) == {("Lyon", "lyon")}
    sources = Lead.objects.order_by("pk").values_list("field_sources__city__source", flat=True)
    assert list(sources) == ["form", "campaign:1", "campaign:1"]


@pytest.mark.parametrize("key", ["city", "plan"])
def test_an_expression_is_written_to_each(key):
    CustomField.objects.create(key="plan", label="Plan", type="text")
    cohort = cohort_of(3)
    apply({"field": key, "value": "É{{ lead.first_name | upcase }}"}, cohort)
    found = [(lead_field(key).read(lead), lead.folded[key]) for lead in Lead.objects.order_by("pk")]
    assert found == [(f"ÉNAME {number}", f"ename {number}") for number in range(3)]
    apply({"field": key, "value": "{{ lead.nothing | default: '' }}"}, cohort)
    lead = Lead.objects.first()
    assert lead_field(key).read(lead) is None
    assert key not in lead.folded
    assert "first_name" in lead.folded


def test_dates_and_typed_values_by_expression():
    CustomField.objects.create(key="nps", label="NPS", type="number")
    CustomField.objects.create(key="vip", label="VIP", type="boolean")
    CustomField.objects.create(key="tags", label="Tags", type="multiple_choice", choices=["É", "b"])
    cohort = cohort_of(2)
    apply({"field": "nps", "value": "{{ lead.score | plus: 1.5 }}"}, cohort)
    apply({"field": "vip", "value": "{% if lead.score > 1 %}yes{% else %}no{% endif %}"}, cohort)
    apply({"field": "tags", "value": "{{ 'b' }};É"}, cohort)
    apply({"field": "birth_date", "value": "{{ '1990-02-03' }}"}, cohort)
    for lead in Lead.objects.all():
        assert lead.attributes == {"nps": 1.5, "vip": False, "tags": ["É", "b"]}
        assert lead.birth_date == dt.date(1990, 2, 3)
        assert lead.folded["tags"] == "\ne\nb\n"
    apply({"field": "birth_date", "value": ""}, cohort)
    assert set(Lead.objects.values_list("birth_date", flat=True)) == {None}


def test_whoever_gets_no_valid_value_keeps_what_they_have(caplog):
    cohort = cohort_of(3)
    Lead.objects.filter(pk=cohort.ids[1]).update(score=7)
    apply({"field": "country", "value": "{% if lead.score == 7 %}FR{% else %}nowhere{% endif %}"}, cohort)
    assert list(Lead.objects.order_by("pk").values_list("country", flat=True)) == ["", "FR", ""]
    assert "2 of 3" in caplog.text


def test_values_of_leads_are_never_evaluated():
    cohort = cohort_of(1)
    Lead.objects.bulk_update(
        [Lead(pk=cohort.ids[0], first_name="{{ lead.email }}", folded={})], ["first_name", "folded"]
    )
    apply({"field": "city", "value": "{{ lead.first_name }}"}, cohort)
    assert Lead.objects.get().city == "{{ lead.email }}"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("country", "Atlantis"),
        ("city", "{{ lead.nothing }}"),
        ("city", "{% if %}"),
        ("city", "x" * 300),
        ("birth_date", "soon"),
        ("email", "a@example.com"),
        ("score", "5"),
        ("gone", "5"),
    ],
)
def test_mistakes_are_shown_where_they_are_typed(field, value):
    block = activities["field_set"]()
    with pytest.raises(StructBlockValidationError):
        block.clean(block.to_python({"field": field, "value": value}))


def test_a_field_deleted_since_stops_the_activity():
    with pytest.raises(ValueError, match="gone"):
        apply({"field": "gone", "value": "x"}, cohort_of(1))


def test_search_needs_every_word_and_no_accent():
    zoe = actions.identify(
        lead=None,
        identifiers={"email": "z.dupre@example.com"},
        fields={"first_name": "Zoé", "last_name": "Dupré", "company": "100% Ünïted_x"},
        source="x",
        now=NOW,
    )
    Lead.objects.create(first_name="Zoé")
    for words in ("zoe dupre", "DUPRÉ", "z.dupre@", "united_x zoe", "100%", "example.com zoe"):
        assert list(Lead.objects.search(words)) == [zoe], words
    assert not Lead.objects.search("zoe martin").exists()
    assert Lead.objects.search("  ").count() == 2
    with CaptureQueriesContext(connection) as queries:
        list(Lead.objects.search("a b c"))
    assert len(queries) == 1
