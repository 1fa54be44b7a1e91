"""Where campaigns plug into the rest: the beat, merges, the lead page, roles."""

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.log_actions import LogFormatter

from wagtail_automation import jobs, origins
from wagtail_automation.admin import roles
from wagtail_automation.leads.merging import merge_handlers

from . import (
    bench,  # noqa: F401  (it registers itself)
    cautions,
    merging,
    panels,  # noqa: F401  (the same)
    resuming,
    tasks,
)
from .monitoring import bench as log_bench  # noqa: F401  (the same)
from .monitoring.trouble import TRY_AGAIN
from .planned import campaigns as campaigns_planned  # noqa: F401  (the same)

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


#: What is done by hand: its name, and what the history says.
BY_HAND = {
    "move": (
        _("Move people"),
        lambda count: ngettext("%(count)d person was moved", "%(count)d people were moved", count),
    ),
    "skip": (
        _("Skip a step"),
        lambda count: ngettext("%(count)d person skipped a step", "%(count)d people skipped a step", count),
    ),
    "restart": (
        _("Restart"),
        lambda count: ngettext("%(count)d person began again", "%(count)d people began again", count),
    ),
    "remove": (
        _("Take out"),
        lambda count: ngettext("%(count)d person was taken out", "%(count)d people were taken out", count),
    ),
}


@hooks.register("register_log_actions")
def by_hand(actions):
    """What people do to those inside a campaign."""

    def register(name, title, words):
        class Formatter(LogFormatter):
            label = title

            def format_message(self, entry):
                count = entry.data.get("count") or 0
                said = words(count) % {"count": count}
                return f"{said}: {reason}" if (reason := entry.data.get("reason")) else said

        actions.register_action(f"wagtail_automation.people_{name}")(Formatter)

    for name, (title, words) in BY_HAND.items():
        register(name, title, words)


@hooks.register("register_log_actions")
def log_actions(actions):
    """What people do to a running campaign, in Wagtail's history of it."""
    actions.register_action("wagtail_automation.campaign_paused", _("Pause"), _("Paused"))
    actions.register_action("wagtail_automation.campaign_stopped", _("Stop"), _("Stopped"))
    actions.register_action("wagtail_automation.campaign_imported", _("Import"), _("Imported from a file"))
    actions.register_action(
        TRY_AGAIN, _("Let people held try again"), _("Let people who were held try again")
    )

    @actions.register_action(cautions.WARNED)
    class Warned(LogFormatter):
        label = _("Publish with warnings")

        def format_message(self, entry):
            warnings = cautions.kept(entry.data)
            said = cautions.shown(warnings, entry.data.get("count") or len(warnings))
            return gettext("Published; something to know: %(warnings)s") % {"warnings": " · ".join(said)}

    @actions.register_action("wagtail_automation.campaign_resumed")
    class Resumed(LogFormatter):
        label = _("Resume")

        def format_message(self, entry):
            count = entry.data.get("count")
            if not count:
                return gettext("Resumed")
            words = ngettext("Resumed; %(count)d person was due", "Resumed; %(count)d people were due", count)
            choice = dict(resuming.Overdue.choices).get(entry.data.get("overdue"), "")
            hours = entry.data.get("hours")
            over = ngettext("over %(hours)d hour", "over %(hours)d hours", hours) if hours else ""
            said = f"{words % {'count': count}}: {choice}"
            return f"{said} ({over % {'hours': hours}})" if over else said


def _campaigns():
    from .models import Campaign

    return Campaign.objects.values_list("pk", "name")


origins.register("campaign", _campaigns)
