"""Turns an email into Liquid templates: blocks → MJML → HTML with inlined styles, and the text part.

Liquid tags travel through MJML and the inliner as opaque words, so that neither escapes nor breaks
them (``{% if a < b %}`` makes mrml fail), and are put back at the end.
"""

import html
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

import css_inline
from django.core.exceptions import ValidationError
from django.templatetags.static import static
from django.utils import translation
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from PIL import Image
from wagtail.rich_text import expand_db_html
from willow.image import UnrecognisedImageFormatError

from wagtail_automation import conf, sanitize

from . import hyperlinks, links, mjml, targets, theme
from .hyperlinks import LIQUID, OTHER
from .plaintext import to_text
from .writing import html as html_of_own

ANCHOR = re.compile(r'(<a\b[^>]*?\shref=")([^"]*)("[^>]*>)(.*?</a>)', re.DOTALL | re.IGNORECASE)

HREF = re.compile(r"\bhref=(\"[^\"]*\"|'[^']*')", re.IGNORECASE)
#: what prints a brace, so that none of another's text begins a Liquid tag
INERT = "{{ '{' }}"
#: in an ``<a>`` of a block: its address counts for itself and is sent as it is
DIRECT = ' data-direct=""'

#: what reading a picture may raise: no file, no picture, too many pixels, a lying file
UNREADABLE = (OSError, ValueError, SyntaxError, Image.DecompressionBombError, UnrecognisedImageFormatError)

_inliner = css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)


@dataclass(frozen=True)
class Compiled:
    """Liquid templates of the three parts, and the links that were replaced: ``{name: (url, label)}``.

    The templates hold ``{{ link_1 }}``, … in place of tracked addresses.
    """

    subject: str
    html: str
    text: str
    links: dict[str, tuple[str, str]] = field(default_factory=dict)
    #: of links inside an alternative, which one: ``{"link_3": "d1:2"}``
    parts: dict[str, str] = field(default_factory=dict)
    #: what is decided for each recipient: ``{"d1": [{"name": …, "rule": …}, …]}`` (``choosing``)
    alternatives: dict[str, list[dict]] = field(default_factory=dict)


@dataclass(frozen=True)
class ImageSource:
    """A rendition to show: absolute address, size in pixels."""

    src: str
    width: int
    height: int


def base_url(site) -> str:
    """Scheme and host, without a slash, that relative addresses of a site's emails begin with."""
    configured = (conf.get("BASE_URL") or "").rstrip("/")
    if site is None:
        return configured
    # A site behind a proxy or on a development port knows its name, not how it is reached.
    if configured and urlsplit(configured).hostname == site.hostname:
        return configured
    return site.root_url


