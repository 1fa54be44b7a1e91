"""Activities that need more than one app; those of one app stand in it."""

from django.apps import apps

if apps.is_installed("wagtail_automation.content") and apps.is_installed("wagtail_automation.messaging"):
    from .assets import email_blocks  # noqa: F401  (registers itself)
    from .surveys import activities  # noqa: F401  (the same)
