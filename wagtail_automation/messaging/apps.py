"""The application of emails and their delivery."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MessagingConfig(AppConfig):
    name = "wagtail_automation.messaging"
    label = "wagtail_automation_messaging"
    verbose_name = _("Messages")
    default_auto_field = "django.db.models.BigAutoField"
