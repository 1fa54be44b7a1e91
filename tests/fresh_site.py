"""Run by .ci/run outside the sources: an installed wheel is checked, migrated and imported as a whole."""

import importlib
import pkgutil
import sys
import tempfile
from pathlib import Path

import django
from django.conf import settings
from django.core.management import call_command

APPS = ["leads", "tracking", "audiences", "messaging", "content", "campaigns"]
OPTIONAL_APPS = ["commerce"]


def configure(folder: Path, apps: list[str]) -> None:
    """The settings of a site that has just followed the installation page and chose these apps."""
    settings.configure(
        SECRET_KEY="fresh",
        ROOT_URLCONF="wagtail_automation.urls",
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": folder / "db.sqlite3"}},
        USE_TZ=True,
        Q_CLUSTER={"name": "fresh", "orm": "default", "timeout": 60, "retry": 90},
        STATIC_URL="/static/",
        WAGTAILADMIN_BASE_URL="http://localhost",
        WAGTAIL_SITE_NAME="Fresh",
        INSTALLED_APPS=[
            "wagtail_automation",
            *(f"wagtail_automation.{app}" for app in apps),
            "wagtail_modeladmin",
            "django_q",
            "wagtail.contrib.forms",
            "wagtail.contrib.redirects",
            "wagtail.contrib.settings",
            "wagtail.embeds",
            "wagtail.sites",
            "wagtail.users",
            "wagtail.snippets",
            "wagtail.documents",
            "wagtail.images",
            "wagtail.search",
            "wagtail.admin",
            "wagtail",
            "modelcluster",
            "taggit",
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "django.contrib.messages",
            "django.contrib.staticfiles",
        ],
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
            "wagtail_automation.tracking.middleware.AutomationMiddleware",
        ],
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "APP_DIRS": True,
                "OPTIONS": {
                    "context_processors": [
                        "django.template.context_processors.request",
                        "django.contrib.auth.context_processors.auth",
                        "django.contrib.messages.context_processors.messages",
                    ]
                },
            }
        ],
    )


def import_below(package, left_out: set[str]) -> int:
    """Import every module of a package but those left out; how many. (pkgutil.walk_packages cannot prune.)"""
    count = 0
    for found in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        if found.name not in left_out:
            module = importlib.import_module(found.name)
            count += 1 + (import_below(module, left_out) if found.ispkg else 0)
    return count


def main() -> None:
    """Ends with an error if anything is missing from the wheel; with `--all` optional apps are there, too."""
    absent = [] if "--all" in sys.argv[1:] else OPTIONAL_APPS
    with tempfile.TemporaryDirectory() as folder:
        configure(Path(folder), [app for app in APPS + OPTIONAL_APPS if app not in absent])
        django.setup()
        import wagtail_automation

        assert "site-packages" in wagtail_automation.__file__, wagtail_automation.__file__
        left_out = {"wagtail_automation.testing", *(f"wagtail_automation.{app}" for app in absent)}
        if "commerce" in absent:  # it joins apps of which one is not there
            adapters = ("shop", "oscar", "calls", "woocommerce", "shopify")
            left_out |= {f"wagtail_automation.contrib.{name}" for name in adapters}
        count = import_below(wagtail_automation, left_out)
        call_command("check")
        call_command("migrate", verbosity=0)
        sys.stdout.write(f"{count} modules imported, database migrated.\n")


if __name__ == "__main__":
    main()
