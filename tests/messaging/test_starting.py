"""How a new email begins: designs, templates that users made, documents from elsewhere."""

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import translation

from wagtail_automation.messaging import personal, preview, sender
from wagtail_automation.messaging.models import Email, EmailTemplate
from wagtail_automation.messaging.writing import html, starting
from wagtail_automation.messaging.writing.designs import DESIGNS

from .test_admin import form_data

pytestmark = pytest.mark.django_db

START = reverse("wagtail_automation_email_start")
ADD = reverse("wagtail_automation_emails:add")
IMPORT = reverse("wagtail_automation_email_import")


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("key", sorted(DESIGNS))
def test_every_design_can_be_published_and_seen_in_both_languages(key, language, make_email, english, french):
    locale = english if language == "en" else french
    email = starting.begun_with(f"design:{key}", locale)
    email.name = key
    email.save()
    block = Email._meta.get_field("body").stream_block
    with translation.override(language), personal.names_of_callers(email.is_transactional):
        block.clean(email.body)
    email.save_revision().publish()
    email.refresh_from_db()
    assert email.live and email.is_transactional == (key == "receipt")
    parts = preview.parts_for(email, preview.person("", None))
    greeting = {"en": "Hello Camille,", "fr": "Bonjour Camille,"}[language]
    assert greeting in parts.html and parts.subject
    assert ("[order.number]" in parts.subject) == (key == "receipt")
    assert ("Unsubscribe" in parts.html or "désabonner" in parts.html) == (key != "receipt")


def test_designs_are_in_the_language_of_the_email_not_of_the_editor(marketer, french):
    page = marketer.get(f"{ADD}?locale=fr&begin=design:invitation").content.decode()
    assert "Vous êtes invité" in page
    with translation.override("fr"):
        assert starting.begun_with("design:welcome", french).subject == "Bienvenue"


def test_the_start_page_shows_designs_and_published_templates(marketer, site):
    shown = EmailTemplate.objects.create(
        name="House style", subject="S", html="<p>x</p>", updated_at="2026-01-01T00:00Z"
    )
    hidden = EmailTemplate.objects.create(name="Secret", is_published=False, updated_at="2026-01-01T00:00Z")
    assert START in marketer.get(reverse("wagtail_automation_emails:list")).content.decode()
    page = marketer.get(START).content.decode()
    assert "House style" in page and "Secret" not in page and page.count("<iframe") == len(DESIGNS) + 1
    for choice in ("design:newsletter", f"template:{shown.pk}"):
        sample = marketer.get(reverse("wagtail_automation_email_sample", args=[choice]))
        assert sample.status_code == 200 and sample["X-Frame-Options"] == "SAMEORIGIN"
        assert "sandbox" in sample["Content-Security-Policy"]
    for choice in ("design:nothing", f"template:{hidden.pk}", "template:x", "template:99999", "x"):
        assert marketer.get(reverse("wagtail_automation_email_sample", args=[choice])).status_code == 404
        assert marketer.get(f"{ADD}?begin={choice}").status_code == 200, "begins empty"


def test_only_who_may_add_emails_begins_one(client, django_user_model, make_email):
    from django.contrib.auth.models import Permission

    email = make_email()
    user = django_user_model.objects.create_user("reader", "r@example.com", "x")
    user.user_permissions.add(Permission.objects.get(codename="access_admin"))
    client.force_login(user)
    addresses = [START, IMPORT, reverse("wagtail_automation_email_sample", args=["design:letter"]),
                 reverse("wagtail_automation_email_save_as_template", args=[email.pk])]  # fmt: skip
    for address in addresses:
        assert client.get(address).status_code in (302, 403), address
        assert client.post(address).status_code in (302, 403, 405), address
    assert not EmailTemplate.objects.exists() and Email.objects.count() == 1