class Context:
    """What blocks need while one email is compiled: brand, host, and three ways to pass text on."""

    def __init__(self, *, site, settings, language: str, transactional: bool = False):
        #: no tracked links and no unsubscription
        self.transactional = transactional
        self.site = site
        self.settings = settings
        self.language = language
        self.base_url = base_url(site)
        self.links = links.Links()
        #: text and links that the editor put into the footer (``email_blocks.frame``)
        self.footer: dict = {}
        self.alternatives: dict[str, list[dict]] = {}
        self._choices: dict[int, str] = {}
        self._nonce = secrets.token_hex(4)
        self._kept: list[tuple[str, str]] = []
        self._branches: dict[str, str] = {}

    @cached_property
    def theme(self):
        return theme.Theme.of(self.settings)

    def html(self, text) -> str:
        """Plain text for an element or attribute: escaped, Liquid tags kept."""
        return self.outside_liquid(str(text), html.escape, str)

    def foreign(self, text) -> str:
        """As ``html``, of text that is not the editor's, such as a page's title: no Liquid comes alive."""
        return html.escape(str(text)).replace("{", self.keep(INERT, shown="{"))

    def foreign_rich(self, source: str) -> str:
        """As ``rich``, of text that is not the editor's."""
        cleaned = sanitize.clean_html(expand_db_html(source))
        cleaned = HREF.sub(lambda found: self.foreign_url(found[0]), cleaned)
        return cleaned.replace("{", self.keep(INERT, shown="{"))

    def foreign_url(self, url: str) -> str:
        """An address that is not the editor's, without anything that begins a Liquid tag."""
        return url.replace("{", "%7B").replace("}", "%7D")

    def rich(self, source: str) -> str:
        """HTML of the rich text editor: cleaned, Liquid tags kept (the editor escapes their quotes)."""
        return self.outside_liquid(sanitize.clean_html(expand_db_html(source)), str, html.unescape)

    def markup(self, source: str) -> str:
        """MJML as it is, Liquid tags kept."""
        return self.outside_liquid(source, str, str)

    def plain(self, text) -> str:
        """Plain text for the text part; Liquid tags stay as they are."""
        return str(text).strip()

    def plain_foreign(self, text) -> str:
        """As ``plain``, of text that is not the editor's."""
        return str(text).strip().replace("{", INERT)

    def plain_foreign_rich(self, source: str) -> str:
        """As ``plain_rich``, of text that is not the editor's."""
        return self.restore(to_text(self.foreign_rich(source), link=self.url))

    def plain_rich(self, source: str) -> str:
        """The text part of rich text, with ``label (address)`` for links."""
        return to_text(sanitize.clean_html(expand_db_html(source)), link=self.url)

    def absolute(self, url: str) -> str:
        """An address that works in a mail program. Raises ValidationError for one that must not be sent."""
        return hyperlinks.absolute(url, self.base_url)

    def url(self, url: str, label: str = "") -> str:
        """The Liquid expression (or fixed address) that stands for a link in a template."""
        absolute = self.absolute(url)
        return self.links.first(absolute, label) if self._is_tracked(absolute) else absolute

    def _is_tracked(self, absolute: str) -> bool:
        if self.transactional or urlsplit(absolute).scheme in OTHER:
            return False
        return not LIQUID.search(absolute) or targets.can_be_filled(absolute)

    def page_url(self, page) -> str:
        """The address of a page; relative to this email's host when the page is on its site."""
        parts = page.get_url_parts() if page is not None else None
        if parts is None:
            return ""
        site_id, root, path = parts
        path = self.foreign_url(path)
        return f"{self.base_url}{path}" if self.site and site_id == self.site.pk else f"{root}{path}"

    def image(self, image, width: int, *, operation: str = "") -> ImageSource:
        """A rendition at most ``width`` pixels wide (Wagtail turns WebP and AVIF into PNG for it).

        Raises ValidationError for a file that cannot be read as a picture.
        """
        spec = f"max-{width}x{width * 3}" + (f"|{operation}" if operation else "")
        try:
            rendition = image.get_rendition(spec)
        except UNREADABLE as error:
            raise ValidationError(
                _("The image “%(name)s” cannot be read."), params={"name": image.title}
            ) from error
        return ImageSource(urljoin(f"{self.base_url}/", rendition.url), rendition.width, rendition.height)

    def static(self, path: str) -> str:
        """The absolute address of a static file."""
        return urljoin(f"{self.base_url}/", static(path))

    def choice(self, value, alternatives: list[dict]) -> str:
        """The name of a choice made for each recipient; the same whenever asked about this ``value``.

        In a template ``chosen.<name>`` is the number of the alternative, from "1"; empty: none of them.
        """
        if id(value) not in self._choices:
            name = self._choices[id(value)] = f"d{len(self._choices) + 1}"
            self.alternatives[name] = alternatives
        return self._choices[id(value)]

    def blocks(self, stream) -> tuple[str, list[str]]:
        """``(MJML sections, paragraphs of the text part)`` of a stream of email blocks."""
        sections, texts = _render_blocks(stream, self)
        return "".join(sections), [text for text in texts if text]

    def keep(self, liquid: str, *, shown: str | None = None) -> str:
        """An opaque word that becomes this Liquid again at the end; ``shown``: what it says to people."""
        self._kept.append((liquid, liquid if shown is None else shown))
        return f"wa{self._nonce}k{len(self._kept) - 1}k"

    def branch(self, liquid: str, part: str = "") -> str:
        """As ``keep``, for a tag behind which stands the alternative ``part`` of a choice (``d1:2``)."""
        word = self.keep(liquid)
        self._branches[word] = part
        return word

    def restore(self, text: str) -> str:
        return self._restored(text, 0)

    def _restored(self, text: str, side: int) -> str:
        return re.sub(rf"wa{self._nonce}k(\d+)k", lambda match: self._kept[int(match[1])][side], text)

    def restore_links(self, source: str) -> str:
        """Finished HTML with every link of an ``<a>`` tracked, each place apart."""
        branches = [(source.find(word), part) for word, part in self._branches.items()]
        branches.sort()

        def replace(match):
            before, href, after, rest = match.groups()
            url = self.restore(html.unescape(href))
            if url.startswith("#") or not url:
                return match[0]
            if DIRECT in before + after:
                return f"{before}{url}{after}{rest}".replace(DIRECT, "")
            absolute = self.absolute(url)
            if self._is_tracked(absolute):
                label = self._restored(html.unescape(links.words_of(rest)), 1)
                here = [part for place, part in branches if 0 <= place < match.start()]
                absolute = self.links.next(absolute, label, here[-1] if here else "")
            elif not LIQUID.search(absolute):
                absolute = html.escape(absolute)
            return f"{before}{absolute}{after}{rest}"

        return self.restore(ANCHOR.sub(replace, source))

    def outside_liquid(self, text: str, literal: Callable = str, tag: Callable = str) -> str:
        """The text with each Liquid tag as an opaque word; ``literal`` and ``tag`` change what is between
        and what is kept."""
        parts, end = [], 0
        for match in LIQUID.finditer(text):
            parts += [literal(text[end : match.start()]), self.keep(tag(match[0]))]
            end = match.end()
        return "".join([*parts, literal(text[end:])])


