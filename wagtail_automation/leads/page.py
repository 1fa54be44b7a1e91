"""The lead page in pieces: its panels, its header, and what a view gives back that changes one of them.

Every change has an address of its own that works as a plain page with a plain form. The lead page's script
asks for the same addresses with the header ``X-Requested-With: wa-fragment`` and gets only the piece: the
form, the form with its errors (status 422), or the panel as it is afterwards.
"""

from collections.abc import Callable

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext
from wagtail.admin.utils import get_admin_base_url
from wagtail.models import Site

from wagtail_automation import conf
from wagtail_automation.admin.panels import LeadPanel, lead_panels

from . import sources
from .fields import COLUMNS
from .models import Lead, LeadPhoto

FRAGMENT = "wa-fragment"
TONES = 8


def wants_fragment(request) -> bool:
    """Whether our script asks, and not a browser for a page."""
    return request.headers.get("X-Requested-With") == FRAGMENT


def lead_url(lead: Lead, panel: str = "") -> str:
    """The lead page, at a panel."""
    url = reverse("wagtail_automation_lead:inspect", args=[lead.pk])
    return f"{url}#panel-{panel}-section" if panel else url


def absolute_lead_url(lead: Lead) -> str:
    """The lead page for an email to a colleague. A site that says nowhere where its admin is reached
    (WAGTAILADMIN_BASE_URL) is taken to have it where its pages are."""
    base = get_admin_base_url() or conf.get("BASE_URL")
    if not base and (site := Site.objects.filter(is_default_site=True).first()):
        base = site.root_url
    return f"{(base or '').rstrip('/')}{lead_url(lead)}"


# -- avatars -----------------------------------------------------------------------------------------------


def initials(lead: Lead) -> str:
    """One or two letters for the avatar; a question mark for somebody nobody knows."""
    words = [lead.first_name, lead.last_name] if lead.name else [lead.email.partition("@")[0]]
    letters = "".join(word[:1] for word in words if word).upper()
    return letters[:2] or "?"


def avatar(lead: Lead, photo: str = "") -> dict:
    """What the avatar's template needs: photo or initials; the colour stays with the person."""
    return {
        "initials": initials(lead),
        "tone": lead.bucket % TONES,
        "is_known": lead.is_known,
        "photo": photo,
    }


def photo_urls(leads) -> dict[int, str]:
    """``{lead id: address of the photo}`` of those who have one; one query."""
    rows = LeadPhoto.objects.filter(lead__in=[lead.pk for lead in leads]).values_list("lead_id", "digest")
    return {pk: reverse("wagtail_automation_lead_photo", args=[pk, digest]) for pk, digest in rows}


# -- panels ------------------------------------------------------------------------------------------------


def panels_of(lead: Lead, request) -> list[LeadPanel]:
    """The registered panels that this user may see of this person, in their order."""
    ordered = sorted(lead_panels, key=lambda cls: (cls.order, cls.key))
    return [panel for cls in ordered if (panel := cls(lead, request)).is_shown()]


def render_panel(panel: LeadPanel, **more) -> str:
    """The panel's body as HTML; ``more`` is put over its context."""
    context = {"lead": panel.lead, "panel": panel, **panel.get_context(), **more}
    return render_to_string(panel.template_name, context, request=panel.request)


def header_context(lead: Lead) -> dict:
    """Who it is, for the top of the page. Two queries, and one more for a source with a name."""
    words = sources.labels([lead.source])
    place = ", ".join(
        filter(None, (lead.city, COLUMNS["country"].display(lead) if lead.country else lead.region))
    )
    return {
        "lead": lead,
        "avatar": avatar(lead, photo_urls([lead]).get(lead.pk, "")),
        "source_label": words.get(lead.source, ""),
        "place": place,
        "work": ", ".join(filter(None, (lead.job_title, lead.company))),
    }


def panel_view(request, lead: Lead, key: str):
    """One panel anew, for our script; anybody else is shown the lead page at that panel."""
    if not wants_fragment(request):
        url = reverse("wagtail_automation_lead:inspect", args=[lead.pk])
        query = request.GET.urlencode()
        return redirect(f"{url}{'?' if query else ''}{query}#panel-{key}-section")
    cls = lead_panels.get(key)
    panel = cls(lead, request) if cls is not None else None
    if panel is None or not panel.is_shown():
        raise Http404
    return _private(HttpResponse(render_panel(panel)))


def breadcrumbs(lead: Lead, label: str) -> list[dict]:
    """The way from the admin's home page to a page about this lead."""
    return [
        {"url": reverse("wagtailadmin_home"), "label": gettext("Home")},
        {"url": reverse("wagtail_automation_lead:index"), "label": gettext("Leads")},
        {"url": lead_url(lead), "label": str(lead)},
        {"url": "", "label": label},
    ]


def done(request, lead: Lead, panel: str, *, focus: str = ""):
    """After a change: the panel and the header as they are now, or the way back to the lead page."""
    if not wants_fragment(request):
        return redirect(lead_url(lead, panel))
    lead = Lead.objects.select_related("owner").get(pk=lead.pk)
    cls = lead_panels.get(panel)
    body = render_panel(cls(lead, request)) if cls is not None else ""
    header = render_to_string(
        "wagtail_automation/leads/lead_header.html", header_context(lead), request=request
    )
    response = HttpResponse(f'{body}<template data-wa-replace=".wa-lead-header">{header}</template>')
    response.headers["X-WA-Refresh"] = "timeline"
    if focus:
        response.headers["X-WA-Focus"] = focus
    return _private(response)


def form_view(
    request,
    lead: Lead,
    form: forms.BaseForm,
    save: Callable,
    *,
    panel: str,
    heading: str,
    submit: str,
    text: str = "",
    is_danger: bool = False,
    focus: str = "",
):
    """One small form: shown, saved by ``save(form)``, or shown again with its errors at their fields.

    ``save`` may raise ValidationError, whose messages stand at the form's fields where they name one.
    """
    status = 200
    if request.method == "POST":
        if form.is_valid():
            try:
                save(form)
            except ValidationError as error:
                _put_errors(form, error)
            else:
                return done(request, lead, panel, focus=focus)
        status = 422 if wants_fragment(request) else 200
    context = {
        "lead": lead,
        "form": form,
        "heading": heading,
        "submit": submit,
        "text": text,
        "is_danger": is_danger,
        "panel_key": panel,
        "action": request.get_full_path(),
        "back_url": lead_url(lead, panel),
        "panel_url": reverse("wagtail_automation_lead_panel", args=[lead.pk, panel]),
        "is_fragment": wants_fragment(request),
        "breadcrumbs_items": breadcrumbs(lead, heading),
        "page_title": heading,
        "header_icon": "user",
    }
    name = "form_fragment" if wants_fragment(request) else "form_page"
    return _private(render(request, f"wagtail_automation/leads/{name}.html", context, status=status))


def _put_errors(form: forms.BaseForm, error: ValidationError) -> None:
    found = error.error_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: error}
    only = next(iter(form.fields), None) if len(form.fields) == 1 else None
    for name, problem in found.items():
        form.add_error(name if name in form.fields else only, problem)


def _private(response):
    response.headers["Cache-Control"] = "private, no-store"
    return response


def query(**values) -> str:
    """``?a=1`` of what has a value."""
    kept = {name: value for name, value in values.items() if value}
    return f"?{urlencode(kept)}" if kept else ""
