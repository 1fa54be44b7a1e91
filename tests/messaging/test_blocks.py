"""Blocks that show the site and its people: pages, videos, networks, footer, MJML, dynamic content."""

import io
from html.parser import HTMLParser

import pytest
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from PIL import Image
from wagtail.images import get_image_model
from wagtail.images.tests.utils import get_test_image_file

from wagtail_automation.messaging import preview, sender
from wagtail_automation.messaging.email_blocks.raw import check_mjml
from wagtail_automation.messaging.models import Email, EmailSettings, Message
from wagtail_automation.rules import conditions

from .bodies import body_of, compiled, dynamic, rule
from .test_admin import form_data

pytestmark = pytest.mark.django_db

IN_FRENCH = rule("language_is", {"languages": ["fr"]})
NAMED_BOB = rule("field_equals", {"field": "first_name", "value": "Bob"})


@pytest.fixture
def image(db):
    from wagtail.models import Collection

    cache.clear()  # renditions of an earlier test's image with the same number
    Collection.get_first_root_node() or Collection.add_root(name="Root")
    return get_image_model().objects.create(title="A tree", file=get_test_image_file(size=(1800, 900)))


@pytest.fixture
def page(site):
    from tests.testapp.models import SimplePage

    page = SimplePage(title="The <mill>", slug="mill", search_description="Open on Saturdays & Sundays")
    site.root_page.add_child(instance=page)
    return page


# -- pages, videos, networks, footer ------------------------------------------------------------------------


def test_a_page_is_shown_as_it_is(site, english, page, image):
    found = compiled(
        site,
        english,
        ("page_teaser", {"page": page.pk, "image": image.pk, "beside": True}),
        ("page_teaser", {"page": page.pk, "heading": "Ours", "text": "Own words", "label": "Go"}),
    )
    assert "The &lt;mill&gt;" in found.html and "Open on Saturdays &amp; Sundays" in found.html
    assert "Ours" in found.html and "Own words" in found.html and ">Go</a>" in found.html
    assert "The <mill>\nOpen on Saturdays & Sundays\n{{ link_1 }}" in found.text
    assert {url for url, _label in found.links.values()} == {"http://testserver/mill/"}, (
        "one address, tracked"
    )
    assert ("http://testserver/mill/", "The <mill>") in found.links.values()


def test_a_page_that_is_gone_or_a_draft_leaves_nothing(site, english, page):
    row = ("page_teaser", {"page": page.pk})
    page.unpublish()
    assert "mill" not in compiled(site, english, row).html
    page.delete()
    found = compiled(site, english, row, ("heading", {"text": "still here"}))
    assert "still here" in found.html and "mill" not in found.text


def test_a_video_has_a_play_sign_on_its_picture(site, english, image):
    link = {"page": None, "url": "https://video.example/1"}
    found = compiled(
        site, english, ("video", {"image": image.pk, "alt": "The wheel", "link": link, "caption": "2 min"})
    )
    rendition = image.renditions.get(filter_spec="max-1072x3216|waplay")
    assert rendition.url in found.html and 'alt="The wheel"' in found.html and "2 min" in found.html
    assert "▶ The wheel\n2 min\n{{ link_1 }}" in found.text
    with rendition.file.open() as file:
        picture = Image.open(file).convert("RGB")
    across, down = picture.size[0] // 2, picture.size[1] // 2
    assert picture.getpixel((across, down)) == (255, 255, 255), "the triangle"
    assert max(picture.getpixel((across - 50, down))) < 80, "its disc"
    assert picture.getpixel((3, 3)) == (255, 255, 255), "the picture"


@pytest.mark.parametrize("mode", ["RGBA", "P", "L", "CMYK"])
def test_the_play_sign_on_any_kind_of_picture(site, english, image, mode):
    file = io.BytesIO()
    Image.new(mode, (40, 30)).save(file, "JPEG" if mode == "CMYK" else "PNG")
    picture = get_image_model().objects.create(title="x", file=ContentFile(file.getvalue(), "x.png"))
    link = {"page": None, "url": "https://video.example/1"}
    assert (
        "waplay" in compiled(site, english, ("video", {"image": picture.pk, "alt": "a", "link": link})).html
    )


