"""From draft to reader: what is sent is what was published, in the language of each lead."""

import datetime as dt

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from wagtail.models import Task, Workflow, WorkflowTask

from wagtail_automation import clock
from wagtail_automation.campaigns import actions as campaigns
from wagtail_automation.campaigns.testing import publish
from wagtail_automation.leads.models import Lead
from wagtail_automation.messaging import sender
from wagtail_automation.messaging.models import Email, Message

from .test_admin import form_data

pytestmark = pytest.mark.django_db


def edit_url(email):
    return reverse("wagtail_automation_emails:edit", args=[email.pk])


def test_a_campaign_sends_each_lead_their_translation(make_email, french, make_lead, smtp, site):
    email = make_email(subject="Hello {{ lead.first_name }}")
    french_one = email.copy_for_translation(french)
    french_one.name, french_one.subject = "fr", "Bonjour {{ lead.first_name }}"
    french_one.save()
    french_one.save_revision().publish()
    people = {code: make_lead(f"l{n}@example.com", language=code, first_name=code) for n, code in enumerate(
        ("fr", "fr-CA", "en", "de", ""))}  # fmt: skip
    run = publish(("do_email_send", {"email": email.pk, "spread": 0}))
    now = clock.now()
    campaigns.enroll(campaign=run.campaign, leads=[lead.pk for lead in people.values()], since=now, now=now)
    run.walk()
    sender.send_due()
    subjects = {mail["To"]: mail["Subject"] for mail in smtp.messages}
    for code, lead in people.items():
        wanted = "Bonjour" if code.startswith("fr") else "Hello"
        assert subjects[lead.email] == f"{wanted} {code}".strip(), code
    page = next(m for m in smtp.messages if m["To"] == people["fr"].email).get_body(("html",)).get_content()
    assert "Voir dans votre navigateur" in page and "View in your browser" not in page


def test_a_draft_changes_nothing_that_is_sent(marketer, make_email, make_lead, queue, smtp):
    email, lead = make_email(subject="As published"), make_lead()
    answer = marketer.post(edit_url(email), form_data(email, subject="As drafted"))
    assert answer.status_code == 302
    queue(email, lead)
    sender.send_due()
    assert [mail["Subject"] for mail in smtp.messages] == ["As published"]
    shown = marketer.get(reverse("wagtail_automation_emails:history", args=[email.pk]))
    assert shown.status_code == 200
    first, last = (email.revisions.order_by("pk").values_list("pk", flat=True)[index] for index in (0, 1))
    compared = marketer.get(
        reverse("wagtail_automation_emails:revisions_compare", args=[email.pk, first, last])
    ).content.decode()
    assert "drafted" in compared and "published" in compared


def test_published_at_a_time(marketer, make_email, make_lead, queue, smtp, settings):
    from django.core.management import call_command

    email = make_email(publish=False)
    assert "go_live_at" in marketer.get(edit_url(email)).content.decode()
    later = clock.now() + dt.timedelta(hours=2)
    data = form_data(email, go_live_at=later.strftime("%Y-%m-%d %H:%M"), **{"action-publish": "yes"})
    answer = marketer.post(edit_url(email), data)
    assert answer.status_code == 302, answer.context["form"].errors
    email.refresh_from_db()
    assert not email.live and not email.versions.exists()
    revision = email.latest_revision
    assert revision.approved_go_live_at > clock.now()
    # the hour has come
    revision.approved_go_live_at = clock.now() - dt.timedelta(minutes=1)
    revision.content = {**revision.content, "go_live_at": revision.approved_go_live_at.isoformat()}
    revision.save()
    call_command("publish_scheduled")
    email.refresh_from_db()
    assert email.live and email.versions.filter(is_current=True).count() == 1


def test_a_workflow_keeps_an_email_back_until_it_is_approved(marketer, make_email, admin_user):
    from django.contrib.contenttypes.models import ContentType
    from wagtail.models import WorkflowContentType

    workflow = Workflow.objects.create(name="Four eyes")
    WorkflowTask.objects.create(workflow=workflow, task=Task.objects.create(name="Look"), sort_order=1)
    WorkflowContentType.objects.create(
        workflow=workflow, content_type=ContentType.objects.get_for_model(Email)
    )
    email = make_email(publish=False)
    answer = marketer.post(edit_url(email), form_data(email, **{"action-submit": "yes"}))
    assert answer.status_code == 302
    email.refresh_from_db()
    assert not email.live and email.current_workflow_state.status == "in_progress"
    email.current_workflow_state.current_task_state.approve(user=User.objects.get(pk=admin_user.pk))
    email.refresh_from_db()
    assert email.live and email.versions.filter(is_current=True).exists()


def test_submitting_what_cannot_be_published_is_refused(marketer, make_email):
    email = make_email(publish=False)
    answer = marketer.post(
        edit_url(email), form_data(email, subject="{{ lead.oops }}", **{"action-publish": "yes"})
    )
    assert answer.status_code == 200 and list(answer.context["form"].errors) == ["subject"]
    assert not Message.objects.exists() and Lead.objects.count() == 0
