"""System checks: what the edge of the site needs."""

from django.conf import settings
from django.core.checks import Error, register

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
