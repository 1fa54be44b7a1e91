"""The mailbox of the example site."""

from django.apps import AppConfig


class MailboxConfig(AppConfig):
    """Whatever the SMTP server took."""

    name = "example_site.mailbox"
    label = "site_mailbox"
    verbose_name = "Mailbox"
    default_auto_field = "django.db.models.BigAutoField"
