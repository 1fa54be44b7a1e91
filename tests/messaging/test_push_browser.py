"""Push messages in a real browser: the button subscribes, the worker shows the notice, its click counts.

There is no push service without the internet: the browser's ``subscribe`` is replaced by one that hands
out an address of this machine. What becomes of a message is the worker's own doing, in the browser.
"""

import json
import secrets

import pytest
from django.http import HttpResponse
from django.template import Context, Template
from django.urls import path
from playwright.sync_api import expect

from tests import browsers, urls
from tests.messaging.test_push import b64, push_service
from wagtail_automation.leads.cohorts import LeadsCohort
from wagtail_automation.leads.models import ConsentState
from wagtail_automation.messaging.channels import actions, sender
from wagtail_automation.messaging.models import Channel, ChannelMessage, PushMessage, PushSubscription
from wagtail_automation.messaging.push import views as push_views
from wagtail_automation.messaging.push.blocks import PushButtonBlock
from wagtail_automation.objects import ref_of
from wagtail_automation.outbox import State

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.urls(__name__),
]

PAGE = '<!doctype html><html lang="en"><title>Button</title><body>{{ button }}</body></html>'

#: as Chromium does it, but without Google: permission first, an active worker, then keys and an address
SERVICE = """
(([endpoint, p256dh, auth]) => {
  const box = 'wa-test-subscription';
  const made = () => ({
    endpoint,
    toJSON: () => ({ endpoint, expirationTime: null, keys: { p256dh, auth } }),
    unsubscribe: async () => { localStorage.removeItem(box); return true; },
  });
  PushManager.prototype.getSubscription = async () => (localStorage.getItem(box) ? made() : null);
  PushManager.prototype.subscribe = async (options) => {
    const allowed = await Notification.requestPermission();
    if (allowed !== 'granted') throw new DOMException('no', 'NotAllowedError');
    const all = await navigator.serviceWorker.getRegistrations();
    if (!all.some((one) => one.active)) throw new DOMException('no active Service Worker', 'AbortError');
    if (!options.userVisibleOnly || options.applicationServerKey.length !== 65) throw new TypeError();
    localStorage.setItem(box, '1');
    return made();
  };
})(%s)
"""


def button(request):
    block = PushButtonBlock()
    shown = block.render(
        block.to_python({"label": "Tell me", "done": "Stop telling me"}), {"request": request}
    )
    return HttpResponse(Template(PAGE).render(Context({"button": shown})))


def slow_worker(request):
    """The package's worker, as long in the making as on a phone."""
    answer = push_views.worker(request)
    answer.content += b"""
    self.addEventListener('install', (event) => event.waitUntil(new Promise((go) => setTimeout(go, 700))));
    """
    return answer


urlpatterns = [
    path("button/", button),
    path("automation/push/worker.js", slow_worker),
    *urls.urlpatterns,
]


@pytest.fixture
def vapid(settings, site, live_server):
    """A push service, the site's keys for it, and the site at the address of the live server."""
    from py_vapid import Vapid02

    key = Vapid02()
    key.generate_keys()
    site.hostname, _colon, port = live_server.url.removeprefix("http://").partition(":")
    site.port = int(port)
    site.save()
    with push_service() as service:
        settings.WAGTAIL_AUTOMATION = {
            **settings.WAGTAIL_AUTOMATION,
            "BASE_URL": live_server.url,
            "PUSH_SERVICES": (f"127.0.0.1:{service.server_port}",),
            "SECRETS": {"vapid": b64(key.private_key.private_numbers().private_value.to_bytes(32, "big"))},
        }
        public = b64(point(key.public_key))
        options = {"key": "vapid", "public_key": public, "contact": "web@shop.example"}
        Channel.objects.create(name="P", kind="web_push", is_active=True, options=options)
        yield service


def point(public_key) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return public_key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


@pytest.fixture
def visitor(chromium_path, live_server, vapid):
    """A browser whose owner may be remembered, and its keys."""
    from cryptography.hazmat.primitives.asymmetric import ec

    context = browsers.shared(chromium_path).new_context(base_url=live_server.url)
    context.add_cookies([{"name": "wa_consent", "value": "granted", "url": live_server.url}])
    context.private, context.auth = ec.generate_private_key(ec.SECP256R1()), secrets.token_bytes(16)
    given = [
        f"http://127.0.0.1:{vapid.server_port}/box/1",
        b64(point(context.private.public_key())),
        b64(context.auth),
    ]
    context.add_init_script(SERVICE % json.dumps(given))
    context.page = context.new_page()
    context.page.errors = []
    context.page.on("pageerror", lambda error: context.page.errors.append(str(error)))
    yield context
    errors = context.page.errors
    context.close()
    assert errors == []


