"""The three tabs of an email: preview, statistics, people."""

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET, require_http_methods
from wagtail.admin.auth import require_admin_access

from wagtail_automation import clock, liquid
from wagtail_automation.admin import charts
from wagtail_automation.audiences.actions import add_to_list
from wagtail_automation.audiences.models import LeadList
from wagtail_automation.leads.cohorts import LeadsCohort
from wagtail_automation.messaging.models import Email, EmailVersion
from wagtail_automation.messaging.reasons import explain
from wagtail_automation.messaging.views import VIEW_POLICY

from . import numbers, picture, spreadsheet

APP = "wagtail_automation_messaging"
PREVIEW, STATISTICS, PEOPLE = "wa_email_preview", "wa_email_statistics", "wa_email_people"
FRAME, ADD = "wa_email_frame", "wa_email_add_to_list"
FRAMED = VIEW_POLICY.replace("frame-ancestors 'none'", "frame-ancestors 'self'")
PAGE = 50
#: as many people are put on a list in one statement
PART = 5000

TABS = [
    (PREVIEW, gettext_lazy("Preview")),
    (STATISTICS, gettext_lazy("Statistics")),
    (PEOPLE, gettext_lazy("People")),
]
#: states of the filter in the order in which it offers them, in words
STATES = {
    "sent": gettext_lazy("Sent"),
    "delivered": gettext_lazy("Delivered"),
    "confirmed": gettext_lazy("Delivery confirmed"),
    "opened": gettext_lazy("Opened"),
    "machine_opened": gettext_lazy("Loaded by a machine"),
    "clicked": gettext_lazy("Clicked"),
    "machine_clicked": gettext_lazy("Followed by a machine"),
    "replied": gettext_lazy("Answered"),
    "hard": gettext_lazy("Bounced for good"),
    "soft": gettext_lazy("Bounced for now"),
    "blocked": gettext_lazy("Blocked"),
    "unsubscribed": gettext_lazy("Unsubscribed"),
    "complained": gettext_lazy("Complained"),
    "queued": gettext_lazy("Waiting"),
    "skipped": gettext_lazy("Not sent"),
    "failed": gettext_lazy("Failed"),
    "doubtful": gettext_lazy("Doubtful"),
}


def _email(request, pk) -> Email:
    if not request.user.has_perm(f"{APP}.view_email") or not request.user.has_perm(f"{APP}.view_message"):
        raise PermissionDenied
    return get_object_or_404(Email, pk=pk)


def _page(request, email: Email, tab: str, template: str, context: dict):
    versions = EmailVersion.objects.filter(email=email).order_by("-is_current", "-pk")
    context = {
        "email": email,
        "page_title": str(email),
        "header_icon": "mail",
        "tab": tab,
        "tabs": [(name, label, reverse(name, args=[email.pk])) for name, label in TABS],
        "edit_url": reverse(Email.snippet_viewset.get_url_name("edit"), args=[email.pk]),
        "version": versions.defer("html", "text").first(),
        "frame_url": reverse(FRAME, args=[email.pk]),
        "breadcrumbs_items": [
            {"url": reverse("wagtailadmin_home"), "label": _("Home")},
            {"url": reverse(Email.snippet_viewset.get_url_name("list")), "label": _("Emails")},
            {"url": "", "label": str(email)},
        ],
        **context,
    }
    return TemplateResponse(request, f"wagtail_automation/messaging/results/{template}.html", context)


@require_admin_access
@require_GET
def preview(request, pk):
    """The email as it is sent now."""
    return _page(request, _email(request, pk), PREVIEW, "preview", {})


@require_admin_access
@require_GET
@xframe_options_sameorigin
def frame(request, pk):
    """The email itself, for a frame; ``?clicks``: with the numbers on its links."""
    email = _email(request, pk)
    version = (
        EmailVersion.objects.filter(email=email).select_related("site").order_by("-is_current", "-pk").first()
    )
    try:
        if version is None:
            html = format_html("<p>{}</p>", _("This email was never published."))
        elif "clicks" in request.GET:
            html = picture.draw(version, numbers.places(numbers.messages_of(email, request.user), version))
        else:
            html = picture.draw(version)
    except liquid.TemplateError:
        html = format_html("<p>{}</p>", _("This email cannot be drawn."))
    response = HttpResponse(html)
    response["Content-Security-Policy"] = FRAMED
    return response


