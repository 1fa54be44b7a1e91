"""Where a tracked link with values in its address goes, for one recipient.

The address in the email names the message and the link, nothing else; the template of the address stands in
the email's version and the values with the message. So nobody can make such a link lead anywhere else: the
host is fixed text, and whatever a value holds cannot leave its place behind it.
"""

import re
from collections.abc import Mapping
from urllib.parse import quote, urlsplit

from wagtail_automation import liquid

from .hyperlinks import LIQUID, OWN_VARIABLES

OUTPUT = re.compile(r"\{\{-?(.*?)-?\}\}", re.DOTALL)
#: objects that every message has, beside those registered with ``liquid``
OWN_OBJECTS = {"site", "sender", "chosen"}
#: what stays as it is in an address (RFC 3986), "%" included
SAFE = "%/:?#[]@!$&'()*+,;=-._~"


def objects_of(template: str) -> set[str]:
    """Names of the Liquid objects that an address reads. Raises liquid.TemplateError."""
    return {re.split(r"[.\[]", name, maxsplit=1)[0] for name in liquid.parse(template).variables}


def can_be_filled(address: str) -> bool:
    """Whether an address can be written later, by itself: it reads nothing that only its place knows (the
    variable of a loop), and is none of the message's own addresses."""
    try:
        names = objects_of(address)
    except liquid.TemplateError:
        return False
    return not names & set(OWN_VARIABLES) and names <= liquid.object_names() | OWN_OBJECTS


def templates(links: Mapping[str, dict]) -> list[str]:
    """The addresses with Liquid among the links of a version."""
    return [link["template"] for link in links.values() if link.get("template")]


def fill(template: str, data: Mapping, *, now=None) -> str:
    """The address for these values, each encoded for its place. Raises liquid.TemplateError."""
    head, tail = _split(template)
    # a space in a path is no plus
    filled = _render(head, data, now).replace("+", "%20") if OUTPUT.search(head) else head
    address = quote(filled + _render(tail, data, now), safe=SAFE)
    if urlsplit(address).netloc != urlsplit(without_values(template)).netloc:
        raise liquid.TemplateError(f"{template}: another host")
    return address


def without_values(template: str) -> str:
    """The address with nothing in the places of its values."""
    return quote(LIQUID.sub("", template), safe=SAFE)


def _render(template: str, data: Mapping, now) -> str:
    return liquid.parse(OUTPUT.sub(_encoded, template)).render(data, now=now)


def _encoded(match) -> str:
    inner = match[1].strip()
    return match[0] if re.search(r"\|\s*url_encode\b", inner) else f"{{{{ {inner} | url_encode }}}}"


def _split(template: str) -> tuple[str, str]:
    """Path, and query with fragment; all in the second where a tag may reach from one into the other."""
    if "{%" in template:
        return "", template
    masked = LIQUID.sub(lambda tag: "x" * len(tag[0]), template)
    places = [place for place in (masked.find("?"), masked.find("#")) if place >= 0]
    end = min(places, default=len(template))
    return template[:end], template[end:]
