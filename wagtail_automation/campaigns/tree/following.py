"""One lead's way through a campaign, for the cards of the tree: where, when, with what outcome and why."""

from django.db.models import F
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from wagtail.admin.admin_url_finder import AdminURLFinder

from wagtail_automation.campaigns import trace
from wagtail_automation.campaigns.models import Enrollment, StepIdentity
from wagtail_automation.leads.models import Lead
from wagtail_automation.leads.permissions import about_visible

MOST_PEOPLE = 20


def visible(campaign, user):
    """Enrollments of the campaign that this user may see."""
    people = Enrollment.objects.filter(campaign=campaign).select_related("campaign", "lead")
    return about_visible(people.defer("campaign__tree"), user)


def people(campaign, user, text: str = "") -> list[dict]:
    """``[{"id": enrollment, "name", "where"}, …]``, those inside first; at most ``MOST_PEOPLE``."""
    found = visible(campaign, user)
    if text.strip():
        found = found.filter(lead__in=Lead.objects.search(text))
    found = found.order_by(F("finished_at").desc(nulls_first=True), "-pk")
    return [
        {"id": enrollment.pk, "name": str(enrollment.lead), "where": _where(enrollment)}
        for enrollment in found[:MOST_PEOPLE]
    ]


def _where(enrollment) -> str:
    entered = {"time": _when(enrollment.entered_at)}
    if enrollment.step_id is None:
        return _("Entered %(time)s, left") % entered
    if enrollment.due_at is None:
        return _("Entered %(time)s, held") % entered
    return _("Entered %(time)s, inside") % entered


def _when(moment) -> str:
    return date_format(localtime(moment), "SHORT_DATETIME_FORMAT")


def way(enrollment, user) -> dict:
    """``{"name", "url", "status", "entries": [{"step", "name", "when", "said", "reason", "branch", …}]}``.

    ``step`` is the UUID on the cards; ``outcome`` is empty where the lead still is.
    """
    found = trace.for_enrollment(enrollment)
    pks = {entry.step for entry in found.entries}
    uuids = dict(StepIdentity.objects.filter(pk__anyof=sorted(pks)).values_list("pk", "uuid"))
    return {
        "name": str(enrollment.lead),
        "url": AdminURLFinder(user).get_edit_url(enrollment.lead),
        "status": found.status,
        "entries": [
            {
                "step": str(uuids.get(entry.step, "")),
                "name": entry.name,
                "when": _when(entry.at) if entry.at else _("Now"),
                "said": str(entry.outcome.label) if entry.outcome else "",
                "reason": entry.reason,
                "outcome": entry.tone if entry.outcome else "",
                "branch": entry.branch,
            }
            for entry in found.entries
        ],
    }
