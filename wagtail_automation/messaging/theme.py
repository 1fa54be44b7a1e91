"""The frame around every email: fonts, colours, header, and the footer that the law asks for."""

import re
from dataclasses import dataclass

from django.utils.translation import gettext as _

from . import fonts

FONTS = {
    "sans": "'Helvetica Neue', Helvetica, Arial, sans-serif",
    "serif": "Georgia, 'Times New Roman', Times, serif",
    "round": "Verdana, 'Trebuchet MS', Geneva, sans-serif",
}
CARD = "#ffffff"
MUTED = "#5d6663"
RULE = "#e2e0da"
OPEN_PIXEL = '<img src="{{ open_url }}" width="1" height="1" alt="" style="display:block;border:0">'
#: the first link of every email, which no person sees, reads out or reaches by the keyboard
HIDDEN_LINK = (
    '<a href="{{ hidden_url }}" aria-hidden="true" tabindex="-1" rel="nofollow" '
    'style="display:none;mso-hide:all;max-height:0;font-size:0;line-height:0;overflow:hidden"></a>'
)
EMPTY = '<mj-spacer height="1px" />'
#: dark mode: colours that mail programs with support for it (Apple Mail, some of Outlook) use instead
DARK = {"page": "#161a19", "card": "#202624", "text": "#e6eae8", "muted": "#a3ada9", "rule": "#39423f"}


@dataclass(frozen=True)
class Theme:
    """The look of one site's emails."""

    accent: str
    on_accent: str
    text: str
    background: str
    heading_font: str
    body_font: str

    @classmethod
    def of(cls, settings) -> "Theme":
        return cls(
            accent=settings.accent_colour,
            on_accent=readable_on(settings.accent_colour),
            text=settings.text_colour,
            background=settings.background_colour,
            heading_font=fonts.css(settings.heading_stack, FONTS[settings.heading_font]),
            body_font=fonts.css(settings.body_stack, FONTS[settings.body_font]),
        )


