"""From what an editor published to the version that is sent: addresses become short links that count."""

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from wagtail_automation.messaging import targets
from wagtail_automation.messaging.hyperlinks import LIQUID
from wagtail_automation.tracking import addresses

#: an address in plain text, values in it included; it ends before tags of Liquid, quotes and brackets
ADDRESS = re.compile(r"https?://(?:\{\{.*?\}\}|[^\s<>\"'{}|\\^`\[\]])+", re.IGNORECASE)
#: those in the midst of a tag are none
ADDRESS_OR_TAG = re.compile(rf"(?P<tag>(?s:{LIQUID.pattern}))|{ADDRESS.pattern}", re.IGNORECASE)
#: tags that end what began before the address, so that they are no part of it
ENDING = re.compile(r"\{%-?\s*(?:else|elsif|when|end\w+)\b")
#: what ends a sentence, not an address
TAIL = ".,;:!?)…»”"


def split_links(text: str, links: dict[str, str]) -> str:
    """The text with ``{{ link_1 }}`` for each address; ``links`` grows by ``{name: address}``.

    Values may stand in an address, behind its host. One that cannot be filled by itself – a variable of a
    loop in it, a tag that begins within it – stays as it is, since only what is known may be redirected to.
    """
    names = {url: name for name, url in links.items()}

    def replace(found):
        if found["tag"]:
            return found[0]
        url = found[0].rstrip(TAIL)
        rest = found[0][len(url) :]
        if not rest and text.startswith("{%", found.end()) and not ENDING.match(text, found.end()):
            return found[0]
        if not _can_be_filled(url):
            return found[0]
        if url not in names:
            names[url] = f"link_{len(links) + 1}"
            links[names[url]] = url
        return f"{{{{ {names[url]} }}}}{rest}"

    return ADDRESS_OR_TAG.sub(replace, text)


def _can_be_filled(url: str) -> bool:
    if not LIQUID.search(url):
        return True
    host = url.partition("//")[2]
    end = min((place for place in map(host.find, "/?#") if place >= 0), default=len(host))
    return not LIQUID.search(host[:end]) and end < len(host) and targets.can_be_filled(url)


def check_links(text: str) -> None:
    """Raises ValidationError for an address that cannot be followed."""
    links: dict[str, str] = {}
    split_links(text, links)
    for url in links.values():
        if addresses.web_address(targets.without_values(url) if LIQUID.search(url) else url) is None:
            raise ValidationError(_("The link “%(url)s” cannot be followed."), params={"url": url})


def compile_texts(content: dict[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """``(texts with names of links, {name: address})``."""
    links: dict[str, str] = {}
    return {name: split_links(text, links) for name, text in content.items()}, links
