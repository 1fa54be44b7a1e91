"""Views of the admin: erasing a person, downloading their data, consents by hand, what is kept how long."""

import tempfile

from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import FileResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from wagtail.admin import messages
from wagtail.admin.widgets import Button

from wagtail_automation import clock, jobs, pruning

from . import consent, consent_actions, download, erasure, page, sources
from .access import APP, lead_or_404, may
from .models import ConsentRecord, Lead, PrivacyAct, Topic
from .panels import name_of

FOLDER = "wagtail_automation/leads/privacy"
HISTORY_PAGE = 50
#: files larger than this go through the disk while they are made
IN_MEMORY = 5 * 1024 * 1024


def buttons(lead: Lead, user) -> list[Button]:
    """What the lead page's menu offers."""
    found = []
    if may(user, "download"):
        url = reverse("wagtail_automation_lead_download", args=[lead.pk])
        found.append(Button(_("Download all data"), url=url, icon_name="download", priority=80))
    if may(user, "erase"):
        url = reverse("wagtail_automation_lead_erase", args=[lead.pk])
        found.append(Button(_("Erase this person"), url=url, icon_name="bin", priority=90))
    return found


# -- erasing -----------------------------------------------------------------------------------------------


class EraseForm(forms.Form):
    """Nothing is erased before the person's own address was typed."""

    mode = forms.ChoiceField(
        label=gettext_lazy("What is to be done"),
        choices=[
            (erasure.ERASE, gettext_lazy("Erase: nothing is left but an unreadable mark of the address")),
            (erasure.ANONYMISE, gettext_lazy("Anonymise: nobody can tell who it was, counts stay")),
        ],
        initial=erasure.ERASE,
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=consent_actions.MAX_REASON,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("Stays in the log of privacy acts: name nobody, and write no address."),
    )
    confirmation = forms.CharField(max_length=300, widget=forms.TextInput(attrs={"autocomplete": "off"}))

    def __init__(self, *args, lead: Lead, **kwargs):
        super().__init__(*args, **kwargs)
        self.expected = lead.email or lead.phone or str(lead.pk)
        self.fields["confirmation"].label = _("Type %(text)s to confirm") % {"text": self.expected}

    def clean_confirmation(self):
        typed = self.cleaned_data["confirmation"]
        if typed.strip().lower() != self.expected.lower():
            raise ValidationError(
                _("This is not what you were asked to type: nothing was erased."), code="confirmation"
            )
        return typed


def erase(request, pk):
    """GET: what would go, and the form. POST: have it done."""
    lead = lead_or_404(request.user, pk, ("erase", "lead"))
    form = EraseForm(request.POST if request.method == "POST" else None, lead=lead)
    if request.method == "POST" and form.is_valid():
        name, cleaned = str(lead), form.cleaned_data
        erasure.request(
            leads=[lead.pk],
            mode=cleaned["mode"],
            origin=consent_actions.BY_HAND,
            reason=cleaned["reason"],
            user=request.user,
            now=clock.now(),
        )
        messages.success(request, _("The erasure of %(person)s has begun.") % {"person": name})
        return redirect("wagtail_automation_lead:index")
    context = {
        "lead": lead,
        "form": form,
        "counts": sorted(erasure.counts([lead.pk]).items()),
        "back_url": page.lead_url(lead),
        "breadcrumbs_items": page.breadcrumbs(lead, _("Erase this person")),
        "page_title": _("Erase this person"),
        "header_icon": "bin",
    }
    return render(request, f"{FOLDER}/erase.html", context, status=422 if form.errors else 200)


# -- downloading -------------------------------------------------------------------------------------------


def download_data(request, pk):
    """GET asks, since it is logged; POST sends the zip."""
    lead = lead_or_404(request.user, pk, ("download", "lead"))
    if request.method != "POST":
        context = {
            "lead": lead,
            "counts": sorted(erasure.counts([lead.pk]).items()),
            "back_url": page.lead_url(lead),
            "breadcrumbs_items": page.breadcrumbs(lead, _("Download all data")),
            "page_title": _("Download all data"),
            "header_icon": "download",
        }
        return render(request, f"{FOLDER}/download.html", context)
    stream = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115  the response closes it
    download.download(lead=lead, stream=stream, user=request.user, origin=consent_actions.BY_HAND)
    stream.seek(0)
    name = f"lead-{lead.pk}-{slugify(str(lead))[:40]}".rstrip("-")
    response = FileResponse(
        stream, as_attachment=True, filename=f"{name}.zip", content_type="application/zip"
    )
    response.headers["Cache-Control"] = "private, no-store"
    return response


