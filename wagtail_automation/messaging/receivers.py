"""Publishing an email compiles it; unpublishing retires what was compiled. Mail servers that change."""

from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from wagtail.signals import published, unpublished

from wagtail_automation import clock, jobs
from wagtail_automation.audiences.dynamic.models import DynamicContent

from . import actions, shared_content
from .delivery import warming
from .models import Email, MailServer


@receiver(published, sender=Email)
def compile_published(sender, instance, revision=None, **kwargs):
    if instance.live:
        actions.compile_version(email=instance, revision=revision)


@receiver(published, sender=DynamicContent)
def compile_users(sender, instance, **kwargs):
    """Emails that show a shared content say what it says from now on."""
    jobs.enqueue(shared_content.compile_anew, str(instance.translation_key))


@receiver(unpublished, sender=Email)
def retire_unpublished(sender, instance, **kwargs):
    actions.retire_versions(email=instance)


@receiver([post_save, post_delete], sender=MailServer)
def ask_anew(sender, **kwargs):
    """What waits for its turn at a server asks again: rates and plans may be others now."""
    warming.look_again(clock.now())
