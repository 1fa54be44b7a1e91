"""Headers and parts of the emails that leave the site."""

import base64
import uuid
from collections.abc import Iterable
from email.headerregistry import Address
from urllib.parse import urlsplit

from django.conf import settings as django_settings
from django.core.mail import EmailMultiAlternatives

from .compiler import base_url
from .delivery import verp
from .rendering import Parts, one_line

#: headers that a direct message may have besides those of the site
FURTHER = ("In-Reply-To", "References", "X-Original-Authentication-Results")


def message_id(identity: uuid.UUID, site) -> str:
    """The Message-ID of a row, without angle brackets: the same whenever it is built (RFC 5322 §3.6.4)."""
    return f"{identity.hex}@{host(site)}"


def host(site) -> str:
    """The domain of a site's Message-IDs, in ASCII."""
    name = urlsplit(base_url(site)).hostname or "localhost"
    return name.encode("idna").decode()


def sender(settings, name: str = "") -> str:
    """The From header; ``name``: instead of the site's. Raises ValueError for an address that is none."""
    address = settings.sender_address or django_settings.DEFAULT_FROM_EMAIL
    name = one_line(name or settings.sender_name)
    if not name or "<" in address:
        return address
    return str(Address(display_name=name, addr_spec=address))


def marketing(
    parts: Parts, *, to: str, settings, message_id: str, unsubscribe_url: str, pk: int, sent_by=None
):
    """A message that the person may refuse: RFC 2369 and RFC 8058 headers, marked as automatic.

    ``sent_by``: a ``senders.Sender`` who lends name and Reply-To; None: the site.

    ``pk``: of the message, signed into the return path and the ``mailto:`` of unsubscription, where the
    site reads a mailbox of its own.
    """
    ways = ways_out(settings, unsubscribe_url, pk)
    email = _email(
        parts,
        to,
        settings,
        {
            "Message-ID": f"<{message_id}>",
            "List-Unsubscribe": ", ".join(ways),
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "Auto-Submitted": "auto-generated",
            "Precedence": "bulk",
        },
        sent_by,
    )
    email.return_path = return_path(settings, pk)
    return email


def ways_out(settings, unsubscribe_url: str, pk: int) -> list[str]:
    """What ``List-Unsubscribe`` offers for a message."""
    ways = [f"<{unsubscribe_url}>"]
    if settings.return_path:
        address = verp.address(settings.return_path, verp.UNSUBSCRIBE, pk)
        ways.append(f"<mailto:{address}?subject=unsubscribe>")
    return ways


def return_path(settings, pk: int, kind: str = verp.BOUNCE) -> str:
    """Where a message comes back to, or empty; providers with an interface have addresses of their own."""
    return verp.address(settings.return_path, kind, pk) if settings.return_path else ""


def direct(
    parts: Parts,
    *,
    to: str,
    settings,
    message_id: str,
    pk: int,
    sent_by=None,
    reply_to: str = "",
    attachments: Iterable[dict] = (),
    further: dict[str, str] | None = None,
):
    """A message that the person's own act caused. ``sent_by``: as for ``marketing``; ``reply_to``,
    ``attachments`` and ``further`` headers: as for ``actions.queue_direct``. Raises ValueError for what
    cannot be written."""
    headers = {"Message-ID": f"<{message_id}>", "Auto-Submitted": "auto-generated"}
    headers |= {name: value for name, value in (further or {}).items() if name in FURTHER}
    email = _email(parts, to, settings, headers, sent_by, reply_to)
    for one in attachments:
        email.attach(one_line(one["name"]), base64.b64decode(one["content"]), one["kind"])
    email.return_path = return_path(settings, pk, verp.DIRECT)
    return email


def _email(
    parts: Parts, to: str, settings, headers: dict, sent_by=None, reply_to: str = ""
) -> EmailMultiAlternatives:
    """Raises ValueError for a line break in any header."""
    for value in (parts.subject, to, reply_to, *headers.values()):
        if "\n" in value or "\r" in value:
            raise ValueError("A header holds a line break.")
    answers = one_line(reply_to or (sent_by and sent_by.reply_to) or settings.reply_to)
    email = EmailMultiAlternatives(
        subject=parts.subject,
        body=parts.text,
        from_email=sender(settings, sent_by.name if sent_by else ""),
        to=[to],
        reply_to=[answers] if answers else None,
        headers=headers,
    )
    if parts.html:
        email.attach_alternative(parts.html, "text/html")
    return email
