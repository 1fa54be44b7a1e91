"""The columns of a very wide file, in a real browser: found, typed and sent by keyboard."""

import pytest
from django.urls import reverse
from wagtail.models import Locale

from tests import browsers
from wagtail_automation.leads.models import ImportRun

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
COLUMNS = 500


@pytest.fixture
def page(load, boss, client, chromium_path, live_server):
    Locale.objects.get_or_create(language_code="en")
    names = ["email", "Prénom", *(f"note {number}" for number in range(2, COLUMNS))]
    run = load("\n".join([",".join(names), ",".join(["a@x.example", *["x"] * (COLUMNS - 1)])]), go=False)
    ImportRun.objects.update(state="draft", columns=[], options={})
    client.force_login(boss)
    context = browsers.shared(chromium_path).new_context(base_url=live_server.url)
    session = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}
    context.add_cookies([session])
    page, page_errors = context.new_page(), []
    page.on("pageerror", lambda error: page_errors.append(str(error)))
    page.goto(reverse("wagtail_automation_imports:columns", args=[run.pk]))
    page.wait_for_selector("[data-wa-columns]:not([hidden])")
    yield page
    context.close()
    assert page_errors == []


def test_a_column_is_found_typed_and_sent_by_keyboard(page):
    rows, count = page.locator(".wa-columns tbody tr:visible"), page.locator("[data-wa-columns-shown]")
    assert count.text_content() == "500 / 500" and page.locator("datalist").count() == 1
    assert page.locator("*").count() < 8000
    page.focus("#wa-columns-find")
    page.keyboard.type("NOTE 49")
    assert count.text_content() == "11 / 500" and rows.count() == 11
    page.keyboard.press("Enter")  # looks for nothing else, and sends nothing
    assert page.locator("[data-wa-columns]").count() == 1
    page.fill("#wa-columns-find", "prenom")
    assert rows.count() == 1 and page.input_value("#id_target_1") == "First name"
    page.fill("#wa-columns-find", "note 499")
    page.focus("#id_target_499")
    page.keyboard.type("shoe size")
    page.keyboard.press("Enter")
    page.wait_for_selector(".help-critical a")
    assert page.locator(".help-critical a").text_content() == "note 499"
    page.fill("#wa-columns-find", "prenom")
    assert rows.count() == 2, "what is wrong is never hidden"
    page.fill("#wa-columns-find", "")
    page.check("[data-wa-columns] input[type=checkbox]")
    assert count.text_content() == "3 / 500"
    page.fill("#id_target_499", "city")
    page.keyboard.press("Enter")
    page.wait_for_selector(".wa-preview")
    run = ImportRun.objects.get()
    assert [column["target"] for column in run.columns if column["target"]] == [
        "id.email", "field.first_name", "field.city",
    ]  # fmt: skip


def test_the_page_fits_a_telephone(page):
    page.set_viewport_size({"width": 400, "height": 800})
    assert page.evaluate("document.querySelector('.wa-columns').scrollWidth") <= 400
    box = page.locator("#id_target_1").bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= 400 and box["width"] > 250
