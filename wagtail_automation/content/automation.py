"""Wiring: how answers look in the timeline and on the lead's page, and who may see them."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from wagtail.signals import page_published

from wagtail_automation.admin import roles
from wagtail_automation.admin.panels import LeadPanel, lead_panels
from wagtail_automation.audiences.dynamic import elsewhere
from wagtail_automation.content import answers
from wagtail_automation.content.landing import split
from wagtail_automation.content.models import FormSubmission
from wagtail_automation.content.showing import actions as showing
from wagtail_automation.content.showing import names
from wagtail_automation.content.showing.actions import merge_showings
from wagtail_automation.content.showing.querysets import last_of
from wagtail_automation.leads.merging import merge_handlers
from wagtail_automation.tracking import events, timeline

APP = "wagtail_automation_content"
page_published.connect(split.on_published, dispatch_uid="wagtail_automation_content_split")
showing.listeners.append(split.on_shown)
elsewhere.listeners.append(showing.note_elsewhere)
SHOWN = 5
merge_handlers.register(merge_showings)


@timeline.register
class FormSubmittedRenderer(timeline.TimelineRenderer):
    """The form and what was answered; one query for all submissions on the page."""

    key = events.FORM_SUBMITTED

    def prepare(self, recorded):
        wanted = [event.data.get("submission") for event in recorded]
        rows = FormSubmission.objects.filter(pk__in=[pk for pk in wanted if isinstance(pk, int)])
        self.found = {row.pk: row for row in rows.select_related("form")}

    def _submission(self, event):
        return self.found.get(event.data.get("submission"))

    def subject(self, event, label):
        submission = self._submission(event)
        return str(submission.form) if submission else label

    def detail(self, event):
        submission = self._submission(event)
        if submission is None:
            return ""
        return " · ".join(line[:250] for line in answers.lines(submission))

    def url(self, event):
        submission = self._submission(event)
        return reverse("wagtail_automation_answers_of", args=[submission.form_id]) if submission else ""


@lead_panels.register
class AnswersPanel(LeadPanel):
    """The last answers of the person, each with its form."""

    key = "answers"
    heading = _("Answers to forms")
    icon = "form"
    order = 300
    template_name = "wagtail_automation/content/admin/answers_panel.html"

    def is_shown(self):
        return self.request.user.has_perm(f"{APP}.view_formsubmission")

    def get_context(self):
        rows = FormSubmission.objects.filter(lead=self.lead).select_related("form", "page")[: SHOWN + 1]
        return {
            "submissions": [(row, answers.pairs(row)) for row in rows[:SHOWN]],
            "has_more": len(rows) > SHOWN,
        }


@lead_panels.register
class ShownPanel(LeadPanel):
    """What of the site was made for this person, and the site as they see it."""

    key = "shown"
    heading = _("Personal content")
    icon = "group"
    order = 310
    template_name = "wagtail_automation/content/admin/shown_panel.html"

    def is_shown(self):
        return self.request.user.has_perm("wagtail_automation_audiences.view_dynamiccontent")

    def get_context(self):
        rows = list(last_of(self.lead, SHOWN).select_related("page"))
        return {"rows": names.put_names(rows)}


roles.grant(
    "marketer",
    *(f"{APP}.{action}_form" for action in ("view", "add", "change", "delete")),
    f"{APP}.view_formsubmission",
    f"{APP}.delete_formsubmission",
    *(f"{APP}.{action}_landingtemplate" for action in ("view", "add", "change", "delete")),
)
roles.grant("salesperson", f"{APP}.view_form", f"{APP}.view_formsubmission")
roles.grant("analyst", f"{APP}.view_form", f"{APP}.view_formsubmission")


from . import more_automation  # noqa: E402, F401  (promos, surveys and assets wire themselves)
