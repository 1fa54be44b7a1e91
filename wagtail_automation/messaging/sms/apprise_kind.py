"""Gateways through apprise: more than a hundred of them, each named by one address, which is a secret.

apprise answers yes or no. Whether a message may be tried again depends on why, and that is known only where
the call happens: ``requests`` is watched while we call, in this thread alone.
"""

import contextvars
from functools import cache, wraps
from urllib.parse import quote

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from wagtail_automation import secret
from wagtail_automation.leads.models import CustomField
from wagtail_automation.messaging.channels import http
from wagtail_automation.messaging.channels.registry import (
    ChannelKind,
    Medium,
    Outcome,
    SecretField,
    Verdict,
    register,
    register_medium,
)

from .kinds import SmsKind, SmsOptions

CHAT = register_medium(Medium("chat", gettext_lazy("Chat messages")))
#: stands in the address for whom it goes to
PLACE = "{to}"
#: calls of ``requests`` of the message at hand: answers and errors
_calls: contextvars.ContextVar[list | None] = contextvars.ContextVar("wa_apprise_calls", default=None)


@cache
def _watch() -> None:
    """Note every call of ``requests`` that is made for us; those of others pass untouched."""
    import requests

    send = requests.Session.send

    @wraps(send)
    def watched(session, request, **kwargs):
        seen = _calls.get()
        if seen is None:
            return send(session, request, **kwargs)
        try:
            answer = send(session, request, **kwargs)
        except requests.RequestException as error:
            seen.append(error)
            raise
        seen.append(answer)
        return answer

    requests.Session.send = watched


def plugin(address: str, to: str):
    """apprise's object for this address; None for one that it does not understand."""
    import apprise

    return apprise.Apprise.instantiate(address.replace(PLACE, quote(to, safe="+")), suppress_exceptions=True)


def deliver(address: str, to: str, text: str) -> Outcome:
    """Hand one text over. The address is never part of the outcome."""
    found = plugin(address, to)
    if found is None:
        return Outcome(Verdict.RETRY, "gateway_address", down=True)
    _watch()
    seen: list = []
    token = _calls.set(seen)
    try:
        taken = found.notify(body=text, title="")
    finally:
        _calls.reset(token)
    if taken:
        return Outcome(Verdict.SENT)
    return _judge(seen[-1] if seen else None)


def _judge(last) -> Outcome:
    """Why apprise said no, by the last call that it made."""
    from requests import Response
    from requests.exceptions import ConnectTimeout, SSLError

    if isinstance(last, Response):
        answer = http.Answer(last.status_code, last.content[:500])
        if answer.status < 300:  # taken by HTTP, refused in words
            return Outcome(Verdict.FAILED, "gateway_refused", answer.detail)
        return http.judge(answer)
    if last is None:  # no HTTP, or nothing was tried: nobody knows
        return Outcome(Verdict.UNKNOWN, "no_answer", down=True)
    never = isinstance(last, ConnectTimeout | SSLError) or "NewConnectionError" in repr(last)
    # what the error says may hold the address: only its kind is kept
    return http.judge(http.Answer(0, sent=not never, error=type(last).__name__))


def clean_address(name: str, *, place: str = PLACE) -> str:
    """The name of a secret that is an address for apprise, with this place in it. Raises ValidationError,
    without the secret."""
    try:
        import apprise  # noqa: F401
    except ImportError as error:
        raise ValidationError(
            _("Install the extra “notify”: pip install wagtail-automation[notify]")
        ) from error
    address = secret.get(name)
    if place not in address:
        raise ValidationError(
            _("The address must say with %(place)s where the recipient stands."), params={"place": place}
        )
    if plugin(address, "+15550001111") is None:
        raise ValidationError(_("apprise does not understand this address."))
    return name


def address_field() -> SecretField:
    """Asks for the name of the secret with the gateway's address."""
    return SecretField(
        label=gettext_lazy("Address for apprise"),
        help_text=gettext_lazy(
            "Its name among the SECRETS of the site's settings: the whole address, since keys stand in it, "
            "with {to} where the recipient stands, such as clickatell://KEY/{to}."
        ),
    )


class AppriseOptions(SmsOptions):
    """As every gateway of text messages, with one address."""

    address = address_field()

    def clean_address(self):
        return clean_address(self.cleaned_data["address"])


@register
class AppriseSmsKind(SmsKind):
    """Text messages by any gateway that apprise knows."""

    key = "sms_apprise"
    label = gettext_lazy("Text messages: a gateway through apprise")
    description = gettext_lazy("More than a hundred gateways, each by one address. Needs the extra “notify”.")
    Options = AppriseOptions

    def send(self, message):
        return deliver(self.secret("address"), message.address, message.content.get("text", ""))


class ChatOptions(forms.Form):
    """Where the name in the chat is known from."""

    address = address_field()
    field = forms.ChoiceField(
        label=gettext_lazy("Field with the name in the chat"),
        help_text=gettext_lazy("A field of your own of people, of one line of text."),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        own = CustomField.objects.filter(type="text", is_archived=False).order_by("label")
        self.fields["field"].choices = [("", "---------"), *own.values_list("key", "label")]

    def clean_address(self):
        return clean_address(self.cleaned_data["address"])


@register
class AppriseChatKind(ChannelKind):
    """Text to people in a chat, such as Telegram, by what a field of theirs says."""

    key = "chat_apprise"
    label = gettext_lazy("Chat messages through apprise")
    description = gettext_lazy("Telegram, WhatsApp, Matrix and others. Needs the extra “notify”.")
    medium = CHAT.key
    Options = ChatOptions

    def addresses(self, leads):
        key = self.options.get("field") or ""
        found = {lead.pk: str(lead.attributes.get(key) or "").strip() for lead in leads}
        return {pk: name for pk, name in found.items() if name}

    def send(self, message):
        return deliver(self.secret("address"), message.address, message.content.get("text", ""))
