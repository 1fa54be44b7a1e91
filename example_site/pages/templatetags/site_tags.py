"""What the templates of the example site need: the menu, the languages, a price."""

from django import template
from django.utils.formats import number_format
from django.utils.translation import get_language
from wagtail.models import Locale, Page, Site

register = template.Library()


def home_of(request, locale):
    """The home page of a language, or the site's own."""
    root = Site.find_for_request(request).root_page
    if root.locale_id == locale.pk:
        return root
    return root.get_translation_or_none(locale) or root


@register.simple_tag(takes_context=True)
def site_menu(context):
    """``{"home": page, "pages": […]}`` of the language of this page."""
    request = context["request"]
    page = context.get("page")
    locale = page.locale if isinstance(page, Page) else Locale.get_active()
    home = home_of(request, locale)
    return {"home": home, "pages": home.get_children().live().in_menu(), "locale": locale}


@register.simple_tag(takes_context=True)
def languages(context):
    """``[{"code", "name", "url", "is_current"}…]``: this page in every language it has."""
    page, request = context.get("page"), context["request"]
    current = page.locale.language_code if isinstance(page, Page) else get_language()
    found = []
    for locale in Locale.objects.order_by("pk"):
        if isinstance(page, Page) and page.pk:
            same = page if locale.pk == page.locale_id else page.get_translation_or_none(locale)
        else:
            same = home_of(request, locale)
        if same is None or not same.live:
            same = home_of(request, locale)
        found.append(
            {
                "code": locale.language_code,
                "name": locale.language_name_local if hasattr(locale, "language_name_local") else str(locale),
                "url": same.get_url(request),
                "is_current": locale.language_code == current,
            }
        )
    return found


@register.filter
def euros(cents):
    """A price in euro cents as people write it: €89, 89 €, €64.50."""
    whole, rest = divmod(int(cents), 100)
    amount = number_format(cents / 100, decimal_pos=2) if rest else number_format(whole, force_grouping=True)
    return f"{amount}\u00a0€" if (get_language() or "").startswith("fr") else f"€{amount}"
