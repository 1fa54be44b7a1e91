"""Step types of the tests, the tree's block, and users of each kind."""

import shutil
import subprocess

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.test import Client
from django.urls import reverse
from wagtail.models import Locale
from wagtail.users.models import UserProfile

from tests import browsers
from tests.conftest import need
from wagtail_automation.audiences.models import LeadList
from wagtail_automation.campaigns.models import Campaign
from wagtail_automation.content.models import Form
from wagtail_automation.messaging.models import Email

from .browsing import AXE, LISTEN, Editor
from .pieces import REGISTERED


@pytest.fixture(autouse=True)
def registered():
    """The step types and conditions of these tests."""
    for registry, cls in REGISTERED:
        registry.register(cls)
    yield
    for registry, cls in REGISTERED:
        registry.unregister(cls)


@pytest.fixture
def tree_block():
    """The block of ``Campaign.tree``."""
    return Campaign._meta.get_field("tree").stream_block


@pytest.fixture
def user_with(db):
    """``user_with("view")``: may enter the admin and has these permissions on campaigns."""

    def make(*verbs, **fields):
        name = "-".join(verbs) or "nobody"
        user = User.objects.create_user(name, f"{name}@example.com", "secret", **fields)
        group = Group.objects.create(name=name)
        group.permissions.add(
            Permission.objects.get(codename="access_admin"),
            *Permission.objects.filter(
                content_type__app_label="wagtail_automation_campaigns",
                codename__in=[f"{verb}_campaign" for verb in verbs],
            ),
        )
        user.groups.add(group)
        return user

    return make


@pytest.fixture
def admin(db):
    return User.objects.create_superuser("admin", "admin@example.com", "secret")


@pytest.fixture
def admin_client(client, admin):
    client.force_login(admin)
    return client


@pytest.fixture(scope="module")
def browser(chromium_path):
    """One browser for all tests of this module."""
    browser = browsers.shared(chromium_path)
    yield browser
    browsers.close_contexts()


@pytest.fixture(scope="module")
def axe():
    """axe-core, fetched once where npm can."""
    npm = shutil.which("npm")
    if not AXE.exists() and npm:
        subprocess.run(
            [npm, "install", "--silent", "--no-package-lock", "--prefix", str(AXE.parents[2])],
            check=False,
            capture_output=True,
            timeout=180,
        )
    return need(str(AXE) if AXE.exists() else None, "axe-core (npm install --prefix tests/js)")


@pytest.fixture
def browser_site(browser, transactional_db, live_server, settings):
    """The admin under a strict policy, with what the road's campaign needs."""
    settings.MIDDLEWARE = ["tests.tree.browsing.PolicyMiddleware", *settings.MIDDLEWARE]
    settings.WAGTAILADMIN_BASE_URL = live_server.url
    locale = Locale.objects.get_or_create(language_code="en")[0]
    for name in ("Welcome", "More for you", "Reminder"):
        Email.objects.create(name=name, subject=name, locale=locale)
    LeadList.objects.create(name="Hot leads")
    Form.objects.create(name="Contact us", locale=locale, fields=[])
    return live_server.url


@pytest.fixture
def visit(browser_site, browser):
    """``visit(url name, *args)``: the editor on that page, as a superuser or as another user."""
    contexts = []

    def go(view, *args, user=None, hash="", name="Campaign steps", **options):
        user = user or User.objects.filter(is_superuser=True).first()
        user = user or User.objects.create_superuser("admin", "admin@example.com", "secret")
        client = Client()
        client.force_login(user)
        context = browser.new_context(**{"viewport": {"width": 1400, "height": 1000}, **options})
        contexts.append(context)
        context.add_cookies(
            [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": browser_site}]
        )
        context.add_init_script(LISTEN)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.set_default_navigation_timeout(60_000)
        page.problems = []
        page.on("pageerror", lambda error: page.problems.append(str(error)))
        page.goto(f"{browser_site}{reverse(Campaign.snippet_viewset.get_url_name(view), args=args)}{hash}")
        return Editor(page, name).ready()

    yield go
    for context in contexts:
        context.close()


@pytest.fixture
def speaking(browser_site, settings):
    """``speaking("ar")``: a superuser who has chosen this language for the admin."""
    settings.WAGTAILADMIN_PERMITTED_LANGUAGES = [("en", "English"), ("fr", "French"), ("ar", "Arabic")]

    def make(language):
        user = User.objects.create_superuser(language, f"{language}@example.com", "secret")
        UserProfile.objects.update_or_create(user=user, defaults={"preferred_language": language})
        return user

    return make
