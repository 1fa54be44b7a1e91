"""A form made in the chooser's modal."""

import json

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.urls import reverse
from wagtail.models import Locale, ModelLogEntry

from wagtail_automation.content import form_building
from wagtail_automation.content.models import Form

pytestmark = pytest.mark.django_db


def chooser_url(name: str) -> str:
    return reverse(Form.snippet_viewset.chooser_viewset.get_url_name(name))


@pytest.fixture
def create(client, admin_user, english):
    client.force_login(admin_user)
    url = chooser_url("create")
    return lambda name="Newsletter", **more: client.post(url, {"name": name, **more}).json()


def test_it_is_chosen_logged_and_asks_for_the_address(create, client, admin_user):
    answer = create()
    assert answer["step"] == "chosen"
    form = Form.objects.get(pk=answer["result"]["id"])
    assert answer["result"]["string"] == form.name == "Newsletter"
    ((key, block, value),) = form_building.typed_fields(form)
    assert (key, block.key, value["label"]) == ("email", "email", "Email address")
    assert value["required"] and value["lead_field"] == "email"
    entry = ModelLogEntry.objects.get(object_id=form.pk, action="wagtail.create")
    assert entry.user == admin_user
    assert client.get(reverse(Form.snippet_viewset.get_url_name("edit"), args=[form.pk])).status_code == 200


def test_what_a_visitor_answers_becomes_a_lead(create, site, client, read_form):
    from tests.contentapp.models import LandingPage
    from wagtail_automation.leads.models import Lead

    form = Form.objects.get(pk=create()["result"]["id"])
    page = LandingPage(title="Landing", slug="landing", locale=site.root_page.locale)
    page.body = [{"type": "form", "value": form.pk}]
    site.root_page.add_child(instance=page)
    assert read_form().send(email="ada@example.com").status_code == 303
    assert Lead.objects.get().email == "ada@example.com"


def test_its_question_speaks_the_chosen_language(create):
    french = Locale.objects.get_or_create(language_code="fr")[0]
    form = Form.objects.get(pk=create(locale=french.pk)["result"]["id"])
    assert form.locale == french
    assert form.fields[0].value["label"] == "Adresse e-mail"


@pytest.mark.parametrize("changed", [{"name": " "}, {"name": "x" * 101}, {"locale": "999"}, {"locale": ""}])
def test_bad_input_is_refused_in_the_modal(create, changed):
    Locale.objects.get_or_create(language_code="fr")
    english = Locale.objects.get(language_code="en")
    answer = create(**{"locale": english.pk, **changed})
    assert answer["step"] == "reshow_creation_form"
    assert "error-message" in answer["htmlFragment"]
    assert not Form.objects.exists()


def test_only_who_may_add_forms_gets_the_tab_and_a_form(client, english):
    user = User.objects.create_user("writer", "w@example.com", "x")
    group = Group.objects.create(name="writers")
    add = Permission.objects.get(codename="add_form", content_type__app_label="wagtail_automation_content")
    group.permissions.set([Permission.objects.get(codename="access_admin"), add])
    user.groups.add(group)
    client.force_login(user)
    choose, create = chooser_url("choose"), chooser_url("create")
    assert "New form" in client.get(choose).json()["html"]
    assert client.post(create, {"name": "Theirs"}).json()["step"] == "chosen"
    group.permissions.remove(add)
    assert "New form" not in client.get(choose).json().get("html", "")
    answer = client.post(create, {"name": "Refused"})
    assert answer.status_code == 302 or json.loads(answer.content or b"{}").get("step") != "chosen"
    assert Form.objects.get().name == "Theirs"
