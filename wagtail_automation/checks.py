"""System checks: a wrong setting or a missing app is told in words at start-up."""

from django.apps import apps
from django.conf import settings
from django.core.checks import Error, Warning, register

from . import conf, pruning

CHOICES = {
    "PAGE_VIEWS": ("script", "server"),
    "PERSONALISE": ("fragment", "server"),
    "JOBS": ("queue", "inline"),
    "IDENTIFY_LOGIN": ("account", "email", "off"),
}
POSITIVE = (
    "SEND_BATCH",
    "LEASE_SECONDS",
    "VISITOR_MAX_AGE",
    "ANONYMOUS_RETENTION_DAYS",
    "COLLECT_MAX_BYTES",
    "COLLECT_MAX_EVENTS",
    "SEGMENT_MINUTES",
    "IDENTIFY_SECONDS",
    "FILE_MAX_BYTES",
    "TOUCH_DAYS",
    "FORM_MAX_AGE",
    "IMPORT_MAX_BYTES",
    "IMPORT_RETENTION_DAYS",
    "EXPORT_RETENTION_DAYS",
)
#: whole numbers of which 0 means "no limit" or "at once"
FROM_ZERO = ("TESTS_PER_HOUR", "SEND_PER_MINUTE", "SCAN_SECONDS", "FORM_MIN_SECONDS")
#: name -> how many numbers
NUMBERS = {"STOP_RATES": 3, "SOFT_BOUNCES": 2, "FORM_RATE": 2, "CONFIRMATION_RATE": 2}
DICTIONARIES = ("SECRETS", "IDENTIFY_KEYS", "COMMERCE_KEYS")
#: a text alone would be read letter by letter
LISTS_OF_TEXT = ("EMBED_ORIGINS", "SEARCH_PARAMETERS", "PUSH_SERVICES", "SUPPRESSION_KEYS")
TEXTS = ("COOKIE_NAME", "CONSENT_COOKIE")
#: app -> the apps it cannot work without (DESIGN: layers)
NEEDS = {
    "tracking": ("leads",),
    "audiences": ("leads", "tracking"),
    "messaging": ("leads", "tracking", "audiences"),
    "content": ("leads", "tracking", "audiences"),
    "commerce": ("leads", "tracking", "audiences"),
    "campaigns": ("leads", "tracking", "audiences", "messaging", "content"),
}
#: apps of others that lists, settings and jobs are made with
OTHERS = ("wagtail_modeladmin", "wagtail.contrib.settings", "django_q")


@register("wagtail_automation")
def check_setting(app_configs=None, **kwargs):
    """Unknown names and values that cannot be used in ``WAGTAIL_AUTOMATION``."""
    value = getattr(settings, "WAGTAIL_AUTOMATION", {})
    if not isinstance(value, dict):
        return [Error("WAGTAIL_AUTOMATION must be a dictionary.", id="wagtail_automation.E001")]
    errors = []
    for name in sorted(set(value) - set(conf.DEFAULTS)):
        known = ", ".join(sorted(conf.DEFAULTS))
        errors.append(
            Error(
                f"WAGTAIL_AUTOMATION has no setting {name!r}.",
                hint=f"The settings are: {known}.",
                id="wagtail_automation.E002",
            )
        )
    for name, choices in CHOICES.items():
        if conf.get(name) not in choices:
            errors.append(
                Error(
                    f"WAGTAIL_AUTOMATION[{name!r}] is {conf.get(name)!r}.",
                    hint="It must be one of: " + ", ".join(choices) + ".",
                    id="wagtail_automation.E003",
                )
            )
    for name in POSITIVE:
        number = conf.get(name)
        if not isinstance(number, int) or isinstance(number, bool) or number < 1:
            errors.append(
                Error(
                    f"WAGTAIL_AUTOMATION[{name!r}] is {number!r}.",
                    hint="It must be a whole number of at least 1.",
                    id="wagtail_automation.E004",
                )
            )
    return errors + _check_shapes()


def _is_number(value, kinds=int) -> bool:
    return isinstance(value, kinds) and not isinstance(value, bool) and value >= 0


