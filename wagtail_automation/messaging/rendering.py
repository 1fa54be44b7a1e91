"""One message's parts: a version's templates filled with a person's values and this message's addresses."""

from dataclasses import dataclass, field
from functools import lru_cache

from django.urls import reverse
from django.utils import translation

from wagtail_automation import liquid

from . import targets, tokens
from .compiler import Compiled, base_url
from .theme import HIDDEN_LINK, OPEN_PIXEL

NAMES = {
    tokens.CLICK: "wagtail_automation_messaging:click",
    tokens.OPEN: "wagtail_automation_messaging:open",
    tokens.UNSUBSCRIBE: "wagtail_automation_messaging:unsubscribe",
    tokens.VIEW: "wagtail_automation_messaging:view",
    tokens.PREFERENCES: "wagtail_automation_messaging:preferences",
    tokens.TRAP: "wagtail_automation_messaging:hidden",
}


@dataclass(frozen=True)
class Parts:
    """What is sent. ``variables``: the values that stand in it, enough to write the same again."""

    subject: str
    html: str
    text: str
    variables: dict = field(default_factory=dict)


VARIABLES = {
    "open_url": tokens.OPEN,
    "unsubscribe_url": tokens.UNSUBSCRIBE,
    "view_url": tokens.VIEW,
    "preferences_url": tokens.PREFERENCES,
    "hidden_url": tokens.TRAP,
}
_PLACE = "token-goes-here"


class Addresses:
    """The addresses of one email's messages; what is the same for all of them is found out once.

    ``links``: names such as ``link_3``.
    """

    def __init__(self, links, site):
        root = base_url(site)
        kinds = [(name, kind, None) for name, kind in VARIABLES.items()]
        kinds += [(name, tokens.CLICK, int(name.removeprefix("link_"))) for name in links]
        #: ``{variable: (before, after)}``: what stands around the token in each address
        self.around: dict[str, tuple[str, str]] = {}
        for name, kind, _number in kinds:
            before, _place, after = (root + reverse(NAMES[kind], args=[_PLACE])).rpartition(_PLACE)
            self.around[name] = before, after
        self._maker = tokens.Maker((kind, number) for _name, kind, number in kinds)

    def of(self, message_pk: int) -> dict[str, str]:
        """``{variable: absolute address}`` for one message."""
        made = zip(self.around.items(), self.tokens(message_pk), strict=True)
        return {name: f"{before}{token.decode()}{after}" for (name, (before, after)), token in made}

    def tokens(self, message_pk: int) -> list[bytes]:
        """The tokens in these addresses, in the order of ``around``."""
        return self._maker.make(message_pk)


def message_urls(message_pk: int, links, site) -> dict[str, str]:
    """``{variable: absolute address}`` for one message; ``links``: names such as ``link_3``."""
    return Addresses(links, site).of(message_pk)


def site_data(site) -> dict:
    """``{{ site.… }}`` in templates."""
    return {"name": site.site_name if site else "", "url": base_url(site)}


def one_line(text: str) -> str:
    """A header's value: line breaks, other control and invisible direction characters become spaces."""
    if not text.isprintable():
        text = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(text.split())


def names_in(*sources: str) -> set[str]:
    """The dotted names that templates read. Raises liquid.TemplateError."""
    return {name for text in sources for name in liquid.parse(text).variables}


def render(version, *, data: dict, urls: dict, now, with_pixel: bool = True, language: str = "") -> Parts:
    """Fill subject, HTML and text. Values are escaped in HTML and never evaluated again.

    ``version``: an EmailVersion or Compiled. Raises liquid.TemplateError (a value of a wrong type, a
    bound of size or time passed).
    """
    source = version.html if with_pixel else version.html.replace(OPEN_PIXEL, "").replace(HIDDEN_LINK, "")
    subject = liquid.parse(version.subject)
    html = liquid.parse(source, escape=True)
    text = liquid.parse(version.text)
    values = {**data, **urls}
    names = subject.variables | html.variables | text.variables | names_in_links(version)
    language = language or getattr(version, "language", None) or translation.get_language()
    with translation.override(language):
        return Parts(
            subject=one_line(subject.render(values, now=now)),
            html=html.render(values, now=now),
            text=text.render(values, now=now),
            variables=only(data, names),
        )


def names_in_links(version) -> set[str]:
    """Names that the addresses of its links read when they are followed."""
    if isinstance(version, Compiled):
        return set()
    return {name for text in targets.templates(version.links) for name in liquid.parse(text).variables}


@lru_cache(maxsize=256)
def _paths(names: frozenset[str]) -> list[list[str]]:
    return [[name.partition(".")[0].partition("[")[0]] if "[" in name else name.split(".") for name in names]


def only(data: dict, names: set[str]) -> dict:
    """The part of ``data`` that the dotted ``names`` reach; a computed name takes its whole object."""
    kept: dict = {}
    for parts in _paths(frozenset(names)):
        source, target = data, kept
        for position, part in enumerate(parts):
            if not isinstance(source, dict) or part not in source:
                break
            if position == len(parts) - 1 or not isinstance(source[part], dict):
                target[part] = source[part]
                break
            source, target = source[part], target.setdefault(part, {})
    return kept
