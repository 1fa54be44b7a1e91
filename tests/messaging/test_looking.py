"""Looking at an email before it is sent: previews, checks, values to insert, tests by mail."""

import io

import pytest
from django.core.files.base import ContentFile
from django.urls import reverse
from PIL import Image
from wagtail.images import get_image_model

from wagtail_automation import clock
from wagtail_automation.audiences.models import Segment, SegmentMembership
from wagtail_automation.messaging import personal, sender
from wagtail_automation.messaging.models import DirectMessage, EmailSettings
from wagtail_automation.messaging.writing import checks, values
from wagtail_automation.rules.rule import Rule

from .bodies import dynamic, rule
from .test_admin import form_data

pytestmark = pytest.mark.django_db
IN_FRENCH = rule("language_is", {"languages": ["fr"]})
GREETING = [
    ("heading", {"text": "Hello {{ lead.first_name | default: 'you' }} {{ lead.last_name }}", "level": "h1"})
]


def edit_url(email):
    return reverse("wagtail_automation_emails:edit", args=[email.pk])


# -- previews ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "wanted"),
    [("rtl", "Hello سلمى الفارسي"), ("erased", "Hello you "), ("noimages", "Hello Camille")],
)
def test_awkward_people(rf, make_email, mode, wanted):
    email = make_email(body=GREETING)
    assert mode in dict(email.preview_modes)
    assert wanted in email.make_preview_request(rf.get("/"), mode).content.decode()


def test_dark_and_without_images(rf, make_email):
    email = make_email(body=GREETING)
    light = email.make_preview_request(rf.get("/"), "")
    dark = email.make_preview_request(rf.get("/"), "dark").content.decode()
    assert "prefers-color-scheme: dark" in light.content.decode()
    assert "prefers-color-scheme: dark" not in dark and "@media all" in dark
    assert "img-src *" in light["Content-Security-Policy"]
    assert "img-src 'none'" in email.make_preview_request(rf.get("/"), "noimages")["Content-Security-Policy"]


def test_each_alternative_has_a_mode(rf, make_email):
    email = make_email(body=[dynamic((IN_FRENCH, [("heading", {"text": "Bonjour"})]), fallback=GREETING)])
    assert ("alternative:d1:1", "Alternative: A1") in [(k, str(v)) for k, v in email.preview_modes]
    assert b"Bonjour" in email.make_preview_request(rf.get("/"), "alternative:d1:1").content
    for wrong in ("alternative:d9:1", "alternative:", "alternative:d1:99", "lead:", "lead:x", "x"):
        assert b"Hello Camille" in email.make_preview_request(rf.get("/"), wrong).content


def test_as_any_lead_or_somebody_of_a_segment(marketer, make_email, make_lead):
    email = make_email(body=GREETING)
    zoe = make_lead("zoe@example.com", first_name="Zoé", language="fr")
    ann = make_lead(first_name="Ann", language="en")
    for _n in range(8):
        make_lead(first_name="Newer")
    address = reverse("wagtail_automation_email_preview_as", args=[email.pk])
    assert address in marketer.get(edit_url(email)).content.decode()
    assert f'"lead:{zoe.pk}"' not in marketer.get(edit_url(email)).content.decode()
    found = marketer.get(address, {"text": "zoe"}).content.decode()
    assert "Zoé" in found and "Ann" not in found
    segment = Segment.objects.create(name="French", rule=Rule(IN_FRENCH))
    segment.save_revision().publish()
    SegmentMembership.objects.get_or_create(segment=segment, lead=zoe, defaults={"joined_at": clock.now()})
    found = marketer.get(address, {"segment": segment.pk}).content.decode()
    assert "Zoé" in found and "Ann" not in found and "Newer" not in found
    assert marketer.post(address, {"lead": str(zoe.pk)}).status_code == 302
    assert f'"lead:{zoe.pk}"' in marketer.get(edit_url(email)).content.decode()
    for wrong in ("", "x", "-1", "9" * 30, str(ann.pk + 1000)):
        assert marketer.post(address, {"lead": wrong}).status_code == 200


