"""Links in rich text, as stored: those to pages are kept by number."""

import re
from html import unescape

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from wagtail.models import Page

from .hyperlinks import absolute

PAGE_LINK = re.compile(r"<a\b[^>]*?\blinktype=[\"']page[\"'][^>]*?>", re.IGNORECASE)
NUMBER = re.compile(r"\bid=[\"'](\d+)[\"']")
HREF = re.compile(r"<a\b[^>]*?\bhref=[\"']([^\"']*)[\"']", re.IGNORECASE)


def check_links(source: str) -> None:
    """Raises ValidationError for links to pages that are gone or not published, and forbidden addresses."""
    wanted = {int(number[1]) for tag in PAGE_LINK.findall(source) if (number := NUMBER.search(tag))}
    if wanted:
        live = set(Page.objects.filter(pk__in=wanted, live=True).values_list("pk", flat=True))
        titles = dict(Page.objects.filter(pk__in=wanted - live).values_list("pk", "title"))
        for number in sorted(wanted - live):
            if number in titles:
                words = {"page": titles[number]}
                raise ValidationError(_("The page “%(page)s” is not published."), params=words)
            raise ValidationError(_("A link leads to a page that does not exist any more."))
    for url in HREF.findall(source):
        if url.strip() and not url.startswith("#"):
            absolute(unescape(url), "https://example.com")
