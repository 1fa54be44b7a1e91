"""Wires alerts in: beat, steps and rules, roles, personal data."""

from django.utils.translation import gettext_lazy as _

from wagtail_automation import jobs, objects
from wagtail_automation.admin import roles
from wagtail_automation.leads.personal_data import PersonalRows, personal_data, register
from wagtail_automation.tracking import timeline

from . import blocks, owners, posting, rooms  # noqa: F401
from .models import AlertPost
from .vocabulary import ALERT_SENT

APP = "wagtail_automation_messaging"
objects.register_kind(31, f"{APP}.Alert")
jobs.register_beat("wagtail_automation.messaging.alerting.tasks.beat")
roles.grant(
    "marketer",
    *(f"{APP}.{action}_alert" for action in ("view", "add", "change", "delete")),
    f"{APP}.view_alertrecord",
    f"{APP}.view_alertpost",
    f"{APP}.change_alertpost",
)
for role in ("salesperson", "analyst"):
    roles.grant(role, f"{APP}.view_alertrecord")

register(
    PersonalRows(f"{APP}.AlertRecord", heading=_("Colleagues alerted"), exclude=("to",), is_traced=False)
)
register(PersonalRows(f"{APP}.AlertNotice", is_exported=False, is_traced=False))


class PostRows(PersonalRows):
    """Whom posts in a chat are about: those still to be sent are written without them, and what a chat said
    to one that was sent may quote them."""

    def __init__(self):
        super().__init__(f"{APP}.AlertPostLead", is_exported=False, is_traced=False)

    def erase(self, ids):
        AlertPost.objects.filter(people__lead__in=list(ids)).exclude(detail="").update(detail="")
        return super().erase(ids)


register(PostRows())
personal_data.exempt(f"{APP}.AlertPost", "Written when it is handed over; it holds the author's words.")
personal_data.exempt(f"{APP}.Alert", "Addresses of people who work on the site.")


@timeline.register
class AlertRenderer(timeline.TimelineRenderer):
    key = ALERT_SENT