def test_a_salesperson_sees_no_email_tools_and_nobody_elses_leads(client, make_email, make_lead, db):
    from django.contrib.auth.models import Group, User

    from wagtail_automation.admin.roles import create_groups

    create_groups()
    email = make_email()
    user = User.objects.create_user("sven", "sven@example.com", "x")
    user.groups.add(Group.objects.get(name="Salesperson"))
    client.force_login(user)
    for name in ("preview_as", "checks"):
        assert client.get(reverse(f"wagtail_automation_email_{name}", args=[email.pk])).status_code in (
            302,
            403,
        )


# -- values --------------------------------------------------------------------------------------------------


def test_every_value_on_the_list_may_stand_in_an_email(marketer, make_email):
    groups = dict(values.values())
    names = [value.name for rows in groups.values() for value in rows]
    assert "lead.first_name" in names and "site.name" in names and len(names) > 20
    for name in names:
        personal.check(f'{{{{ {name} | default: "x" }}}}')
    page = marketer.get(edit_url(make_email())).content.decode()
    assert 'data-wa-value="lead.first_name"' in page and "email-editor.js" in page


# -- checks --------------------------------------------------------------------------------------------------


def texts(email, level=None):
    return [f.text for f in checks.check_email(email) if level in (None, f.level)]


def test_nothing_to_mend(make_email, marketer):
    email = make_email(body=GREETING)
    assert checks.check_email(email) == []
    assert "Nothing to mend." in marketer.get(edit_url(email)).content.decode()


def test_findings_stand_at_their_block_or_field(make_email, site):
    from tests.testapp.models import SimplePage

    page = site.root_page.add_child(instance=SimplePage(title="The mill", slug="mill", live=False))
    gone = '<p><a linktype="page" id="99999">x</a></p>'
    draft = f'<p><a id="{page.pk}" linktype="page">x</a></p>'
    rows = [
        ("button", {"label": "x", "link": {"page": page.pk, "url": ""}}),
        ("rich_text", {"text": gone}),
        ("rich_text", {"text": draft}),
        ("page_teaser", {"page": page.pk}),
        ("button", {"label": "x", "link": {"page": None, "url": "http://"}}),
        ("heading", {"text": "{{ lead.oops }}", "level": "h1"}),
        ("rich_text", {"text": '<p><a href="javascript:x">x</a></p>'}),
        dynamic((IN_FRENCH, [("button", {"label": "x", "link": {"page": page.pk, "url": ""}})])),
    ]
    email = make_email(subject="", preheader="", publish=False, body=rows)
    found = checks.check_email(email)
    by_block = {}
    for one in found:
        by_block.setdefault(one.block or one.field, []).append(one.text)
    ids = [child.id for child in email.body]
    missing = "The page “The mill” is not published."
    assert by_block[ids[0]] == by_block[ids[2]] == by_block[ids[3]] == by_block[ids[7]] == [missing]
    assert by_block[ids[1]] == ["A link leads to a page that does not exist any more."]
    assert "not allowed" in by_block[ids[4]][0] and "not allowed" in by_block[ids[6]][0]
    assert "lead.oops" in by_block[ids[5]][0]
    assert by_block["subject"] == ["An email needs a subject."]
    levels = [one.level for one in found]
    assert levels == sorted(levels), "errors first"
    assert [one.level for one in found if one.field == "preheader"] == ["warning"]


def test_an_unpublished_page_keeps_from_publishing_not_from_saving(marketer, make_email, site):
    from tests.testapp.models import SimplePage

    page = site.root_page.add_child(instance=SimplePage(title="The mill", slug="mill", live=False))
    email = make_email(publish=False)
    data = form_data(email, **{"body-0-type": "page_teaser", "body-0-value-page": page.pk,
        "body-0-value-image": "", "body-0-value-heading": "", "body-0-value-text": "",
        "body-0-value-label": ""})  # fmt: skip
    assert marketer.post(edit_url(email), data).status_code == 302
    refused = marketer.post(edit_url(email), {**data, "action-publish": "yes"})
    assert refused.status_code == 200 and list(refused.context["form"].errors) == ["body"]


