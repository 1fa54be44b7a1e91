"""HTML to the text part of an email: paragraphs, lists, and links as ``label (address)``."""

import re
from collections.abc import Callable
from html.parser import HTMLParser

PARAGRAPHS = {"p", "h1", "h2", "h3", "h4", "blockquote", "ul", "ol", "table", "pre"}


class _Reader(HTMLParser):
    def __init__(self, link: Callable[[str, str], str]):
        super().__init__(convert_charrefs=True)
        self.link = link
        self.out: list[str] = []
        self.lists: list[int | None] = []
        self.anchor: tuple[str, int] | None = None

    def handle_starttag(self, tag, attrs):
        if tag in ("ul", "ol"):
            self.lists.append(0 if tag == "ol" else None)
        if tag in PARAGRAPHS:
            self.out.append("\n\n")
        elif tag == "br":
            self.out.append("\n")
        elif tag == "hr":
            self.out.append("\n\n---\n\n")
        elif tag == "li":
            self.out.append("\n" + self._bullet())
        elif tag == "a":
            self.anchor = (dict(attrs).get("href") or "", len(self.out))

    def _bullet(self) -> str:
        if self.lists and self.lists[-1] is not None:
            self.lists[-1] += 1
            return f"{self.lists[-1]}. "
        return "– "

    def handle_endtag(self, tag):
        if tag in ("ul", "ol") and self.lists:
            self.lists.pop()
        if tag in PARAGRAPHS:
            self.out.append("\n\n")
        elif tag == "a" and self.anchor:
            href, start = self.anchor
            label = "".join(self.out[start:])
            self.anchor = None
            if href and not href.startswith("#"):
                self.out.append(f" ({self.link(href, label)})")

    def handle_data(self, data):
        self.out.append(re.sub(r"\s+", " ", data))


def to_text(html: str, *, link: Callable[[str, str], str]) -> str:
    """``link(url, label)`` returns what stands for the address."""
    reader = _Reader(link)
    reader.feed(html)
    reader.close()
    lines = [line.strip() for line in "".join(reader.out).split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
