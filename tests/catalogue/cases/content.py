"""Forms, dynamic content, promos and surveys."""

import datetime as dt
import uuid

from wagtail.models import Locale, Page

from wagtail_automation.activities import activities
from wagtail_automation.audiences.models import DynamicContent
from wagtail_automation.campaigns.testing import Asked, Step, activity, condition, trigger
from wagtail_automation.content.actions import submit_form
from wagtail_automation.content.assets import actions as asset_actions
from wagtail_automation.content.form_building import Answers
from wagtail_automation.content.models import Asset, Form, Survey, WebPromo
from wagtail_automation.content.showing import actions as showing
from wagtail_automation.content.showing.tokens import Shown
from wagtail_automation.content.surveys import actions as survey_actions
from wagtail_automation.leads.cohorts import LeadsCohort
from wagtail_automation.messaging.actions import queue_email
from wagtail_automation.messaging.models import Email, Message
from wagtail_automation.objects import ref_of
from wagtail_automation.outbox import State

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


def carry(survey, name="Ask") -> Email:
    """A published email that asks."""
    email = make_email(name)
    raw = [{"type": "survey", "id": str(uuid.uuid4()), "value": {"survey": survey.pk}}]
    email.body = Email._meta.get_field("body").stream_block.to_python(raw)
    email.save()
    email.save_revision().publish()
    return email


def asked_then(world, email, days):
    """Somebody to whom it was sent so many days ago."""
    lead = world.lead(email=f"asked-{email.pk}-{days}@example.com")
    at = world.now - dt.timedelta(days=days)
    queue_email(cohort=LeadsCohort.of(lead, key=f"by-hand-{lead.pk}", now=at), email=ref_of(email))
    return lead


def got_now(world, email):
    """Whose message of now goes out, and why others have none."""
    rows = Message.objects.filter(email_version__email=email, created_at=world.now)
    return {row.lead_id: row.reason if row.state == State.SKIPPED else "" for row in rows}


@activity("survey_send")
def nobody_is_asked_the_same_twice_a_quarter(world):
    survey, other = make_survey(), make_survey("Other")
    email, second, unlike = carry(survey), carry(survey, "Again"), carry(other, "Unlike")
    day = dt.timedelta(days=1)
    held = [
        asked_then(world, email, 89),
        asked_then(world, second, 2),  # another email with the same survey
        says(world, survey, 9, world.now - 3 * day, lead=world.lead(email="said@example.com")),
    ]
    free = [
        asked_then(world, email, 91),
        asked_then(world, unlike, 2),
        says(world, other, 9, world.now - day, lead=world.lead(email="else@example.com")),
        says(world, survey, 9, world.now - 91 * day, lead=world.lead(email="long@example.com")),
        world.lead(email="new@example.com"),
    ]
    failed = asked_then(world, email, 5)
    Message.objects.filter(lead=failed).update(state=State.FAILED)
    free.append(failed)
    config = {"survey": survey.pk, "email": email.pk, "not_again_days": 90}
    block = activities["survey_send"]()
    value = block.to_python(config)
    value["email"], value["survey"] = ref_of(email), ref_of(survey)
    leads = [lead.pk for lead in (*held, *free)]
    foreseen = {pk for pk, why in block.refused(value, leads).items() if "same not long ago" in why}
    yield Step(config, [*held, *free])
    found = got_now(world, email)
    assert {pk for pk, reason in found.items() if reason == "survey_asked_lately"} == {one.pk for one in held}
    assert {pk for pk, reason in found.items() if not reason} == {one.pk for one in free}
    assert foreseen == {one.pk for one in held}, "the dry run says the same"


@activity("survey_send")
def empty_is_no_limit(world):
    survey = make_survey()
    email = carry(survey)
    lead = asked_then(world, email, 1)
    yield Step({"survey": survey.pk, "email": email.pk, "not_again_days": None}, [lead])
    assert got_now(world, email) == {lead.pk: ""}


@activity("survey_send")
def a_reminder_in_the_same_passage_is_no_repeat(world):
    survey = make_survey()
    ask, remind = carry(survey), carry(survey, "Remind")
    new, asked = world.lead(email="fresh@example.com"), asked_then(world, ask, 3)
    first = ("do_survey_send", {"survey": survey.pk, "email": ask.pk, "not_again_days": 90})
    config = {"survey": survey.pk, "email": remind.pk, "not_again_days": 90}
    yield Step(config, [new, asked], before=[first])
    assert got_now(world, ask) == {new.pk: "", asked.pk: "survey_asked_lately"}
    assert got_now(world, remind) == {new.pk: "", asked.pk: "survey_asked_lately"}


@activity("survey_send")
def the_email_with_the_survey(world):
    survey = make_survey()
    email = carry(survey)
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
