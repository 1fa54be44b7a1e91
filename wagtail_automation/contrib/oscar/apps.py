"""Django configuration of the adapter: listens once every model is loaded."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OscarAdapterConfig(AppConfig):
    name = "wagtail_automation.contrib.oscar"
    label = "wagtail_automation_oscar"
    verbose_name = _("Automation: django-oscar")

    def ready(self):
        from . import receivers

        receivers.connect()