def test_an_email_becomes_a_template_and_a_template_an_email(marketer, make_email):
    email = make_email(subject="Kept", body=[("heading", {"text": "As saved"})])
    address = reverse("wagtail_automation_email_save_as_template", args=[email.pk])
    edit = reverse("wagtail_automation_emails:edit", args=[email.pk])
    assert address in marketer.get(edit).content.decode()
    assert email.name in marketer.get(address).content.decode()
    refused = marketer.post(address, {"name": "", "colour": "puce"})
    assert set(refused.context["form"].errors) == {"name", "colour"} and not EmailTemplate.objects.exists()
    answer = marketer.post(address, {"name": "Ours", "colour": "teal", "is_published": "on"})
    assert answer.status_code == 302
    template = EmailTemplate.objects.get()
    assert (template.subject, template.colour, template.is_published) == ("Kept", "teal", True)
    begun = marketer.get(f"{ADD}?begin=template:{template.pk}").content.decode()
    assert "As saved" in begun and "Kept" in begun
    email.body[0].value["text"] = "Changed since"
    email.save()
    assert template.body[0].value["text"] == "As saved"


def test_templates_are_listed_viewed_cloned_edited_deleted(marketer, make_email):
    email = make_email(body=[("heading", {"text": "Hello"})])
    template = starting.save_as_template(email=email, user=marketer.user, name="Ours", colour="red")
    names = "wagtail_automation_email_templates"
    assert "Ours" in marketer.get(reverse(f"{names}:list")).content.decode()
    assert b"Hello" in template.make_preview_request().content
    copy = marketer.get(reverse(f"{names}:copy", args=[template.pk]))
    assert copy.status_code == 200 and "Hello" in copy.content.decode()
    edit = reverse(f"{names}:edit", args=[template.pk])
    data = form_data(template, name="Hers", colour="blue", html="", description="", category="")
    answer = marketer.post(edit, data)
    assert answer.status_code == 302, answer.context["form"].errors
    template.refresh_from_db()
    assert (template.name, template.colour, template.is_published) == ("Hers", "blue", False)
    assert marketer.post(reverse(f"{names}:delete", args=[template.pk])).status_code == 302
    assert not EmailTemplate.objects.exists()


# -- documents from elsewhere --------------------------------------------------------------------------------

DOCUMENT = """<!DOCTYPE html><html><head><title>Old</title><style>
.a { color: #336699; } @media (max-width: 400px) { .a { font-size: 12px } }</style>
<script>alert(1)</script></head>
<body bgcolor="#fafafa" onload="x()"><table width="600" align="center"><tr><td class="a">
Hello {{ lead.first_name | default: "you" }} <a href="https://shop.example/a?b=1&amp;c=2">Shop</a>
<img src="https://cdn.example/x.png" width="10" height="10" alt="x" onerror="y()"></td></tr></table>
<form action="https://evil.example"><input name="card"></form></body></html>"""


def sent(make_email, make_lead, queue, smtp, source, **kwargs):
    email = make_email(body=[("heading", {"text": "Not this"})], html=source, **kwargs)
    queue(email, make_lead(first_name="<Zoé>"))
    sender.send_due()
    (mail,) = smtp.messages
    return mail.get_body(("html",)).get_content(), mail.get_body(("plain",)).get_content()


def test_a_document_is_cleaned_filled_tracked_and_has_a_way_out(make_email, make_lead, queue, smtp):
    page, text = sent(make_email, make_lead, queue, smtp, DOCUMENT)
    assert "Hello &lt;Zoé&gt;" in page and "Not this" not in page and "Hello <Zoé>" in text
    assert "https://shop.example" not in page + text and "/automation/e/" in page and "/automation/e/" in text
    assert 'bgcolor="#fafafa"' in page and "color: #336699" in page and "@media" in page
    for gone in ("script", "onload", "onerror", "<form", "<input", "evil.example", "Old"):
        assert gone not in page, gone
    assert page.count("/automation/u/") == 1 and "/automation/u/" in text and "12 rue des Lilas" in page
    assert "/automation/o/" in page, "opens are seen"


@pytest.mark.parametrize("placeholder", ["*|UNSUB|*", "{{ unsubscribe_url }}", "[unsubscribe]"])
def test_its_own_way_out_is_kept(make_email, make_lead, queue, smtp, placeholder):
    source = f'<p>Hello</p><a href="{placeholder}">Leave us</a>'
    page, _text = sent(make_email, make_lead, queue, smtp, source)
    assert page.count("/automation/u/") == 1 and "Unsubscribe" not in page
    assert "Leave us" in page.split("/automation/u/")[1][:400]


