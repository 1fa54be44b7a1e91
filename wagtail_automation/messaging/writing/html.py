"""Whole HTML documents written elsewhere: cleaned, then sent with our links, address and way out.

What stays is what mail programs show: tables, styles, pictures from the web. Scripts, forms, frames,
comments (so also those for Outlook) and pictures inside the file go.
"""

import re
from html import escape, unescape

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from wagtail_automation.messaging import mjml
from wagtail_automation.messaging.hyperlinks import LIQUID
from wagtail_automation.sanitize import clean_by

MAX_CHARACTERS = 500_000
MAX_DEPTH = 150
TAGS = {
    "a", "abbr", "address", "b", "blockquote", "big", "br", "caption", "center", "cite", "code", "col",
    "colgroup", "dd", "del", "div", "dl", "dt", "em", "figcaption", "figure", "font", "footer", "h1", "h2",
    "h3", "h4", "h5", "h6", "header", "hr", "i", "img", "ins", "li", "main", "ol", "p", "pre", "q", "s",
    "section", "small", "span", "strike", "strong", "sub", "sup", "table", "tbody", "td", "tfoot", "th",
    "thead", "tr", "u", "ul",
}  # fmt: skip
EVERYWHERE = {
    "align", "aria-hidden", "aria-label", "background", "bgcolor", "border", "cellpadding", "cellspacing",
    "class", "color", "colspan", "dir", "face", "height", "id", "lang", "role", "rowspan", "size", "style",
    "title", "valign", "width",
}  # fmt: skip
ATTRIBUTES = {"*": EVERYWHERE, "a": {"href", "target", "name"}, "img": {"src", "alt", "srcset"}}
SCHEMES = {"http", "https", "mailto", "tel"}
GONE = {"script", "style", "title", "object", "iframe", "noscript", "template", "svg", "math", "form"}
BAD_STYLE = re.compile(
    r"expression\s*\(|javascript:|vbscript:|behavior\s*:|-moz-binding|@import|@charset"
    r"|url\((?!\s*['\"]?\s*https?:)",
    re.IGNORECASE,
)
#: in a style sheet, what loads from elsewhere and can go alone: fonts, mostly, and pictures beside the file
#: (bounded, since a text may begin one twenty thousand times)
FOREIGN_RULE = re.compile(
    r"@(?:import|charset)\s{1,20}(?:url\(\s{0,20}(?:\"[^\"]{0,999}\"|'[^']{0,999}'|[^)\"']{0,999})\s{0,20}\)"
    r"|\"[^\"]{0,999}\"|'[^']{0,999}')[^;{}]{0,999};?",
    re.IGNORECASE,
)
FOREIGN_URL = re.compile(
    r"url\((?!\s*['\"]?\s*https?:)(?:\s{0,20}\"[^\"]{0,999}\"\s{0,20}|\s{0,20}'[^']{0,999}'\s{0,20}"
    r"|[^)\"']{0,999})\)",
    re.IGNORECASE,
)
BODY = re.compile(r"<body\b((?:[^>\"']|\"[^\"]*\"|'[^']*')*)>", re.IGNORECASE)
LOOSE_BODY = re.compile(r"<body\b([^>]*)>", re.IGNORECASE)
#: only for Outlook; what other programs read of such a comment begins with the end of one
FOR_OUTLOOK = (
    re.compile(r"<!--\[if[^\]]{0,100}\]>(?!\s*<!-)", re.IGNORECASE),
    re.compile(r"<!\[endif\]-->", re.IGNORECASE),
)
SCRIPT = re.compile(r"<script\b", re.IGNORECASE), re.compile(r"</script\s*>", re.IGNORECASE)
CHARSET = re.compile(rb"<meta\b[^>]{0,200}?\bcharset\s*=\s*[\"']?\s*([A-Za-z0-9_-]{1,40})", re.IGNORECASE)
#: values as other tools write them: nobody fills them here
FOREIGN_VALUE = re.compile(r"\*\|[A-Z][A-Z0-9_:]*\|\*|%%[A-Za-z_]\w*%%|\[\[[A-Za-z_]\w*\]\]")
#: how other tools write the way out
FOREIGN_UNSUBSCRIBE = re.compile(
    r"\*\|UNSUB\|\*|\[unsubscribe\]|%unsubscribe_url%|\{\$unsubscribe\}|\{\{\s*unsubscribe(?:_link)?\s*\}\}"
    r"|\[\[UNSUB_LINK\w*\]\]|%unsubscribe%|#unsubscribe#",
    re.IGNORECASE,
)
UNSUBSCRIBE = "{{ unsubscribe_url }}"


