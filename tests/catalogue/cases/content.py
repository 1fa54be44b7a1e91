"""Forms."""

from wagtail.models import Locale

from wagtail_automation.campaigns.testing import Asked, Step, condition, trigger
from wagtail_automation.content.actions import submit_form
from wagtail_automation.content.form_building import Answers
from wagtail_automation.content.models import Form


def make_form(name="Contact") -> Form:
    """A form without fields: what is answered is given by the case."""
    locale = Locale.objects.get_or_create(language_code="en")[0]
    return Form.objects.create(name=name, locale=locale)


def submit(form, email, at, **data):
    """The lead who sent these answers."""
    answers = Answers(data=data, lead_fields={"email": email})
    return submit_form(form=form, answers=answers, now=at).lead


@condition("form_filled")
def since_entry(world):
    form, other = make_form(), make_form("Other")
    return Asked(
        {"form": form.pk},
        yes=[submit(form, "a@example.com", world.after)],
        no=[submit(form, "b@example.com", world.before), submit(other, "c@example.com", world.after)],
    )


@condition("form_filled")
def with_an_answer(world):
    form = make_form("Survey")
    return Asked(
        {"form": form.pk, "field": "topic", "value": "menuiserie"},
        yes=[submit(form, "d@example.com", world.after, topic="Menuiserie")],
        no=[submit(form, "e@example.com", world.after, topic="Peinture"), world.lead()],
    )


@condition("form_filled_any")
def whichever(world):
    form = make_form("Any")
    return Asked({}, yes=[submit(form, "f@example.com", world.after)], no=[world.lead()])


@trigger("form_submitted")
def by_a_form_with_its_name(world):
    form, other = make_form(), make_form("Other")
    run = yield Step({"form": form.pk})
    ada, bob = submit(form, "g@example.com", world.now), submit(other, "h@example.com", world.now)
    assert (run.entered(ada), run.entered(bob)) == (1, 0)
