"""The snippet with which another web site shows a form."""

from django.shortcuts import get_object_or_404, render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET
from wagtail.admin.auth import permission_denied
from wagtail.models import Site

from wagtail_automation.content import elsewhere
from wagtail_automation.content.models import Form

APP = "wagtail_automation_content"


@require_GET
def snippet(request, pk):
    """What to paste there: with a script that fits the height, or a frame alone."""
    if not request.user.has_perms([f"{APP}.change_form"]):
        return permission_denied(request)
    form = get_object_or_404(Form, pk=pk)
    site = form.site or Site.objects.filter(is_default_site=True).first()
    root = site.root_url if site is not None else request.build_absolute_uri("/").rstrip("/")
    address = root + reverse("wagtail_automation_content:embed", args=[elsewhere.embed_token(form)])
    script = static("wagtail_automation/content/embed.js")
    script = script if "://" in script else root + script
    edit_url = reverse("wagtailsnippets_wagtail_automation_content_form:edit", args=[form.pk])
    context = {
        "form": form,
        "origins": elsewhere.origins(form),
        "script": format_html(
            '<script src="{}" data-wa-embed="{}" data-title="{}" async></script>', script, address, form.name
        ),
        "frame": format_html(
            '<iframe src="{}" title="{}" width="100%" height="480" loading="lazy"></iframe>',
            address,
            form.name,
        ),
        "settings_url": edit_url + "#tab-settings",
        "page_title": _("Show this form on another web site"),
        "breadcrumbs_items": [
            {"url": reverse("wagtailadmin_home"), "label": _("Home")},
            {
                "url": edit_url,
                "label": str(form),
            },
            {"url": "", "label": _("Embed")},
        ],
    }
    return render(request, "wagtail_automation/content/admin/snippet.html", context)