def decode(content: bytes) -> str:
    """The text of an uploaded file. Raises ValidationError for what is no text."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace")
    if b"\x00" in content:
        raise ValidationError(_("This file is not HTML."))
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        named = CHARSET.search(content[:4096])
        try:
            return content.decode(named[1].decode() if named else "cp1252", "replace")
        except LookupError:  # a character set that is none
            return content.decode("cp1252", "replace")


def check(source: str) -> None:
    """Raises ValidationError for what cannot be an email."""
    if len(source) > MAX_CHARACTERS:
        raise ValidationError(_("The HTML is too long: mail programs cut what is over 100 KB."))
    if mjml.depth(source) > MAX_DEPTH:
        raise ValidationError(_("The text is nested too deeply."))
    if not clean(source)[1].strip():
        raise ValidationError(_("There is nothing to show in this HTML."))


def clean(source: str) -> tuple[str, str, str]:
    """``(CSS, HTML of the body, attributes of the body)``, safe to show."""
    source = without(source.replace("\x00", ""), *FOR_OUTLOOK)
    source = without(source, *SCRIPT)
    styles = re.findall(r"<style\b[^>]*>(.*?)</style\s*>", source, re.DOTALL | re.IGNORECASE)
    opening = BODY.search(source) or LOOSE_BODY.search(source)
    start = opening.end() if opening else 0
    attributes = clean_by(f"<div{opening[1]}></div>" if opening else "<div></div>", **_options())
    body = clean_by(
        re.sub(r"</body\s*>.*", "", source[start:], flags=re.DOTALL | re.IGNORECASE), **_options()
    )
    css = "\n".join(_css(style) for style in styles)
    return css, body, attributes.removeprefix("<div").removesuffix("></div>")


def without(source: str, begin: re.Pattern, end: re.Pattern) -> str:
    """The text without what stands from ``begin`` to ``end``; what never ends stays."""
    kept, position = [], 0
    while (found := begin.search(source, position)) and (over := end.search(source, found.end())):
        kept.append(source[position : found.start()])
        position = over.end()
    return "".join([*kept, source[position:]])


def _options() -> dict:
    return {
        "tags": TAGS,
        "clean_content_tags": GONE,
        "attributes": ATTRIBUTES,
        "url_schemes": SCHEMES,
        "link_rel": None,
        "attribute_filter": _attribute,
    }


def _attribute(tag: str, name: str, value: str) -> str | None:
    if name == "style" and BAD_STYLE.search(_plain_css(value)):
        kept = [part for part in value.split(";") if not BAD_STYLE.search(_plain_css(part))]
        return ";".join(kept)
    if name in ("background", "srcset") and not re.match(r"\s*https?://", value, re.IGNORECASE):
        return None
    return value


def _css(style: str) -> str:
    """A style sheet without what runs, loads or ends it; the whole of it goes if it hides something."""
    text = FOREIGN_URL.sub("none", FOREIGN_RULE.sub("", _plain_css(style)))
    return "" if BAD_STYLE.search(text) or "<" in text else text


def _plain_css(style: str) -> str:
    """Without comments and escapes, in which forbidden words hide."""
    text = re.sub(r"/\*.*?\*/|<!--|-->", "", style, flags=re.DOTALL)
    return re.sub(r"\\([0-9a-fA-F]{1,6})\s?", lambda m: chr(min(int(m[1], 16), 0x10FFFF)), text)


def document(context, source: str, *, subject: str, preheader: str, footer: str) -> str:
    """The document to send, Liquid replaced by opaque words. ``footer``: stands in it unless the document
    has its own way to unsubscribe."""
    css, body, attributes = clean(context.outside_liquid(with_our_way_out(source)))
    shown = LIQUID.findall(context.restore(body))  # not what a comment holds
    has_way_out = any(tag.strip("{} ") == "unsubscribe_url" for tag in shown)
    hidden = (
        f'<div style="display:none;max-height:0;overflow:hidden">{context.html(preheader)}</div>'
        if preheader
        else ""
    )
    return (
        f'<!doctype html><html lang="{escape(context.language)}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{context.keep(context.restore(context.html(subject)))}</title><style>{css}</style></head>"
        f"<body{attributes}>{hidden}{body}{'' if has_way_out else footer}</body></html>"
    )


def with_our_way_out(source: str) -> str:
    """The address of unsubscription where another tool has its own."""
    return FOREIGN_UNSUBSCRIBE.sub(UNSUBSCRIBE, source)


def foreign_values(source: str) -> list[str]:
    """What stands for a value of a person in other tools, each once."""
    return list(dict.fromkeys(FOREIGN_VALUE.findall(with_our_way_out(source))))


def text_of(source: str, link) -> str:
    """The text part: what the document says, line by line."""
    from wagtail_automation.messaging.plaintext import to_text

    body = re.sub(r"</(td|tr|div|table)\s*>", "<br>", clean(source)[1], flags=re.IGNORECASE)
    return re.sub(r"(\s*\n){3,}", "\n\n", unescape(to_text(body, link=link)))
