"""How long the contents of messages are kept."""

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from wagtail_automation import pruning

from .models import AlertPost, DirectMessage, Message

BATCH = 2000


def empty_messages(before):
    """The personal values of sent messages; that they were sent, opened and clicked stays."""
    old = Message.objects.filter(sent_at__lt=before).exclude(variables={}, detail="")
    while True:
        pks = list(old.order_by("pk").values_list("pk", flat=True)[:BATCH])
        if not pks:
            return
        with transaction.atomic():
            Message.objects.filter(pk__anyof=pks).update(variables={}, detail="")
        yield len(pks)


def prune_direct(before):
    """Direct messages and posts in chats that are over and done with."""
    for model in (DirectMessage, AlertPost):
        old = model.objects.filter(created_at__lt=before)
        old = old.exclude(state__in=("queued", "in_hand", "doubtful"))
        while pks := list(old.order_by("pk").values_list("pk", flat=True)[:BATCH]):
            with transaction.atomic():
                model.objects.filter(pk__anyof=pks).delete()
            yield len(pks)


pruning.register_kind(
    pruning.Kind(
        "message_contents", _("Contents of messages"), 365, empty_messages, _("after they were sent")
    )
)
pruning.register_kind(
    pruning.Kind("direct_messages", _("Direct messages"), 90, prune_direct, _("after they were written"))
)
