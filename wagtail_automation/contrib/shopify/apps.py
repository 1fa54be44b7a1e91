"""Django configuration of the adapter."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ShopifyConfig(AppConfig):
    name = "wagtail_automation.contrib.shopify"
    label = "wagtail_automation_shopify"
    verbose_name = _("Automation: Shopify")
