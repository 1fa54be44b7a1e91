"""System checks: what the edge of the site needs."""

from django.conf import settings
from django.core.checks import Error, Warning, register

from wagtail_automation.class_checks import is_icon

from . import events

MIDDLEWARE = "wagtail_automation.tracking.middleware.AutomationMiddleware"


@register("wagtail_automation")
def check_middleware(app_configs=None, **kwargs):
    """Without the middleware no cookie is ever written, so nobody would be remembered."""
    if MIDDLEWARE in settings.MIDDLEWARE:
        return []
    return [
        Error(
            "The tracking middleware is not installed.",
            hint=f"Add {MIDDLEWARE!r} to MIDDLEWARE, after the session and authentication middleware.",
            id="wagtail_automation.E020",
        )
    ]


@register("wagtail_automation")
def check_event_icons(app_configs=None, **kwargs):
    """An icon that does not exist leaves a hole in the timeline."""
    return [
        Warning(
            f"The event {event.name!r} has the icon {event.icon!r}, which does not exist.",
            hint="The hook register_icons adds icons.",
            id="wagtail_automation.W012",
        )
        for event in events.all_names()
        if not is_icon(event.icon)
    ]
