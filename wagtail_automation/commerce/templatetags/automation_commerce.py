"""The tag for a site's base template that lets its pages report carts. It runs no query."""

from django import template
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html

from wagtail_automation import conf

register = template.Library()


@register.simple_tag
def automation_cart_script():
    """The script that brings ``wa.cart``. Put it behind ``{% automation_script %}``."""
    return format_html(
        '<script id="wa-cart-script" src="{}" data-cart="{}" data-currency="{}" defer></script>',
        static("wagtail_automation/commerce/cart.js"),
        reverse("wagtail_automation_commerce:cart"),
        conf.get("CURRENCY"),
    )
