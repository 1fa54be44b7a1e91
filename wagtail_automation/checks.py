"""System checks: a wrong setting or a missing app is told in words at start-up."""

from django.apps import apps
from django.conf import settings
from django.core.checks import Error, register

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
)
#: app -> the apps it cannot work without (DESIGN: layers)
NEEDS = {
    "tracking": ("leads",),
    "audiences": ("leads", "tracking"),
    "messaging": ("leads", "tracking", "audiences"),
    "content": ("leads", "tracking", "audiences"),
    "commerce": ("leads", "tracking", "audiences"),
    "campaigns": ("leads", "tracking", "audiences"),
}


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
    return errors


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


@register("wagtail_automation")
def check_apps(app_configs=None, **kwargs):
    """Each installed app of the package has the apps it stands on."""
    errors = []
    for app, needed in NEEDS.items():
        if not apps.is_installed(f"wagtail_automation.{app}"):
            continue
        for missing in needed:
            if not apps.is_installed(f"wagtail_automation.{missing}"):
                errors.append(
                    Error(
                        f"wagtail_automation.{app} needs wagtail_automation.{missing}.",
                        hint=f"Add 'wagtail_automation.{missing}' to INSTALLED_APPS.",
                        id="wagtail_automation.E005",
                    )
                )
    return errors
