"""Acts on the suppression list and the mailboxes: add, import, remove, read now."""

import csv

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods
from wagtail.admin.auth import require_admin_access

from wagtail_automation.leads.permissions import sees_everybody
from wagtail_automation.messaging.models import Mailbox, Suppression

from . import mailboxes, suppressing
from .names import MAILBOX_READ, SUPPRESSION_ADD, SUPPRESSION_LIST, SUPPRESSION_REMOVE

APP = "wagtail_automation_messaging"
MAX_FILE = 10 * 1024 * 1024
TEMPLATE = "wagtail_automation/messaging/act.html"


def _may(user, name: str) -> None:
    if not user.has_perm(f"{APP}.{name}") or not sees_everybody(user):
        raise PermissionDenied


class AddForm(forms.Form):
    """Addresses typed, pasted or in a file."""

    text = forms.CharField(
        label=gettext_lazy("Addresses"),
        required=False,
        max_length=2_000_000,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=gettext_lazy("One a line, or a table with an address in each line."),
    )
    file = forms.FileField(
        label=gettext_lazy("Or a file"),
        required=False,
        help_text=gettext_lazy("CSV or plain text in UTF-8, such as another program exports."),
    )
    reason = forms.ChoiceField(
        label=gettext_lazy("Reason"),
        choices=[choice for choice in Suppression.Reason.choices if choice[0] != Suppression.Reason.ERASED],
        initial=Suppression.Reason.MANUAL,
    )

    def clean_file(self):
        file = self.cleaned_data["file"]
        if file and file.size > MAX_FILE:
            raise ValidationError(_("The file is larger than %(size)d MB.") % {"size": MAX_FILE // 1024**2})
        return file

    def clean(self):
        cleaned = super().clean()
        text, file = cleaned.get("text") or "", cleaned.get("file")
        if file:
            try:
                text += "\n" + file.read().decode("utf-8-sig")
            except UnicodeDecodeError:
                self.add_error("file", _("The file is no text in UTF-8."))
                return cleaned
        if not self.errors and not text.strip():
            raise ValidationError(_("Write addresses or choose a file."))
        cleaned["text"] = text
        return cleaned


@require_admin_access
@require_http_methods(["GET", "POST"])
def add(request):
    """Put addresses on the list; says how many were new, known, and no addresses."""
    _may(request.user, "add_suppression")
    form = AddForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            done = suppressing.import_addresses(
                text=form.cleaned_data["text"], reason=form.cleaned_data["reason"], user=request.user
            )
        except (ValueError, csv.Error) as error:
            form.add_error(None, str(error))
        else:
            _tell(request, done)
            return redirect(SUPPRESSION_LIST)
    context = {
        "page_title": _("Suppress addresses"),
        "header_icon": "cross",
        "text": _("These addresses never get mail again, whatever a campaign says."),
        "form": form,
        "submit": _("Suppress"),
        "back": reverse(SUPPRESSION_LIST),
        "breadcrumbs_items": _breadcrumbs(_("Suppress addresses")),
    }
    return TemplateResponse(request, TEMPLATE, context)


def _tell(request, done: suppressing.Imported) -> None:
    messages.success(
        request,
        ngettext("%(count)d address is suppressed.", "%(count)d addresses are suppressed.", done.added)
        % {"count": done.added},
    )
    if done.known:
        messages.info(
            request,
            ngettext("%(count)d was there already.", "%(count)d were there already.", done.known)
            % {"count": done.known},
        )
    if done.refused_count:
        lines = ", ".join(f"{line}: {text}" for line, text in done.refused[:10])
        messages.warning(
            request,
            ngettext(
                "%(count)d line holds no address (%(lines)s).",
                "%(count)d lines hold no address (%(lines)s).",
                done.refused_count,
            )
            % {"count": done.refused_count, "lines": lines},
        )


class RemoveForm(forms.Form):
    why = forms.CharField(
        label=gettext_lazy("Why may they be written to again?"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("Stays in the site's log, beside your name."),
    )


@require_admin_access
@require_http_methods(["GET", "POST"])
def remove(request, pk):
    """Take an address off the list, with a reason that is logged."""
    _may(request.user, "delete_suppression")
    row = get_object_or_404(Suppression.objects.exclude(reason=Suppression.Reason.ERASED), pk=pk)
    form = RemoveForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        suppressing.remove(suppression=row, user=request.user, why=form.cleaned_data["why"])
        messages.success(request, _("The address may get mail again."))
        return redirect(SUPPRESSION_LIST)
    warning = _("What the person refused stays refused: consent is kept apart, in the ledger.")
    if row.reason == Suppression.Reason.COMPLAINT:
        warning = _(
            "This person reported an email as unwanted. Writing again harms the delivery of all your emails."
        )
    context = {
        "page_title": _("Remove from the list"),
        "page_subtitle": str(row),
        "header_icon": "cross",
        "text": warning,
        "form": form,
        "submit": _("Remove from the list"),
        "is_danger": True,
        "back": reverse(SUPPRESSION_LIST),
        "breadcrumbs_items": _breadcrumbs(str(row)),
    }
    return TemplateResponse(request, TEMPLATE, context)


def _breadcrumbs(label: str) -> list[dict]:
    return [
        {"url": reverse("wagtailadmin_home"), "label": _("Home")},
        {"url": reverse(SUPPRESSION_LIST), "label": _("Suppressed addresses")},
        {"url": "", "label": label},
    ]


#: what a mail said (``reports``, ``receiving``), in words
SAID = {
    "bounce": gettext_lazy("bounces"),
    "delayed": gettext_lazy("delays"),
    "delivered": gettext_lazy("confirmations of delivery"),
    "complaint": gettext_lazy("complaints"),
    "auto_reply": gettext_lazy("automatic replies"),
    "reply": gettext_lazy("answers"),
    "unsubscribe": gettext_lazy("unsubscriptions"),
    "nothing": gettext_lazy("about something else"),
    "not_ours": gettext_lazy("about no message of ours"),
    "unreadable": gettext_lazy("unreadable"),
    "failed": gettext_lazy("not judged: the log of the site says why"),
}


def _found(reading: mailboxes.Reading) -> str:
    """What was found in a mailbox, for people."""
    found = [f"{SAID.get(kind, kind)}: {number}" for kind, number in sorted(reading.counts.items())]
    return reading.error or ", ".join(found) or _("nothing new")


@require_admin_access
@require_http_methods(["GET", "POST"])
def read_now(request, pk):
    """Ask, then read one mailbox and say what was found."""
    if not request.user.has_perm(f"{APP}.change_mailbox"):
        raise PermissionDenied
    mailbox = get_object_or_404(Mailbox, pk=pk)
    back = reverse("wagtail_automation_mailbox:index")
    if request.method == "POST":
        reading = mailboxes.read(mailbox)
        (messages.error if reading.error else messages.success)(request, f"{mailbox}: {_found(reading)}")
        return redirect(back)
    context = {
        "page_title": _("Read it now"),
        "page_subtitle": str(mailbox),
        "header_icon": "mail",
        "text": _("Looks for bounces, complaints, unsubscriptions and answers; nothing is deleted there."),
        "submit": _("Read it now"),
        "back": back,
        "breadcrumbs_items": [
            {"url": reverse("wagtailadmin_home"), "label": _("Home")},
            {"url": back, "label": _("Mailboxes")},
            {"url": "", "label": str(mailbox)},
        ],
    }
    return TemplateResponse(request, TEMPLATE, context)


urlpatterns = [
    path("automation/suppressions/add/", add, name=SUPPRESSION_ADD),
    path("automation/suppressions/<int:pk>/remove/", remove, name=SUPPRESSION_REMOVE),
    path("automation/mailboxes/<int:pk>/read/", read_now, name=MAILBOX_READ),
]
