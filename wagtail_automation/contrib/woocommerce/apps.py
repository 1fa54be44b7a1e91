"""Django configuration of the adapter."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WooCommerceConfig(AppConfig):
    name = "wagtail_automation.contrib.woocommerce"
    label = "wagtail_automation_woocommerce"
    verbose_name = _("Automation: WooCommerce")
