"""Settings of the example site. Everything that differs between machines comes from the environment:

WA_PORT (8000), WA_SMTP_PORT (8025), WA_DATA_DIR (var/ beside the package), WA_DB_URL (postgresql://…;
SQLite without it), WA_WORKERS (2), WA_DEBUG (1 shows tracebacks), WA_SECRET_KEY, WA_HOSTS (comma separated).
"""

import os
import secrets
from pathlib import Path

import django

from example_site.databases import database

HERE = Path(__file__).resolve().parent
DATA_DIR = Path(os.environ.get("WA_DATA_DIR") or HERE.parent / "var").resolve()
DATA_DIR.mkdir(parents=True, exist_ok=True)
PORT = int(os.environ.get("WA_PORT") or 8000)
SMTP_PORT = int(os.environ.get("WA_SMTP_PORT") or 8025)


def _secret_key() -> str:
    """From the environment, else one made once for this data folder."""
    if key := os.environ.get("WA_SECRET_KEY"):
        return key
    file = DATA_DIR / "secret_key"
    if not file.exists():
        file.write_text(secrets.token_urlsafe(50))
        file.chmod(0o600)
    return file.read_text()


SECRET_KEY = _secret_key()
DEBUG = os.environ.get("WA_DEBUG") == "1"
ALLOWED_HOSTS = os.environ.get("WA_HOSTS", "localhost,127.0.0.1,[::1]").split(",")

ROOT_URLCONF = "example_site.urls"
WSGI_APPLICATION = "example_site.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "example_site.pages",
    "example_site.shop",
    "example_site.magazine",
    "example_site.mailbox",
    "example_site.demo",
    # The package: the kernel and its seven apps.
    "wagtail_automation",
    "wagtail_automation.leads",
    "wagtail_automation.tracking",
    "wagtail_automation.audiences",
    "wagtail_automation.messaging",
    "wagtail_automation.content",
    "wagtail_automation.commerce",
    "wagtail_automation.campaigns",
    # What the package needs beside Wagtail.
    "wagtail_modeladmin",
    "django_q",
    "wagtail.contrib.forms",
    "wagtail.contrib.redirects",
    "wagtail.contrib.settings",
    "wagtail.contrib.simple_translation",
    "wagtail.embeds",
    "wagtail.sites",
    "wagtail.users",
    "wagtail.snippets",
    "wagtail.documents",
    "wagtail.images",
    "wagtail.search",
    "wagtail.admin",
    "wagtail.locales",
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
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "wagtail_automation.tracking.middleware.AutomationMiddleware",
]
X_FRAME_OPTIONS = "SAMEORIGIN"  # previews in the admin are frames

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [HERE / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "wagtail.contrib.settings.context_processors.settings",
            ],
        },
    }
]

DATABASES = {"default": database(os.environ.get("WA_DB_URL", ""), DATA_DIR / "site.sqlite3")}

# One web process: its own memory is cache enough.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

AUTH_PASSWORD_VALIDATORS = []  # the demonstration's passwords are printed on the screen

LANGUAGE_CODE = "en"
LANGUAGES = WAGTAIL_CONTENT_LANGUAGES = WAGTAILADMIN_PERMITTED_LANGUAGES = [
    ("en", "English"),
    ("fr", "Français"),
]
LOCALE_PATHS = [HERE / "locale"]
TIME_ZONE = "Europe/Paris"
USE_TZ = True
USE_I18N = True

STATIC_URL = "/static/"
STATICFILES_DIRS = [HERE / "static"]
STATIC_ROOT = DATA_DIR / "static"
MEDIA_URL = "/media/"
MEDIA_ROOT = DATA_DIR / "media"

if django.VERSION >= (6, 1):  # which deprecates EMAIL_*
    MAILERS = {
        "default": {
            "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
            "OPTIONS": {"host": "127.0.0.1", "port": SMTP_PORT, "timeout": 10},
        }
    }
else:
    EMAIL_HOST = "127.0.0.1"
    EMAIL_PORT = SMTP_PORT
    EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = SERVER_EMAIL = "Alder & Aulne <post@alder-aulne.example>"

WAGTAIL_SITE_NAME = "Alder & Aulne"
WAGTAIL_I18N_ENABLED = True
WAGTAILADMIN_BASE_URL = f"http://localhost:{PORT}"
WAGTAIL_GRAVATAR_PROVIDER_URL = None  # no request to another server
WAGTAIL_ENABLE_UPDATE_CHECK = False
WAGTAIL_ENABLE_WHATS_NEW_BANNER = False
WAGTAILSEARCH_BACKENDS = {"default": {"BACKEND": "wagtail.search.backends.database"}}
WAGTAILDOCS_SERVE_METHOD = "serve_view"

Q_CLUSTER = {
    "name": "example",
    "orm": "default",
    "workers": int(os.environ.get("WA_WORKERS") or 2),
    "poll": 0.2,  # seconds: a nudge of the engine is taken up at once
    "timeout": 60,  # a task of the package runs at most 20 s and continues in another
    "retry": 120,  # longer than whatever waits in the queue of a worker
    "queue_limit": 4,
    "max_attempts": 3,
    "save_limit": 100,
    "catch_up": False,
    "label": "Queue",
}

WAGTAIL_AUTOMATION = {
    "BASE_URL": f"http://localhost:{PORT}",
}
# Tests move the clock of every process of the site through this file.
if _clock_file := os.environ.get("WA_CLOCK_FILE"):
    WAGTAIL_AUTOMATION["CLOCK_FILE"] = _clock_file

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {"wagtail_automation": {"level": "INFO"}, "example_site": {"level": "INFO"}},
}
