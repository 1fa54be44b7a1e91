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


def configure(folder: Path) -> None:
    """The settings of a site that has just followed the installation page."""
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
            *(f"wagtail_automation.{app}" for app in APPS),
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


def main() -> None:
    """Ends with an error if anything is missing from the wheel."""
    with tempfile.TemporaryDirectory() as folder:
        configure(Path(folder))
        django.setup()
        import wagtail_automation

        assert "site-packages" in wagtail_automation.__file__, wagtail_automation.__file__
        optional = (".testing",)
        count = 0
        for module in pkgutil.walk_packages(wagtail_automation.__path__, "wagtail_automation."):
            if not any(part in module.name for part in optional):
                importlib.import_module(module.name)
                count += 1
        call_command("check")
        call_command("migrate", verbosity=0)
        sys.stdout.write(f"{count} modules imported, database migrated.\n")


if __name__ == "__main__":
    main()
