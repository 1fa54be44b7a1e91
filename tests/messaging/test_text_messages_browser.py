"""The line below a text message counts as the network does, letter by letter, in a real browser."""

import random

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import expect

from tests import browsers
from wagtail_automation.messaging.models import TextMessage
from wagtail_automation.messaging.sms import parts

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NAMED = [
    "a" * 160,
    "a" * 161,
    "a" * 306,
    "a" * 307,
    "€" * 80,  # two units each
    "€" * 81,
    "a" * 152 + "€" + "b" * 10,  # the extended one does not fit into the first part
    "é à ù ò Ä ß ¿",  # all of the GSM alphabet
    "ê",
    "ê" * 70,
    "ê" * 71,
    "😀" * 35,
    "😀" * 36,
    "a" * 66 + "😀" + "b" * 5,  # a surrogate pair is not cut
    "one\ntwo\n" * 25,
    "[~]{}|\\^",
    "’",
]


@pytest.fixture
def page(chromium_path, live_server, client, site):
    client.force_login(User.objects.create_superuser("boss"))
    context = browsers.shared(chromium_path).new_context(
        base_url=live_server.url, viewport={"width": 1280, "height": 900}
    )
    cookie = client.cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
    page = context.new_page()
    page.errors = []
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    yield page
    context.close()
    assert page.errors == []


def expected(text: str) -> str:
    """The line's first part, by the arithmetic of the server."""
    found = parts.count(text)
    if found.count == 1:
        return f"{found.length} characters · one message"
    return f"{found.length} characters · {found.count} messages"


def test_it_counts_as_the_server_does(page):
    rng = random.Random(3)
    letters = [*sorted(parts.BASIC - {"\r"}), *sorted(parts.EXTENDED - {"\f"}), "ê", "😀", "œ"]
    mixed = ["".join(rng.choices(letters, k=rng.randint(1, 400))) for _number in range(100)]
    gsm = ["".join(rng.choices(letters[:-3], k=rng.randint(140, 480))) for _number in range(100)]
    texts = [*NAMED, *mixed, *gsm]
    page.goto("/admin/automation/text-messages/add/")
    said = page.evaluate(
        """(texts) => {
          const field = document.querySelector('[data-wa-parts]');
          return texts.map((text) => {
            field.value = text;
            field.dispatchEvent(new Event('input', { bubbles: true }));
            return document.querySelector('[data-wa-parts-said]').textContent;
          });
        }""",
        texts,
    )
    for text, line in zip(texts, said, strict=True):
        assert line.split(" · These")[0].split(" · Values")[0] == expected(text), text


def test_what_it_says_while_one_types(page, english):
    page.goto("/admin/automation/text-messages/add/")
    line = page.locator("[data-wa-parts-said]")
    field = page.get_by_role("textbox", name="Text")
    expect(line).to_be_empty()
    field.press_sequentially("Sale [now]")
    expect(line).to_have_text("12 characters · one message")
    field.fill("ê" * 80 + "ô")
    expect(line).to_contain_text("81 characters · 2 messages · These make it take more messages: ê ô")
    field.fill("Hi {{ lead.first_name }}")
    expect(line).to_contain_text("Values and links are counted as written")
    assert field.get_attribute("aria-describedby").split()[-1] == line.get_attribute("id")
    # what is stored is counted when the page opens, too
    message = TextMessage.objects.create(name="N", text="Old news", locale=english)
    page.goto(f"/admin/automation/text-messages/edit/{message.pk}/")
    expect(line).to_have_text("8 characters · one message")
