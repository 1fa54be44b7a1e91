"""How a promo stands on the page. A kind is one class; add yours with ``register``."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from wagtail_automation.registry import Registry


class PromoKind:
    """One way to show a promo.

    ``place``: "over" the page (at most one of a group at a time, by priority) or "inline". ``is_modal``: the
    page behind is out of reach until it is closed, so the script gives it focus, a trap and Esc. With
    ``takes_room`` the page begins below it, so that it covers no navigation.
    ``template_name`` gets ``promo``, ``part`` and ``form``; its root has the class ``wa-promo--<key>``.
    """

    key: str = ""
    label: str | Promise = ""
    place = "over"
    #: promos of one group never stand together
    group = ""
    is_modal = False
    takes_room = False
    template_name = "wagtail_automation/content/promos/promo.html"


promo_kinds = Registry("promo_kinds", PromoKind, is_public=True, key_length=40)
register = promo_kinds.register


@register
class Bar(PromoKind):
    """A line at the top of the page, which begins below it."""

    key = "bar"
    label = _("Bar at the top")
    group = "top"
    takes_room = True


@register
class Banner(PromoKind):
    """A wide band over the bottom of the page."""

    key = "banner"
    label = _("Banner at the bottom")
    group = "bottom"


@register
class PopUp(PromoKind):
    """A dialog in the middle."""

    key = "popup"
    label = _("Pop-up")
    group = "dialog"
    is_modal = True


@register
class SlideIn(PromoKind):
    """A card that comes in from the corner."""

    key = "slide"
    label = _("Slide-in in the corner")
    group = "bottom"


@register
class Inline(PromoKind):
    """In the text, where the page has a place for promos."""

    key = "inline"
    label = _("In the page, at a place for promos")
    place = "inline"


def choices() -> list[tuple[str, str]]:
    """For the form of a promo; migrations hold only the name of this function."""
    return [(kind.key, kind.label) for kind in promo_kinds]