def test_press_receive_click_and_leave(visitor, vapid, live_server, english):
    import http_ece

    page = visitor.page
    visitor.grant_permissions(["notifications"], origin=live_server.url)
    page.goto("/button/")
    pressed = page.get_by_role("button", name="Tell me", exact=True)
    expect(pressed).to_have_attribute("aria-pressed", "false")
    assert not PushSubscription.objects.exists(), "nothing is asked before it is pressed"
    with visitor.expect_event("serviceworker") as started:
        pressed.click()
    expect(page.get_by_role("button", name="Stop telling me")).to_have_attribute("aria-pressed", "true")
    lead = PushSubscription.objects.get().lead
    assert ConsentState.objects.get(lead=lead, subject="push").granted

    # the button knows it again on the next page
    page.reload()
    expect(page.get_by_role("button", name="Stop telling me")).to_be_visible()

    # a message: encrypted for this browser, which shows it
    shop = f"{live_server.url}/button/?from=push"
    message = PushMessage.objects.create(
        name="N", title="Soup day", body="Come at <noon>", url=shop, locale=english
    )
    message.save_revision().publish()
    actions.queue_message(cohort=LeadsCohort([lead.pk], key="t:1"), message=ref_of(message))
    sender.send_due()
    sent = ChannelMessage.objects.get()
    assert sent.state == State.SENT
    ((_path, _headers, body),) = vapid.calls
    said = http_ece.decrypt(body, private_key=visitor.private, auth_secret=visitor.auth, version="aes128gcm")
    worker = started.value
    deliver(visitor, live_server.url, said.decode())
    notices = worker.evaluate(
        """async () => {
          for (let tries = 0; tries < 50; tries += 1) {
            const all = await self.registration.getNotifications();
            if (all.length) return all.map((one) => [one.title, one.body, one.data.url]);
            await new Promise((resolve) => setTimeout(resolve, 100));
          }
          return [];
        }"""
    )
    ((title, text, url),) = notices
    assert (title, text) == ("Soup day", "Come at <noon>")
    assert url.startswith(f"{live_server.url}/automation/t/")

    # a click on it opens the short link, which counts
    opened = worker.evaluate(
        """async () => {
          const opened = [];
          self.clients.openWindow = async (url) => { opened.push(url); };
          const [notification] = await self.registration.getNotifications();
          self.dispatchEvent(new NotificationEvent('notificationclick', { notification }));
          return [opened, (await self.registration.getNotifications()).length];
        }"""
    )
    assert opened == [[url], 0]
    page.goto(url)
    assert page.url.split("#")[0] == shop
    sent.refresh_from_db()
    assert sent.clicked_at is not None

    # and no more of it
    page.get_by_role("button", name="Stop telling me").click()
    expect(page.get_by_role("button", name="Tell me", exact=True)).to_have_attribute("aria-pressed", "false")
    assert not PushSubscription.objects.exists()
    assert not ConsentState.objects.get(lead=lead, subject="push").granted


def deliver(context, origin, data):
    """What a push service does to a browser. The worker is found by its registration."""
    session = context.new_cdp_session(context.page)
    found = []
    session.on("ServiceWorker.workerRegistrationUpdated", lambda said: found.extend(said["registrations"]))
    session.send("ServiceWorker.enable")
    context.page.wait_for_timeout(300)
    ours = next(one for one in found if one["scopeURL"].startswith(origin) and not one["isDeleted"])
    session.send(
        "ServiceWorker.deliverPushMessage",
        {"origin": origin, "registrationId": ours["registrationId"], "data": data},
    )


@pytest.mark.parametrize(
    "data", ["", "no JSON", "[]", "null", '{"title": ""}', '{"title": {"a": 1}, "url": "javascript:1"}']
)
def test_the_worker_survives_what_is_no_message(visitor, live_server, data):
    visitor.grant_permissions(["notifications"], origin=live_server.url)
    page = visitor.page
    page.goto("/button/")
    with visitor.expect_event("serviceworker") as started:
        page.get_by_role("button", name="Tell me", exact=True).click()
    expect(page.get_by_role("button", name="Stop telling me")).to_be_visible()
    worker = started.value
    worker.evaluate(
        """() => {
          self.broken = [];
          self.addEventListener('unhandledrejection', (said) => self.broken.push(String(said.reason)));
          self.addEventListener('error', (said) => self.broken.push(said.message));
        }"""
    )
    deliver(visitor, live_server.url, data)
    page.wait_for_timeout(300)
    assert worker.evaluate("self.broken") == []


def test_a_browser_that_says_no_is_told_why(visitor, live_server):
    page = visitor.page  # no permission was given: a headless browser answers for its owner
    page.goto("/button/")
    page.get_by_role("button", name="Tell me", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("Your browser does not let this site notify you")
    expect(page.get_by_role("button", name="Tell me", exact=True)).to_be_enabled()
    assert not PushSubscription.objects.exists()


def test_whoever_may_not_be_remembered_is_asked_for_that_first(visitor, live_server):
    visitor.grant_permissions(["notifications"], origin=live_server.url)
    visitor.clear_cookies()
    page = visitor.page
    page.goto("/button/")
    page.get_by_role("button", name="Tell me", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("Please accept cookies first")
    assert page.evaluate("localStorage.getItem('wa-test-subscription')") is None, (
        "the browser forgot it again"
    )
    assert not PushSubscription.objects.exists()


def test_without_a_channel_there_is_no_button(visitor, live_server):
    Channel.objects.update(is_active=False)
    page = visitor.page
    page.goto("/button/", wait_until="networkidle")
    expect(page.locator("[data-wa-push]")).to_be_hidden()
