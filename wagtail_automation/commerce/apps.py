"""Django configuration of the commerce app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CommerceConfig(AppConfig):
    name = "wagtail_automation.commerce"
    label = "wagtail_automation_commerce"
    verbose_name = _("Automation: commerce")
    default_auto_field = "django.db.models.BigAutoField"
