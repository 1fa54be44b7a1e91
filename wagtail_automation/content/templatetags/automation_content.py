"""Template tags of content, for places outside StreamFields."""

from django import template

from wagtail_automation.content import rendering
from wagtail_automation.content.models import Form

register = template.Library()


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
