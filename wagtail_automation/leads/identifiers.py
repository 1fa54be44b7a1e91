"""The kinds of identifiers and how each is brought into its one normal form. Sites may register more."""

import re
import unicodedata
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from wagtail_automation.registry import Registry

from .field_types import clean_phone


class IdentifierKind:
    """One kind. Among several identifiers given at once, the one of greatest ``strength`` says who it is."""

    key: str | None = None
    label = ""
    strength = 0

    @classmethod
    def normalise(cls, value: str) -> str:
        """The one normal form. Raises ValidationError."""
        return value


identifier_kinds = Registry("identifier_kinds", IdentifierKind, is_public=True, key_length=30)


#: addresses that ``validate_email`` accepts, of the form that nearly all have, and in lower case
PLAIN_EMAIL = re.compile(
    r"[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}"
)
#: What would become the text of an identifier that nobody has, such as “None”, and make one person of many.
NO_KEYS = (bool, float, Decimal, bytes, list, tuple, dict, set, frozenset)
_CONTROLS = {"Cc", "Cs", "Zl", "Zp"}


def normalise(kind: str, value) -> str:
    """The normal form of a value. Raises ValidationError; also for a kind that nobody registered."""
    if kind not in identifier_kinds:
        raise ValidationError(
            gettext("There is no identifier of the kind “%(kind)s”.") % {"kind": str(kind)[:50]}
        )
    if value is None or isinstance(value, NO_KEYS):
        raise ValidationError(gettext("A number or key is text."), code="invalid")
    if isinstance(value, int) and abs(value) >= 10**254:  # Python writes out no number of 4300 digits
        raise ValidationError(
            gettext("Use at most %(limit)d characters.") % {"limit": 254}, code="max_length"
        )
    text = value if isinstance(value, str) else str(value)
    if len(text) > 1000:  # before any work on it
        raise ValidationError(
            gettext("Use at most %(limit)d characters.") % {"limit": 254}, code="max_length"
        )
    text = text.strip(" \t\r\n\u00a0")
    if not text.isprintable() and any(unicodedata.category(char) in _CONTROLS for char in text):
        raise ValidationError(gettext("Control characters are not allowed."), code="control")
    if not text:
        raise ValidationError(gettext("This field is required."), code="required")
    found = identifier_kinds[kind].normalise(text)
    if len(found) > 254:
        raise ValidationError(
            gettext("Use at most %(limit)d characters.") % {"limit": 254}, code="max_length"
        )
    return found


@identifier_kinds.register
class UserKind(IdentifierKind):
    """A user account of the site, by primary key."""

    key = "user"
    label = _("User account")
    strength = 100


@identifier_kinds.register
class ExternalKind(IdentifierKind):
    """The key under which another system of the site knows the person."""

    key = "external"
    label = _("External key")
    strength = 90


@identifier_kinds.register
class CrmKind(IdentifierKind):
    key = "crm"
    label = _("CRM key")
    strength = 80


@identifier_kinds.register
class EmailKind(IdentifierKind):
    """Lower case throughout, as all providers in practice treat it; international domains in ASCII form."""

    key = "email"
    label = _("Email address")
    strength = 70

    @classmethod
    def normalise(cls, value):
        if PLAIN_EMAIL.fullmatch(value) and len(value) <= 254:
            return value
        local, at, domain = value.rpartition("@")
        if at:
            labels = unicodedata.normalize("NFKC", domain).lower().replace("\u3002", ".").split(".")
            value = f"{local.lower()}@{'.'.join(map(_ascii_label, labels))}"
        if len(value) > 254:
            raise ValidationError(
                gettext("Use at most %(limit)d characters.") % {"limit": 254}, code="max_length"
            )
        validate_email(value)
        if value.startswith('"'):  # quoted local parts: legal, never a customer's
            raise ValidationError(gettext("Enter a valid email address."), code="invalid")
        return value


def _ascii_label(label: str) -> str:
    """One label of a domain as it travels: ``köln`` -> ``xn--kln-sna`` (IDNA 2008, RFC 5891)."""
    return label if label.isascii() else f"xn--{label.encode('punycode').decode('ascii')}"


@identifier_kinds.register
class MobileKind(IdentifierKind):
    """A device of a mobile application."""

    key = "mobile"
    label = _("Mobile device")
    strength = 60


@identifier_kinds.register
class PhoneKind(IdentifierKind):
    """E.164 (ITU-T): a plus sign and 7 to 15 digits."""

    key = "phone"
    label = _("Phone number")
    strength = 50

    @classmethod
    def normalise(cls, value):
        return clean_phone(value, international=True)


@identifier_kinds.register
class SubscriberKind(IdentifierKind):
    """The key of a newsletter subscription elsewhere."""

    key = "subscriber"
    label = _("Subscriber key")
    strength = 40
