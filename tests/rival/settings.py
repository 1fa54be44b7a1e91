"""Settings of the compared site; WA_RIVAL says of which kind, WA_DB_URL on which database."""

import os
from pathlib import Path

from example_site.databases import database

KINDS = ("bare", "theirs", "ours")
KIND = os.environ.get("WA_RIVAL", "bare")
DATA_DIR = Path(os.environ.get("WA_DATA_DIR") or "var/rival")
DATA_DIR.mkdir(parents=True, exist_ok=True)

SECRET_KEY = "benchmarks-only"
DEBUG = False
ALLOWED_HOSTS = ["*"]
USE_TZ = True
TIME_ZONE = "UTC"
ROOT_URLCONF = "tests.rival.urls"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
STATIC_URL = "/static/"
MEDIA_ROOT = DATA_DIR / "media"
WAGTAIL_SITE_NAME = "Compared"
WAGTAILADMIN_BASE_URL = "http://localhost"
WAGTAILSEARCH_BACKENDS = {"default": {"BACKEND": "wagtail.search.backends.database"}}
DATABASES = {"default": database(os.environ.get("WA_DB_URL", ""), DATA_DIR / f"{KIND}.sqlite3")}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
Q_CLUSTER = {"name": "rival", "orm": "default", "timeout": 60, "retry": 90}
WAGTAIL_AUTOMATION = {"BASE_URL": "http://localhost"}

_ADDED = {
    "bare": [],
    "theirs": ["wagtail_modeladmin", "wagtailfontawesomesvg", "wagtail_personalisation"],
    "ours": [
        "wagtail_automation",
        *(f"wagtail_automation.{name}" for name in ("leads", "tracking", "audiences", "content")),
        "wagtail_modeladmin",
        "django_q",
    ],
}
INSTALLED_APPS = [
    "tests.rival",
    *_ADDED[KIND],
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
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    *(["wagtail_automation.tracking.middleware.AutomationMiddleware"] if KIND == "ours" else []),
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]
