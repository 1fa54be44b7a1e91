"""What channels hold about people, for export, erasure and retention."""

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from wagtail_automation import pruning
from wagtail_automation.leads.personal_data import PersonalRows, personal_data, register
from wagtail_automation.messaging.reasons import GIVEN_UP
from wagtail_automation.outbox import State

from .models import ChannelMessage, ChannelReply

APP = "wagtail_automation_messaging"
_INNER = ("key", "uuid", "lease_until", "lease_token", "attempts", "provider_id")
BATCH = 2000


class ChannelMessageRows(PersonalRows):
    """An anonymisation keeps that one was sent, and sends no more."""

    def __init__(self):
        super().__init__(f"{APP}.ChannelMessage", heading=_("Text and push messages"), exclude=_INNER)

    def anonymise(self, ids):
        rows = self.rows(ids)
        could_go = rows.filter(Q(state__in=(State.QUEUED, State.DOUBTFUL)) | GIVEN_UP)
        could_go.update(state=State.CANCELLED, reason="erased")
        return rows.update(content={}, targets={}, address="", detail="", provider_id="")


register(ChannelMessageRows())
register(
    PersonalRows(
        f"{APP}.ChannelReply", heading=_("Answers to messages"), exclude=("provider_id",), is_traced=False
    )
)
register(
    PersonalRows(
        f"{APP}.PushSubscription",
        heading=_("Browsers with push messages"),
        exclude=("digest", "p256dh", "auth"),
        is_traced=False,
    )
)
personal_data.exempt(f"{APP}.Channel", "The site's own gateways.")


def empty_messages(before):
    """What messages said and where they went; that they were sent stays."""
    old = ChannelMessage.objects.filter(sent_at__lt=before).exclude(
        content={}, targets={}, address="", detail=""
    )
    while True:
        pks = list(old.order_by("pk").values_list("pk", flat=True)[:BATCH])
        if not pks:
            return
        with transaction.atomic():
            ChannelMessage.objects.filter(pk__anyof=pks).update(content={}, targets={}, address="", detail="")
        yield len(pks)


def prune_replies(before):
    """Answers, once nobody needs them."""
    old = ChannelReply.objects.filter(at__lt=before)
    while True:
        pks = list(old.order_by("pk").values_list("pk", flat=True)[:BATCH])
        if not pks:
            return
        with transaction.atomic():
            ChannelReply.objects.filter(pk__anyof=pks).delete()
        yield len(pks)


pruning.register_kind(
    pruning.Kind(
        "channel_contents",
        _("Contents of text and push messages"),
        365,
        empty_messages,
        _("after they were sent"),
    )
)
pruning.register_kind(
    pruning.Kind("channel_replies", _("Answers to messages"), 365, prune_replies, _("after they came"))
)
