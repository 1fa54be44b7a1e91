"""What other people and machines do to the campaign while its people walk and its workers are killed.

Each runs in a process of its own, forked from the nursery, with its arguments as text.
"""

import json
import time
from pathlib import Path

from django.db import OperationalError

from wagtail_automation import clock, jobs
from wagtail_automation.audiences import actions as audiences
from wagtail_automation.audiences.models import LeadList
from wagtail_automation.campaigns import actions
from wagtail_automation.campaigns.models import Campaign
from wagtail_automation.leads import erasure
from wagtail_automation.leads.cohorts import LeadsCohort
from wagtail_automation.leads.merging import merge as merge_leads
from wagtail_automation.leads.models import Lead

from . import verdict, world


def people(count: str) -> dict:
    """The beginning: a site, its people, the campaign."""
    return world.people(int(count))


def judge(file: str) -> dict:
    """The end. The file holds what was handed over and who was to be erased."""
    known = json.loads(Path(file).read_text())
    return verdict.verdict(known["handed over"], known["erased"])


def campaign() -> Campaign:
    return Campaign.objects.get(name=world.CAMPAIGN)


def beat(count: str) -> dict:
    """So many beats at the same moment, as from machines that do not know of each other."""
    from django_q.tasks import async_task

    for _number in range(int(count)):
        async_task(jobs.TICK, q_options={"save": False})
    return {"beats": int(count)}


def publish(shape: str) -> dict:
    """A revision of the tree, published as Wagtail does it. Which shape: see ``world.make_tree``."""
    row = campaign()
    row.tree = world.make_tree(shape)
    row.save_revision().publish()
    return {"version": campaign().current_version.number}


def pause() -> dict:
    actions.pause(campaign=campaign())
    return {"state": campaign().state}


def resume() -> dict:
    actions.resume(campaign=campaign())
    return {"state": campaign().state}


def enroll(group: str = "") -> dict:
    """Those of a group (``world.late``), or everybody: who is in already may not enter again."""
    leads = world.late(int(group)) if group else Lead.objects.all()
    return {"entered": actions.enroll(campaign=campaign(), leads=leads)}


def join(first: str, last: str) -> dict:
    """People of these numbers become members: a decision waits for that."""
    members = LeadList.objects.get(name=world.MEMBERS)
    people = world.people_numbered(range(int(first), int(last)))
    return {"joined": len(audiences.add_to_list(lead_list=members, cohort=LeadsCohort(people, key="test")))}


def merge(*pairs: str) -> dict:
    """``source:target`` by number. A deadlock is the caller's to repeat, as a request would be."""
    for pair in pairs:
        source, target = (world.people_numbered([int(n)]).first() for n in pair.split(":"))
        if source is None:
            continue  # done before we were killed
        for attempt in range(5):
            try:
                merge_leads(source=source, target=target, now=clock.now(), reason="test")
                break
            except OperationalError:
                if attempt == 4:
                    raise
                time.sleep(0.1)
    return {"merged": len(pairs)}


def erase(*numbers: str) -> dict:
    leads = world.people_numbered([int(n) for n in numbers])
    asked = erasure.request(leads=leads, mode=erasure.ERASE, origin="test", now=clock.now())
    return {"asked": asked}
