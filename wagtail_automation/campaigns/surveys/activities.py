"""The step that asks people by email."""

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail import blocks

from wagtail_automation import clock
from wagtail_automation.activities import activities
from wagtail_automation.content.choosers import SurveyChooserBlock
from wagtail_automation.messaging import reasons
from wagtail_automation.messaging.activities import EmailSend
from wagtail_automation.messaging.models import Email

from . import limits
from .email_blocks import surveys_in

#: a quarter of a year is what survey people call often enough
NOT_AGAIN_DAYS = 90


@activities.register
class SurveySend(EmailSend):
    """Queues an email that carries the survey, but not to whom was asked or answered lately."""

    key = "survey_send"
    survey = SurveyChooserBlock(label=_("Survey"))
    not_again_days = blocks.IntegerBlock(
        label=_("Not again within so many days"),
        help_text=_(
            "Who was sent this survey or answered it within these days gets nothing; a reminder in the same "
            "passage through the campaign goes out all the same. Empty: no limit."
        ),
        default=NOT_AGAIN_DAYS,
        min_value=1,
        max_value=3650,
        required=False,
    )

    class Meta:
        label = _("Send a survey")
        icon = "help"
        group = _("Messages")
        tone = "blue"
        description = _("Sends an email that holds this survey; one click on an answer answers it.")
        keywords = (_("NPS"), _("satisfaction"))
        form_layout = blocks.BlockGroup(
            children=["survey", "email", "not_again_days", "spread", "sent_by", "person"]
        )

    def sentence(self, value) -> str:
        if not value.get("email") or not value.get("survey"):
            return str(self.label)
        return gettext("Send the survey “%(survey)s” by “%(email)s”") % {
            "survey": value["survey"],
            "email": value["email"],
        }

    def apply(self, value, cohort) -> None:
        super().apply(value, cohort)
        if (days := value.get("not_again_days")) and value.get("survey"):
            limits.hold_back(survey=value["survey"], email=value["email"], cohort=cohort, days=days)

    def refused(self, value, leads):
        found = super().refused(value, leads)
        days, survey, email = (value.get(name) for name in ("not_again_days", "survey", "email"))
        if days and survey and email:
            asked = limits.asked_lately(survey, email, leads, clock.now(), days)
            found = dict.fromkeys(asked, reasons.explain(limits.ASKED_LATELY)) | found
        return found

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
