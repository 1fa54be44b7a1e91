"""Where campaigns plug into the rest: the beat, merges, the lead page, roles."""

from django.utils.translation import gettext_lazy as _
from wagtail import hooks

from wagtail_automation import jobs
from wagtail_automation.admin import roles
from wagtail_automation.leads.merging import merge_handlers

from . import bench, merging, panels, tasks  # noqa: F401  (panels and the benchmark register themselves)
from .monitoring.trouble import TRY_AGAIN

jobs.register_beat(tasks.beat)
merge_handlers.register(merging.merge_enrollments)

roles.grant(
    "marketer",
    *(
        f"wagtail_automation_campaigns.{verb}_campaign"
        for verb in ("add", "change", "delete", "publish", "view")
    ),
    "wagtail_automation_campaigns.change_contactsettings",
)
for _role in ("salesperson", "analyst"):
    roles.grant(_role, "wagtail_automation_campaigns.view_campaign")


@hooks.register("register_log_actions")
def log_actions(actions):
    """What people do to a running campaign, in Wagtail's history of it."""
    actions.register_action("wagtail_automation.campaign_paused", _("Pause"), _("Paused"))
    actions.register_action("wagtail_automation.campaign_resumed", _("Resume"), _("Resumed"))
    actions.register_action("wagtail_automation.campaign_stopped", _("Stop"), _("Stopped"))
    actions.register_action("wagtail_automation.campaign_imported", _("Import"), _("Imported from a file"))
    actions.register_action(
        TRY_AGAIN, _("Let people held try again"), _("Let people who were held try again")
    )
