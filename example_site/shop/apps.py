"""The shop of the example site."""

from django.apps import AppConfig


class ShopConfig(AppConfig):
    """Products and the shop window."""

    name = "example_site.shop"
    label = "site_shop"
    verbose_name = "Shop"
    default_auto_field = "django.db.models.BigAutoField"
