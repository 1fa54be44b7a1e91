"""The part of the test project that uses blocks and pages of content; installed only with that app."""

from django.apps import AppConfig


class ContentAppConfig(AppConfig):
    """Pages that a consumer of ``wagtail_automation.content`` might have."""

    name = "tests.contentapp"
    label = "contentapp"
    default_auto_field = "django.db.models.BigAutoField"
