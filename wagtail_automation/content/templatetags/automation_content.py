"""Template tags of content, for places outside StreamFields."""

import uuid

from django import template
from django.templatetags.static import static
from django.urls import reverse
from django.utils import translation
from django.utils.html import format_html

from wagtail_automation import conf
from wagtail_automation.audiences.models import DynamicContent
from wagtail_automation.content import as_lead, personal, rendering
from wagtail_automation.content.blocks import SharedContentBlock
from wagtail_automation.content.models import Form

register = template.Library()


@register.simple_tag
def automation_linked_forms():
    """The script that tells what is written into existing forms which editors linked to one of ours.

    Once before ``</body>``, where the site has such forms. The same for everybody; runs no query.
    """
    return format_html(
        '<script src="{}" defer data-list="{}"></script>',
        static("wagtail_automation/content/linked.js"),
        reverse("wagtail_automation_content:linked"),
    )


@register.simple_tag(takes_context=True)
def automation_form(context, form, place=""):
    """``{% automation_form form %}``: a form, by the object or its UUID; nothing for a form that is gone.

    ``place`` keeps the same form apart when it stands twice on one page.
    """
    if not isinstance(form, Form):
        form = Form.objects.with_uuid(form)
    if form is None:
        return ""
    return rendering.render_form(
        form,
        request=context.get("request"),
        page=context.get("page"),
        place=f"-{place}" if place else "",
    )


@register.simple_tag(takes_context=True)
def automation_dynamic(context, content):
    """``{% automation_dynamic content %}``: a shared dynamic content, by the object or its translation key.

    Nothing for one that is gone or not published. Works on pages and in any other template with a request.
    """
    if not isinstance(content, DynamicContent):
        content = _shared_content(content, getattr(context.get("page"), "locale_id", None))
    if content is None:
        return ""
    block = SharedContentBlock()
    block.by_tag = True
    names = ("request", "page", "self", personal.PERSON)
    return block.render(content, {name: context[name] for name in names if name in context})


def _shared_content(key, locale_id):
    try:
        key = uuid.UUID(str(key))
    except ValueError:
        return None
    rows = DynamicContent.objects.filter(translation_key=key, live=True).select_related("locale")
    rows = sorted(rows, key=lambda row: row.pk)
    wanted = translation.get_language()
    for row in rows:
        if row.locale_id == locale_id if locale_id else row.locale.language_code == wanted:
            return row
    return rows[0] if rows else None


@register.inclusion_tag("wagtail_automation/content/promos/script.html")
def automation_promos():
    """Web promos: put it once before ``</body>``. The same for every visitor, so that pages can be cached."""
    return {
        "script": static("wagtail_automation/content/promos.js"),
        "style": static("wagtail_automation/content/promos.css"),
        "seen": static("wagtail_automation/content/seen.js"),
        "promos": reverse("wagtail_automation_content:promos"),
        "report": reverse("wagtail_automation_content:shown"),
        "consent": conf.get("CONSENT_COOKIE"),
        "imagined": as_lead.COOKIE,
        "language": translation.get_language() or "",
    }


@register.inclusion_tag("wagtail_automation/content/promos/place.html")
def automation_promo_place():
    """A place for inline promos outside StreamFields."""
    return {}