# -- consents ----------------------------------------------------------------------------------------------


class ConsentForm(forms.Form):
    """What the person told somebody of the site."""

    subject = forms.ChoiceField(label=gettext_lazy("Channel or topic"))
    granted = forms.ChoiceField(
        label=gettext_lazy("What they said"),
        choices=[("yes", gettext_lazy("They agree")), ("no", gettext_lazy("They refuse or withdraw"))],
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(
        label=gettext_lazy("How do you know?"),
        max_length=consent_actions.MAX_REASON,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("Such as: told me on the telephone; signed card from the fair. It stays."),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["subject"].choices = consent.subjects()


def record_consent(request, pk):
    """A consent or withdrawal by hand."""
    lead = lead_or_404(request.user, pk, ("change", "lead"))

    def save(form):
        consent_actions.record_by_hand(
            lead=lead,
            subject=form.cleaned_data["subject"],
            granted=form.cleaned_data["granted"] == "yes",
            reason=form.cleaned_data["reason"],
            user=request.user,
            now=clock.now(),
        )

    form = ConsentForm(request.POST if request.method == "POST" else None)
    return page.form_view(
        request,
        lead,
        form,
        save,
        panel="consents",
        heading=_("Record a consent"),
        submit=_("Record"),
        focus="consent-record",
    )


def history(request, pk):
    """Every entry of the lead's ledger, newest first."""
    lead = lead_or_404(request.user, pk)
    topics = {topic.subject: topic.name for topic in Topic.objects.all()}
    records = ConsentRecord.objects.filter(lead=lead).select_related("site")
    shown = Paginator(records, HISTORY_PAGE).get_page(request.GET.get("p"))
    words = sources.labels(record.how for record in shown)
    context = {
        "lead": lead,
        "page": shown,
        "rows": [
            (
                name_of(record.subject, topics),
                record,
                consent.HOWS.get(record.how) or words.get(record.how) or record.how,
            )
            for record in shown
        ],
        "breadcrumbs_items": page.breadcrumbs(lead, _("History of consents")),
        "page_title": _("History of consents"),
        "header_icon": "circle-check",
    }
    return render(request, f"{FOLDER}/history.html", context)


# -- retention ---------------------------------------------------------------------------------------------


def retention(request):
    """What is kept how long, when it was pruned last and will be next, and what went the last times."""
    if not request.user.has_perm(f"{APP}.view_privacyact"):
        raise PermissionDenied
    last = jobs.last_heartbeat("prune")
    acts = PrivacyAct.objects.filter(kind=PrivacyAct.Kind.RETENTION)[:10]
    labels = {kind.key: kind.label for kind in pruning.kinds()}
    context = {
        "kinds": [(kind, days_words(kind.days)) for kind in pruning.kinds()],
        "last": last,
        "next": pruning.next_run(),
        "is_due": pruning.next_run() <= clock.now(),
        "acts": [
            (
                act,
                [
                    (labels.get(name, name), count)
                    for name, count in sorted(act.details.get("rows", {}).items())
                ],
            )
            for act in acts
        ],
        "breadcrumbs_items": [
            {"url": reverse("wagtailadmin_home"), "label": _("Home")},
            {"url": "", "label": _("Retention")},
        ],
        "page_title": _("Retention"),
        "header_icon": "time",
    }
    return render(request, f"{FOLDER}/retention.html", context)


def days_words(days: int | None) -> str:
    """A number of days as people say it."""
    if days is None:
        return _("For ever")
    return ngettext("%(number)d day", "%(number)d days", days) % {"number": days}


urlpatterns = [
    path("automation/leads/<int:pk>/erase/", erase, name="wagtail_automation_lead_erase"),
    path("automation/leads/<int:pk>/download/", download_data, name="wagtail_automation_lead_download"),
    path("automation/leads/<int:pk>/consents/", history, name="wagtail_automation_consent_history"),
    path(
        "automation/leads/<int:pk>/consents/record/", record_consent, name="wagtail_automation_consent_record"
    ),
    path("automation/retention/", retention, name="wagtail_automation_retention"),
]
