"""What a person answered in surveys, on their page."""

from django.utils.translation import gettext_lazy as _

from wagtail_automation.admin.panels import LeadPanel, lead_panels

from .models import SurveyAnswer

SHOWN = 10


@lead_panels.register
class SurveysPanel(LeadPanel):
    """The last answers."""

    key = "surveys"
    heading = _("Surveys")
    icon = "help"
    order = 305
    template_name = "wagtail_automation/content/surveys/panel.html"

    def is_shown(self):
        return self.request.user.has_perm("wagtail_automation_content.view_surveyanswer")

    def get_context(self):
        rows = SurveyAnswer.objects.filter(lead=self.lead, is_latest=True).select_related("survey")[:SHOWN]
        shown = []
        for row in rows:
            known = {key: (block, value) for key, block, value in row.survey.asked()}
            block, value = known.get(row.question, (None, None))
            words = dict(block.numbers(value)).get(row.number) if block is not None else None
            shown.append(
                {
                    "answer": row,
                    "question": value["question"] if value is not None else row.question,
                    "said": row.text if row.number is None else words or row.number,
                }
            )
        return {"rows": shown}
