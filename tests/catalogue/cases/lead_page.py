"""Notes, and campaigns that start when a value changes."""

from wagtail_automation.campaigns.testing import NOW, Step, activity, trigger
from wagtail_automation.leads import actions
from wagtail_automation.leads.fields import lead_field


@activity("note_add")
def the_same_note_for_all(world):
    ada, bob = world.lead(), world.lead()
    yield Step({"text": "Was at the fair"}, [ada, bob])
    assert ada.notes.get().text == bob.notes.get().text == "Was at the fair"
    assert ada.notes.get().source.startswith("campaign:")
    assert ada.events.filter(name="note_added").count() == 1


@activity("note_add")
def an_expression_for_each(world):
    ada, bob = world.lead(first_name="Ada"), world.lead()
    yield Step({"text": "{{ lead.first_name }}"}, [ada, bob])
    assert ada.notes.get().text == "Ada"
    assert not bob.notes.exists(), "nothing to say is no note"


@trigger("lead_updated")
def a_value_becomes_another(world):
    world.custom_field("plan", "choice", choices=["Basic", "Pro"])
    ada, bob, eve = world.lead(), world.lead(attributes={"plan": "Pro"}), world.lead()
    run = yield Step({"field": "plan", "former": "", "new": "pro"})
    actions.set_fields(lead=ada, fields={"plan": "Pro"}, source="admin", now=NOW)
    actions.set_fields(lead=bob, fields={"plan": "Basic"}, source="admin", now=NOW)
    actions.set_fields(lead=eve, fields={"city": "Pro"}, source="admin", now=NOW)
    assert (run.entered(ada), run.entered(bob), run.entered(eve)) == (1, 0, 0)


@trigger("lead_updated")
def a_cohort_changes_at_once(world):
    leads = [world.lead(city="Lyon"), world.lead(city="Nice"), world.lead()]
    run = yield Step({"field": "city", "former": "LYON", "new": ""})
    actions.set_field_for(
        ids=[lead.pk for lead in leads], field=lead_field("city"), value="Paris", source="x", now=NOW
    )
    assert [run.entered(lead) for lead in leads] == [1, 0, 0]
