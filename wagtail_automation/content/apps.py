"""Content: forms, landing pages and blocks that know the visitor."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ContentConfig(AppConfig):
    name = "wagtail_automation.content"
    label = "wagtail_automation_content"
    verbose_name = _("Automation: content")
    default_auto_field = "django.db.models.BigAutoField"
