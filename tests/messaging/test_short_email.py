"""An email written in a few words in the chooser's modal."""

import json

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.urls import reverse
from wagtail.models import Locale

from wagtail_automation.messaging.models import Email, EmailVersion

pytestmark = pytest.mark.django_db

GOOD = {
    "subject": "Thank you, {{ lead.first_name | default: 'friend' }}",
    "text": "Hello <b>you</b> & all,\n\nread https://www.example.com/guide\nsoon.",
    "button": "Visit our site",
    "address": "",
}


@pytest.fixture
def create(client, admin_user, site, english):
    client.force_login(admin_user)
    url = reverse(Email.snippet_viewset.chooser_viewset.get_url_name("create"))
    return lambda **changed: client.post(url, {**GOOD, "locale": english.pk, **changed}).json()


def body_of(email):
    return [(child.block_type, child.value) for child in email.body]


def test_it_is_published_chosen_and_ready_to_be_sent(create, site):
    answer = create()
    assert answer["step"] == "chosen"
    email = Email.objects.get(pk=answer["result"]["id"])
    assert email.live and answer["result"]["string"] == email.name == GOOD["subject"]
    (kind, text), (other, button) = body_of(email)
    assert (kind, other) == ("rich_text", "button")
    assert text["text"].source.startswith("<p>Hello &lt;b&gt;you&lt;/b&gt; &amp; all,</p><p>read <a href=")
    assert button["link"]["page"].pk == site.root_page_id
    version = EmailVersion.objects.get(email=email, is_current=True)
    assert "https://www.example.com/guide" in {link["url"] for link in version.links.values()}
    assert "{{ lead.first_name | default: 'friend' }}" in version.subject
    assert "&lt;b&gt;you" in version.html and "<b>you" not in version.html


def test_liquid_in_the_text_stays_liquid(create):
    answer = create(text='Hello {{ lead.first_name | default: "you" }}, it\'s < 3.')
    version = EmailVersion.objects.get(email_id=answer["result"]["id"], is_current=True)
    assert 'lead.first_name | default: "you"' in version.text
    assert "it's < 3" in version.text


def test_a_button_may_lead_anywhere_or_be_missing(create):
    email = Email.objects.get(pk=create(address="https://shop.example/x")["result"]["id"])
    assert body_of(email)[1][1]["link"]["url"] == "https://shop.example/x"
    email = Email.objects.get(pk=create(button="")["result"]["id"])
    assert [kind for kind, _value in body_of(email)] == ["rich_text"]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"subject": ""}, "This field is required"),
        ({"text": " "}, "This field is required"),
        ({"text": "{{ lead.nonsense }}"}, "is not known"),
        ({"subject": "{% if"}, "errorlist"),
        ({"address": "javascript:alert(1)"}, "Enter a valid URL"),
        ({"locale": "999"}, "Select a valid choice"),
    ],
)
def test_bad_input_is_refused_in_the_modal(create, changed, words):
    Locale.objects.get_or_create(language_code="fr")
    answer = create(**changed)
    assert answer["step"] == "reshow_creation_form"
    assert words in answer["htmlFragment"] or "error-message" in answer["htmlFragment"]
    assert not Email.objects.exists()


def test_who_may_not_publish_writes_a_draft_and_who_may_not_add_nothing(client, site, english):
    user = User.objects.create_user("writer", "w@example.com", "x")
    group = Group.objects.create(name="writers")
    group.permissions.set(Permission.objects.filter(codename__in=["access_admin", "add_email"]))
    user.groups.add(group)
    client.force_login(user)
    url = reverse(Email.snippet_viewset.chooser_viewset.get_url_name("create"))
    assert client.post(url, {**GOOD, "locale": english.pk}).json()["step"] == "chosen"
    assert not Email.objects.get().live
    group.permissions.remove(Permission.objects.get(codename="add_email"))
    answer = client.post(url, {**GOOD, "locale": english.pk})
    assert answer.status_code == 302 or json.loads(answer.content or b"{}").get("step") != "chosen"
    assert Email.objects.count() == 1
