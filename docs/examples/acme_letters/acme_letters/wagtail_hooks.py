"""The icon of our step: an SVG file in our templates whose id is ``icon-`` and its name."""

from wagtail import hooks


@hooks.register("register_icons")
def icons(icons):
    return [*icons, "acme_letters/icons/acme-envelope.svg"]
