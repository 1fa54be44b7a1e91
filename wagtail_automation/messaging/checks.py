"""System checks of messaging: emails need addresses that lead back to the site."""

from django.core.checks import Warning, register
from django.urls import NoReverseMatch, reverse

from . import rendering, tokens


@register("wagtail_automation", deploy=False)
def check_addresses(app_configs=None, **kwargs):
    """Without the package's URLs no email can be written: every one offers to unsubscribe."""
    try:
        reverse(rendering.NAMES[tokens.UNSUBSCRIBE], args=["x"])
    except NoReverseMatch:
        return [
            Warning(
                "The addresses that stand in emails are not among the site's URLs.",
                hint='Add path("automation/", include("wagtail_automation.urls")) to your URLconf.',
                id="wagtail_automation.messaging.W001",
            )
        ]
    return []
