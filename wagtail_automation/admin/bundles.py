"""Many small scripts or styles of ours, served as one: a page then asks for one file instead of twenty.

The files remain as they are, in the folder of static files; joined when they are first asked for. The
address carries the digest of what they hold, so that browsers may keep it for ever.
"""

import hashlib
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.gzip import gzip_page

#: seconds a browser keeps a bundle under its own address: a year
LIFETIME = 365 * 24 * 3600

_bundles: dict[str, "Bundle"] = {}


class Bundle:
    """Static files of one kind, in the order in which they need each other. ``name`` is part of the address.

    Making a second bundle of the same name replaces the first.
    """

    #: route, content type, what stands between two files
    route = content_type = between = ""

    def __init__(self, name: str, files):
        self.name, self.files = name, tuple(files)
        _bundles[self.key(name)] = self

    @classmethod
    def key(cls, name: str) -> str:
        return f"{cls.route} {name}"

    @property
    def url(self) -> str:
        """The address for ``Media``. Raises LookupError if a file is missing."""
        return f"{reverse(self.route, args=[self.name])}?v={self.digest}"

    @property
    def digest(self) -> str:
        """Changes whenever a file does; while DEBUG is on, at once."""
        return _joined(self.files, self.between, _changed_at(self.files))[1]

    @property
    def text(self) -> str:
        """All files, one after the other."""
        return _joined(self.files, self.between, _changed_at(self.files))[0]


class ScriptBundle(Bundle):
    """Scripts, each as its own statement."""

    route, content_type, between = "wagtail_automation_scripts", "text/javascript", ";\n"


class StyleBundle(Bundle):
    """Style sheets, which must not refer to files beside them: their address is another."""

    route, content_type, between = "wagtail_automation_styles", "text/css", "\n"


def _paths(files) -> list[Path]:
    found = [finders.find(name) for name in files]
    if None in found:
        raise LookupError(f"No static file {files[found.index(None)]}.")
    return [Path(path) for path in found]


def _changed_at(files) -> tuple[float, ...]:
    return tuple(path.stat().st_mtime for path in _paths(files)) if settings.DEBUG else ()


@lru_cache(maxsize=32)
def _joined(files, between, _changed) -> tuple[str, str]:
    text = between.join(path.read_text(encoding="utf-8") for path in _paths(files))
    return text, hashlib.sha256(text.encode()).hexdigest()[:12]


@gzip_page
def serve(request: HttpRequest, name: str, kind: type[Bundle]) -> HttpResponse:
    """A bundle. With the digest of another version (an old page, a server not yet updated) it is not kept."""
    bundle = _bundles.get(kind.key(name))
    if bundle is None:
        raise Http404
    response = HttpResponse(bundle.text, content_type=f"{bundle.content_type}; charset=utf-8")
    is_this = request.GET.get("v") == bundle.digest
    response["Cache-Control"] = f"public, max-age={LIFETIME}, immutable" if is_this else "no-cache"
    response["X-Content-Type-Options"] = "nosniff"
    return response
