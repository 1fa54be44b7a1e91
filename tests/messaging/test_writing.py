"""Writing an email: blocks, compiling, checks, what is refused and what is kept."""

import json

import pytest
from django.core.exceptions import ValidationError
from wagtail.images.tests.utils import get_test_image_file

from wagtail_automation import liquid
from wagtail_automation.messaging import actions, compiler, personal, rendering
from wagtail_automation.messaging.models import Email, EmailSettings
from wagtail_automation.messaging.registry import email_blocks

pytestmark = pytest.mark.django_db


@pytest.fixture
def image(db):
    from wagtail.images import get_image_model
    from wagtail.models import Collection

    Collection.get_first_root_node() or Collection.add_root(name="Root")
    return get_image_model().objects.create(title="A tree", file=get_test_image_file(size=(1800, 900)))


def body_of(*rows):
    block = Email._meta.get_field("body").stream_block
    return block.to_python(
        [{"type": kind, "value": value, "id": str(i)} for i, (kind, value) in enumerate(rows)]
    )


def compiled(site, english, *rows, subject="S", **kwargs):
    email = Email(name="x", subject=subject, locale=english, body=body_of(*rows))
    return compiler.compile_email(email, site=site, settings=EmailSettings(site=site), **kwargs)


def test_every_block_in_both_parts(site, english, image):
    link = {"page": site.root_page.pk, "url": ""}
    found = compiled(
        site,
        english,
        ("heading", {"text": "One & <two>", "level": "h2"}),
        ("rich_text", {"text": "<p>Three <b>four</b></p><ul><li>five</li><li>six</li></ul>"}),
        ("image", {"image": image.pk, "alt": 'a "tree"', "wide": True, "link": link}),
        ("button", {"label": "Seven", "link": {"page": None, "url": "/eight"}}),
        (
            "columns",
            {
                "columns": [
                    {
                        "heading": "Nine",
                        "text": "<p>ten</p>",
                        "label": "eleven",
                        "link": link,
                        "image": image.pk,
                        "alt": "t",
                    },
                    {"heading": "Twelve", "text": "", "label": "", "link": {}, "image": None, "alt": ""},
                ]
            },
        ),
        ("quote", {"text": "Thirteen\nfourteen", "author": "Fifteen"}),
        ("divider", {}),
        ("spacer", {"height": "32"}),
    )
    for word in (
        "One &amp; &lt;two&gt;",
        "four",
        "five",
        "Seven",
        "Nine",
        "eleven",
        "Twelve",
        "fourteen",
        "Fifteen",
    ):
        assert word in found.html, word
    for word in (
        "One & <two>",
        "Three four",
        "– five",
        '[a "tree"]',
        "Seven:",
        "Nine",
        "> Thirteen",
        "— Fifteen",
    ):
        assert word in found.text, word
    assert sorted(found.links.values()) == [
        ("http://testserver/", 'a "tree"'),
        ("http://testserver/", "eleven"),
        ("http://testserver/", "t"),
        ("http://testserver/eight", "Seven"),
    ]
    assert 'src="http://testserver/media/' in found.html and 'alt="a &quot;tree&quot;"' in found.html
    assert "fonts.googleapis" not in found.html and "<script" not in found.html
    assert "prefers-color-scheme: dark" in found.html, "css-inline keeps the at-rules"


def test_liquid_with_comparisons_and_quotes_survives(site, english):
    source = (
        '{% if lead.score < 10 and lead.first_name != "&" %}cold{% else %}'
        '{{ lead.city | default: "a\'b" }}{% endif %}'
    )
    stored = source.replace("<", "&lt;").replace('&"', '&amp;"').replace('"', "&quot;")
    found = compiled(
        site, english, ("heading", {"text": source}), ("rich_text", {"text": f"<p>{stored}</p>"})
    )
    assert found.html.count(source) == 2
    assert found.text.count(source) == 2
    values = {"lead": {"score": 50, "first_name": "x", "city": "<b>"}}
    html = liquid.render(
        found.html.replace("{{ unsubscribe_url }}", "")
        .replace("{{ view_url }}", "")
        .replace("{{ open_url }}", ""),
        {**values, "preferences_url": "#", "hidden_url": "#"},
        escape=True,
    )
    assert html.count("&lt;b&gt;") == 2 and "cold" not in html


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "{{ lead.company }}",
        "https://{{ lead.company }}/x",
        "vbscript:x",
        "http://[",
        "  jAvAsCrIpT:x",
    ],
)
def test_forbidden_links(site, english, url):
    with pytest.raises(ValidationError):
        compiled(site, english, ("button", {"label": "x", "link": {"page": None, "url": url}}))


