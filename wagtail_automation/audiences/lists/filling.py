"""Filling a list from many people at once: another list, a rule, what two segments share.

What is to be put on a list is noted on the list and worked off by the queue in chunks, so that a million
people neither hold a request nor one transaction. Whoever is on the list is passed over: a job that is
killed, repeated or done twice ends with the same list and one event for each.
"""

import logging
import time

from django.db import transaction
from django.utils.translation import gettext as _

from wagtail_automation import clock, jobs
from wagtail_automation.audiences import actions
from wagtail_automation.audiences.models import LeadList, ListMembership, SegmentMembership
from wagtail_automation.audiences.querysets import not_yet_in, patient
from wagtail_automation.leads.cohorts import LeadsCohort
from wagtail_automation.leads.models import Lead
from wagtail_automation.rules.compiler import compile_rule
from wagtail_automation.rules.rule import Rule
from wagtail_automation.rules.scope import Scope

from . import builtin

logger = logging.getLogger("wagtail_automation")

CHUNK = 20_000
BUDGET_SECONDS = 15
LEASE, LEASE_SECONDS = "audiences_filling", 180
JOB = "wagtail_automation.audiences.tasks.fill_lists"


def from_list(lead_list) -> dict:
    """Its members, as they are when the work is done."""
    return {"list": lead_list.pk}


def from_rule(rule: Rule, lead_list=None) -> dict:
    """Who matches a rule – of the members of a list, if one is given."""
    return {"rule": rule.raw, **({"list": lead_list.pk} if lead_list else {})}


def from_both(first, second) -> dict:
    """Who is in both segments."""
    return {"segments": [first.pk, second.pk]}


def from_leads(ids: list[int]) -> dict:
    """People chosen by hand."""
    return {"leads": list(ids)}


def fill(*, lead_list: LeadList, source: dict, user=None) -> None:
    """Have people put on a list soon. Raises ValidationError for a computed list, and for one that is still
    being filled."""
    builtin.refuse_computed(lead_list)
    note = {**source, "user": str(user.pk) if user else None}  # a site's own keys may be UUIDs
    with transaction.atomic():
        LeadList.objects.select_for_update().get(pk=lead_list.pk)
        if not LeadList.objects.filter(pk=lead_list.pk, filling__isnull=True).update(filling=note):
            raise actions.BusyList(_("“%(list)s” is still being filled.") % {"list": lead_list})
        lead_list.filling = note
        jobs.enqueue(JOB)


def members(lead_list):
    """The leads on any list, computed or not."""
    if builtin.computed(lead_list):
        return builtin.people(lead_list)
    return Lead.objects.filter(list_memberships__list=lead_list.pk)


def people_of(source: dict):
    """The leads that a note names. Closed on failure: what is gone or unreadable names nobody."""
    leads = Lead.objects.all()
    if "leads" in source:
        return leads.filter(pk__anyof=source["leads"])
    if "segments" in source:
        for pk in source["segments"]:
            inside = SegmentMembership.objects.filter(segment=pk, segment__live=True)
            leads = leads.filter(pk__in=inside.order_by().values("lead_id"))
        return leads
    if "list" in source:
        lead_list = LeadList.objects.filter(pk=source["list"]).first()
        leads = members(lead_list) if lead_list else leads.none()
    elif "rule" not in source:
        return leads.none()
    if "rule" in source:
        leads = leads.filter(compile_rule(Rule.parse_lenient(source["rule"]), Scope(clock.now(), mode="set")))
    return leads


def fill_waiting(*, seconds: float = BUDGET_SECONDS) -> str:
    """Work off what is noted, for at most ``seconds``; then queues itself again."""
    if not LeadList.objects.filter(filling__isnull=False).exists():
        return "nothing"
    end = time.monotonic() + seconds
    added = 0
    with jobs.lease(LEASE, LEASE_SECONDS) as mine:
        if not mine:
            return "somebody else is at it"
        for lead_list in LeadList.objects.filter(filling__isnull=False).order_by("pk"):
            if time.monotonic() >= end:
                break
            added += _fill(lead_list, end)
    if LeadList.objects.filter(filling__isnull=False).exists():
        jobs.enqueue(JOB)
        return f"{added} people, more to do"
    return f"{added} people"


def _fill(lead_list: LeadList, end: float) -> int:
    source = lead_list.filling
    added = 0
    try:
        with patient():
            here = ListMembership.objects.filter(list=lead_list.pk)
            wanted = not_yet_in(people_of(source), here, "pk").order_by()
            ids = sorted(wanted.values_list("pk", flat=True).distinct())
    except Exception:  # a rule too heavy, or a third party's condition: the other lists go on
        logger.exception("list %s could not be filled", lead_list.pk)
        ids = []
    for start in range(0, len(ids), CHUNK):
        jobs.extend_lease(LEASE, LEASE_SECONDS)
        cohort = LeadsCohort(ids[start : start + CHUNK], key=_origin(source), now=clock.now())
        added += len(actions.add_to_list(lead_list=lead_list, cohort=cohort))
        if time.monotonic() >= end and start + CHUNK < len(ids):
            return added
    LeadList.objects.filter(pk=lead_list.pk).update(filling=None)
    return added


def _origin(source: dict) -> str:
    """Who added them, as ``ListMembership.origin`` says it."""
    if "list" in source:
        return f"list:{source['list']}"
    if "segments" in source:
        return "segments:" + "+".join(str(pk) for pk in source["segments"])
    return f"user:{source['user']}" if source.get("user") else "code"
