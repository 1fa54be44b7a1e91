"""From what an editor published to the version that is sent: addresses become short links that count."""

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from wagtail_automation.tracking import addresses

#: an address in plain text; it ends before Liquid, quotes and brackets
ADDRESS = re.compile(r"https?://[^\s<>\"'{}|\\^`\[\]]+", re.IGNORECASE)
#: what ends a sentence, not an address
TAIL = ".,;:!?)…»”"


def split_links(text: str, links: dict[str, str]) -> str:
    """The text with ``{{ link_1 }}`` for each address; ``links`` grows by ``{name: address}``.

    An address with Liquid in it stays as it is, since only what is known may be redirected to.
    """
    names = {url: name for name, url in links.items()}

    def replace(found):
        url = found[0].rstrip(TAIL)
        rest = found[0][len(url) :]
        if text.startswith(("{{", "{%"), found.end()) and not rest:
            return found[0]
        if url not in names:
            names[url] = f"link_{len(links) + 1}"
            links[names[url]] = url
        return f"{{{{ {names[url]} }}}}{rest}"

    return ADDRESS.sub(replace, text)


def check_links(text: str) -> None:
    """Raises ValidationError for an address that cannot be followed."""
    links: dict[str, str] = {}
    split_links(text, links)
    for url in links.values():
        if addresses.web_address(url) is None:
            raise ValidationError(_("The link “%(url)s” cannot be followed."), params={"url": url})


def compile_texts(content: dict[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """``(texts with names of links, {name: address})``."""
    links: dict[str, str] = {}
    return {name: split_links(text, links) for name, text in content.items()}, links
