"""A message's texts with the person's values and short links."""

from django.urls import reverse
from django.utils import translation

from wagtail_automation import liquid
from wagtail_automation.messaging import rendering, targets
from wagtail_automation.messaging.compiler import base_url

from . import codes

#: a longer address is cut
MAX_URL = 2000


def clean(text: str) -> str:
    """Text as phones show it: no control characters but line breaks, no spare space around it."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join("".join(c if c.isprintable() else " " for c in line).rstrip() for line in lines).strip()


def urls_for(message_pk: int, links, site) -> dict[str, str]:
    """``{link_1: short absolute address}``."""
    root = base_url(site)
    return {
        name: root
        + reverse(
            "wagtail_automation_messaging:short",
            args=[codes.make(message_pk, int(name.removeprefix("link_")))],
        )
        for name in links
    }


def render(version, *, data: dict, message_pk: int, site, now) -> dict[str, str]:
    """The texts of a version for one person. Raises liquid.TemplateError."""
    values = {
        **data,
        "site": rendering.site_data(site),
        **urls_for(message_pk, version.links, site),
    }
    with translation.override(version.language):
        return {
            name: clean(liquid.parse(text).render(values, now=now)) for name, text in version.content.items()
        }


def targets_for(version, *, data: dict, site, now) -> dict[str, str]:
    """``{link_1: where it leads}`` of the links with this person's values in their address. Raises
    liquid.TemplateError."""
    values = {**data, "site": rendering.site_data(site)}
    return {
        name: targets.fill(link["template"], values, now=now)[:MAX_URL]
        for name, link in version.links.items()
        if link.get("template")
    }
