"""What every test may use: the site, two locales, programs that may be absent, databases for children."""

import os
import shutil

import pytest
from hypothesis import HealthCheck, settings

from tests import browsers, postgres

# How long an example takes says nothing of the code: on a busy machine such a test must not fail.
settings.register_profile(
    "patient", settings.default, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("patient")

# Where Debian and others put the browser; the first that exists is used.
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def need(program: str | None, what: str) -> str:
    """The path of a program; its absence skips the test, or fails it where CI=true promises completeness."""
    if program:
        return program
    message = f"{what} is not installed"
    if os.environ.get("CI") == "true":
        pytest.fail(f"{message}, and CI=true turns absence into an error")
    pytest.skip(message)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """What takes longest begins first: no process waits for it at the end. Others keep their order."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


def pytest_sessionfinish(session, exitstatus):
    """The browser that the tests shared goes with them."""
    browsers.close()


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """Path of the browser."""
    return need(next(filter(None, map(shutil.which, BROWSERS)), None), "Chromium")


@pytest.fixture(scope="session")
def node_path() -> str:
    """Path of Node.js."""
    return need(shutil.which("node"), "Node.js")


@pytest.fixture(scope="session")
def nginx_path() -> str:
    """Path of nginx (Debian keeps it out of an ordinary user's PATH)."""
    return need(shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin"), "nginx")


@pytest.fixture(scope="session", autouse=True)
def _flush_again():
    """A page that was closed still reports what was seen; on PostgreSQL emptying the tables may meet it."""
    from django.db import OperationalError
    from django.db.backends.base.operations import BaseDatabaseOperations

    flush = BaseDatabaseOperations.execute_sql_flush

    def patiently(self, sql_list):
        for _try in range(3):
            try:
                return flush(self, sql_list)
            except OperationalError as error:
                if "deadlock" not in str(error):
                    raise
        return flush(self, sql_list)

    BaseDatabaseOperations.execute_sql_flush = patiently
    yield
    BaseDatabaseOperations.execute_sql_flush = flush


@pytest.fixture
def postgres_url():
    """A fresh PostgreSQL database for child processes, dropped afterwards."""
    url = postgres.create_database()
    yield url
    postgres.drop_database(url)


@pytest.fixture
def english(db):
    """The default locale."""
    from wagtail.models import Locale

    return Locale.objects.get_or_create(language_code="en")[0]


@pytest.fixture
def french(db):
    """The second locale."""
    from wagtail.models import Locale

    return Locale.objects.get_or_create(language_code="fr")[0]


@pytest.fixture
def site(english):
    """The default site with an empty published home page."""
    from wagtail.models import Page, Site

    from tests.testapp.models import SimplePage

    root = Page.objects.filter(depth=1).first() or Page.add_root(title="Root", slug="root", locale=english)
    home = SimplePage(title="Home", slug="wa-home", locale=english)
    root.add_child(instance=home)
    Site.objects.filter(is_default_site=True).delete()
    return Site.objects.create(
        hostname="testserver", port=80, root_page=home, is_default_site=True, site_name="Tests"
    )


@pytest.fixture
def as_role(client, site):
    """``as_role("Marketer")``: the test client, logged in as ``client.user``, who is in this group."""
    from django.contrib.auth.models import Group, User

    from wagtail_automation.admin import roles

    roles.create_groups()

    def login(name):
        user = User.objects.create_user(name.lower(), f"{name.lower()}@example.com", "x")
        user.groups.add(Group.objects.get(name=name))
        client.force_login(user)
        client.user = user
        return client

    return login


@pytest.fixture
def marketer(as_role):
    """The test client, logged in as a marketer."""
    return as_role("Marketer")


@pytest.fixture(autouse=True)
def _no_remembered_places():
    """Pages of one test are none of the next."""
    from django.apps import apps

    if apps.is_installed("wagtail_automation.tracking"):
        from wagtail_automation.tracking import places

        places.clear_cache()
