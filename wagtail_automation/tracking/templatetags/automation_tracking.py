"""Tags for a site's base template: the script, and the link to the privacy choices. They run no query."""

from django import template
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.translation import get_language, gettext

from wagtail_automation import conf

register = template.Library()


@register.inclusion_tag("wagtail_automation/tracking/script.html")
def automation_script():
    """The package's own script and, for those without JavaScript, the way to the privacy choices.

    Put it once before ``</body>``. The same for every visitor, so that the page can be cached; works under a
    content security policy of ``script-src 'self'; style-src 'self'; connect-src 'self'``.
    """
    return {
        "script": static("wagtail_automation/tracking/wa.js"),
        "style": static("wagtail_automation/tracking/notice.css"),
        "collect": reverse("wagtail_automation_tracking:collect"),
        "consent": reverse("wagtail_automation_tracking:consent"),
        "notice": reverse("wagtail_automation_tracking:consent_notice"),
        "recognise": reverse("wagtail_automation_tracking:recognise"),
        "cookie": conf.get("CONSENT_COOKIE"),
        "views": conf.get("PAGE_VIEWS"),
        "language": get_language() or "",
        "signals": " ".join(conf.get("PRIVACY_SIGNALS")),
    }


@register.simple_tag(takes_context=True)
def privacy_choices(context, text=""):
    """A link that opens the notice again, or the page of privacy choices without JavaScript."""
    request = context.get("request")
    query = "?" + urlencode({"next": request.path}) if request is not None else ""
    return format_html(
        '<a href="{}{}" data-wa-privacy rel="nofollow">{}</a>',
        reverse("wagtail_automation_tracking:consent"),
        query,
        text or gettext("Privacy choices"),
    )
