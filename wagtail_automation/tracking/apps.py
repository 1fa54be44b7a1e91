"""Django configuration of the tracking app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TrackingConfig(AppConfig):
    name = "wagtail_automation.tracking"
    label = "wagtail_automation_tracking"
    verbose_name = _("Automation: tracking")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self):
        from . import checks  # noqa: F401  (registers the system check)
