"""The event of stages, published in tracking's vocabulary."""

from django.utils.translation import gettext_lazy as _

from wagtail_automation.tracking import events

STAGE_CHANGED = events.register(
    "stage_changed",
    _("Stage reached"),
    _("The lead was moved to a stage."),
    group="lead",
    icon="arrow-right",
)
