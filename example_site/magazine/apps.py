"""The magazine of the example site."""

from django.apps import AppConfig


class MagazineConfig(AppConfig):
    """Articles and their index."""

    name = "example_site.magazine"
    label = "site_magazine"
    verbose_name = "Magazine"
    default_auto_field = "django.db.models.BigAutoField"
