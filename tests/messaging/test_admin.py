"""Emails and messages in the admin, as a marketer and as others."""

import datetime as dt

import pytest
from django.contrib.auth.models import Group, User
from django.urls import reverse
from wagtail.users.models import UserProfile

from wagtail_automation import clock
from wagtail_automation.messaging import sender
from wagtail_automation.messaging.models import DirectMessage, Email, Message
from wagtail_automation.messaging.names import TEST_URL
from wagtail_automation.messaging.viewsets import MessageAdmin
from wagtail_automation.testing import clock as test_clock

pytestmark = pytest.mark.django_db


def form_data(email, **changes):
    data = {
        "name": email.name,
        "subject": email.subject,
        "preheader": "",
        "site": "",
        "colour": "grey",
        "sent_by": "site",
        "body-count": "1",
        "body-0-deleted": "",
        "body-0-order": "0",
        "body-0-type": "heading",
        "body-0-id": "",
        "body-0-value-text": "Hello",
        "body-0-value-level": "h1",
    }
    return {**data, **changes}


def test_list_and_editor(marketer, make_email):
    email = make_email()
    answer = marketer.get(reverse("wagtail_automation_emails:list"))
    assert answer.status_code == 200 and email.name in answer.content.decode()
    answer = marketer.get(reverse("wagtail_automation_emails:edit", args=[email.pk]))
    assert answer.status_code == 200
    assert "Send a test" in answer.content.decode()


def test_menu(marketer):
    home = marketer.get(reverse("wagtailadmin_home")).content.decode()
    assert reverse("wagtail_automation_emails:list") in home


def test_draft_may_be_incomplete_but_publishing_may_not(marketer, make_email):
    email = make_email(publish=False)
    url = reverse("wagtail_automation_emails:edit", args=[email.pk])
    answer = marketer.post(url, form_data(email, subject="{{ lead.oops }}"))
    assert answer.status_code == 302, answer.context["form"].errors
    data = form_data(email, subject="{{ lead.oops }}", **{"action-publish": "yes"})
    answer = marketer.post(url, data)
    assert answer.status_code == 200
    assert list(answer.context["form"].errors) == ["subject"]
    data = form_data(email, **{"action-publish": "yes", "body-0-value-text": "{{ lead.first_name"})
    answer = marketer.post(url, data)
    assert list(answer.context["form"].errors) == ["body"]
    answer = marketer.post(url, form_data(email, **{"action-publish": "yes"}))
    assert answer.status_code == 302, answer.context["form"].errors
    assert Email.objects.get(pk=email.pk).versions.filter(is_current=True).count() == 1


@pytest.mark.parametrize(
    ("mode", "wanted"),
    [("", "Hello Camille"), ("text", "Hello Camille"), ("nameless", "Hello you"), ("long", "Rochefoucauld")],
)
def test_preview(rf, make_email, mode, wanted):
    email = make_email(
        body=[("heading", {"text": "Hello {{ lead.first_name | default: 'you' }} {{ lead.last_name }}"})]
    )
    answer = email.make_preview_request(rf.get("/"), mode)
    assert answer.status_code == 200 and wanted in answer.content.decode()
    assert not Message.objects.exists() and email.versions.count() == 1


def test_preview_as_a_lead_and_of_a_broken_email(rf, make_email, make_lead, admin_user, django_user_model):
    lead = make_lead(first_name="Zoé")
    email = make_email()
    email.previewed_by = django_user_model.objects.create_user("sees-no-lead")
    assert not [name for name, _label in email.preview_modes if name.startswith("lead:")]
    assert b"Zo\xc3\xa9" not in email.make_preview_request(rf.get("/"), f"lead:{lead.pk}").content
    email.previewed_by = admin_user
    assert (f"lead:{lead.pk}", "As Zoé") in [(name, str(label)) for name, label in email.preview_modes]
    assert "Hello Zoé" in email.make_preview_request(rf.get("/"), f"lead:{lead.pk}").content.decode()
    email.subject = "{{ lead.oops"
    assert b"cannot be shown" in email.make_preview_request(rf.get("/"), "").content


def test_messages_are_listed_with_reasons(marketer, make_email, make_lead, queue, smtp):
    lead = make_lead()
    queue(make_email(), lead)
    lead.email = "not an address"
    lead.save()
    sender.send_due()
    page = marketer.get(reverse("automation_messages_modeladmin_index"))
    assert page.status_code == 200
    assert "The email address is not valid." in page.content.decode()
    message = Message.objects.get()
    url = reverse("automation_messages_modeladmin_inspect", args=[message.pk])
    assert marketer.get(url).status_code == 200


