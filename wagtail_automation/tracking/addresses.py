"""What browsers send as text and addresses, cut to what may be stored: pure functions."""

import re
import unicodedata
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

URL_LENGTH = 2000
_SECRET = re.compile(
    r"token|secret|passw|signature|\bsig\b|\bkey\b|e-?mail|phone|session|auth|\bcode\b", re.IGNORECASE
)
_UTM = ("source", "medium", "campaign", "term", "content")
_SEARCH_ENGINES = (
    "google.",
    "bing.",
    "duckduckgo.",
    "qwant.",
    "ecosia.",
    "yahoo.",
    "search.brave.",
    "yandex.",
)
_NETWORKS = (
    "facebook.",
    "instagram.",
    "linkedin.",
    "lnkd.",
    "t.co",
    "x.com",
    "twitter.",
    "youtube.",
    "tiktok.",
    "pinterest.",
    "reddit.",
    "mastodon.",
    "bsky.",
    "threads.",
)


def clean_text(value, length: int) -> str:
    """One line of storable text: no control characters, no half surrogates (JSON lets both through)."""
    text = str(value).encode("utf-8", "replace").decode("utf-8")
    text = "".join(" " if unicodedata.category(c) == "Cc" else c for c in text)
    return " ".join(text.split())[:length]


def _split(url: str):
    try:
        return urlsplit(clean_text(url, URL_LENGTH))
    except ValueError:  # such as an unclosed bracket in the host
        return None


def local_path(url: str, host: str) -> str | None:
    """The path and query of an address on ``host`` as events store it; None when it is not on that host.

    The fragment goes, and so do the values of parameters that look secret or personal.
    """
    parts = _split(url)
    if parts is None or parts.scheme not in ("http", "https") or parts.netloc.lower() != host.lower():
        return None
    return storable(parts.path or "/", parts.query)


def storable(path: str, query: str = "") -> str:
    """Path and query in ASCII (percent-encoded), without what could be secret."""
    if query:
        pairs = [
            (k, "" if _SECRET.search(k) else v) for k, v in parse_qsl(query, keep_blank_values=True)[:30]
        ]
        query = urlencode(pairs)
    return clean_text(encoded(path) + (f"?{query}" if query else ""), URL_LENGTH)


def encoded(path: str) -> str:
    """A path as browsers send it, whether it was percent-encoded before or not."""
    return quote(clean_text(path, URL_LENGTH), safe="/%:@!$&'()*+,;=~-._")


def web_address(url: str) -> str | None:
    """An absolute http(s) address; None for anything else (javascript:, data:, relative)."""
    parts = _split(url)
    if parts is None or parts.scheme not in ("http", "https") or not parts.netloc or "\\" in url:
        return None
    return urlunsplit(parts)


@dataclass(frozen=True)
class Origin:
    """Where a visit came from, as in Visit's fields of the same names."""

    source: str = ""
    medium: str = ""
    campaign: str = ""
    term: str = ""
    content: str = ""


def origin(landing: str, referrer: str) -> Origin:
    """From the utm parameters of the first page, else from the site that linked to it."""
    query = dict(parse_qsl(urlsplit(landing).query)[:50])
    named = {name: clean_text(query.get(f"utm_{name}", ""), 100) for name in _UTM}
    if any(named.values()):
        return Origin(**named)
    parts = _split(referrer) if referrer else None
    host = (parts.hostname or "").removeprefix("www.") if parts else ""
    if not host:
        return Origin(medium="direct")
    dotted = f".{host}."
    if any(f".{engine}" in dotted for engine in _SEARCH_ENGINES):
        return Origin(source=host[:100], medium="organic")
    if any(f".{network}".rstrip(".") + "." in dotted for network in _NETWORKS):
        return Origin(source=host[:100], medium="social")
    return Origin(source=host[:100], medium="referral")
