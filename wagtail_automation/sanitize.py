"""What may be shown as HTML passes here. nh3 is the boundary; bleach only turns URLs into links."""

import bleach
import nh3

TAGS = {
    "a", "abbr", "b", "blockquote", "br", "code", "em", "h2", "h3", "h4", "hr", "i", "img", "li", "ol", "p",
    "pre", "s", "small", "span", "strong", "sub", "sup", "table",
    "tbody", "td", "th", "thead", "tr", "u", "ul",
}  # fmt: skip
ATTRIBUTES = {"a": {"href", "title"}, "img": {"src", "alt", "width", "height"}, "abbr": {"title"}}
SCHEMES = {"http", "https", "mailto", "tel"}


def clean_html(html: str) -> str:
    """Safe HTML: known tags and attributes, http(s), mailto and tel links; script content is dropped."""
    return nh3.clean(
        html, tags=TAGS, attributes=ATTRIBUTES, url_schemes=SCHEMES, link_rel="noopener nofollow"
    )


def clean_by(html: str, **rules) -> str:
    """Safe HTML by other rules, named as in nh3: a whole email may hold more than a text."""
    return nh3.clean(html, **rules)


def linkify(text: str) -> str:
    """Plain text to safe HTML in which addresses of pages are links."""
    escaped = nh3.clean_text(text).replace("&#47;", "/").replace("&#10;", "\n").replace("&#32;", " ")
    return clean_html(bleach.linkify(escaped.replace("\n", "<br>")))
