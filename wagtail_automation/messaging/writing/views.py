"""Where a new email begins, how one becomes a template, how a document is brought in."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import HttpResponse, HttpResponseNotFound
from django.shortcuts import get_object_or_404, redirect, render
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_http_methods, require_safe
from wagtail.admin import messages
from wagtail.admin.auth import require_admin_access
from wagtail.log_actions import log
from wagtail.models import Locale

from wagtail_automation import liquid
from wagtail_automation.leads.models import Lead
from wagtail_automation.messaging import preview
from wagtail_automation.messaging.models import Email, EmailTemplate

from . import checks, starting
from .designs import DESIGNS
from .forms import ImportForm, TemplateForm, WhoForm

APP = "wagtail_automation_messaging"
START_URL = "wagtail_automation_email_start"
SAMPLE_URL = "wagtail_automation_email_sample"
IMPORT_URL = "wagtail_automation_email_import"
SAVE_AS_URL = "wagtail_automation_email_save_as_template"
CHECKS_URL = "wagtail_automation_email_checks"
PREVIEW_AS_URL = "wagtail_automation_email_preview_as"
SESSION = "wa_preview_leads"
#: how many leads are remembered for the preview, and how many a search shows
MAX_ASKED, SHOWN = 5, 20
TEMPLATES = "wagtail_automation/messaging/writing/"
#: what stands in a sample was written by editors: nothing in it runs
SAMPLE_POLICY = (
    "default-src 'none'; img-src * data:; style-src 'unsafe-inline'; font-src *; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'; sandbox"
)


def _need(user, *permissions: str) -> None:
    if not all(user.has_perm(f"{APP}.{name}") for name in permissions):
        raise PermissionDenied


def _locale(request) -> Locale:
    """The language asked for, else the site's default."""
    found = Locale.objects.filter(language_code=request.GET.get("locale", "")).first()
    return found or Locale.get_default()


@require_admin_access
@require_safe
def start(request):
    """Designs and templates to begin with, each as it will look."""
    _need(request.user, "add_email")
    locale = _locale(request)
    add = reverse(Email.snippet_viewset.get_url_name("add"))

    def card(choice, label, description="", colour=""):
        return {
            "url": f"{add}?locale={locale.language_code}&begin={choice}",
            "sample": f"{reverse(SAMPLE_URL, args=[choice])}?locale={locale.language_code}",
            "label": label,
            "description": description,
            "colour": colour,
        }

    templates = EmailTemplate.objects.filter(is_published=True).select_related("category")
    context = {
        "title": _("New email"),
        "icon": "mail",
        "designs": [card(f"design:{d.key}", d.label, d.description) for d in DESIGNS.values()],
        "templates": [
            card(f"template:{t.pk}", t.name, t.category or t.description, t.colour) for t in templates
        ],
        "blank_url": f"{add}?locale={locale.language_code}&begin=blank",
        "import_url": reverse(IMPORT_URL),
        "locales": [
            {"label": str(one), "url": f"?locale={one.language_code}", "is_current": one == locale}
            for one in Locale.objects.order_by("pk")
        ],
    }
    return TemplateResponse(request, f"{TEMPLATES}start.html", context)


@require_admin_access
@require_safe
@xframe_options_sameorigin
def sample(request, choice):
    """One design or template as an email to somebody invented."""
    if not any(request.user.has_perm(f"{APP}.{name}") for name in ("add_email", "view_emailtemplate")):
        raise PermissionDenied
    email = starting.begun_with(choice, _locale(request))
    if not email.body and not email.html:
        return HttpResponseNotFound()
    try:
        response = HttpResponse(preview.parts_for(email, preview.person("", request.user)).html)
    except (ValidationError, liquid.TemplateError) as error:
        texts = error.messages if isinstance(error, ValidationError) else [str(error)]
        response = render(request, "wagtail_automation/messaging/preview_error.html", {"messages": texts})
    response["Content-Security-Policy"] = SAMPLE_POLICY
    return response


