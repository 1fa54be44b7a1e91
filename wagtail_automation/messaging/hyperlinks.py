"""Which addresses may stand in an email, and Liquid in text that is not Liquid itself."""

import re
from urllib.parse import urljoin, urlsplit

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

LIQUID = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
#: schemes that a link in an email may have; only the first two are tracked
WEB, OTHER = ("http", "https"), ("mailto", "tel")
#: variables that the sender fills for each message, beside those of ``wagtail_automation.liquid``
OWN_VARIABLES = ("unsubscribe_url", "preferences_url", "view_url", "open_url", "hidden_url")


def absolute(url: str, base_url: str) -> str:
    """An address that works in a mail program. Raises ValidationError for one that must not be sent."""
    url = str(url).strip()
    if LIQUID.match(url):
        if LIQUID.fullmatch(url) and url.strip("{} ") in OWN_VARIABLES:
            return url
        raise ValidationError(
            _("The link “%(url)s” must begin with an address, not with a value."), params={"url": url}
        )
    if url[:4].lower() == "www.":  # as people write it; no page of a site begins so
        url = f"https://{url}"
    try:
        found = urljoin(f"{base_url}/", url)
        parts = urlsplit(found)
    except ValueError:
        parts, found = urlsplit(""), url
    if parts.scheme in OTHER or (parts.scheme in WEB and parts.hostname and not LIQUID.search(parts.netloc)):
        return found
    raise ValidationError(
        _("The link “%(url)s” is not allowed: use a web address, mailto: or tel:."), params={"url": url}
    )
