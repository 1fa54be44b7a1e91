"""The email editor in a browser: values go where the cursor was, checks are asked again, MJML is withheld."""

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group

from tests import browsers
from wagtail_automation.admin.roles import create_groups

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def page(chromium_path, live_server, client, site):
    create_groups()
    user = get_user_model().objects.create_user("marie", "marie@example.com", "x")
    user.groups.add(Group.objects.get(name="Marketer"))
    client.force_login(user)
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


def test_values_checks_and_what_is_withheld(page, make_email):
    rich = ("rich_text", {"text": "<p>Dear reader</p>"})
    email = make_email(subject="Hello", body=[rich], publish=False)
    page.goto(f"/admin/automation/emails/edit/{email.pk}/")
    page.wait_for_selector(".public-DraftEditor-content")
    page.locator("section:has([data-wa-values]) [data-panel-toggle]").first.click()
    # nowhere to put it yet
    page.locator("[data-wa-value='lead.first_name']").click()
    assert page.locator("[data-wa-values-said]").inner_text() != ""
    # into a field, with a default from which what would break the syntax is taken
    page.locator("#id_subject").click()
    page.keyboard.press("End")
    page.fill("[data-wa-values-default]", 'you "}}')
    page.locator("#id_subject").click()
    page.keyboard.press("End")
    page.locator("[data-wa-value='lead.first_name']").click()
    assert page.input_value("#id_subject") == 'Hello{{ lead.first_name | default: "you " }}'
    # into rich text, where the cursor was
    page.fill("[data-wa-values-default]", "")
    editor = page.locator(".public-DraftEditor-content").first
    editor.click()
    page.keyboard.press("End")
    page.locator("[data-wa-value='lead.city']").click()
    page.wait_for_function(
        "document.querySelector('.public-DraftEditor-content').innerText.includes('reader{{ lead.city }}')"
    )
    # a search leaves what it finds
    page.fill("[data-wa-values-search]", "first_name")
    assert page.locator("[data-wa-value]:visible").count() == 1
    # MJML is not offered to a marketer
    page.locator(".c-sf-add-button").last.click()
    page.get_by_role("option", name="Dynamic content", exact=True).wait_for()
    assert page.locator("[role=option]", has_text="MJML").count() == 0
    # the checks are asked again without leaving the page
    page.keyboard.press("Escape")
    email.refresh_from_db()
    email.subject = ""
    email.save_revision()
    page.locator("[data-wa-checks-again]").click()
    page.wait_for_selector("text=An email needs a subject.")
