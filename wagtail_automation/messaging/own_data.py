"""What messaging holds about people, for export and erasure."""

from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from wagtail_automation.leads.personal_data import (
    Matcher,
    PersonalRows,
    personal_data,
    register,
    register_sweep,
)
from wagtail_automation.outbox import State

from . import retention  # noqa: F401  (registers how long they are kept)
from .models import DirectMessage, Suppression
from .reasons import GIVEN_UP

APP = "wagtail_automation_messaging"
#: what tells nothing to a person about themselves
_INNER = ("key", "uuid", "lease_until", "lease_token", "message_id", "attempts", "sent_to", "provider_id")


class MessageRows(PersonalRows):
    """Messages to leads. An anonymisation keeps that one was sent and opened, and sends no more."""

    def __init__(self):
        super().__init__(f"{APP}.Message", heading=_("Emails"), exclude=_INNER)

    def anonymise(self, ids):
        rows = self.rows(ids)
        could_go = rows.filter(Q(state__in=(State.QUEUED, State.DOUBTFUL)) | GIVEN_UP)
        could_go.update(state=State.CANCELLED, reason="erased")
        return rows.update(variables={}, detail="", message_id="", sent_to="", provider_id="")


register(MessageRows())
personal_data.exempt(f"{APP}.DirectMessage", "Known by address only: the sweep finds it.")
personal_data.exempt(f"{APP}.Suppression", "Known by HMAC: the sweep empties what can be read.")
personal_data.exempt(f"{APP}.EarlyReport", "A provider's number of a message, for a quarter of an hour.")
personal_data.exempt(f"{APP}.Mailbox", "The site's own mailboxes.")
personal_data.exempt(f"{APP}.MailServer", "The site's own mail servers.")


register(
    PersonalRows(f"{APP}.LinkClick", heading=_("Followed links"), lead="message__lead", exclude=("data",))
)
register(PersonalRows(f"{APP}.Pause", heading=_("Pauses of emails")))
register(PersonalRows(f"{APP}.AddressChange", heading=_("Changes of address")))


@register_sweep
def forget_suppressed_addresses(matcher: Matcher) -> dict[str, int]:
    """An address stays suppressed, by its HMAC alone."""
    count = last = 0
    readable = Suppression.objects.exclude(address="", detail="")
    while True:
        rows = readable.filter(pk__gt=last).order_by("pk")
        part = list(rows.values_list("pk", "address", "detail")[:500])
        if not part:
            return {"suppressed addresses": count}
        last = part[-1][0]
        theirs = [pk for pk, *texts in part if matcher.finds("\n".join(texts))]
        if theirs:
            count += Suppression.objects.filter(pk__in=theirs).update(address="", detail="")


@register_sweep
def forget_direct_messages(matcher: Matcher) -> dict[str, int]:
    """Direct messages to the person, and those still to be sent to others that quote their address."""
    count = 0
    last = 0
    while True:
        rows = DirectMessage.objects.filter(pk__gt=last).annotate(lower_to=Lower("to")).order_by("pk")
        part = list(rows.values_list("pk", "lower_to", "subject", "text", "html", "reply_to", "detail")[:500])
        if not part:
            return {"direct messages": count}
        last = part[-1][0]
        gone = [pk for pk, *texts in part if matcher.finds("\n".join(texts))]
        count += DirectMessage.objects.filter(pk__in=gone).delete()[0] if gone else 0
