"""What surveys record."""

from django.utils.translation import gettext_lazy as _

from wagtail_automation.tracking import events

SURVEY_ANSWERED = events.register(
    "survey_answered",
    _("Survey answered"),
    _("The person answered a survey."),
    group="form",
    icon="form",
)