def compile_email(email, *, site, settings, transactional: bool = False) -> Compiled:
    """Compile what the email holds now (saved or not). Runs the queries of its images and pages only.

    ``transactional``: links are not tracked and the footer offers no unsubscription.

    Raises ValidationError for a link that must not be sent. Liquid syntax is the caller's to check.
    """
    language = email.locale.language_code if email.locale_id else translation.get_language()
    with translation.override(language):
        context = Context(site=site, settings=settings, language=language, transactional=transactional)
        written = _document(email, context) if email.html.strip() else _blocks(email, context)
        rendered = context.restore_links(_inliner.inline(written[0]))
        own_text = context.plain(email.text_part)
        text = "\n\n".join([own_text or written[1], theme.text_footer(context)]) + "\n"
        text = context.links.spread(text)
        used = context.links.used(rendered, text)
        return Compiled(
            subject=" ".join(email.subject.split()),
            html=theme.with_open_pixel(rendered),
            text=text,
            links=used,
            parts={name: context.links.parts[name] for name in used if name in context.links.parts},
            alternatives=context.alternatives,
        )


def _blocks(email, context: Context) -> tuple[str, str]:
    """``(HTML, text)`` of the blocks in the site's frame."""
    sections, texts = _render_blocks(email.body, context)
    first = email.body[0] if len(email.body) else None
    source = theme.document(
        context,
        subject=email.subject,
        preheader=email.preheader,
        sections="".join(sections),
        bleeds=first is not None and first.block.bleeds(first.value),
    )
    return mjml.to_html(source), "\n\n".join(filter(None, texts))


def _document(email, context: Context) -> tuple[str, str]:
    """``(HTML, text)`` of a document written elsewhere; what remains of the blocks is not sent."""
    html_of_own.check(email.html)
    written = html_of_own.document(
        context,
        email.html,
        subject=email.subject,
        preheader=email.preheader,
        footer=theme.html_footer(context),
    )
    text = html_of_own.text_of(
        context.outside_liquid(html_of_own.with_our_way_out(email.html)),
        lambda url, label: context.url(context.restore(url), context.restore(label)),
    )
    return written, context.restore(text)


def _render_blocks(body, context: Context) -> tuple[list[str], list[str]]:
    sections, column, texts = [], [], []
    for child in body:
        block = child.block
        texts.append(block.render_text(child.value, context).strip())
        mjml = block.render_mjml(child.value, context)
        if getattr(block, "full_width", False):
            sections += [theme.section("".join(column)), mjml]
            column = []
        else:
            column.append(mjml)
    return [*sections, theme.section("".join(column))], texts