@require_admin_access
@require_GET
def statistics(request, pk):
    """How many got it, opened it, clicked where, sent it back."""
    email = _email(request, pk)
    rows = numbers.messages_of(email, request.user)
    totals = numbers.totals(rows)
    people_url = reverse(PEOPLE, args=[email.pk])

    def figure(name, of):
        return {
            "label": STATES[name],
            "count": totals[name],
            "share": numbers.share(totals[name], totals[of]) if of else None,
            "url": f"{people_url}?{urlencode({'state': name})}",
        }

    days = numbers.by_day(rows, clock.now())
    version = EmailVersion.objects.filter(email=email).order_by("-is_current", "-pk").first()
    clicked = numbers.clicks(rows) if version else {}
    context = {
        "has_any": any(totals.values()),
        "main": [
            figure("sent", None),
            figure("delivered", "sent"),
            figure("opened", "delivered"),
            figure("clicked", "delivered"),
            figure("unsubscribed", "delivered"),
            figure("complained", "delivered"),
        ],
        "machines": [figure("machine_opened", "delivered"), figure("machine_clicked", "delivered")],
        "others": [
            figure(name, of)
            for name, of in [
                ("confirmed", "sent"),
                ("hard", "tried"),
                ("soft", "tried"),
                ("blocked", "tried"),
                ("replied", "delivered"),
                ("queued", None),
                ("skipped", None),
                ("failed", None),
                ("doubtful", None),
            ]
            if totals[name]
        ],
        "links": picture.links(version, clicked) if version else [],
        "links_elsewhere": picture.links_elsewhere(version, clicked) if version else [],
        "goals": numbers.goals(rows),
        "days": [
            {"label": date_format(day, "SHORT_DATE_FORMAT"), "value": read, "more": [followed]}
            for day, read, followed in days
        ],
        "day_headings": [_("Day"), _("Opened"), _("Clicked")],
        "domains": numbers.by(rows, "domain"),
        "devices": numbers.by(rows, "device"),
        "media": charts.media(),
    }
    return _page(request, email, STATISTICS, "statistics", context)


class ChooseListForm(forms.Form):
    """The list on which people are put: one that is filled by hand."""

    list = forms.ModelChoiceField(label=gettext_lazy("List"), queryset=LeadList.objects.none())

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["list"].queryset = LeadList.objects.filter(builtin="", archived=False).order_by("name")


def _chosen(request, email):
    """The state asked for, and its messages."""
    state = request.GET.get("state", "")
    state = state if state in numbers.STATES else ""
    rows = numbers.messages_of(email, request.user)
    if state:
        rows = rows.filter(numbers.STATES[state])
    found = request.GET.get("q", "").strip()[:100]
    if found:
        rows = rows.filter(lead__email__icontains=found)
    return state, found, rows


@require_admin_access
@require_GET
def people(request, pk):
    """Who got it, and what became of it; ``?export=csv``."""
    email = _email(request, pk)
    state, found, rows = _chosen(request, email)
    shown = rows.select_related("lead").defer("variables").order_by("-pk")
    if "export" in request.GET:
        return spreadsheet.respond(shown, name=f"email-{email.pk}")
    page = Paginator(shown, PAGE).get_page(request.GET.get("p"))
    query = urlencode({name: value for name, value in (("state", state), ("q", found)) if value})
    context = {
        "page": page,
        "rows": [(row, explain(row.reason)) for row in page],
        "states": STATES,
        "state": state,
        "found": found,
        "query": query,
        "add_url": f"{reverse(ADD, args=[email.pk])}?{query}"
        if request.user.has_perm("wagtail_automation_audiences.change_leadlist")
        else "",
    }
    return _page(request, email, PEOPLE, "people", context)


@require_admin_access
@require_http_methods(["GET", "POST"])
def add_people(request, pk):
    """Put the people of the chosen state on a list."""
    email = _email(request, pk)
    if not request.user.has_perm("wagtail_automation_audiences.change_leadlist"):
        raise PermissionDenied
    state, _found, rows = _chosen(request, email)
    leads = sorted(set(rows.order_by().values_list("lead_id", flat=True)))
    form = ChooseListForm(request.POST or None)
    back = reverse(PEOPLE, args=[email.pk])
    if request.method == "POST" and form.is_valid():
        joined = 0
        for start in range(0, len(leads), PART):
            cohort = LeadsCohort(leads[start : start + PART], key=f"email:{email.pk}", user=request.user)
            joined += len(add_to_list(lead_list=form.cleaned_data["list"], cohort=cohort))
        words = ngettext("%(count)d person was added.", "%(count)d people were added.", joined)
        messages.success(request, words % {"count": joined})
        return redirect(back)
    words = ngettext("%(count)d person: %(state)s.", "%(count)d people: %(state)s.", len(leads))
    context = {
        "page_title": _("Add to a list"),
        "page_subtitle": str(email),
        "header_icon": "list-ul",
        "text": words % {"count": len(leads), "state": STATES.get(state, _("all"))},
        "form": form,
        "submit": _("Add to a list"),
        "back": back,
        "breadcrumbs_items": [
            {"url": reverse("wagtailadmin_home"), "label": _("Home")},
            {"url": back, "label": str(email)},
            {"url": "", "label": _("Add to a list")},
        ],
    }
    return TemplateResponse(request, "wagtail_automation/messaging/act.html", context)


urlpatterns = [
    path("automation/emails/<int:pk>/preview-tab/", preview, name=PREVIEW),
    path("automation/emails/<int:pk>/frame/", frame, name=FRAME),
    path("automation/emails/<int:pk>/statistics/", statistics, name=STATISTICS),
    path("automation/emails/<int:pk>/people/", people, name=PEOPLE),
    path("automation/emails/<int:pk>/people/add/", add_people, name=ADD),
]
