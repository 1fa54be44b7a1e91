"""The application of leads."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LeadsConfig(AppConfig):
    name = "wagtail_automation.leads"
    label = "wagtail_automation_leads"
    verbose_name = _("Leads")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self):
        from wagtail_automation import checks  # noqa: F401  (one tells that the kernel is not installed)