def test_rich_text_is_cleaned(site, english):
    found = compiled(
        site,
        english,
        (
            "rich_text",
            {"text": '<p onclick="x()">a<script>alert(1)</script><a href="javascript:x">b</a></p>'},
        ),
    )
    assert "alert" not in found.html and "onclick" not in found.html and "javascript" not in found.html


def test_footer_is_always_there(site, english, brand):
    found = compiler.compile_email(Email(name="x", subject="s", locale=english), site=site, settings=brand)
    for part in (found.html, found.text):
        assert "{{ unsubscribe_url }}" in part and "12 rue des Lilas" in part
    direct = compiler.compile_email(
        Email(name="x", subject="s", locale=english), site=site, settings=brand, transactional=True
    )
    assert "unsubscribe_url" not in direct.html + direct.text and "12 rue des Lilas" in direct.text


def test_unknown_blocks_are_kept(make_email):
    email = make_email(publish=False)
    rows = [
        {"type": "heading", "value": {"text": "a", "level": "h1"}, "id": "1"},
        {"type": "countdown", "value": {"to": "2030-01-01", "deep": [1, {"é": None}]}, "id": "2"},
    ]
    field = Email._meta.get_field("body")
    email.body = field.stream_block.to_python(json.loads(json.dumps(rows)))
    email.save()
    fresh = Email.objects.get(pk=email.pk)
    assert [child.block_type for child in fresh.body] == ["heading", "_unknown"]
    fresh.save()
    revision = fresh.save_revision()
    again = revision.as_object()
    again.save()
    stored = field.stream_block.get_prep_value(Email.objects.get(pk=email.pk).body)
    assert stored[1] == rows[1]
    assert json.loads(revision.content["body"])[1] == rows[1]
    state = field.stream_block.get_form_state(fresh.body)
    assert state[1]["type"] == "_unknown"
    assert "countdown" not in compiler.compile_email(fresh, site=None, settings=EmailSettings()).html


def test_a_block_that_goes_and_comes_back(make_email):
    email = make_email(body=[("quote", {"text": "kept", "author": ""})])
    with email_blocks.without("quote"):
        away = Email.objects.get(pk=email.pk)
        assert [child.block_type for child in away.body] == ["_unknown"]
        away.save()
    back = Email.objects.get(pk=email.pk)
    assert [child.block_type for child in back.body] == ["quote"]
    assert back.body[0].value["text"] == "kept"


def test_migrations_hold_only_the_path():
    _name, path, args, kwargs = Email._meta.get_field("body").deconstruct()
    assert path == "wagtail_automation.messaging.fields.EmailBodyField"
    assert args == [] and set(kwargs) <= {"blank", "verbose_name"}


@pytest.mark.parametrize(
    ("subject", "body", "message"),
    [
        ("", [], "subject"),
        ("{{ lead.first_name", [], ""),
        ("{% if %}", [], ""),
        ("{{ lead.frist_name }}", [], "lead.frist_name"),
        ("{{ nobody.x }}", [], "nobody.x"),
        ("{{ lead.first_name | explode }}", [], "explode"),
        ("ok", [("heading", {"text": "{% for x in %}"})], ""),
        ("ok", [("button", {"label": "x", "link": {"url": "javascript:x"}})], "javascript"),
    ],
)
def test_what_cannot_be_published(make_email, subject, body, message):
    email = make_email(subject=subject, body=body, publish=False)
    with pytest.raises(ValidationError) as caught:
        email.get_latest_revision().publish()
    assert message in str(caught.value)
    email.refresh_from_db()
    assert not email.live and not email.versions.exists(), "all or nothing"


