"""Forms, dynamic content, promos and surveys."""

import datetime as dt
import uuid

from wagtail.models import Locale, Page

from wagtail_automation.audiences.models import DynamicContent
from wagtail_automation.campaigns.testing import Asked, Step, activity, condition, trigger
from wagtail_automation.content.actions import submit_form
from wagtail_automation.content.assets import actions as asset_actions
from wagtail_automation.content.form_building import Answers
from wagtail_automation.content.models import Asset, Form, Survey, WebPromo
from wagtail_automation.content.showing import actions as showing
from wagtail_automation.content.showing.tokens import Shown
from wagtail_automation.content.surveys import actions as survey_actions
from wagtail_automation.messaging.models import Email, Message
from wagtail_automation.objects import ref_of

from .messaging import make_email


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


def make_content(name="Banner") -> DynamicContent:
    """A shared dynamic content."""
    locale = Locale.objects.get_or_create(language_code="en")[0]
    return DynamicContent.objects.create(name=name, locale=locale)


def saw(world, thing, what, at, **more):
    """Somebody who saw or clicked this at that time."""
    lead, ref = world.lead(), ref_of(thing)
    shown = Shown(lead.pk, str(ref.key), "a", kind=ref.kind, about=ref.key.hex, **more)
    showing.note(items=[(shown, what)], lead_id=lead.pk, now=at)
    return lead


def _shown(what):
    def case(world):
        content, other = make_content(), make_content("Other")
        return Asked(
            {"content": content.pk},
            yes=[saw(world, content, what, world.after)],
            no=[
                saw(world, content, what, world.before),
                saw(world, other, what, world.after),
                saw(world, content, "dismissed", world.after),
                saw(world, content, what, world.after, is_held_back=True),
                world.lead(),
            ],
        )

    case.__name__ = f"a_shared_content_{what}"
    return case


condition("content_seen")(_shown("seen"))
condition("content_clicked")(_shown("clicked"))


@condition("content_seen", "content_clicked")
def parts_of_a_page(world):
    root = Page.objects.filter(depth=1).first() or Page.add_root(title="Root", slug="root")
    page, other = (root.add_child(instance=Page(title=title)) for title in ("One", "Two"))
    both = saw(world, page, "seen", world.after)
    shown = Shown(both.pk, "k", "a", kind=ref_of(page).kind, about=ref_of(page).key.hex)
    showing.note(items=[(shown, "clicked")], lead_id=both.pk, now=world.after)
    return Asked({"page": page.pk}, yes=[both], no=[saw(world, other, "seen", world.after)])


def make_promo(name="Sale") -> WebPromo:
    """A web promo."""
    locale = Locale.objects.get_or_create(language_code="en")[0]
    return WebPromo.objects.create(name=name, locale=locale)


@condition("content_seen", "content_clicked")
def promos_too(world):
    promo, other = make_promo(), make_promo("Other")
    both = saw(world, promo, "seen", world.after)
    ref = ref_of(promo)
    shown = Shown(both.pk, str(ref.key), "shown", kind=ref.kind, about=ref.key.hex)
    showing.note(items=[(shown, "clicked")], lead_id=both.pk, now=world.after)
    return Asked({"promo": promo.pk}, yes=[both], no=[saw(world, other, "clicked", world.after)])


@trigger("promo_clicked")
def by_a_click_in_a_promo(world):
    promo, other = make_promo(), make_promo("Other")
    run = yield Step({"promo": promo.pk})
    ada, bob = saw(world, promo, "clicked", world.now), saw(world, other, "clicked", world.now)
    eve = saw(world, promo, "seen", world.now)
    assert [run.entered(lead) for lead in (ada, bob, eve)] == [1, 0, 0]


def make_survey(name="Opinion") -> Survey:
    """Asks for a recommendation and why."""
    locale = Locale.objects.get_or_create(language_code="en")[0]
    questions = [
        {"type": "nps", "id": "1", "value": {"question": "Recommend?", "answer_key": "nps"}},
        {"type": "text", "id": "2", "value": {"question": "Why?", "answer_key": "why"}},
    ]
    return Survey.objects.create(name=name, locale=locale, questions=questions)


