"""The test project's own app."""

from django.apps import AppConfig


class TestAppConfig(AppConfig):
    """Page models that a consumer of the package might have."""

    name = "tests.testapp"
    label = "testapp"
    default_auto_field = "django.db.models.BigAutoField"