def test_networks_and_footer_come_from_the_settings(site, english):
    settings = EmailSettings(site=site, sender_name="Mill", postal_address="3, Mill Lane\nThe Towpath")
    settings.social_profiles = [
        ("profile", {"network": "mastodon", "url": "https://m.example/@mill", "name": ""}),
        ("profile", {"network": "other", "url": "https://o.example/", "name": "Our <choir>"}),
    ]
    settings.save()
    settings = EmailSettings.objects.get(pk=settings.pk)
    found = compiled(
        site,
        english,
        ("social_links", {"text": "Follow us", "align": "center"}),
        ("footer", {"text": "<p>You know us from the <b>fair</b>.</p>", "social": True}),
        ("heading", {"text": "After"}),
        settings=settings,
    )
    assert "Follow us" in found.html and "Our &lt;choir&gt;" in found.html
    assert found.html.count("Mastodon") == 2 and found.text.count("Mastodon: {{ link_") == 2
    html, text = found.html, found.text
    assert html.index("After") < html.index("You know us") < html.index("Unsubscribe") < html.index("Towpath")
    assert text.index("After") < text.index("You know us") < text.index("Towpath") < text.index("Unsubscribe")
    plain = compiled(site, english, ("social_links", {"text": "Follow us"}), ("footer", {"social": True}))
    assert "Follow us" not in plain.html and "Unsubscribe" in plain.html


def test_the_address_and_the_way_out_cannot_be_left_out(site, english):
    settings = EmailSettings(site=site, postal_address="3, Mill Lane")
    for rows in ([], [("footer", {"text": "", "social": False})]):
        found = compiled(site, english, *rows, settings=settings)
        for part in (found.html, found.text):
            assert "3, Mill Lane" in part and "{{ unsubscribe_url }}" in part


@pytest.mark.parametrize("content", [b"no picture", b"\x89PNG\r\n\x1a\n" + b"\0" * 50, b""])
def test_a_file_that_is_no_picture_is_named(site, english, image, content):
    image.file.storage.delete(image.file.name)
    image.file.storage.save(image.file.name, ContentFile(content))
    with pytest.raises(ValidationError, match="A tree"):
        compiled(site, english, ("image", {"image": image.pk, "alt": "x", "wide": True}))


def test_a_picture_of_too_many_pixels_is_refused_and_a_heavy_one_sent_small(
    site, english, image, monkeypatch
):
    # random pixels cannot be packed: this file is larger than what is sent by far
    file = io.BytesIO()
    Image.effect_noise((4000, 3000), 90).save(file, "PNG")
    heavy = get_image_model().objects.create(title="Heavy", file=ContentFile(file.getvalue(), "heavy.png"))
    compiled(site, english, ("image", {"image": heavy.pk, "alt": "x", "wide": True}))
    sent = heavy.renditions.get()
    assert (sent.width, sent.height) == (1200, 900) and sent.file.size < len(file.getvalue()) / 5
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    with pytest.raises(ValidationError, match="A tree"):
        compiled(site, english, ("image", {"image": image.pk, "alt": "x", "wide": True}))


# -- MJML ----------------------------------------------------------------------------------------------------


def test_mjml_is_sent_with_its_links_tracked_and_its_liquid_filled(make_email, make_lead, queue, smtp):
    source = (
        '<mj-section background-color="#eee"><mj-column><mj-text>Hi {{ lead.first_name }}, '
        '{% if lead.score < 5 %}new{% endif %} <a href="https://a.example/x">here</a></mj-text>'
        "</mj-column></mj-section>"
    )
    email = make_email(
        body=[("raw_mjml", {"source": source, "text": "Hi {{ lead.first_name }}"}),
              ("raw_mjml", {"source": "<mj-text>In a column</mj-text>"})]
    )  # fmt: skip
    queue(email, make_lead(first_name="<Bob>"))
    sender.send_due()
    (mail,) = smtp.messages
    html = mail.get_body(("html",)).get_content()
    assert "Hi &lt;Bob&gt;, new" in html and "https://a.example/x" not in html and "In a column" in html
    assert "Hi <Bob>" in mail.get_body(("plain",)).get_content()


