"""Settings of the test project: all apps of the package, SQLite or PostgreSQL (WA_TEST_DB), two languages."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from tests import postgres

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "wagtail_automation"

# One folder per test run: databases, media, the shared test clock. Children inherit it.
if "WA_TEST_DIR" not in os.environ:
    os.environ["WA_TEST_DIR"] = tempfile.mkdtemp(prefix="wa-test-")
    _owner = os.getpid()
    atexit.register(
        lambda: os.getpid() == _owner and shutil.rmtree(os.environ["WA_TEST_DIR"], ignore_errors=True)
    )
RUN_DIR = Path(os.environ["WA_TEST_DIR"])

SECRET_KEY = "tests-only"
DEBUG = False
ALLOWED_HOSTS = ["*"]
USE_TZ = True
TIME_ZONE = "UTC"
ROOT_URLCONF = "tests.urls"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"


def _present(*names: str) -> list[str]:
    """Of the package's apps, in the order of the layers, those that exist."""
    return [
        ".".join(["wagtail_automation", name]) if name else "wagtail_automation"
        for name in names
        if (PACKAGE / name / "apps.py").exists()
    ]


# WA_TEST_APPS narrows them to a profile of DESIGN §1, for example "leads,tracking,audiences,content".
AUTOMATION_APPS = _present(
    "",
    *os.environ.get("WA_TEST_APPS", "leads,tracking,audiences,messaging,content,commerce,campaigns").split(
        ","
    ),
)

INSTALLED_APPS = [
    "tests.testapp",
    *(["tests.contentapp"] if "wagtail_automation.content" in AUTOMATION_APPS else []),
    *AUTOMATION_APPS,
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
    "django.contrib.admin",
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
]
if (PACKAGE / "tracking" / "middleware.py").exists():
    MIDDLEWARE.append("wagtail_automation.tracking.middleware.AutomationMiddleware")

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.debug",
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "wagtail.contrib.settings.context_processors.settings",
            ],
        },
    }
]

if os.environ.get("WA_TEST_DB", "sqlite") == "postgres":
    DATABASES = {"default": postgres.database(postgres.server_url())}
    # Two test runs may share one server (WA_TEST_DB_URL): each has its own database.
    DATABASES["default"]["TEST"] = {"NAME": f"test_{RUN_DIR.name.replace('-', '_')}"}
else:
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": RUN_DIR / "db.sqlite3",
            # A file, not memory: other processes (qcluster, web server) read the same database.
            "TEST": {"NAME": RUN_DIR / "test.sqlite3"},
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": (
                    "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=20000;"
                ),
            },
        }
    }

CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

LANGUAGE_CODE = "en"
LANGUAGES = WAGTAIL_CONTENT_LANGUAGES = WAGTAILADMIN_PERMITTED_LANGUAGES = [
    ("en", "English"),
    ("fr", "Français"),
]
USE_I18N = True
WAGTAIL_I18N_ENABLED = True
WAGTAIL_SITE_NAME = "Tests"
WAGTAILADMIN_BASE_URL = "http://testserver"
WAGTAIL_GRAVATAR_PROVIDER_URL = None
WAGTAILSEARCH_BACKENDS = {"default": {"BACKEND": "wagtail.search.backends.database"}}

STATIC_URL = "/static/"
STATIC_ROOT = RUN_DIR / "static"
MEDIA_URL = "/media/"
MEDIA_ROOT = RUN_DIR / "media"

EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
DEFAULT_FROM_EMAIL = "site@example.com"

Q_CLUSTER = {
    "name": "tests",
    "orm": "default",
    "workers": 1,
    "poll": 0.2,
    "timeout": 60,
    "retry": 90,
    "max_attempts": 3,
    "queue_limit": 4,
    "save_limit": 100,
    "catch_up": False,
}

WAGTAIL_AUTOMATION = {
    "JOBS": "inline",
    "FORM_MIN_SECONDS": 0,
    # one for each of pytest's processes, inherited by the processes that it starts
    "CLOCK_FILE": str(RUN_DIR / f"clock{os.environ.get('PYTEST_XDIST_WORKER', '')}"),
    "BASE_URL": "http://testserver",
}
