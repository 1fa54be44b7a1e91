"""Forms and answers in the admin."""

import pytest
from django.contrib.auth.models import Group, User
from django.urls import reverse

from wagtail_automation.admin.roles import create_groups
from wagtail_automation.content.models import Form, FormSubmission

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(client):
    client.force_login(User.objects.create_superuser("admin", "admin@example.com", "pw"))
    return client


@pytest.fixture
def answered(landing, read_form):
    reader = read_form()
    for name, message in (("=HYPERLINK(1)", "Éléphant"), ("Bob", "<b>Tiger</b>")):
        assert (
            reader.send(first_name=name, email=f"u{len(name)}@example.com", message=message).status_code
            == 303
        )
    return FormSubmission.objects.all()


def test_list_edit_and_save_again(admin, form):
    assert b"Contact" in admin.get(reverse("wagtailsnippets_wagtail_automation_content_form:list")).content
    response = admin.get(reverse("wagtailsnippets_wagtail_automation_content_form:edit", args=[form.pk]))
    assert response.status_code == 200
    assert b"Answers" in response.content


def test_answers_are_listed_searched_and_filtered(admin, form, answered):
    for url in (
        reverse("wagtail_automation_answers"),
        reverse("wagtail_automation_answers_of", args=[form.pk]),
    ):
        html = admin.get(url).content.decode()
        assert "Éléphant" in html
        assert "&lt;b&gt;Tiger&lt;/b&gt;" in html
        assert "<b>Tiger" not in html
    found = admin.get(reverse("wagtail_automation_answers_of_results", args=[form.pk]), {"q": "ELEPHANT"})
    assert "Éléphant" in found.content.decode()
    assert "Tiger" not in found.content.decode()
    nothing = admin.get(
        reverse("wagtail_automation_answers_of_results", args=[form.pk]), {"at_from": "2999-01-01"}
    )
    assert "Tiger" not in nothing.content.decode()


def test_list_of_answers_costs_the_same_for_any_number(admin, form, answered, django_assert_max_num_queries):
    url = reverse("wagtail_automation_answers_of", args=[form.pk])
    admin.get(url)
    with django_assert_max_num_queries(20):
        admin.get(url)


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_export_never_holds_a_formula(admin, form, answered, kind):
    url = reverse("wagtail_automation_answers_of", args=[form.pk])
    response = admin.get(url, {"export": kind})
    if kind == "csv":
        text = b"".join(response.streaming_content).decode()
        assert "'=HYPERLINK(1)" in text
        assert ",=HYPERLINK" not in text
        assert "First name" in text
    else:
        assert b"".join(response.streaming_content)[:2] == b"PK"
    assert admin.get(reverse("wagtail_automation_answers"), {"export": kind}).status_code == 200


def test_a_form_with_answers_is_not_deleted(admin, form, answered):
    url = reverse("wagtailsnippets_wagtail_automation_content_form:delete", args=[form.pk])
    assert admin.post(url).status_code == 302
    assert Form.objects.filter(pk=form.pk).exists()
    FormSubmission.objects.all().delete()
    admin.post(url)
    assert not Form.objects.filter(pk=form.pk).exists()


def test_permissions(client, form, answered):
    create_groups()
    user = User.objects.create_user("eve", "eve@example.com", "pw")
    client.force_login(user)
    url = reverse("wagtail_automation_answers")
    assert client.get(url).status_code == 302
    user.groups.add(Group.objects.get(name="Analyst"))
    assert client.get(url).status_code == 200
    edit = reverse("wagtailsnippets_wagtail_automation_content_form:edit", args=[form.pk])
    assert client.get(edit).status_code == 302


def post_data(form, **changes):
    """The form's edit page as the browser would send it back."""
    data = {
        "name": form.name,
        "submit_label": "Go",
        "thank_you_text": "null",
        "actions-count": "0",
        "fields-count": "2",
    }
    for number, (label, key) in enumerate([("Your name", ""), ("Your name", "")]):
        data |= {
            f"fields-{number}-deleted": "",
            f"fields-{number}-order": str(number),
            f"fields-{number}-type": "text",
            f"fields-{number}-id": "",
            f"fields-{number}-value-label": label,
            f"fields-{number}-value-help_text": "",
            f"fields-{number}-value-field_key": key,
            f"fields-{number}-value-lead_field": "",
        }
    return data | changes


def test_keys_are_made_from_labels_and_differ(admin, form):
    url = reverse("wagtailsnippets_wagtail_automation_content_form:edit", args=[form.pk])
    response = admin.post(url, post_data(form))
    assert response.status_code == 302, response.context["form"].errors
    form.refresh_from_db()
    assert [child.value["field_key"] for child in form.fields] == ["your_name", "your_name_2"]
    same = {"fields-0-value-field_key": "a", "fields-1-value-field_key": "a"}
    response = admin.post(url, post_data(form, **same))
    assert response.status_code == 200
    assert b"Another field has this key" in response.content
    response = admin.post(url, post_data(form, **{"fields-0-value-field_key": "Not a key"}))
    assert response.status_code == 200