def test_long_subjects_heavy_mails_pictures_and_poor_colours(make_email, site, brand):
    from wagtail.models import Collection

    Collection.get_first_root_node() or Collection.add_root(name="Root")
    file = io.BytesIO()
    Image.effect_noise((2400, 2400), 120).save(file, "PNG")
    heavy = get_image_model().objects.create(title="Noise", file=ContentFile(file.getvalue(), "n.png"))
    body = [("image", {"image": heavy.pk, "alt": "", "wide": True})]
    body += [("rich_text", {"text": f"<p>{'words ' * 2000}</p>"})] * 10
    EmailSettings.objects.filter(pk=brand.pk).update(
        accent_colour="#ffee00", text_colour="#aaaaaa", postal_address=""
    )
    found = "\n".join(texts(make_email(subject="s" * 80, body=body, publish=False)))
    for words in ("80 characters", "Describe the image", "KB of HTML", "“Noise” weighs", "no postal address",
                  "Contrast of the text", "Contrast of the links"):  # fmt: skip
        assert words in found, words
    assert "Contrast of the footer" not in found


def test_a_document_without_sizes_words_or_address(make_email):
    email = make_email(
        html='<p>Hi</p><img src="https://a.example/x.png"><a href="{{ unsubscribe_url }}">o</a>'
    )
    found = texts(email)
    assert found == [
        "Images without a width: 1",
        "Images without a description: 1",
        "Your postal address does not stand in the HTML.",
    ]


def test_checks_are_asked_again_without_leaving(marketer, make_email):
    email = make_email(body=GREETING)
    url = reverse("wagtail_automation_email_checks", args=[email.pk])
    assert "Nothing to mend." in marketer.get(url).content.decode()
    email.subject = ""
    email.save_revision()
    answer = marketer.get(url).content.decode()
    assert "An email needs a subject." in answer and "<html" not in answer
    assert marketer.post(url).status_code == 405


# -- tests by mail -------------------------------------------------------------------------------------------


def test_a_test_to_an_address_as_somebody(marketer, make_email, make_lead, smtp):
    lead = make_lead(first_name="Zoé")
    email = make_email(body=GREETING, publish=False)
    url = reverse("wagtail_automation_messaging_test", args=[email.pk])
    assert 'value="marketer@example.com"' in marketer.get(url).content.decode()
    data = {"address": "Colleague@Example.com", "mode": f"lead:{lead.pk}"}
    assert marketer.post(url, data).status_code == 302
    sender.send_due()
    (mail,) = smtp.messages
    assert mail["To"] == "colleague@example.com" and mail["Subject"].startswith("[Test] Welcome, Zoé")
    html = mail.get_body(("html",)).get_content()
    assert "Hello Zoé" in html and "/automation/o/" not in html and "/automation/e/" not in html
    for bad in (
        {"address": "x"},
        {"address": "a@b.c\r\nBcc: d@e.f"},
        {"address": ""},
        {"mode": "lead:99999"},
    ):
        assert marketer.post(url, {**data, **bad}).status_code == 200, bad
    assert DirectMessage.objects.count() == 1


@pytest.mark.parametrize(
    "name",
    [
        "Bob\r\nBcc: evil@example.com",
        "A\u2028B\u0000C",
        "\u202egnp.exe",
        "{{ site.url }}",
        "<script>x</script>",
    ],
)
def test_names_that_try_to_be_more_than_names(make_email, make_lead, queue, smtp, name):
    queue(
        make_email(subject="Hi {{ lead.first_name }}", body=GREETING),
        make_lead(first_name=name.replace("\0", "")),
    )
    sender.send_due()
    (raw,) = smtp.raw
    (mail,) = smtp.messages
    assert mail["Bcc"] is None and "\u202e" not in mail["Subject"] and "\u2028" not in mail["Subject"]
    assert b"\r\nBcc:" not in raw.partition(b"\r\n\r\n")[0]
    html = mail.get_body(("html",)).get_content()
    assert "<script" not in html and ("{{ site.url }}" in html) == (name == "{{ site.url }}")
