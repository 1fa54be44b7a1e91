"""Publishing an email compiles it; unpublishing retires what was compiled."""

from django.dispatch import receiver
from wagtail.signals import published, unpublished

from . import actions
from .models import Email


@receiver(published, sender=Email)
def compile_published(sender, instance, revision=None, **kwargs):
    if instance.live:
        actions.compile_version(email=instance, revision=revision)


@receiver(unpublished, sender=Email)
def retire_unpublished(sender, instance, **kwargs):
    actions.retire_versions(email=instance)