@pytest.mark.parametrize(
    ("source", "gone"),
    [
        ('<a href="javascript:alert(1)">x</a>', "javascript"),
        ('<a href="java&#x0a;script:alert(1)">x</a>', "script:"),
        ('<img src="data:image/svg+xml,<svg onload=alert(1)>" alt="y">x', "data:"),
        ('<p style="background:url(javascript:alert(1));color:red">x</p>', "javascript"),
        ('<p style="width:expr/**/ession(alert(1))">x</p>', "ession("),
        ('<p style="width:e\\78 pression(alert(1))">x</p>', "pression("),
        ("<style>@import url(https://evil.example/x.css);</style>x", "evil.example"),
        ("<style>a{b:c}</style/x><script>alert(1)</script>x", "alert"),
        ("<style>p { background: url(//evil.example/p) }</style>x", "evil.example"),
        ('<style></title><script>alert("s")</script></style>x', "alert"),
        ("<noscript><p title='</noscript><img src=x onerror=alert(1)>'>x", "onerror=alert"),
        ("<svg><style><img src=x onerror=alert(1)></style></svg>x", "onerror"),
        ('<body style="behavior:url(x.htc)">x', "behavior"),
        ("<!--[if mso]><script>alert(1)</script><![endif]-->x", "alert"),
        ('<iframe src="https://evil.example"></iframe>x', "evil.example"),
        ('<base href="https://evil.example/">x', "evil.example"),
        ('<meta http-equiv="refresh" content="0;url=https://evil.example">x', "evil.example"),
    ],
)
def test_what_does_not_survive(make_email, source, gone):
    parts = preview.parts_for(make_email(html=source), preview.person("", None))
    assert gone not in parts.html and "x" in parts.html


@pytest.mark.parametrize(
    "source",
    ["<script>x</script>", "<style>a {}</style>", "<div>" * 5000 + "x", "x" * 600_000, "<!-- x -->"],
)
def test_documents_that_are_refused(make_email, source, marketer):
    with pytest.raises(ValidationError):
        html.check(source)
    answer = marketer.post(
        IMPORT, {"name": "n", "subject": "s", "locale": Email.objects.none(), "source": source}
    )
    assert answer.status_code == 200
    email = make_email(html=source, publish=False)
    with pytest.raises(ValidationError):
        email.get_latest_revision().publish()


def test_bringing_one_in(marketer, english):
    data = {"name": "Old newsletter", "subject": "Hi {{ lead.first_name }}", "locale": english.pk}
    assert marketer.get(IMPORT).status_code == 200
    file = SimpleUploadedFile("x.html", "<p>\u00e9t\u00e9</p>".encode("cp1252"))
    answer = marketer.post(IMPORT, {**data, "file": file})
    email = Email.objects.get()
    assert answer.status_code == 302 and email.html == "<p>été</p>" and not email.live
    assert "été" in marketer.get(answer["Location"]).content.decode()
    for bad in (
        {},
        {"source": "<p>a</p>", "file": SimpleUploadedFile("x.html", b"<p>b</p>")},
        {"file": SimpleUploadedFile("x.html", b"\x00\x01")},
        {"file": SimpleUploadedFile("x.html", b"<p>" + b"x" * 1_100_000)},
        {"source": "<p>a</p>", "subject": "{{ lead.oops }}"},
        {"source": "<p>a</p>", "locale": "99999"},
    ):
        assert marketer.post(IMPORT, {**data, **bad}).status_code == 200, bad
    assert Email.objects.count() == 1


def test_wrong_liquid_in_a_document_is_told_at_its_field(marketer, make_email):
    email = make_email(publish=False)
    url = reverse("wagtail_automation_emails:edit", args=[email.pk])
    data = form_data(email, html="<p>{{ lead.oops }}</p>", **{"action-publish": "yes"})
    answer = marketer.post(url, data)
    assert answer.status_code == 200 and list(answer.context["form"].errors) == ["html"]


def test_a_text_part_of_ones_own(make_email, make_lead, queue, smtp):
    email = make_email(text_part="Dear {{ lead.first_name }},\nby hand.")
    queue(email, make_lead(first_name="Ann"))
    sender.send_due()
    text = smtp.messages[0].get_body(("plain",)).get_content()
    assert text.startswith("Dear Ann,\r\nby hand.") and "See prices" not in text and "Unsubscribe" in text
