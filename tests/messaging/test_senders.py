"""Who an email comes from: the site, a person, the owner of each lead; chosen on the email or by a step."""

import pytest
from django.contrib.auth.models import Group, User
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from wagtail.images import get_image_model
from wagtail.images.tests.utils import get_test_image_file

from wagtail_automation.leads.cohorts import LeadsCohort
from wagtail_automation.messaging import actions, preview, sender
from wagtail_automation.messaging.activities import EmailSend
from wagtail_automation.messaging.models import Message, SenderProfile
from wagtail_automation.objects import ref_of

from .test_admin import form_data

pytestmark = pytest.mark.django_db
BODY = [
    ("heading", {"text": "From {{ sender.name }}, {{ sender.email }}", "level": "h1"}),
    ("signature", {"words": "Kind regards", "photo": True}),
]


@pytest.fixture
def theo(db):
    user = User.objects.create_user("theo", "theo@alder.example", "x", first_name="Théo", last_name="Martin")
    user.groups.add(Group.objects.get_or_create(name="Salesperson")[0])
    return user


@pytest.fixture
def ines(db):
    from wagtail.models import Collection

    Collection.get_first_root_node() or Collection.add_root(name="Root")
    user = User.objects.create_user("ines", "ines@alder.example", "x")
    photo = get_image_model().objects.create(title="Inès", file=get_test_image_file(size=(400, 300)))
    SenderProfile.objects.create(
        user=user, name="Inès, bench 1", role="Saddler <in chief>", photo=photo,
        signature="The Mill\n{{ lead.email }} & Co", reply_to="bench1@alder.example",
    )  # fmt: skip
    return user


def mails(smtp):
    sender.send_due()
    return {mail["To"]: mail for mail in smtp.messages}


def html_of(mail):
    return mail.get_body(("html",)).get_content()


def test_the_site_a_person_and_the_owner(make_email, make_lead, queue, smtp, theo, ines):
    ann, bob = make_lead("ann@example.com", owner=theo), make_lead("bob@example.com")
    queue(make_email(body=BODY), ann, key="site")
    found = mails(smtp)["ann@example.com"]
    assert found["From"] == "Atelier Sève <bonjour@atelier.example>" and "From Atelier Sève" in html_of(found)
    assert found["Reply-To"] == "reponse@atelier.example" and 'width="64"' not in html_of(found)

    smtp.raw.clear()
    queue(make_email(body=BODY, sent_by="person", sent_by_user=ines), ann, key="person")
    found = mails(smtp)["ann@example.com"]
    assert found["From"] == '"Inès, bench 1" <bonjour@atelier.example>', "the domain stays the site's"
    assert found["Reply-To"] == "bench1@alder.example"
    page, text = html_of(found), found.get_body(("plain",)).get_content()
    assert "Saddler &lt;in chief&gt;" in page and "Saddler <in chief>" in text
    assert "The Mill<br" in page and "{{ lead.email }} &amp; Co" in page, "a signature is never evaluated"
    assert 'src="http://testserver/media/' in page and 'width="64"' in page

    smtp.raw.clear()
    queue(make_email(body=BODY, sent_by="owner", sent_by_user=ines), ann, bob, key="owner")
    found = mails(smtp)
    assert found["ann@example.com"]["From"] == "Théo Martin <bonjour@atelier.example>"
    assert found["ann@example.com"]["Reply-To"] == "theo@alder.example"
    assert "Inès" in found["bob@example.com"]["From"], "who has no owner gets it from the person named"

    smtp.raw.clear()
    queue(make_email(body=BODY, sent_by="owner"), bob, key="nobody")
    assert mails(smtp)["bob@example.com"]["From"].startswith("Atelier Sève")


def test_a_step_may_choose_another_sender(make_email, make_lead, smtp, theo, ines):
    email, lead = make_email(body=BODY, sent_by="owner"), make_lead("ann@example.com", owner=theo)
    step = EmailSend()

    def run(key, **chosen):
        from wagtail_automation.rules.binding import bind

        value = bind(step, {"email": email.pk, "spread": 0, **chosen})
        step.apply(value, LeadsCohort([lead.pk], key=key))
        smtp.raw.clear()
        return mails(smtp)["ann@example.com"]["From"]

    assert run("a").startswith("Théo Martin")
    assert run("b", sent_by="site").startswith("Atelier Sève")
    assert "Inès" in run("c", sent_by="person", person=ines.pk)
    with pytest.raises(ValidationError):
        step.clean(step.to_python({"email": email.pk, "spread": 0, "sent_by": "person", "person": None}))
    step.clean(step.to_python({"email": email.pk, "spread": 0, "sent_by": "owner", "person": None}))


def test_who_left_sends_nothing_any_more(make_email, make_lead, queue, smtp, ines):
    ines.is_active = False
    ines.save()
    queue(make_email(body=BODY, sent_by="person", sent_by_user=ines), make_lead("ann@example.com"))
    assert mails(smtp)["ann@example.com"]["From"].startswith("Atelier Sève")