@pytest.mark.parametrize(
    "source",
    [
        "<mj-text><script>x</script></mj-text>",
        "<mj-text><img src=x onerror=alert(1)></mj-text>",
        '<mj-button href="java&#10;script:alert(1)" onclick="x">x</mj-button>',
        '<mj-include path="/etc/passwd" />',
        "<mj-wrapper><mj-section></mj-section></mj-wrapper>",
        "<mj-text>not closed",
        "</mj-column></mj-section><mj-section><mj-column>",
        "<mj-style>a { color: red }</mj-style>",
        "<mjml><mj-body></mj-body></mjml>",
        '<!DOCTYPE x [<!ENTITY a "aaaa">]><mj-text>&a;</mj-text>',
        "<mj-text><iframe src='https://x.example'></iframe></mj-text>",
        "<mj-table><tr><td>" * 3000,
    ],
)
def test_mjml_that_is_refused(source):
    with pytest.raises(ValidationError):
        check_mjml(source)
    block = Email._meta.get_field("body").stream_block
    value = body_of(("raw_mjml", {"source": source, "text": ""}))
    with pytest.raises(ValidationError) as caught:
        block.clean(value)
    assert set(caught.value.block_errors[0].block_errors) == {"source"}


def test_rich_text_nested_without_end_is_refused_not_a_crash(make_email):
    """mrml descends without a bound: 3,000 levels of anything kill the process."""
    deep = "<blockquote>" * 3000 + "x" + "</blockquote>" * 3000
    email = make_email(body=[("rich_text", {"text": deep})], publish=False)
    with pytest.raises(ValidationError, match="nested"):
        email.get_latest_revision().publish()


def test_forbidden_links_in_mjml_are_refused_at_publication(make_email):
    email = make_email(
        body=[("raw_mjml", {"source": '<mj-button href="JavaScript&#58;x">y</mj-button>'})], publish=False
    )
    with pytest.raises(ValidationError):
        email.get_latest_revision().publish()
    email.refresh_from_db()
    assert not email.live


def test_what_shows_only_when_compiled_is_told_in_the_editor(admin_client, make_email):
    email = make_email(publish=False)
    url = reverse("wagtail_automation_emails:edit", args=[email.pk])
    source = '<mj-button href="JavaScript&#58;x">y</mj-button>'
    rows = {"body-0-type": "raw_mjml", "body-0-value-source": source, "body-0-value-text": ""}
    data = form_data(email, **rows)
    assert admin_client.post(url, data).status_code == 302, "a draft may wait"
    refused = admin_client.post(url, data | {"action-publish": "yes"})
    assert refused.status_code == 200 and list(refused.context["form"].errors) == ["body"]


def test_who_may_write_mjml(marketer, admin_client, make_email):
    email = make_email(body=[("raw_mjml", {"source": "<mj-text>a</mj-text>", "text": ""})])
    url = reverse("wagtail_automation_emails:edit", args=[email.pk])
    assert 'data-wa-withheld="raw_mjml"' in marketer.get(url).content.decode()
    assert "data-wa-withheld" not in admin_client.get(url).content.decode()

    def data(source):
        rows = {"body-0-type": "raw_mjml", "body-0-value-source": source, "body-0-value-text": ""}
        return form_data(email, **rows)

    refused = marketer.post(url, data("<mj-text>b</mj-text>"))
    assert refused.status_code == 200 and "may not add or change" in refused.content.decode()
    kept = marketer.post(url, data("<mj-text>a</mj-text>") | {"subject": "Another"})
    assert kept.status_code == 302, "what stood there may stay"
    assert admin_client.post(url, data("<mj-text>b</mj-text>")).status_code == 302


def test_mjml_inside_an_alternative_is_withheld_too(marketer, make_email):
    from wagtail_automation.messaging.withheld import foreign

    user = marketer.get(reverse("wagtailadmin_home")).wsgi_request.user
    inside = body_of(dynamic((IN_FRENCH, [("raw_mjml", {"source": "<mj-text>a</mj-text>"})])))
    assert [child.block.name for child in foreign(inside, [], user)] == ["raw_mjml"]
    assert foreign(inside, inside, user) == []


