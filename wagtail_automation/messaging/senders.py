"""Who an email seems to come from: the site, a person of it, or the owner of each lead.

The address in From is always the site's (one of another domain breaks DMARC): a person lends their name,
and gets the answers.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urljoin

from django.contrib.auth import get_user_model
from wagtail.images.models import SourceImageIOError

from .compiler import base_url
from .models import EmailSettings, SentBy

#: the Liquid object in which templates find the sender
NAME = "sender"
PHOTO = "fill-160x160"


@dataclass(frozen=True)
class Sender:
    """``name``: in From; empty: the site's address alone. ``reply_to``: where answers go, or empty."""

    name: str
    reply_to: str
    role: str = ""
    signature: str = ""
    photo: str = ""

    def data(self) -> dict:
        """What ``{{ sender.… }}`` says."""
        return {
            "name": self.name,
            "email": self.reply_to,
            "role": self.role,
            "signature": self.signature,
            "photo": self.photo,
        }


def of_site(settings: EmailSettings, site) -> Sender:
    """The site as a sender, as its email settings say."""
    return Sender(settings.sender_name or (site.site_name if site else ""), settings.reply_to)


class People:
    """Users as senders, read together: two queries for any number of them and one for each new picture."""

    def __init__(self, ids: Iterable[int | None], site=None):
        wanted = {pk for pk in ids if pk}
        users = get_user_model()._default_manager.filter(pk__in=wanted, is_active=True) if wanted else ()
        self._found = (
            {user.pk: user for user in users.select_related("wa_sender_profile__photo")} if wanted else {}
        )
        self._senders: dict = {}

    def get(self, pk: int | None, site) -> Sender | None:
        """None for nobody, and for somebody who does not work here any more."""
        user = self._found.get(pk)
        if user is None:
            return None
        key = pk, site.pk if site else None
        if key not in self._senders:
            self._senders[key] = _of_user(user, site)
        return self._senders[key]


def _of_user(user, site) -> Sender:
    profile = getattr(user, "wa_sender_profile", None)
    name = (profile.name if profile else "") or user.get_full_name() or user.get_username()
    if profile is None:
        return Sender(name, user.email)
    return Sender(
        name,
        profile.reply_to or user.email,
        profile.role,
        profile.signature.strip(),
        _photo(profile.photo, site),
    )


def _photo(image, site) -> str:
    if image is None:
        return ""
    try:
        return urljoin(f"{base_url(site)}/", image.get_rendition(PHOTO).url)
    except (SourceImageIOError, OSError, ValueError):  # a file that is gone keeps nobody's email back
        return ""


def user_of(chosen_by, lead) -> int | None:
    """The id of the user who sends, by what has ``sent_by`` and ``sent_by_user_id``; None: the site."""
    if chosen_by.sent_by == SentBy.PERSON:
        return chosen_by.sent_by_user_id
    if chosen_by.sent_by == SentBy.OWNER:
        return (lead.owner_id if lead is not None else None) or chosen_by.sent_by_user_id
    return None


def user_of_message(row) -> int | None:
    """As ``user_of``, for a message: what queued it may have chosen, else its email's version says."""
    return user_of(row if row.sent_by else row.email_version, row.lead)
