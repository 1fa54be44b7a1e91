"""Guards of a form without cookies: where it came from, how fast, how often, and a field for machines."""

from urllib.parse import urlsplit

from django.conf import settings
from django.core.cache import cache

from wagtail_automation import conf
from wagtail_automation.content import tokens
from wagtail_automation.content.form_fields import typed_fields


def is_same_origin(request) -> bool:
    """Whether a page of this host sent the request (Fetch Metadata, else Origin, else Referer).

    No header at all is refused: every browser of this decade sends ``Origin`` with a POST.
    ``CSRF_TRUSTED_ORIGINS`` is honoured, so that a second front-end host may be allowed.
    """
    origin = request.headers.get("Origin", "")
    if origin and origin != "null" and _is_trusted(origin):
        return True
    site = request.headers.get("Sec-Fetch-Site", "")
    if site:
        return site == "same-origin"
    if origin:
        return origin != "null" and urlsplit(origin).netloc == request.get_host()
    return urlsplit(request.headers.get("Referer", "")).netloc == request.get_host()


def _is_trusted(origin: str) -> bool:
    host = urlsplit(origin)
    for allowed in settings.CSRF_TRUSTED_ORIGINS:
        wanted = urlsplit(allowed)
        if wanted.scheme != host.scheme:
            continue
        if wanted.netloc == host.netloc:
            return True
        if wanted.netloc.startswith("*.") and host.netloc.endswith(wanted.netloc[1:]):
            return True
    return False


def is_too_often(request, form, visitor_uuid=None) -> bool:
    """Counts this submission; True beyond ``FORM_RATE`` per address and per visitor.

    The cache holds only an HMAC of the address, for as long as the window lasts.
    """
    limit, seconds = conf.get("FORM_RATE")
    who = [f"ip:{request.META.get('REMOTE_ADDR', '')}"]
    if visitor_uuid:
        who.append(f"visitor:{visitor_uuid}")
    counts = []
    for one in who:
        key = f"wa-form:{form.pk}:{tokens.hashed(one)}"
        cache.add(key, 0, seconds)
        try:
            counts.append(cache.incr(key))
        except ValueError:  # it ran out between the two calls
            cache.set(key, 1, seconds)
            counts.append(1)
    return max(counts) > limit


#: bytes of the text fields of one form
TEXT_BYTES = 2_500_000


def is_too_large(request, form) -> bool:
    """Whether more comes than the form's fields may hold; told before anything is read."""
    declared = request.META.get("CONTENT_LENGTH") or "0"
    limit = TEXT_BYTES + sum(block.limit(value) for _k, block, value in typed_fields(form) if block.is_file)
    return not declared.isdigit() or int(declared) > limit
