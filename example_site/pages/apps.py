"""The pages of the example site."""

from django.apps import AppConfig


class PagesConfig(AppConfig):
    """Home, plain pages, prices and landing pages."""

    name = "example_site.pages"
    label = "site_pages"
    verbose_name = "Pages"
    default_auto_field = "django.db.models.BigAutoField"