def test_checks_stand_at_the_block(image):
    block = Email._meta.get_field("body").stream_block
    value = body_of(
        ("heading", {"text": "{{ lead.first_name | nofilter }}", "level": "h1"}),
        ("image", {"image": image.pk, "alt": ""}),
        ("button", {"label": "x", "link": {"page": None, "url": ""}}),
    )
    with pytest.raises(ValidationError) as caught:
        block.clean(value)
    assert set(caught.value.block_errors) == {0, 1, 2}
    assert set(caught.value.block_errors[0].block_errors) == {"text"}
    assert set(caught.value.block_errors[1].block_errors) == {"alt"}
    block.clean_deferred(value)


def test_bombs_end_with_a_reason(make_email, make_lead, queue, smtp):
    from wagtail_automation.messaging import sender

    loop = "{% for a in (1..900) %}"
    bomb = "{% if lead.first_name == 'Bomb' %}" + loop * 3 + "x" + "{% endfor %}" * 3 + "{% endif %}"
    (message,) = queue(make_email(body=[("heading", {"text": bomb})]), make_lead(first_name="Bomb"))
    (other,) = queue(make_email(), make_lead(), key="other")
    sender.send_due()
    message.refresh_from_db()
    other.refresh_from_db()
    assert (message.state, message.reason) == ("failed", "cannot_be_built") and message.detail
    assert other.state == "sent"


def test_transactional(make_email, make_lead, smtp, french, django_capture_on_commit_callbacks):
    from wagtail_automation.messaging import sender

    email = make_email(
        subject="Order {{ order.number }}",
        body=[("button", {"label": "x", "link": {"url": "/o"}})],
        is_transactional=True,
    )
    assert email.live and not email.versions.exists(), "campaigns cannot send it"
    lead = make_lead()
    with django_capture_on_commit_callbacks():
        for _ in range(2):
            actions.send_transactional(email, lead, {"order": {"number": "<7>"}}, key="order:7")
        actions.send_transactional(email, "somebody@example.com", {"order": {"number": 8}})
    sender.send_due()
    first, second = smtp.messages
    assert first["Subject"] == "Order <7>" and second["To"] == "somebody@example.com"
    assert first["List-Unsubscribe"] is None and first["Message-ID"] != second["Message-ID"]
    assert 'href="http://testserver/o"' in first.get_body(("html",)).get_content()


def test_the_mail_door(db, smtp, django_capture_on_commit_callbacks):
    from wagtail_automation import mailer
    from wagtail_automation.messaging import sender
    from wagtail_automation.messaging.models import DirectMessage

    with django_capture_on_commit_callbacks():
        for _ in range(2):
            mailer.send(
                to="a@example.com",
                subject="Please confirm",
                text="Hello",
                html="<p>Hello</p>",
                key="confirm:1",
            )
    with pytest.raises(ValueError, match="line break"):
        mailer.send(to="a@example.com", subject="x\nBcc: b@example.com", text="", key="y")
    sender.send_due()
    (mail,) = smtp.messages
    assert mail["Subject"] == "Please confirm"
    row = DirectMessage.objects.get()
    assert row.state == "sent" and not (row.text or row.html or row.subject), "content is not kept"


def test_the_label_of_a_button_can_be_read_in_the_dark(site, english):
    """Its colour must win over that of links, which are as bright as the button itself."""
    button = ("button", {"label": "x", "link": {"url": "https://a.example/"}})
    style = compiled(site, english, button).html.partition("prefers-color-scheme: dark")[2]
    links, label = style.index(".wa-card a:not(.wa-plain)"), style.index(".wa-card .wa-button a {")
    assert links < label, "of the same weight, the later one wins"


def test_names_a_template_may_use():
    personal.check("{{ lead.first_name }} {{ site.name }} {{ unsubscribe_url }} {{ today | date: '%Y' }}")
    with pytest.raises(ValidationError):
        personal.check("{{ link_1 }}")


def test_one_line():
    assert rendering.one_line("a\r\nb\x00\u2028c\u202e d") == "a b c d"
