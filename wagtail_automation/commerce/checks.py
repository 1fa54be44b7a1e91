"""System checks of the commerce app."""

from django.conf import settings
from django.core.checks import Error, register

from wagtail_automation import conf

from .money import currencies


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


@register("wagtail_automation")
def check_currency(app_configs=None, **kwargs):
    """A currency that does not exist would stand in every form."""
    if not isinstance(getattr(settings, "WAGTAIL_AUTOMATION", {}), dict):
        return []
    code = conf.get("CURRENCY")
    if isinstance(code, str) and code in currencies():
        return []
    return [
        Error(
            f"WAGTAIL_AUTOMATION['CURRENCY'] is {code!r}.",
            hint="It must be three capital letters of a currency, such as EUR.",
            id="wagtail_automation.E031",
        )
    ]
