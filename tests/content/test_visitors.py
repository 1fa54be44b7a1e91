"""Whose answers they are: browsers that consented, that were recognised, that said nothing."""

import pytest
from django.test import Client

from wagtail_automation import clock
from wagtail_automation.content.models import Form, FormSubmission
from wagtail_automation.leads.models import ConsentState, Identifier, Lead
from wagtail_automation.tracking.actions import record_event
from wagtail_automation.tracking.models import Event, Visitor

pytestmark = pytest.mark.django_db

ANN = {"first_name": "Ann", "email": "ann@example.com"}


@pytest.fixture
def ann(db):
    lead = Lead.objects.create(status="known", email="ann@example.com", first_name="Ann")
    Identifier.objects.create(kind="email", value="ann@example.com", lead=lead)
    return lead


def test_without_consent_no_visitor_and_no_cookie(landing, read_form, client):
    response = read_form().send(**ANN)
    assert not response.cookies
    assert not Visitor.objects.exists()
    assert FormSubmission.objects.get().visitor is None


def test_anonymous_browser_becomes_known_with_its_past(landing, read_form, make_visitor):
    who, lead = make_visitor(level="anonymous")
    visitor = Visitor.objects.get()
    record_event(name="page_viewed", lead=lead, visitor=visitor, url="/pricing/")
    assert read_form(who=who).send(**ANN).status_code == 303
    lead.refresh_from_db()
    assert (lead.status, lead.email) == ("known", "ann@example.com")
    visitor.refresh_from_db()
    assert (visitor.lead, visitor.level) == (lead, "identified")
    assert FormSubmission.objects.get().visitor == visitor
    assert set(Event.objects.filter(lead=lead).values_list("name", flat=True)) >= {
        "page_viewed",
        "form_submitted",
    }


def test_anonymous_browser_of_a_known_person_is_merged(landing, read_form, make_visitor, ann):
    who, anonymous = make_visitor(level="anonymous")
    record_event(name="page_viewed", lead=anonymous, visitor=Visitor.objects.get(), url="/pricing/")
    read_form(who=who).send(**ANN)
    assert list(Lead.objects.all()) == [ann]
    assert FormSubmission.objects.get().lead == ann
    assert Visitor.objects.get().lead == ann
    assert Event.objects.filter(lead=ann, name="page_viewed").exists()


def test_two_known_people_on_one_browser_are_never_merged(landing, read_form, make_visitor, ann):
    for level in ("recognised", "identified"):
        who, bob = make_visitor(level=level, email=f"{level}@example.com", first_name="Bob")
        Identifier.objects.create(kind="email", value=bob.email, lead=bob)
        assert read_form(who=who).send(**ANN, message=level).status_code == 303
        submission = FormSubmission.objects.latest("pk")
        assert submission.lead == ann
        assert submission.visitor is None or submission.visitor.lead == ann
        bob.refresh_from_db()
        assert bob.first_name == "Bob"


@pytest.fixture
def without_address(landing):
    form = Form.objects.get()
    form.fields = [
        child
        for child in form.fields.raw_data
        if child["value"]["field_key"] in ("first_name", "message", "news")
    ]
    form.save()
    return form


def test_answers_without_an_address(without_address, read_form, make_visitor):
    """They stay with the browser's lead; a merely recognised browser changes no stored field."""
    assert read_form().send(first_name="Zed", message="1").status_code == 303
    assert FormSubmission.objects.get(data__message="1").lead.status == "anonymous"
    known, lead = make_visitor(level="recognised", first_name="Ann")
    read_form(who=known).send(first_name="Mallory", message="2")
    lead.refresh_from_db()
    assert FormSubmission.objects.get(data__message="2").lead == lead
    assert lead.first_name == "Ann"
    known, lead = make_visitor(level="identified", first_name="Ann")
    read_form(who=known).send(first_name="Anna", message="3")
    lead.refresh_from_db()
    assert lead.first_name == "Anna"


def test_tracking_consent_in_a_form_counts(landing, read_form):
    form = Form.objects.get()
    fields = list(form.fields.raw_data)
    fields[3]["value"]["subject"] = "tracking"
    form.fields = fields
    form.save()
    response = read_form().send(**ANN, news="on")
    assert response.cookies["wa_consent"].value == "granted"
    assert response.cookies["wa_visitor"]["httponly"]
    assert ConsentState.objects.get(subject="tracking").granted
    visitor = Visitor.objects.get()
    assert (visitor.level, visitor.lead.email) == ("identified", "ann@example.com")
    opted_out = Client(headers={"Sec-GPC": "1"})
    response = read_form(who=opted_out).send(first_name="Bob", email="bob@example.com", news="on")
    assert "wa_visitor" not in response.cookies
    assert Visitor.objects.count() == 1


def test_an_empty_box_withdraws_nothing(landing, read_form, ann):
    from wagtail_automation.leads import actions

    actions.record_consent(lead=ann, subject="email", granted=True, how="form", now=clock.now())
    read_form().send(**ANN)
    assert ConsentState.objects.get(lead=ann, subject="email").granted


def test_invalid_value_for_the_lead_field_is_told_at_its_field(landing, read_form):
    form = Form.objects.get()
    fields = list(form.fields.raw_data)
    fields[2]["type"] = "text"
    fields[2]["value"]["lead_field"] = "country"
    form.fields = fields
    form.save()
    reader = read_form()
    response = reader.send(**ANN, message="Atlantis")
    assert response.status_code == 422
    assert "Atlantis” is not a country" in response.content.decode()
    assert reader.send(**ANN, message="switzerland").status_code == 303
    assert Lead.objects.get().country == "CH"
