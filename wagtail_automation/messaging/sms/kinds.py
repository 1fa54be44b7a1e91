"""Gateways of text messages: any that takes an HTTP call, and the console for development."""

import json
import logging
import re
from urllib.parse import urlencode

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from wagtail_automation.leads.field_types import clean_phone
from wagtail_automation.messaging.channels import http
from wagtail_automation.messaging.channels.registry import (
    ChannelKind,
    Outcome,
    Outgoing,
    SecretField,
    Verdict,
    register,
)

logger = logging.getLogger("wagtail_automation.sms")

_PATH = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")
_NAME = re.compile(r"[A-Za-z0-9_.\[\]-]{1,60}")


class SmsOptions(forms.Form):
    """What every gateway of text messages is asked."""

    country_code = forms.RegexField(
        r"^\+[1-9][0-9]{0,3}$",
        label=gettext_lazy("Country code"),
        required=False,
        max_length=5,
        help_text=gettext_lazy("Put before national numbers, such as +33. Empty: those get no message."),
    )
    stop_text = forms.CharField(
        label=gettext_lazy("How to refuse"),
        required=False,
        max_length=60,
        help_text=gettext_lazy(
            "Stands at the end of every message that does not name STOP, such as “STOP to 36111”."
        ),
    )
    webhook_secret = SecretField(
        label=gettext_lazy("Key of the gateway's calls"),
        required=False,
        help_text=gettext_lazy(
            "Its name among the SECRETS of the site's settings. The gateway signs its reports with it."
        ),
    )


class SmsKind(ChannelKind):
    """Base: text to the lead's phone number. A subclass defines ``deliver``."""

    medium = "sms"
    Options = SmsOptions

    def addresses(self, leads):
        found = {}
        for lead in leads:
            if number := self.number(lead.phone):
                found[lead.pk] = number
        return found

    def number(self, phone: str) -> str:
        """The number in E.164; empty when there is none."""
        code = self.options.get("country_code") or ""
        try:
            plain = clean_phone(phone or "")
            if code and not plain.startswith("+"):
                plain = code + plain.removeprefix("0")
            return clean_phone(plain, international=True)
        except ValidationError:
            return ""

    def finish(self, content):
        text, stop = content.get("text", ""), self.options.get("stop_text") or ""
        if stop and not re.search(r"\bstop\b", text, re.IGNORECASE):
            text = f"{text}\n{stop}" if text else text
        return {**content, "text": text}


@register
class ConsoleKind(SmsKind):
    """Writes the message into the log and sends nothing."""

    key = "sms_console"
    label = gettext_lazy("Text messages: only into the log")
    description = gettext_lazy("For development: the message appears in the log of the worker.")

    def send(self, message: Outgoing) -> Outcome:
        logger.info("SMS %s %s: %s", message.reference, message.address, message.content.get("text", ""))
        return Outcome(Verdict.SENT, provider_id=message.reference)


class HttpOptions(SmsOptions):
    """Where the gateway is and what it calls things."""

    url = forms.URLField(label=gettext_lazy("Address of the gateway"), max_length=500, assume_scheme="https")
    format = forms.ChoiceField(
        label=gettext_lazy("Format"),
        choices=[("json", "JSON"), ("form", gettext_lazy("Fields of a form"))],
        initial="json",
    )
    header = forms.RegexField(
        r"^[A-Za-z0-9-]{1,60}$",
        label=gettext_lazy("Header of the key"),
        required=False,
        initial="Authorization",
    )
    prefix = forms.CharField(
        label=gettext_lazy("Before the key"), required=False, max_length=20, initial="Bearer", strip=True
    )
    key = SecretField(
        label=gettext_lazy("Key"),
        required=False,
        help_text=gettext_lazy(
            "Its name among the SECRETS of the site's settings; the key itself stays there."
        ),
    )
    sender = forms.CharField(
        label=gettext_lazy("Sender"),
        required=False,
        max_length=20,
        help_text=gettext_lazy("A number, or up to eleven letters where the country allows it."),
    )
    to_name = forms.CharField(label=gettext_lazy("Name of the recipient"), max_length=60, initial="to")
    text_name = forms.CharField(label=gettext_lazy("Name of the text"), max_length=60, initial="text")
    sender_name = forms.CharField(label=gettext_lazy("Name of the sender"), max_length=60, initial="from")
    reference_name = forms.CharField(
        label=gettext_lazy("Name of the reference"),
        required=False,
        max_length=60,
        initial="reference",
        help_text=gettext_lazy("Our own number of the message: a good gateway does not send it twice."),
    )
    id_path = forms.CharField(
        label=gettext_lazy("Where the answer holds the gateway's number"),
        required=False,
        max_length=120,
        initial="id",
        help_text=gettext_lazy("Such as id, or messages.0.id"),
    )

    def clean_url(self):
        url = self.cleaned_data["url"]
        if not http.is_safe(url):
            raise ValidationError(_("Use an https address."))
        return url

    def clean_id_path(self):
        path = self.cleaned_data["id_path"]
        if path and not _PATH.fullmatch(path):
            raise ValidationError(_("Use names and numbers with dots between them."))
        return path

    def clean(self):
        cleaned = super().clean()
        for name in ("to_name", "text_name", "sender_name", "reference_name"):
            if cleaned.get(name) and not _NAME.fullmatch(cleaned[name]):
                self.add_error(name, _("Use letters, digits, dots, hyphens and underscores."))
        return cleaned


@register
class HttpKind(SmsKind):
    """One POST for each message to a gateway."""

    key = "sms_http"
    label = gettext_lazy("Text messages: HTTP gateway")
    description = gettext_lazy("Calls a gateway over HTTP, whatever it names things.")
    Options = HttpOptions

    def send(self, message):
        option = self.options.get
        values = {
            option("to_name"): message.address,
            option("text_name"): message.content.get("text", ""),
        }
        if option("sender"):
            values[option("sender_name")] = option("sender")
        if option("reference_name"):
            values[option("reference_name")] = message.reference
        headers = {"Idempotency-Key": message.reference, "Accept": "application/json"}
        if option("key"):
            secret = f"{option('prefix') or ''} {self.secret('key')}".strip()
            if not secret.isprintable():
                return Outcome(Verdict.RETRY, "no_secret", down=True)
            headers[option("header") or "Authorization"] = secret
        if option("format") == "form":
            body, headers["Content-Type"] = urlencode(values).encode(), "application/x-www-form-urlencoded"
        else:
            body, headers["Content-Type"] = json.dumps(values).encode(), "application/json"
        answer = http.post(option("url"), body, headers)
        return http.judge(answer, _dig(answer.json(), option("id_path") or ""))


def _dig(data, path: str) -> str:
    """The value at a dotted path, as text; empty if there is none."""
    for name in path.split(".") if path else ():
        if isinstance(data, dict):
            data = data.get(name)
        elif isinstance(data, list) and name.isdigit() and int(name) < len(data):
            data = data[int(name)]
        else:
            return ""
    return str(data) if path and isinstance(data, str | int) else ""