def says(world, survey, number, at, text="", lead=None):
    """Somebody who answered so."""
    lead = lead or world.lead()
    survey_actions.answer(
        survey=survey, answers={"nps": (number, ""), "why": (None, text)}, lead=lead, now=at
    )
    return lead


@condition("survey_answered")
def whatever_was_answered(world):
    survey, other = make_survey(), make_survey("Other")
    return Asked(
        {"survey": survey.pk, "question": "", "operator": "any", "value": ""},
        yes=[says(world, survey, 3, world.after)],
        no=[says(world, survey, 3, world.before), says(world, other, 3, world.after), world.lead()],
    )


@condition("survey_answered")
def a_number_at_least(world):
    survey = make_survey()
    return Asked(
        {"survey": survey.pk, "question": "nps", "operator": "at_least", "value": "7"},
        yes=[says(world, survey, 7, world.after)],
        no=[says(world, survey, 6, world.after), says(world, survey, 9, world.before)],
    )


@condition("survey_answered")
def words(world):
    survey = make_survey()
    return Asked(
        {"survey": survey.pk, "question": "why", "operator": "contains", "value": "DELAI"},
        yes=[says(world, survey, 7, world.after, "Le délai !")],
        no=[says(world, survey, 7, world.after, "Le prix")],
    )


@condition("nps_class")
def by_the_last_answer(world):
    survey, other = make_survey(), make_survey("Other")
    changed = says(world, survey, 9, world.before - dt.timedelta(days=9))
    says(world, survey, 2, world.before, lead=changed)
    return Asked(
        {"survey": survey.pk, "nps_class": "detractor"},
        yes=[says(world, survey, 6, world.before), says(world, survey, 0, world.after), changed],
        no=[says(world, survey, 7, world.after), says(world, other, 1, world.after), world.lead()],
    )


@condition("nps_class")
def promoters(world):
    survey = make_survey()
    return Asked(
        {"survey": survey.pk, "nps_class": "promoter"},
        yes=[says(world, survey, 10, world.after)],
        no=[says(world, survey, 8, world.after)],
    )


@activity("survey_send")
def the_email_with_the_survey(world):
    survey = make_survey()
    email = make_email()
    raw = [{"type": "survey", "id": str(uuid.uuid4()), "value": {"survey": survey.pk}}]
    email.body = Email._meta.get_field("body").stream_block.to_python(raw)
    email.save()
    email.save_revision().publish()
    ada = world.lead(email="ada@example.com")
    yield Step({"survey": survey.pk, "email": email.pk, "spread": 0}, [ada])
    message = Message.objects.get(lead=ada)
    assert message.email_version.email_id == email.pk
    assert f"/surveys/{survey.uuid}/10/{{{{ survey.token }}}}/" in message.email_version.html


def make_asset(name="Guide") -> Asset:
    """A video."""
    return Asset.objects.create(name=name, video="https://example.com/")


def downloads(asset, lead, at):
    """Somebody who downloaded it then."""
    asset_actions.note(asset=asset, lead=lead, now=at)
    return lead


@condition("asset_downloaded")
def that_asset(world):
    guide, other = (
        Asset.objects.create(name=name, video="https://example.com/") for name in ("Guide", "Other")
    )
    return Asked(
        {"asset": guide.pk},
        yes=[downloads(guide, world.lead(), world.after)],
        no=[
            downloads(guide, world.lead(), world.before),
            downloads(other, world.lead(), world.after),
            world.lead(),
        ],
    )


@trigger("asset_downloaded")
def by_a_download(world):
    guide, other = (
        Asset.objects.create(name=name, video="https://example.com/") for name in ("Guide", "Other")
    )
    run = yield Step({"asset": guide.pk})
    ada, bob = (downloads(asset, world.lead(), world.now) for asset in (guide, other))
    assert (run.entered(ada), run.entered(bob)) == (1, 0)