# -- dynamic content -----------------------------------------------------------------------------------------

BODY = [
    ("heading", {"text": "Hello"}),
    dynamic(
        (NAMED_BOB, [("heading", {"text": "Only Bob"})]),
        (
            IN_FRENCH,
            [
                ("button", {"label": "Bonjour", "link": {"url": "https://fr.example/"}}),
                ("rich_text", {"text": "<p>Salut {{ lead.first_name }}</p>"}),
            ],
        ),
        fallback=[("heading", {"text": "Everybody else"})],
    ),
    ("heading", {"text": "Bye"}),
]
WORDS = ("Only Bob", "Bonjour", "Everybody else")


class Balance(HTMLParser):
    """Fails when an element is closed that is not open; ``open`` must be empty at the end."""

    def __init__(self):
        super().__init__()
        self.open = []

    def handle_starttag(self, tag, attrs):
        if tag not in ("img", "br", "meta", "link", "hr", "input"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def shown(part) -> list[str]:
    return [word for word in WORDS if word in part]


def test_each_person_gets_what_their_rule_says(make_email, make_lead, queue, smtp, client):
    email = make_email(body=BODY)
    wanted = {
        make_lead(first_name="Bob", language="fr"): "Only Bob",
        make_lead(first_name="Zoé", language="fr-CA"): "Bonjour",
        make_lead(first_name="Ann", language="en"): "Everybody else",
    }
    messages = queue(email, *wanted)
    sender.send_due()
    for mail in smtp.messages:
        word = wanted[next(lead for lead in wanted if lead.email == mail["To"])]
        html, text = mail.get_body(("html",)).get_content(), mail.get_body(("plain",)).get_content()
        assert shown(html) == shown(text) == [word]
        assert text.index("Hello") < text.index(word) < text.index("Bye")
        # also as Outlook reads it, which sees the tables inside conditional comments
        html = html[html.index("<body") :].rstrip().removesuffix("</html>")  # Django 6.1 ends the line
        for seen in (html, html.replace("<!--[if mso | IE]>", "").replace("<![endif]-->", "")):
            reader = Balance()
            reader.feed(seen)
            assert reader.open == []
    # what was sent is shown afterwards, whatever the person has become since
    message = Message.objects.get(pk=messages[0].pk)
    message.lead.first_name = "Bill"
    message.lead.save()
    from wagtail_automation.messaging import tokens

    seen = client.get(f"/automation/v/{tokens.make(tokens.VIEW, message.pk)}/")
    assert shown(seen.content.decode()) == ["Only Bob"]
    message.variables = {}
    message.save()
    assert client.get(f"/automation/v/{tokens.make(tokens.VIEW, message.pk)}/").status_code == 404


def test_it_is_decided_at_sending_not_when_queued_or_published(make_email, make_lead, queue, smtp):
    lead = make_lead(first_name="Ann", language="en")
    queue(make_email(body=BODY), lead)
    lead.first_name = "Bob"
    lead.save()
    sender.send_due()
    assert shown(smtp.messages[0].get_body(("html",)).get_content()) == ["Only Bob"]


def test_a_rule_that_cannot_be_asked_matches_nobody(make_email, make_lead, queue, smtp):
    broken = rule("acme_gone", {})
    body = [dynamic((broken, [("heading", {"text": "Only Bob"})]), fallback=BODY[:1])]
    email = make_email(body=body)
    with conditions.without("field_equals"):
        other = make_email(body=BODY)
        bob, bernd = make_lead(first_name="Bob"), make_lead(first_name="Bob", language="de")
        queue(email, bob)
        queue(other, bernd, key="other")
        sender.send_due()
    got = {mail["To"]: mail.get_body(("html",)).get_content() for mail in smtp.messages}
    first, second = got[bob.email], got[bernd.email]
    assert "Only Bob" not in first and "Hello" in first
    assert shown(second) == ["Everybody else"]
    assert email.body[0].value["alternatives"][0]["rule"].raw == broken


def test_empty_alternatives_and_no_fallback(site, english, make_email, make_lead, queue, smtp):
    body = [dynamic((NAMED_BOB, []), (IN_FRENCH, [("heading", {"text": "Bonjour"})]))]
    leads = [make_lead(first_name="Bob"), make_lead(language="fr"), make_lead(language="en")]
    queue(make_email(body=body), *leads)
    sender.send_due()
    assert [shown(mail.get_body(("html",)).get_content()) for mail in smtp.messages] == [[], ["Bonjour"], []]
    for mail in smtp.messages:
        reader = Balance()
        reader.feed(mail.get_body(("html",)).get_content())
        assert reader.open == []


def test_dynamic_content_costs_one_query_a_batch(make_email, make_lead, queue, smtp):
    plain, rich = make_email(), make_email(body=[*BODY, dynamic((IN_FRENCH, BODY[:1]))])
    counts = {}
    for name, email, size in (("warm", rich, 2), ("plain", plain, 5), ("one", rich, 1), ("many", rich, 15)):
        queue(email, *[make_lead(first_name="Bob") for _n in range(size)], key=name)
        with CaptureQueriesContext(connection) as queries:
            sender.send_due()
        counts[name] = len(queries)
    assert counts["one"] == counts["many"] == counts["plain"] + 1, counts


def test_an_alternative_needs_a_rule_and_its_texts_are_read(db):
    block = Email._meta.get_field("body").stream_block
    value = body_of(dynamic(({"match": "all", "items": []}, [("heading", {"text": "x"})])))
    with pytest.raises(ValidationError) as caught:
        block.clean(value)
    assert set(caught.value.block_errors[0].block_errors) == {"alternatives"}
    value = body_of(dynamic((IN_FRENCH, [("heading", {"text": "{{ lead.oops }}", "level": "h1"})])))
    with pytest.raises(ValidationError) as caught:
        block.clean(value)
    assert "lead.oops" in str(caught.value.as_json_data())
    block.clean_deferred(value)


def test_liquid_in_columns_is_told_at_its_field(db):
    column = {"heading": "{{ lead.oops }}", "text": "", "label": "", "image": None, "alt": "",
              "link": {"page": None, "url": ""}}  # fmt: skip
    value = body_of(("columns", {"columns": [column, column]}))
    with pytest.raises(ValidationError) as caught:
        Email._meta.get_field("body").stream_block.clean(value)
    found = caught.value.block_errors[0].block_errors["columns"].block_errors
    assert set(found) == {0, 1} and set(found[0].block_errors) == {"heading"}


@pytest.mark.parametrize("url", ["javascript:x", "data:text/html,x", "vbscript:x", "{{ lead.email }}"])
def test_forbidden_links_are_refused_at_their_field_in_drafts_too(url):
    block = Email._meta.get_field("body").stream_block
    value = body_of(("button", {"label": "x", "link": {"page": None, "url": url}}))
    for clean in (block.clean, block.clean_deferred):
        with pytest.raises(ValidationError) as caught:
            clean(value)
        assert set(caught.value.block_errors[0].block_errors["link"].block_errors) == {"url"}


def test_preview_shows_what_a_person_would_get(make_email, make_lead):
    email = make_email(body=BODY)
    assert shown(preview.parts_for(email, make_lead(first_name="Bob")).html) == ["Only Bob"]
    assert shown(preview.parts_for(email, preview.person("", None)).html) == ["Everybody else"]
    chosen = preview.parts_for(email, preview.person("", None), chosen={"d1": "2"})
    assert shown(chosen.html) == ["Bonjour"] and "Salut Camille" in chosen.html


def test_the_editor_opens_and_saves_dynamic_content(marketer, make_email):
    email = make_email(body=BODY)
    page = marketer.get(reverse("wagtail_automation_emails:edit", args=[email.pk]))
    assert page.status_code == 200
    stored = Email._meta.get_field("body").stream_block.get_prep_value(Email.objects.get(pk=email.pk).body)
    assert stored[1]["value"]["alternatives"][1]["value"]["rule"] == IN_FRENCH
