"""A landing page in a real browser: readable in light and dark, wide and narrow, also without JavaScript."""

import datetime as dt
from pathlib import Path

import pytest

from tests import browsers
from tests.content.conftest import one_block
from tests.content.test_form_browser import own_site  # noqa: F401  a fixture
from tests.content.test_landing import hero, items, make_landing  # noqa: F401  fixtures
from tests.tree.conftest import axe  # noqa: F401  a fixture
from wagtail_automation import clock

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def body(form, tone):
    later = (clock.now() + dt.timedelta(days=2)).isoformat()
    button = {"label": "Go", "page": None, "address": "#form"}
    plan = {"name": "S", "price": "1 €", "points": items("one"), "button": button, "is_favourite": True}
    film = {"heading": "Film", "address": "https://video.example/watch"}
    return [
        hero("Hello", kicker="Above", text="Below", button=button, tone=tone),
        one_block("features", {"heading": "F", "items": items({"heading": "A", "text": "t"}), "tone": tone}),
        one_block("testimonials", {"items": items({"text": "Good", "name": "Ada"}), "tone": tone}),
        one_block("pricing", {"heading": "P", "items": items(plan), "tone": tone}),
        one_block("countdown", {"heading": "C", "ends_at": later, "after": "Over", "tone": tone}),
        one_block("video", film | {"tone": tone}),
        one_block("faq", {"heading": "Q", "items": items({"question": "Why?", "answer": "<p>So.</p>"})}),
        one_block("form", {"heading": "Write", "form": form.pk, "anchor": "form", "tone": tone}),
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("tone", ["soft", "strong"])
def test_accessibility(chromium_path, own_site, make_landing, form, axe, scheme, tone):
    make_landing(body(form, tone), palette="sunset")
    context = browsers.shared(chromium_path).new_context(
        color_scheme=scheme, viewport={"width": 400, "height": 800}
    )
    page = context.new_page()
    page.goto(f"{own_site}/start/", wait_until="networkidle")
    page.evaluate(Path(axe).read_text())
    found = page.evaluate("axe.run('main', {resultTypes: ['violations']})")
    assert [(one["id"], one["nodes"][0]["html"][:200]) for one in found["violations"]] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.locator(".wa-countdown b").count() == 4
    browsers.close_contexts()


def test_without_javascript(chromium_path, own_site, make_landing, form):
    make_landing(body(form, "plain"))
    page = browsers.shared(chromium_path).new_context(java_script_enabled=False).new_page()
    page.goto(f"{own_site}/start/")
    assert page.locator("[data-wa-countdown] time").is_visible()
    page.locator("summary").click()
    assert page.get_by_text("So.").is_visible()
    assert page.is_visible("[name=f-email]")
    browsers.close_contexts()