def test_a_name_cannot_write_headers(make_email, make_lead, queue, smtp, theo):
    SenderProfile.objects.create(user=theo, name="Théo\r\nBcc: all@example.com\u202e", reply_to="x@y.example")
    queue(make_email(body=BODY, sent_by="person", sent_by_user=theo), make_lead("ann@example.com"))
    found = mails(smtp)["ann@example.com"]
    assert found["Bcc"] is None and found["From"].endswith("<bonjour@atelier.example>")
    assert "\u202e" not in found["From"]


def test_queries_do_not_grow_with_owners(make_email, make_lead, queue, smtp):
    email, counts = make_email(body=BODY, sent_by="owner"), []
    for size in (2, 1, 12):
        owners = [User.objects.create_user(f"o{size}-{n}", f"o{size}-{n}@x.example") for n in range(size)]
        queue(email, *[make_lead(owner=owner) for owner in owners], key=f"s{size}")
        with CaptureQueriesContext(connection) as queries:
            sender.send_due()
        counts.append(len(queries))
    assert counts[1] == counts[2], counts


def test_preview_and_form(marketer, make_email, make_lead, theo):
    from wagtail_automation.admin.roles import create_groups

    create_groups()
    email = make_email(body=BODY, sent_by="owner", publish=False)
    assert "From Théo Martin" in preview.parts_for(email, make_lead(owner=theo)).html
    url = reverse("wagtail_automation_emails:edit", args=[email.pk])
    page = marketer.get(url).content.decode()
    assert "Théo Martin" in page and "The owner of each lead" in page
    data = form_data(email, sent_by="person", sent_by_user="", **{"action-publish": "yes"})
    refused = marketer.post(url, data)
    assert list(refused.context["form"].errors) == ["sent_by_user"]
    assert marketer.post(url, data | {"sent_by_user": theo.pk}).status_code == 302
    version = email.versions.get(is_current=True)
    assert (version.sent_by, version.sent_by_user) == ("person", theo)


def test_profiles_in_the_admin(marketer, theo):
    names = "wagtail_automation_sender_profile"
    data = {"user": theo.pk, "name": "", "role": "Bench 2", "photo": "", "signature": "T.", "reply_to": "x"}
    refused = marketer.post(reverse(f"{names}:add"), data)
    assert set(refused.context["form"].errors) == {"reply_to"}
    assert marketer.post(reverse(f"{names}:add"), data | {"reply_to": ""}).status_code == 302
    assert "Théo Martin" in marketer.get(reverse(f"{names}:index")).content.decode()


def test_a_queued_message_keeps_its_choice(make_email, make_lead, theo):
    email, lead = make_email(), make_lead()
    cohort = LeadsCohort([lead.pk], key="k")
    actions.queue_email(cohort=cohort, email=ref_of(email), sent_by="person", sent_by_user=theo.pk)
    message = Message.objects.get()
    assert (message.sent_by, message.sent_by_user) == ("person", theo)


def transactional(make_email, **fields):
    body = [("signature", {"words": "Yours,", "photo": True})]
    return make_email(subject="Order", body=body, is_transactional=True, **fields)


def test_a_transactional_email_is_signed_by_whom_the_caller_names(
    make_email, make_lead, smtp, theo, ines, django_capture_on_commit_callbacks
):
    email = transactional(make_email)
    with django_capture_on_commit_callbacks():
        actions.send_transactional(email, make_lead("ann@example.com"), {}, sender=ines)
        actions.send_transactional(email, "bob@example.com", {})
    found = mails(smtp)
    assert found["ann@example.com"]["From"].startswith('"Inès, bench 1"')
    assert found["ann@example.com"]["Reply-To"] == "bench1@alder.example"
    assert "Saddler &lt;in chief&gt;" in html_of(found["ann@example.com"])
    assert found["bob@example.com"]["From"].startswith("Atelier Sève")
    assert "bonjour@atelier.example" in found["ann@example.com"]["From"], "an address of the site's domain"


def test_a_transactional_email_may_name_its_sender_itself(
    make_email, make_lead, smtp, theo, ines, django_capture_on_commit_callbacks
):
    email = transactional(make_email, sent_by="owner", sent_by_user=ines)
    with django_capture_on_commit_callbacks():
        actions.send_transactional(email, make_lead("ann@example.com", owner=theo), {})
        actions.send_transactional(email, "bob@example.com", {})
    found = mails(smtp)
    assert found["ann@example.com"]["From"].startswith("Théo Martin")
    assert found["bob@example.com"]["From"].startswith('"Inès, bench 1"')


def test_a_sender_who_left_before_the_hand_over_lends_no_name(
    make_email, smtp, ines, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks():
        actions.send_transactional(transactional(make_email), "bob@example.com", {}, sender=ines)
    ines.is_active = False
    ines.save()
    assert mails(smtp)["bob@example.com"]["From"].startswith("Atelier Sève")
