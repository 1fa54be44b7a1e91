"""The application of campaigns."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _


class CampaignsConfig(AppConfig):
    name = "wagtail_automation.campaigns"
    label = "wagtail_automation_campaigns"
    verbose_name = _("Campaigns")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self):
        from . import receivers

        receivers.connect()
        autodiscover_modules("scenarios")