def test_direct_messages_are_listed(marketer, smtp, django_capture_on_commit_callbacks):
    from wagtail_automation import mailer

    with django_capture_on_commit_callbacks(execute=True):
        mailer.send(to="zoe@example.com", subject="Secret subject", text="x", key="k")
    page = marketer.get(reverse("automation_direct-messages_modeladmin_index")).content.decode()
    assert "zoe@example.com" in page and "Secret subject" not in page


def test_doubtful_again(marketer, make_email, make_lead, queue, smtp, django_capture_on_commit_callbacks):
    (message,) = queue(make_email(), make_lead())
    Message.objects.lease(1, clock.now())
    with test_clock.shift(dt.timedelta(minutes=5)):
        sender.expire_leases()
        url = reverse("wagtail_automation_messaging_resend", args=["email", message.pk])
        assert message.message_id in marketer.get(url).content.decode()
        message.refresh_from_db()
        assert message.state == "doubtful", "a GET changes nothing"
        with django_capture_on_commit_callbacks(execute=True):
            assert marketer.post(url).status_code == 302
    message.refresh_from_db()
    assert message.state == "sent"
    from wagtail.models import ModelLogEntry

    assert ModelLogEntry.objects.filter(action="wagtail_automation.message.resend").count() == 1


def test_test_mail(marketer, make_email, smtp, django_capture_on_commit_callbacks):
    email = make_email(publish=False)
    url = reverse("wagtail_automation_messaging_test", args=[email.pk])
    assert b"marketer@example.com" in marketer.get(url).content
    assert not DirectMessage.objects.exists()
    with django_capture_on_commit_callbacks(execute=True):
        marketer.post(url, {"address": "marketer@example.com"})
    (mail,) = smtp.messages
    assert mail["To"] == "marketer@example.com" and mail["Subject"] == "[Test] Welcome, Camille"


def test_others_may_not(client, make_email, make_lead, queue):
    from wagtail_automation.admin.roles import create_groups

    create_groups()
    (message,) = queue(make_email(), make_lead())
    user = User.objects.create_user("sam", "sam@example.com", "x")
    user.groups.add(Group.objects.get(name="Salesperson"))
    client.force_login(user)
    for name, args in (("resend", ["email", message.pk]), ("test", [message.email_version.email_id])):
        answer = client.post(reverse(f"wagtail_automation_messaging_{name}", args=args))
        assert answer.status_code in (302, 403)
    assert not DirectMessage.objects.exists()


def test_settings_form(admin_client, site):
    url = reverse("wagtailsettings:edit", args=["wagtail_automation_messaging", "emailsettings", site.pk])
    answer = admin_client.get(url)
    assert answer.status_code == 200
    data = {"accent_colour": "red;}", "sender_name": "x", "social_profiles-count": "0"}
    answer = admin_client.post(url, data)
    assert answer.status_code == 200 and b"#1f6f5c" in answer.content


def test_a_french_reader_of_messages_finds_no_english(client, admin_user, queue, make_email, make_lead):
    """Django's filters are French only where Django's own admin is installed; ours are everywhere."""
    UserProfile.objects.create(user=admin_user, preferred_language="fr")
    client.force_login(admin_user)
    (message,) = queue(make_email(), make_lead())
    helper = MessageAdmin().url_helper
    shown = client.get(helper.index_url).content.decode()
    assert "État\n<ul>" in shown and "Envoyé\n<ul>" in shown and "Par " not in shown
    for english in ("Any date", "Past 7 days", "Has date", "State"):
        assert english not in shown
    inspected = client.get(helper.get_action_url("inspect", message.pk)).content.decode()
    for english in ("created at", "not before", "attempts", "Inspecting"):
        assert english not in inspected
    assert "Création" in inspected


def test_nobody_floods_a_mailbox_with_tests(client, make_email, settings):
    settings.WAGTAIL_AUTOMATION = {**settings.WAGTAIL_AUTOMATION, "TESTS_PER_HOUR": 2}
    email = make_email()
    for name in ("boss", "chief"):
        client.force_login(User.objects.create_superuser(name, f"{name}@example.com"))
        address = reverse(TEST_URL, args=[email.pk])
        said = [
            client.post(address, {"address": "victim@example.com", "mode": ""}, follow=True).content.decode()
            for _number in range(3)
        ]
        assert ["Please wait a while" in page for page in said] == [False, False, True], "each on their own"
    assert DirectMessage.objects.count() == 4
    with test_clock.shift(dt.timedelta(minutes=61)):
        client.post(reverse(TEST_URL, args=[email.pk]), {"address": "a@example.com", "mode": ""})
    assert DirectMessage.objects.count() == 5
