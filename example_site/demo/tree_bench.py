"""``automation_bench tree``: the campaign editor with every step type against a simple snippet's edit page.

The simple snippet is the shop's notice: four plain fields, drafts, revisions and a schedule, registered
through Wagtail's ``SnippetViewSet`` with nothing of ours; no workflow, locks or preview.
"""

import os
import shutil
import statistics
import time
import uuid

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.db import connection
from django.test import Client, override_settings
from django.test.testcases import LiveServerThread
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from wagtail_automation.bench import register_suite
from wagtail_automation.campaigns.models import Campaign
from wagtail_automation.campaigns.tree.registry import step_types

SCALE, ROUNDS = 200, 9
#: so many steps follow each other before a branch is gone down
ROW = 10
TARGET_RATIO, TARGET_REDRAW_MS = 1.5, 100
BROWSERS = ("chromium", "chromium-browser", "google-chrome")

#: adds a step as a click in the picker does, which also opens its form unless ``alone``; milliseconds until
#: the browser has laid it out and painted
REDRAW = """([option, alone]) => new Promise((done) => {
  if (alone) document.querySelector('.ct textarea').campaignTree.openDrawer = () => {};
  const count = () => JSON.parse(document.querySelector('.ct textarea').value).length;
  const before = count();
  const start = performance.now();
  option.click();
  const look = () => {
    if (count() === before) setTimeout(look);
    else requestAnimationFrame(() => setTimeout(() => done(performance.now() - start)));
  };
  look();
})"""


def steps_of_all_types(count: int) -> list[dict]:
    """The JSON of a tree of ``count`` steps, every installed type at least once if ``count`` allows it."""
    placed = sorted(step_types.installed(), key=lambda one: one.name)
    starts = [one for one in placed if one.kind == "trigger"]
    others = [one for one in placed if one.kind not in ("trigger", "unknown")]
    decision = next(one for one in others if one.kind == "decision")
    steps, place = [], {"parent": "", "branch": "main"}
    for one in starts[:count]:
        steps.append(_step(one, {"parent": "", "branch": "start"}))
    for number in range(count - len(steps)):
        if number % ROW == ROW - 1:
            steps.append(_step(decision, place))
            place = {"parent": steps[-1]["id"], "branch": "yes"}
        else:
            steps.append(_step(others[number % len(others)], place))
    return steps


def _step(placed, place) -> dict:
    config = placed.config_block.get_prep_value(placed.config_block.get_default())
    value = {**place, "name": "", "config": config}
    return {"id": str(uuid.uuid4()), "type": placed.name, "value": value}


@register_suite("tree")
def suite(scale: int | None, say) -> dict:
    """A draft of ``scale`` steps (200): its edit page on the server and, with Chromium, in the browser."""
    from example_site.shop.models import ShopNotice  # the steps are asked for on other sites, too

    steps = steps_of_all_types(scale or SCALE)
    campaign = Campaign.objects.create(name="Benchmark of the editor", live=False, tree=steps)
    simple = ShopNotice.objects.create(title="Benchmark of the editor", text="Closed", live=False)
    pages = edit_pages(tree=campaign, simple=simple)
    admin = get_user_model().objects.filter(is_superuser=True, is_active=True).first()
    client = Client(SERVER_NAME="localhost")
    client.force_login(admin)
    figures = {
        "scale": len(steps),
        "types": len({step["type"] for step in steps}),
        "server": on_the_server(client, pages),
        "browser": in_the_browser(client.cookies[settings.SESSION_COOKIE_NAME].value, pages),
    }
    for name in ("server", "browser"):
        say(f"{name}: {figures[name]}")
    campaign.delete()
    simple.delete()
    return figures


def edit_pages(**snippets) -> dict[str, str]:
    """The address of each one's edit page. Each has a revision, as after a first save."""
    pages = {}
    for name, snippet in snippets.items():
        snippet.save_revision()
        pages[name] = reverse(type(snippet).snippet_viewset.get_url_name("edit"), args=[snippet.pk])
    return pages


def on_the_server(client: Client, pages: dict[str, str]) -> dict:
    """Milliseconds of processor time for each page, in turns; the median."""
    times: dict[str, list] = {name: [] for name in pages}
    found = {}
    for round_ in range(ROUNDS + 1):
        for name, url in pages.items():
            started = time.process_time()
            response = client.get(url)
            times[name].append((time.process_time() - started) * 1000)
            if response.status_code != 200:
                raise RuntimeError(f"{url} answered {response.status_code}")
            if not round_:
                with CaptureQueriesContext(connection) as captured:
                    client.get(url)
                found[f"{name}_queries"] = len(captured)
                found[f"{name}_kb"] = len(response.content) // 1024
    found |= {f"{name}_cpu_ms": round(statistics.median(taken[1:]), 1) for name, taken in times.items()}
    return found | {"ratio": round(found["tree_cpu_ms"] / found["simple_cpu_ms"], 2)}


def in_the_browser(session: str, pages: dict[str, str]) -> dict:
    """Milliseconds until each page stands, and until an added step is painted, alone and while its form is
    opened; medians.

    Without Chromium or Playwright: why nothing was measured.
    """
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        path = None
    if path is None:
        return {"skipped": "Chromium or Playwright is not installed."}
    server = LiveServerThread("localhost", StaticFilesHandler, connections_override={})
    server.daemon = True
    with override_settings(ALLOWED_HOSTS=["localhost"], DEBUG=False):
        server.start()
        server.is_ready.wait()
        if server.error:
            raise server.error
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # Playwright's loop lives in this thread
        try:
            with sync_playwright() as driver:
                browser = driver.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
                context = browser.new_context(viewport={"width": 1400, "height": 1000})
                address = f"http://localhost:{server.port}"
                context.add_cookies(
                    [{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": address}]
                )
                return _watch(context, {name: address + url for name, url in pages.items()})
        finally:
            del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]
            server.terminate()


def _watch(context, pages: dict[str, str]) -> dict:
    page = context.new_page()
    ready: dict[str, list] = {name: [] for name in pages}
    for _round in range(ROUNDS + 1):
        for name, url in pages.items():
            started = time.perf_counter()
            page.goto(url, wait_until="load")
            page.wait_for_selector(".ct-card" if name == "tree" else "form [name=title]")
            ready[name].append((time.perf_counter() - started) * 1000)
    redraws: dict[bool, list] = {True: [], False: []}
    for number in range(2 * (ROUNDS + 1)):
        page.close()
        page = context.new_page()  # without the step added before, and without its open form
        page.goto(pages["tree"], wait_until="load")
        page.wait_for_selector(".ct-card")
        page.locator(".ct-card[data-id]").nth(3).focus()
        page.keyboard.press("a")
        option, alone = page.wait_for_selector(".ct-picker [data-name=wait_days]"), number % 2 == 0
        redraws[alone].append(page.evaluate(REDRAW, [option, alone]))
    figures = {f"{name}_ready_ms": round(statistics.median(taken[1:])) for name, taken in ready.items()}
    return figures | {
        "ratio": round(figures["tree_ready_ms"] / figures["simple_ready_ms"], 2),
        "target_ratio": TARGET_RATIO,
        "cards": page.locator(".ct-card").count(),
        "redraw_ms": round(statistics.median(redraws[True][1:]), 1),
        "slowest_redraw_ms": round(max(redraws[True][1:]), 1),
        "redraw_and_form_ms": round(statistics.median(redraws[False][1:]), 1),
        "target_redraw_ms": TARGET_REDRAW_MS,
    }
