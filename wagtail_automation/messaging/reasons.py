"""What the codes in ``OutboxRow.reason`` mean, for people."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from wagtail_automation.outbox import State

REASONS = {
    "": "",
    "email_deleted": _("The email was deleted before it was sent."),
    "email_unpublished": _("The email is no longer published."),
    "no_address": _("The lead has no email address."),
    "invalid_address": _("The email address is not valid."),
    "suppressed": _("The address is on the suppression list."),
    "quiet_hours": _("It waits until people may be written to."),
    "consent_withdrawn": _("The person unsubscribed from emails."),
    "rate": _("It waits for its turn: the mail server takes so many a minute."),
    "warm_up": _("It waits for another day: the mail server is new and sends only so many a day."),
    "paused": _("The person asked for a pause."),
    "frequency_cap": _("The person got enough messages lately."),
    "newsletter_paused": _("The newsletter is paused."),
    "newsletter_cancelled": _("The newsletter was cancelled."),
    "cannot_be_built": _("The email could not be written with this person's values."),
    "server_unreachable": _("The mail server could not be reached."),
    "server_busy": _("The mail server asked to come back later."),
    "sender_refused": _("The mail server refused the sender's address."),
    "recipient_refused": _("The mail server refused the recipient."),
    "message_refused": _("The mail server refused the message."),
    "provider_refused": _("The provider refused the message."),
    "provider_account": _(
        "The provider takes nothing from this account now: look at its key, its balance and its limits."
    ),
    "not_accepted": _("The mail server did not take the message."),
    "no_answer": _("The connection broke before the mail server answered: it may have the message."),
    "worker_lost": _("The worker stopped while it handed the message over: the server may have it."),
    "reported_sent": _("The worker stopped, but a report of the receiving server shows that it was sent."),
    "no_channel": _("There is no channel in use for such messages."),
    "people_deleted": _("The people it was about were deleted."),
    "no_number": _("The lead has no number or address for this channel."),
    "consent_missing": _("The person never agreed to messages over this channel."),
    "channel_refused": _("The person refused messages over this channel."),
    "text_unpublished": _("The message is no longer published."),
    "text_empty": _("Nothing is left of the text with this person's values."),
    "no_secret": _("The setting SECRETS lacks the key of the channel."),
    "bad_secret": _("The key among the SECRETS is none that this channel understands."),
    "channel_broken": _("The channel's program failed: the gateway may have the message."),
    "browser_left": _("The browser takes no push messages any more."),
    "gateway_address": _("The gateway's address among the SECRETS is not understood."),
    "gateway_refused": _("The gateway refused the message."),
    "gateway_busy": _("The gateway asked to come back later."),
    "gateway_unreachable": _("The gateway could not be reached."),
    "survey_asked_lately": _("The person was asked the same not long ago, or answered it."),
    "erased": _("The person was erased."),
    "resent": _("Somebody chose to send it again."),
}
GAVE_UP = "gave_up_"
#: outbox rows that nobody had taken in the last try
GIVEN_UP = Q(state=State.FAILED, reason__startswith=GAVE_UP)


def explain(code: str) -> str:
    """The sentence for a code; an unknown code is shown as it is."""
    if code.startswith(GAVE_UP):
        cause = REASONS.get(code.removeprefix(GAVE_UP), code.removeprefix(GAVE_UP))
        return _("Given up after many tries. %(cause)s") % {"cause": cause}
    return REASONS.get(code, code)
