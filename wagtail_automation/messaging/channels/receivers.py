"""Publishing a message makes its version; unpublishing and deleting retire what is queued."""

from django.db.models.signals import post_delete
from django.dispatch import receiver
from wagtail.signals import published, unpublished

from . import actions
from .models import ChannelContent


@receiver(published)
def compile_published(sender, instance, **kwargs):
    if isinstance(instance, ChannelContent) and instance.live:
        actions.compile_version(content=instance)


@receiver(unpublished)
def retire_unpublished(sender, instance, **kwargs):
    if isinstance(instance, ChannelContent):
        actions.retire_versions(content=instance)


@receiver(post_delete)
def retire_deleted(sender, instance, **kwargs):
    if isinstance(instance, ChannelContent):
        actions.retire_versions(content=instance)
