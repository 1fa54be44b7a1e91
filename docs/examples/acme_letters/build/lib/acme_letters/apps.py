"""The app, with its own kind of primary key, whatever the site's default is."""

from django.apps import AppConfig


class AcmeLettersConfig(AppConfig):
    name = "acme_letters"
    default_auto_field = "django.db.models.BigAutoField"
