"""The step that asks people by email."""

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail import blocks

from wagtail_automation.activities import activities
from wagtail_automation.content.choosers import SurveyChooserBlock
from wagtail_automation.messaging.activities import EmailSend
from wagtail_automation.messaging.models import Email

from .email_blocks import surveys_in


@activities.register
class SurveySend(EmailSend):
    """Queues an email that carries the survey."""

    key = "survey_send"
    survey = SurveyChooserBlock(label=_("Survey"))

    class Meta:
        label = _("Send a survey")
        icon = "help"
        group = _("Messages")
        tone = "blue"
        description = _("Sends an email that holds this survey; one click on an answer answers it.")
        keywords = (_("NPS"), _("satisfaction"))
        form_layout = blocks.BlockGroup(children=["survey", "email", "spread"])

    def sentence(self, value) -> str:
        if not value.get("email") or not value.get("survey"):
            return str(self.label)
        return gettext("Send the survey “%(survey)s” by “%(email)s”") % {
            "survey": value["survey"],
            "email": value["email"],
        }

    def warnings(self, values):
        found = super().warnings(values)
        keys = {value["email"].pk for value in values if value.get("email")}
        bodies = dict(Email.objects.filter(pk__in=keys).values_list("pk", "body"))
        carried = {pk: surveys_in(_raw(body)) for pk, body in bodies.items()}
        for value, own in zip(values, found, strict=True):
            email, survey = value.get("email"), value.get("survey")
            if email and survey and survey.pk not in carried.get(email.pk, set()):
                own.append(gettext("The email does not hold this survey: add the block “Survey” to it."))
        return found


def _raw(body) -> list:
    return list(getattr(body, "raw_data", body) or [])
