"""Push services of browsers, called with the site's own key (VAPID, RFC 8292)."""

import json
from urllib.parse import urlsplit

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from wagtail_automation.messaging.channels import http
from wagtail_automation.messaging.channels.registry import (
    ChannelKind,
    Outcome,
    SecretField,
    Verdict,
    register,
)
from wagtail_automation.messaging.transport import describe

from .models import PushSubscription

TTL = 60 * 60 * 24  # seconds that a push service keeps a message for a browser that is off


class PushOptions(forms.Form):
    """The site's own key, by the name of the secret."""

    key = SecretField(
        label=gettext_lazy("Private key"),
        help_text=gettext_lazy(
            "Its name among the SECRETS of the site's settings: the VAPID key as base64, of 32 bytes."
        ),
    )
    public_key = forms.RegexField(
        r"^[A-Za-z0-9_-]{86,88}$",
        label=gettext_lazy("Public key"),
        help_text=gettext_lazy("Given to browsers; 87 characters."),
    )
    contact = forms.EmailField(
        label=gettext_lazy("Contact"),
        help_text=gettext_lazy("Where a push service may write if something goes wrong."),
    )

    def clean(self):
        try:
            import pywebpush  # noqa: F401
        except ImportError as error:
            raise ValidationError(
                _("Install the extra “push”: pip install wagtail-automation[push]")
            ) from error
        return super().clean()


@register
class WebPushKind(ChannelKind):
    """A message to every browser of the person; sent when one push service took it."""

    key = "web_push"
    label = gettext_lazy("Push messages to browsers")
    description = gettext_lazy("Needs the extra “push” and a key pair.")
    medium = "push"
    Options = PushOptions

    def addresses(self, leads):
        found: dict[int, list] = {}
        for row in PushSubscription.objects.filter(lead__in=leads).order_by("pk"):
            found.setdefault(row.lead_id, []).append(row)
        return found

    def send(self, message):
        outcomes = [self._one(row, message) for row in message.address]
        for verdict in (Verdict.SENT, Verdict.UNKNOWN, Verdict.RETRY):
            for outcome in outcomes:
                if outcome.verdict is verdict:
                    return outcome
        return outcomes[0]

    def _one(self, row: PushSubscription, message) -> Outcome:
        from py_vapid import Vapid02
        from pywebpush import WebPusher

        parts = urlsplit(row.endpoint)
        try:
            vapid = Vapid02.from_string(self.secret("key"))
        except ValueError as error:  # no key of that kind: nobody was called, and it can be mended
            return Outcome(Verdict.RETRY, "bad_secret", describe(error), down=True)
        claims = {"sub": f"mailto:{self.options.get('contact')}", "aud": f"{parts.scheme}://{parts.netloc}"}
        headers = {str(name): str(value) for name, value in vapid.sign(claims).items()}
        keys = {"p256dh": row.p256dh, "auth": row.auth}
        pusher = WebPusher({"endpoint": row.endpoint, "keys": keys})
        try:
            body = pusher.encode(json.dumps(message.content).encode(), content_encoding="aes128gcm")["body"]
        except ValueError as error:  # what the browser gave is no key: it can read nothing, ever
            row.delete()
            return Outcome(Verdict.FAILED, "browser_left", describe(error))
        headers |= {
            "TTL": str(TTL),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "Topic": message.reference.replace("-", "")[:32],
        }
        answer = http.post(row.endpoint, body, headers)
        if answer.status in (404, 410):  # RFC 8030 §7.3: the browser has left
            row.delete()
            return Outcome(Verdict.FAILED, "browser_left", answer.detail)
        return http.judge(answer)
