"""What only a form needs that is fetched when opened: its scripts and styles come after the page stands.

``static/wagtail_automation/later.js`` fetches them when the browser is idle, or when the form asks for them.
"""

import json

from django.forms import Media

SCRIPT = "wagtail_automation/later.js"


def split(media: Media) -> tuple[Media, dict[str, list[str]]]:
    """``(what must stand in the page, {"js": addresses, "css": addresses} for later)``.

    What is more than an address – a module, a style for print – stays in the page.
    """
    scripts = [path for path in media._js if isinstance(path, str)]
    styles = [path for path in media._css.get("all", ()) if isinstance(path, str)]
    stays = Media(
        js=[path for path in media._js if not isinstance(path, str)],
        css={
            medium: [path for path in paths if medium != "all" or not isinstance(path, str)]
            for medium, paths in media._css.items()
        },
    )
    return stays, {
        "js": [media.absolute_path(path) for path in scripts],
        "css": [media.absolute_path(path) for path in styles],
    }


def dumped(media: Media) -> str:
    """The second half of ``split`` as JSON, for an attribute."""
    return json.dumps(split(media)[1])