@require_admin_access
@require_http_methods(["GET", "POST"])
def save_as_template(request, pk):
    """Ask for name, category and colour, then keep the email as last saved as a template."""
    _need(request.user, "view_email", "add_emailtemplate")
    email = get_object_or_404(Email, pk=pk)
    initial = {
        "name": email.name,
        "category": email.category_id,
        "colour": email.colour,
        "is_published": True,
    }
    form = TemplateForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        template = starting.save_as_template(email=email, user=request.user, **form.cleaned_data)
        edit = reverse(EmailTemplate.snippet_viewset.get_url_name("edit"), args=[template.pk])
        text = format_html(_("The template “{}” is kept."), template.name)
        buttons = [messages.button(edit, _("Edit"))] if _may_edit(request.user) else []
        messages.success(request, text, buttons=buttons)
        return redirect(reverse(Email.snippet_viewset.get_url_name("edit"), args=[email.pk]))
    return TemplateResponse(
        request,
        f"{TEMPLATES}form.html",
        {
            "title": _("Save as template"),
            "subtitle": email.name,
            "icon": "mail",
            "form": form,
            "button": _("Save as template"),
            "back": reverse(Email.snippet_viewset.get_url_name("edit"), args=[email.pk]),
        },
    )


def findings_context(email: Email) -> dict:
    """What the list of checks shows."""
    findings = checks.check_email(email)
    return {"findings": findings, "errors": sum(one.level == checks.ERROR for one in findings)}


@require_admin_access
@require_safe
def findings(request, pk):
    """The checks of an email as last saved, as a part of the editor."""
    if not any(request.user.has_perm(f"{APP}.{name}_email") for name in ("add", "change", "publish")):
        raise PermissionDenied
    email = get_object_or_404(Email, pk=pk).get_latest_revision_as_object()
    return render(request, f"{TEMPLATES}findings.html", findings_context(email))


def asked_for(request) -> list[int]:
    """Leads that this person asked to see emails as, the last first."""
    return list(request.session.get(SESSION, ()))


@require_admin_access
@require_http_methods(["GET", "POST"])
def preview_as(request, pk):
    """Choose any lead that one may see, by name or address or somebody from a segment, for the preview."""
    if not any(request.user.has_perm(f"{APP}.{name}_email") for name in ("add", "change", "publish")):
        raise PermissionDenied
    email = get_object_or_404(Email, pk=pk)
    people = Lead.objects.visible_to(request.user).known()
    back = reverse(Email.snippet_viewset.get_url_name("edit"), args=[email.pk])
    if request.method == "POST":
        number = request.POST.get("lead", "")
        chosen = people.filter(pk=int(number)).first() if number.isdecimal() and len(number) < 19 else None
        if chosen is not None:
            others = [one for one in asked_for(request) if one != chosen.pk]
            request.session[SESSION] = [chosen.pk, *others][:MAX_ASKED]
            messages.success(request, _("Choose “As %(lead)s” in the preview.") % {"lead": chosen})
            return redirect(back)
    form = WhoForm(request.GET or None)
    found = form.people(people)[:SHOWN] if form.is_valid() else people.order_by("-pk")[:SHOWN]
    context = {"title": _("Preview as somebody else"), "subtitle": email.name, "icon": "view", "form": form}
    context |= {"people": found, "back": back, "action": request.path}
    return TemplateResponse(request, f"{TEMPLATES}preview_as.html", context)


def _may_edit(user) -> bool:
    return user.has_perm(f"{APP}.change_emailtemplate")


@require_admin_access
@require_http_methods(["GET", "POST"])
def bring_in(request):
    """A document made elsewhere becomes the draft of a new email."""
    _need(request.user, "add_email")
    form = ImportForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        email = Email(name=data["name"], subject=data["subject"], locale=data["locale"], html=data["html"])
        email.live = False
        with transaction.atomic():
            email.save()
            log(instance=email, action="wagtail.create", user=request.user)
            email.save_revision(user=request.user)
        messages.success(request, _("The HTML is brought in as a draft. Look at its preview."))
        return redirect(reverse(Email.snippet_viewset.get_url_name("edit"), args=[email.pk]))
    return TemplateResponse(
        request,
        f"{TEMPLATES}form.html",
        {
            "title": _("Bring in HTML"),
            "subtitle": "",
            "icon": "upload",
            "form": form,
            "button": _("Bring in"),
            "back": f"{reverse(START_URL)}?locale={get_language()}",
        },
    )


urlpatterns = [
    path("automation/emails/start/", start, name=START_URL),
    path("automation/emails/sample/<str:choice>/", sample, name=SAMPLE_URL),
    path("automation/emails/import/", bring_in, name=IMPORT_URL),
    path("automation/emails/<int:pk>/checks/", findings, name=CHECKS_URL),
    path("automation/emails/<int:pk>/preview-as/", preview_as, name=PREVIEW_AS_URL),
    path("automation/emails/<int:pk>/template/", save_as_template, name=SAVE_AS_URL),
]