def _check_shapes():
    """A value of the wrong type would fail much later, in a request or in the worker."""

    def unlike(names, fits, hint):
        return [
            Error(
                # of a dictionary or list the value is not shown: keys may stand in it
                f"WAGTAIL_AUTOMATION[{name!r}] cannot be used.",
                hint=hint,
                id="wagtail_automation.E008",
            )
            for name in names
            if not fits(conf.get(name))
        ]

    errors = unlike(FROM_ZERO, _is_number, "It must be a whole number of at least 0.")
    for name, length in NUMBERS.items():
        errors += unlike(
            [name],
            lambda value, length=length: (
                isinstance(value, tuple | list)
                and len(value) == length
                and all(_is_number(number, int | float) for number in value)
            ),
            f"It must be {length} numbers of at least 0, such as {conf.DEFAULTS[name]}.",
        )
    errors += unlike(DICTIONARIES, lambda value: isinstance(value, dict), "It must be a dictionary.")
    errors += unlike(
        LISTS_OF_TEXT,
        lambda value: (
            isinstance(value, tuple | list | set | frozenset)
            and all(isinstance(text, str | bytes) for text in value)
        ),
        'It must be a list of texts, such as ("one",) – with the comma, where it has one.',
    )
    errors += unlike(TEXTS, lambda value: isinstance(value, str) and value, "It must be a text.")
    errors += unlike(["PAGE_TYPES"], lambda value: isinstance(value, bool), "It must be True or False.")
    return errors + unlike(
        ["ENGINE_CHUNK"],
        lambda value: value is None or (_is_number(value) and value),
        "It must be None or a whole number of at least 1.",
    )


@register("wagtail_automation")
def check_privacy(app_configs=None, **kwargs):
    """Retention and privacy settings that mean nothing would be promises nobody keeps."""
    if not isinstance(getattr(settings, "WAGTAIL_AUTOMATION", {}), dict):
        return []  # told above
    known = {kind.key for kind in pruning.kinds() if not isinstance(kind.default, str) and kind.function}
    days, signals = conf.get("RETENTION_DAYS"), conf.get("PRIVACY_SIGNALS")
    if not isinstance(days, dict):
        return [
            Error("WAGTAIL_AUTOMATION['RETENTION_DAYS'] must be a dictionary.", id="wagtail_automation.E006")
        ]
    errors = [
        Error(
            f"WAGTAIL_AUTOMATION['RETENTION_DAYS'] has no kind {str(name)[:60]!r}, or its days are neither "
            "None nor a whole number of at least 1.",
            hint="The kinds are: " + ", ".join(sorted(known)) + ".",
            id="wagtail_automation.E006",
        )
        for name, number in days.items()
        if name not in known
        or not (number is None or (isinstance(number, int) and not isinstance(number, bool) and number >= 1))
    ]
    if isinstance(signals, str) or not set(signals) <= {"gpc", "dnt"}:
        errors.append(
            Error(
                "WAGTAIL_AUTOMATION['PRIVACY_SIGNALS'] must be a list of 'gpc' and 'dnt'.",
                id="wagtail_automation.E007",
            )
        )
    return errors


def missing_apps() -> list[tuple[str, str]]:
    """(app, app that it cannot work without and that is not installed) among those of the package."""
    return [
        (f"wagtail_automation.{app}", name)
        for app, needed in NEEDS.items()
        if apps.is_installed(f"wagtail_automation.{app}")
        for name in (f"wagtail_automation.{other}" for other in needed)
        if not apps.is_installed(name)
    ]


@register("wagtail_automation")
def check_apps(app_configs=None, **kwargs):
    """The kernel, and the apps of others that the package is made with, are installed.

    The leads app registers this, too: without the kernel nothing else here would run.
    """
    return [
        Error(
            f"The apps of wagtail_automation need {name}.",
            hint=f"Add {name!r} to INSTALLED_APPS.",
            id="wagtail_automation.E005",
        )
        for name in ("wagtail_automation", *OTHERS)
        if not apps.is_installed(name)
    ]


@register("wagtail_automation")
def check_queue(app_configs=None, **kwargs):
    """django-q2 without a broker means a Redis server on this machine, which few sites have."""
    if getattr(settings, "Q_CLUSTER", None) or not apps.is_installed("django_q"):
        return []
    return [
        Warning(
            "Q_CLUSTER is not set: django-q2 will look for a Redis server on this computer.",
            hint='Set it as the installation page says; "orm": "default" keeps the queue in the database.',
            id="wagtail_automation.W011",
        )
    ]
