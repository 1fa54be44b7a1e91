"""Addresses of tracked links: a signed token names a Link row; nothing else can be redirected to."""

from django.core import signing
from django.urls import reverse

from .models import Link

_SALT = "wagtail_automation.tracking.link"


def token_of(link: Link) -> str:
    """What stands in the address of a tracked link."""
    return signing.Signer(salt=_SALT).sign(link.uuid.hex)


def read_token(token: str) -> Link | None:
    """The link of a token; None when it is forged, damaged, or the link is gone."""
    try:
        uuid = signing.Signer(salt=_SALT).unsign(token)
    except signing.BadSignature:
        return None
    return Link.objects.filter(uuid=uuid).first()


def redirect_path(link: Link) -> str:
    """The path below the site that notes the click and redirects."""
    return reverse("wagtail_automation_tracking:go", args=[token_of(link)])
