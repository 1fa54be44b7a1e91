"""The look of a site's emails: fonts of its own, and the signs of networks."""

import pytest
from bs4 import BeautifulSoup
from django.contrib.staticfiles import finders
from django.core.exceptions import ValidationError

from wagtail_automation.messaging import fonts
from wagtail_automation.messaging.models import EmailSettings
from wagtail_automation.messaging.social import NETWORKS, SIGNS

from .bodies import compiled

pytestmark = pytest.mark.django_db


def settings_with(site, **fields):
    profiles = fields.pop("profiles", [])
    settings = EmailSettings(site=site, sender_name="Mill", **fields)
    settings.social_profiles = EmailSettings._meta.get_field("social_profiles").stream_block.to_python(
        [
            {
                "type": "profile",
                "value": {"network": network, "url": f"https://{network}.example/", "name": name},
            }
            for network, name in profiles
        ]
    )
    return settings


def test_fonts_of_ones_own_come_first(site, english):
    settings = settings_with(
        site,
        heading_stack="Palatino Linotype, 'Book Antiqua', Palatino, Serif",
        body_stack="Tahoma, sans-serif",
    )
    found = compiled(
        site, english, ("heading", {"text": "H"}), ("rich_text", {"text": "<p>T</p>"}), settings=settings
    )
    assert "Palatino Linotype', 'Book Antiqua', Palatino, serif" in found.html.replace("&#39;", "'")
    assert "Tahoma, sans-serif" in found.html and "Helvetica" not in found.html


@pytest.mark.parametrize(
    "stack",
    [
        "Palatino",
        "Palatino, ",
        "serif;} body{display:none",
        'x" onload="alert(1), serif',
        "url(https://evil.example/a.woff), serif",
        "</style><script>, serif",
        ",".join(["Arial"] * 9) + ", serif",
        "é, serif",
        "A\nB, serif",
    ],
)
def test_what_is_no_list_of_fonts_is_refused_and_never_sent(site, english, stack):
    with pytest.raises(ValidationError):
        fonts.check(stack)
    settings = settings_with(site, heading_stack=stack, body_stack=stack)
    with pytest.raises(ValidationError) as refused:
        settings.clean_fields(exclude=["site"])
    assert {"heading_stack", "body_stack"} <= set(refused.value.message_dict)
    html = compiled(site, english, ("heading", {"text": "H"}), settings=settings).html
    assert "Georgia" in html and "evil.example" not in html and "onload" not in html


def test_networks_are_signs_with_words_for_those_without_pictures(site, english):
    settings = settings_with(
        site, profiles=[("mastodon", ""), ("other", "Our <choir>"), ("x", 'The "Mill" on X')]
    )
    found = compiled(site, english, ("social_links", {"text": "", "align": "left"}), settings=settings)
    page = BeautifulSoup(found.html, "html.parser")
    signs = [image for image in page.find_all("img") if "/social/" in image["src"]]
    assert [image["alt"] for image in signs] == ["Mastodon", 'The "Mill" on X']
    assert all(image["src"].startswith("http://testserver/static/") for image in signs)
    assert all(image.parent.name == "a" for image in signs)
    assert "Our &lt;choir&gt;" in found.html
    assert "Mastodon:" in found.text and 'The "Mill" on X:' in found.text
    assert [label for _url, label in found.links.values()] == ["Mastodon", "Our <choir>", 'The "Mill" on X']


def test_every_network_has_its_picture():
    assert len(SIGNS) == len(NETWORKS) - 1
    for network in SIGNS:
        assert finders.find(f"wagtail_automation/messaging/social/{network}.png"), network
