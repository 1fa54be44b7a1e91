"""The example data."""

from django.apps import AppConfig


class DemoConfig(AppConfig):
    """What makes the example site look inhabited."""

    name = "example_site.demo"
    label = "site_demo"
    verbose_name = "Demonstration"
    default_auto_field = "django.db.models.BigAutoField"
