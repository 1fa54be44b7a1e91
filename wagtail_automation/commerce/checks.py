"""System checks of the commerce app."""

from django.conf import settings
from django.core.checks import Error, register

from wagtail_automation import conf


@register("wagtail_automation")
def check_cart_hours(app_configs=None, **kwargs):
    """Hours that mean nothing would abandon every cart, or none."""
    if not isinstance(getattr(settings, "WAGTAIL_AUTOMATION", {}), dict):
        return []  # told by the kernel's own check
    hours = conf.get("CART_HOURS")
    if (
        isinstance(hours, tuple | list)
        and hours
        and all(isinstance(hour, int) and not isinstance(hour, bool) and 1 <= hour <= 8760 for hour in hours)
    ):
        return []
    return [
        Error(
            f"WAGTAIL_AUTOMATION['CART_HOURS'] is {hours!r}.",
            hint="It must be a list of whole hours from 1 to 8760, such as (1, 24, 72).",
            id="wagtail_automation.E030",
        )
    ]
