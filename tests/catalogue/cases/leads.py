"""Fields of leads."""

from wagtail_automation.campaigns.testing import Asked, Step, activity, condition


@condition("field_contains")
def without_case_and_accents(world):
    value = {"field": "company", "value": "SOCIETE gene"}
    return Asked(
        value,
        yes=[world.lead(company="La Société Générale")],
        no=[world.lead(company="Société"), world.lead(city="La Société Générale"), world.lead()],
    )


@condition("field_equals")
def a_column(world):
    return Asked(
        {"field": "city", "value": "nimes"},
        yes=[world.lead(city="Nîmes")],
        no=[world.lead(city="Nîmes-Nord"), world.lead()],
    )


@condition("field_equals")
def a_custom_number(world):
    world.custom_field("employees", "number")
    return Asked(
        {"field": "employees", "value": "9"},
        yes=[world.lead(attributes={"employees": 9})],
        no=[
            world.lead(attributes={"employees": 9.5}),
            world.lead(attributes={"employees": 90}),
            world.lead(),
        ],
    )


@condition("field_equals")
def negated_finds_those_without_a_value(world):
    return Asked(
        {"field": "country", "value": "FR"},
        yes=[world.lead(country="BE"), world.lead()],
        no=[world.lead(country="FR")],
        match="none",
    )


@activity("field_set")
def a_value_for_all(world):
    ada, bob = world.lead(company="Old"), world.lead()
    yield Step({"field": "company", "value": "ACME"}, [ada, bob])
    assert ada.company == bob.company == "ACME"
    assert ada.folded["company"] == "acme"
    assert ada.field_sources["company"]["source"].startswith("campaign:")


@activity("field_set")
def an_expression_for_each(world):
    ada, bob = world.lead(first_name="ada"), world.lead(first_name="bob")
    yield Step({"field": "job_title", "value": "{{ lead.first_name | capitalize }}"}, [ada, bob])
    assert (ada.job_title, bob.job_title) == ("Ada", "Bob")