def luminance(colour: str) -> float:
    """Relative luminance of ``#rrggbb`` (WCAG 2.2)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def readable_on(colour: str) -> str:
    """White or near-black, whichever contrasts more with ``colour``."""
    light = luminance(colour)
    return "#ffffff" if 1.05 / (light + 0.05) >= (light + 0.05) / 0.06 else "#111111"


def lighter(colour: str, least: float = 0.35) -> str:
    """The colour, mixed with white until it can be read on a dark card."""
    parts = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    while luminance("#{:02x}{:02x}{:02x}".format(*parts)) < least:
        parts = [part + max(1, (255 - part) // 8) if part < 255 else 255 for part in parts]
    return "#{:02x}{:02x}{:02x}".format(*parts)


def section(content: str, *, css_class: str = "", padding: str = "0") -> str:
    """One full-width row with one column, or nothing for no content."""
    if not content:
        return ""
    attributes = f'padding="{padding}" css-class="{css_class}"'
    return f"<mj-section {attributes}><mj-column>{content}</mj-column></mj-section>"


def document(context, *, subject: str, preheader: str, sections: str, bleeds: bool = False) -> str:
    """The whole MJML document around finished sections. ``bleeds``: the first touches the upper edge."""
    top = 0 if bleeds else 32
    theme = context.theme
    return (
        f'<mjml lang="{context.html(context.language)}" dir="auto"><mj-head>'
        # the inliner writes what a title says without escaping it
        f"<mj-title>{context.keep(context.restore(context.html(subject)))}</mj-title>"
        f"{_preview(context, preheader)}"
        "<mj-attributes>"
        f'<mj-all font-family="{theme.body_font}" />'
        f'<mj-text color="{theme.text}" font-size="16px" line-height="1.55" padding="0 32px 16px" />'
        f'<mj-button background-color="{theme.accent}" color="{theme.on_accent}" font-size="16px" '
        'font-weight="600" border-radius="6px" inner-padding="13px 26px" padding="8px 32px 24px" '
        'align="left" />'
        '<mj-image padding="0 0 24px" />'
        f'<mj-divider border-width="1px" border-color="{RULE}" padding="8px 32px 24px" />'
        "</mj-attributes>"
        f"<mj-style>{_style(theme)}</mj-style>"
        '<mj-raw><meta name="color-scheme" content="light dark" />'
        '<meta name="supported-color-schemes" content="light dark" />'
        '<meta name="x-apple-disable-message-reformatting" /></mj-raw>'
        "</mj-head>"
        f'<mj-body background-color="{theme.background}" width="600px" css-class="wa-page">'
        f"{_header(context)}"
        f'<mj-wrapper background-color="{CARD}" border-radius="10px" padding="{top}px 0 12px" '
        'css-class="wa-card">'
        f"{sections or section(EMPTY)}"
        "</mj-wrapper>"
        f"{_footer(context)}"
        "</mj-body></mjml>"
    )


def _preview(context, preheader: str) -> str:
    return f"<mj-preview>{context.html(preheader)}</mj-preview>" if preheader else ""


def _style(theme: Theme) -> str:
    dark_accent = lighter(theme.accent)
    return (
        f"a {{ color: {theme.accent}; }} "
        f"h1, h2, h3 {{ font-family: {theme.heading_font}; }} "
        "h1, h2, h3 { font-weight: 600; line-height: 1.25; margin: 0; } "
        "h1 { font-size: 30px; } h2 { font-size: 23px; } h3 { font-size: 18px; } "
        "p { margin: 0 0 12px; } ul, ol { margin: 0 0 12px; padding: 0 0 0 22px; } li { margin: 0 0 6px; } "
        f"a.wa-plain {{ color: {theme.text}; text-decoration: none; }} "
        "img { font-style: italic; } "
        "@media only screen and (max-width: 479px) { "
        ".wa-card { border-radius: 0 !important; } h1 { font-size: 26px !important; } "
        ".wa-button a { display: block !important; text-align: center; } "
        ".wa-button table { width: 100% !important; } "
        # what stands side by side has the edges of the rest once it stands below one another
        "td.wa-beside { padding-left: 32px !important; padding-right: 32px !important; } "
        "} "
        "@media (prefers-color-scheme: dark) { "
        f"body, .wa-page {{ background: {DARK['page']} !important; }} "
        f".wa-card, .wa-card > table {{ background: {DARK['card']} !important; }} "
        f".wa-card div, .wa-card h1, .wa-card h2, .wa-card h3, .wa-name div "
        f"{{ color: {DARK['text']} !important; }} "
        f".wa-card a.wa-plain {{ color: {DARK['text']} !important; }} "
        f".wa-card a:not(.wa-plain), .wa-foot a {{ color: {dark_accent} !important; }} "
        f".wa-foot div, .wa-muted div {{ color: {DARK['muted']} !important; }} "
        f".wa-button td {{ background: {dark_accent} !important; }} "
        f".wa-button a {{ background: {dark_accent} !important; }} "
        f".wa-card .wa-button a {{ color: {readable_on(dark_accent)} !important; }} "
        f".wa-rule p {{ border-color: {DARK['rule']} !important; }} "
        f".wa-quote div {{ border-color: {dark_accent} !important; }} "
        "}"
    )


def _header(context) -> str:
    settings = context.settings
    name = settings.sender_name or (context.site.site_name if context.site else "")
    if settings.logo:
        image = context.image(settings.logo, 320)
        width = min(image.width // 2, 160)
        inner = (
            f'<mj-image src="{image.src}" alt="{context.foreign(name)}" width="{width}px" '
            'align="left" padding="8px 32px" />'
        )
    elif name:
        inner = (
            f'<mj-text css-class="wa-name" font-family="{context.theme.heading_font}" font-size="19px" '
            f'font-weight="600" padding="8px 32px">{context.foreign(name)}</mj-text>'
        )
    else:
        return '<mj-section padding="12px 0"></mj-section>'
    return section(inner, padding="20px 0 12px")


def footer_lines(context) -> list[str]:
    """Sender and postal address, a line each."""
    settings = context.settings
    lines = [settings.sender_name or (context.site.site_name if context.site else "")]
    return [line.strip() for line in [*lines, *settings.postal_address.splitlines()] if line.strip()]


def ways() -> list[tuple[str, str]]:
    """Links in every footer: label, and the variable that holds the address.

    Not written inside the f-strings below: the program that collects texts does not look there.
    """
    return [
        (_("Unsubscribe"), "unsubscribe_url"),
        (_("Your choices"), "preferences_url"),
        (_("View in your browser"), "view_url"),
    ]


def _way_links(context) -> list[str]:
    return [
        f'<a href="{context.keep("{{ " + name + " }}")}">{context.html(label)}</a>' for label, name in ways()
    ]


def _footer(context) -> str:
    address = "<br />".join(context.foreign(line) for line in footer_lines(context))
    links = _foot(" &nbsp;·&nbsp; ".join(_way_links(context))) if not context.transactional else ""
    own = "".join(_foot(part) for part in context.footer.get("html", ()) if part)
    return section(own + links + (_foot(address) if address else ""), padding="16px 0 40px")


def _foot(content: str) -> str:
    return (
        f'<mj-text css-class="wa-foot" font-size="13px" line-height="1.6" color="{MUTED}" '
        f'padding="8px 32px">{content}</mj-text>'
    )


def html_footer(context) -> str:
    """The same for a document that is not made of blocks."""
    parts = [part for part in context.footer.get("html", ()) if part]
    if not context.transactional:
        parts.append(" &nbsp;·&nbsp; ".join(_way_links(context)))
    parts.append("<br>".join(context.foreign(line) for line in footer_lines(context)))
    style = f"padding:24px;text-align:center;font:13px/1.6 {context.theme.body_font};color:{MUTED}"
    return f'<div style="{style}">{"<br>".join(filter(None, parts))}</div>'


def text_footer(context) -> str:
    """The end of the text part: the same as in the HTML part."""
    own = [line for part in context.footer.get("text", ()) if part for line in (part, "")]
    lines = ["-- ", *own, *map(context.plain_foreign, footer_lines(context))]
    if not context.transactional:
        lines += ["", *(f"{label}: {{{{ {name} }}}}" for label, name in ways())]
    return "\n".join(lines)


def with_open_pixel(html: str) -> str:
    """One transparent image at the very end, so that loading it never moves anything; and the hidden link."""
    head, body, tail = html.rpartition("</body>")
    begin = re.search(r"<body[^>]*>", head)
    if begin is not None:  # before all other links: what follows them in turn meets it first
        head = f"{head[: begin.end()]}{HIDDEN_LINK}{head[begin.end() :]}"
    return f"{head}{OPEN_PIXEL}{body}{tail}"
