"""One answer in the admin: what was written, its files, and its deletion."""

from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET
from wagtail.admin import messages
from wagtail.admin.admin_url_finder import AdminURLFinder

from wagtail_automation.content import actions, answers
from wagtail_automation.content.models import FormFile, FormSubmission
from wagtail_automation.leads.permissions import about_visible
from wagtail_automation.private import download_of

APP = "wagtail_automation_content"


def _submission(user, pk, action="view") -> FormSubmission:
    """An answer of a lead whom this person may see. Raises PermissionDenied and Http404."""
    if not user.has_perm(f"{APP}.{action}_formsubmission"):
        raise PermissionDenied
    return get_object_or_404(about_visible(FormSubmission.objects.for_lists(), user), pk=pk)


def _crumbs(submission, *last) -> list[dict]:
    return [
        {"url": reverse("wagtailadmin_home"), "label": _("Home")},
        {"url": reverse("wagtail_automation_answers"), "label": _("Answers")},
        {
            "url": reverse("wagtail_automation_answers_of", args=[submission.form_id]),
            "label": str(submission.form),
        },
        *last,
    ]


@require_GET
def show(request, pk):
    """Everything that was answered, with the files."""
    submission = _submission(request.user, pk)
    context = {
        "submission": submission,
        "page_title": str(submission.form),
        "pairs": answers.pairs(submission),
        "files": submission.files.all(),
        "lead_url": AdminURLFinder(request.user).get_edit_url(submission.lead),
        "may_delete": request.user.has_perm(f"{APP}.delete_formsubmission"),
        "breadcrumbs_items": _crumbs(submission, {"url": "", "label": _("Answer")}),
    }
    return render(request, "wagtail_automation/content/admin/answer.html", context)


def delete(request, pk):
    """Asks, then deletes with POST; the lead stays as it is."""
    submission = _submission(request.user, pk, "delete")
    if request.method == "POST":
        form_pk = submission.form_id
        actions.delete_answer(submission=submission, user=request.user)
        messages.success(request, _("The answer was deleted."))
        return redirect("wagtail_automation_answers_of", form_pk)
    context = {
        "submission": submission,
        "page_title": _("Delete this answer?"),
        "breadcrumbs_items": _crumbs(
            submission,
            {"url": reverse("wagtail_automation_answer", args=[pk]), "label": _("Answer")},
            {"url": "", "label": _("Delete")},
        ),
    }
    return render(request, "wagtail_automation/content/admin/answer_delete.html", context)


@require_GET
def download(request, pk, file_pk):
    submission = _submission(request.user, pk)
    item = get_object_or_404(FormFile, pk=file_pk, submission=submission)
    return download_of(item.file, item.name)
