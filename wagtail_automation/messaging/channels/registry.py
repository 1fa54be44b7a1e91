"""The channel interface: one class for a gateway, one entry for what is written over it."""

import hmac
import json
from dataclasses import dataclass

from django import forms
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from wagtail_automation import clock, conf, secret
from wagtail_automation.messaging.transport import Outcome, Verdict
from wagtail_automation.registry import Registry
from wagtail_automation.tracking.identity import signature

__all__ = ["BadCallError", "ChannelKind", "Medium", "Outcome", "Outgoing", "Report", "SecretField", "Verdict"]

MAX_BODY = 100_000  # bytes of a call of a gateway
MAX_REPORTS = 500  # in one call


@dataclass(frozen=True)
class Medium:
    """What people get: text messages, push messages, letters. ``key`` is also the subject of the consent
    without which nobody is written to. Events: published names, or empty where none is told."""

    key: str
    label: str | Promise
    sent: str = ""
    delivered: str = ""
    clicked: str = ""
    replied: str = ""


_media: dict[str, Medium] = {}


def register_medium(medium: Medium) -> Medium:
    """Add a medium; a repeat changes nothing. Raises ImproperlyConfigured when the key is another's."""
    known = _media.setdefault(medium.key, medium)
    if known != medium:
        raise ImproperlyConfigured(f"The medium {medium.key!r} is registered with other words.")
    return medium


def medium(key: str) -> Medium:
    """The medium of a key; one whose app is gone is described by itself."""
    return _media.get(key) or Medium(key, key)


def media() -> list[Medium]:
    return list(_media.values())


@dataclass(frozen=True)
class Outgoing:
    """One message on its way out. ``content``: what the author wrote, with the person's values in it, such as
    ``{"text": …}``. ``reference``: the same at every try, for gateways that refuse to send twice."""

    address: object
    content: dict
    reference: str


@dataclass(frozen=True)
class Report:
    """What a gateway tells: ``delivered``, ``failed`` (with a ``detail``) or ``received`` (with ``text`` and
    the ``sender``). ``id``: the gateway's own name of the message; the same id is read once."""

    kind: str
    id: str
    detail: str = ""
    sender: str = ""
    text: str = ""


class BadCallError(ValueError):
    """A call of a gateway that cannot be used; ``status`` is the HTTP status to answer."""

    def __init__(self, message: str, status: int = 400):
        super().__init__(message)
        self.status = status


class SecretField(forms.CharField):
    """Asks for the name of an entry of the setting SECRETS, never for the secret itself."""

    def __init__(self, **kwargs):
        kwargs.setdefault("max_length", 60)
        super().__init__(**kwargs)

    def clean(self, value):
        value = super().clean(value)
        if value and not secret.exists(value):
            raise ValidationError(_("The setting SECRETS has no “%(name)s”."), params={"name": value})
        return value


class ChannelKind:
    """One way out of the site. A subclass with ``key``, ``label`` and ``medium`` that is registered appears
    among the kinds of channels in the admin; ``Options`` is what is asked there.

    An instance belongs to one channel: ``self.options`` are the answers. Secrets are read when used, by
    ``self.secret("option")``.
    """

    key = ""
    label: str | Promise = ""
    description: str | Promise = ""
    #: key of a registered medium
    medium = "sms"

    class Options(forms.Form):
        """Nothing is asked."""

    def __init__(self, options: dict):
        self.options = options

    def secret(self, option: str) -> str:
        """What the name in this option stands for; empty where none was given. Raises MissingSecretError."""
        name = self.options.get(option)
        return secret.get(name) if name else ""

    def addresses(self, leads: list) -> dict[int, object]:
        """``{lead.pk: where it goes}``; who is left out has no address. A constant number of queries."""
        raise NotImplementedError(f"{type(self).__qualname__} must define addresses()")

    def send(self, message: Outgoing) -> Outcome:
        """Hand one message over; never raises for what the network or the gateway does. ``UNKNOWN`` when the
        gateway may have it: it is then never sent again by itself."""
        raise NotImplementedError(f"{type(self).__qualname__} must define send()")

    def finish(self, content: dict) -> dict:
        """The content as it leaves, such as with an instruction how to refuse. Also for the preview."""
        return content

    # -- what the gateway tells ----------------------------------------------------------------------------

    def receive(self, headers, body: bytes) -> list[Report]:
        """The reports of one call, once it is sure who calls. Raises BadCallError (400, 403, 413)."""
        if len(body) > MAX_BODY:
            raise BadCallError(f"A call has at most {MAX_BODY} bytes.", 413)
        self.check(headers, body)
        found = self.read(body)
        if len(found) > MAX_REPORTS:
            raise BadCallError(f"A call has at most {MAX_REPORTS} reports.", 413)
        return found

    def check(self, headers, body: bytes) -> None:
        """Who calls: HMAC-SHA256 over ``timestamp.body`` in X-WA-Signature, by the secret of the option
        ``webhook_secret``; a timestamp (seconds) in X-WA-Timestamp. Override for a gateway that
        signs otherwise. Raises BadCallError (403)."""
        key = self.secret("webhook_secret")
        timestamp, given = (headers.get(f"X-WA-{name}", "") for name in ("Timestamp", "Signature"))
        if not key or not (timestamp.isascii() and timestamp.isdigit()) or len(timestamp) > 12:
            raise BadCallError("no secret or malformed call", 403)
        if not hmac.compare_digest(signature(key, timestamp, body).encode(), given.encode()):
            raise BadCallError("wrong signature", 403)
        if abs(clock.now().timestamp() - int(timestamp)) > conf.get("IDENTIFY_SECONDS"):
            raise BadCallError("too old", 403)

    def read(self, body: bytes) -> list[Report]:
        """``{"reports": [{"kind", "id", "detail", "from", "text"}, …]}`` or one of them alone. Override for a
        gateway with words of its own. Raises BadCallError."""
        try:
            call = json.loads(body.decode("utf-8"))
        except (UnicodeDecodeError, ValueError, RecursionError) as error:
            raise BadCallError("The body is not JSON.") from error
        rows = call.get("reports", [call]) if isinstance(call, dict) else None
        if not isinstance(rows, list):
            raise BadCallError('The body must be one report or {"reports": […]}.')
        return [_report(row) for row in rows]


def _report(row) -> Report:
    names = {"kind": 16, "id": 120, "detail": 255, "from": 60, "text": 5000}
    if not isinstance(row, dict) or not set(row) <= set(names):
        raise BadCallError(f"The names of a report are {', '.join(names)}.")
    said = {name: str(row.get(name) or "")[:limit].replace("\0", "") for name, limit in names.items()}
    if said["kind"] not in ("delivered", "failed", "received") or not said["id"].strip():
        raise BadCallError("A report has a kind (delivered, failed, received) and an id.")
    return Report(said["kind"], said["id"].strip(), said["detail"], said["from"], said["text"])


channel_kinds = Registry(
    "channel_kinds", ChannelKind, is_public=True, needs=("addresses", "send"), key_length=40
)
register = channel_kinds.register
