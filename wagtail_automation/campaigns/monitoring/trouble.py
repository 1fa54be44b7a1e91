"""People who are held: tried again by themselves a few times, and by the team as often as it likes."""

import datetime as dt

from django.db import transaction
from django.db.models import Count, Max
from wagtail.log_actions import log

from wagtail_automation import clock
from wagtail_automation.campaigns.models import Campaign, Enrollment, Outcome, StepLog
from wagtail_automation.campaigns.nudge import nudge
from wagtail_automation.campaigns.querysets import lock_in_order

TRY_AGAIN = "wagtail_automation.campaign_tried_again"
#: How long after each failure somebody is tried again without being asked; after the last nobody is.
PAUSES = (dt.timedelta(minutes=10), dt.timedelta(hours=1), dt.timedelta(hours=6))
#: People held at one step: of more the step is ill, not they, and only the team lets them try again.
ILL = 200
#: People let go at once.
BATCH = 5000


def try_again(*, campaign: Campaign, user=None, enrollments: list[int] | None = None) -> int:
    """Let everybody held in a campaign, or these of them, come to their step again; returns how many.

    Who is not held (any more) is left alone, so that a repeat changes nothing.
    """
    held = Enrollment.objects.held().filter(campaign=campaign)
    if enrollments is not None:
        held = held.among(enrollments)
    released = 0
    while True:
        with transaction.atomic():
            ids = lock_in_order(held, BATCH)
            _release(ids)
            released += len(ids)
            if len(ids) < BATCH:
                if released:
                    log(campaign, TRY_AGAIN, user=user, data={"people": released})
                    nudge()
                return released


def _release(ids: list[int]) -> int:
    return Enrollment.objects.among(ids).held().update(due_at=clock.now(), held_reason="")


def try_again_by_itself(now: dt.datetime | None = None) -> int:
    """From the beat: let those try again whose step failed once, twice or three times, after a pause that
    grows. Returns how many. A repeat lets nobody go twice; who failed more often waits for the team.

    Only errors: what was deleted or is not installed does not come back by waiting.
    """
    now = now or clock.now()
    held = Enrollment.objects.held().filter(held_reason__startswith="error:")
    crowds = held.order_by().values_list("step").annotate(people=Count("pk"))
    steps = [step for step, people in crowds if people <= ILL]
    if not steps:
        return 0
    people = dict(held.filter(step_id__anyof=steps).order_by("pk").values_list("pk", "step_id")[:BATCH])
    failures = (
        StepLog.objects.filter(enrollment_id__anyof=list(people), step_id__anyof=steps, outcome=Outcome.HELD)
        .order_by()
        .values_list("enrollment_id", "step_id")
        .annotate(times=Count("visit"), last=Max("at"))
    )
    ready = [
        pk
        for pk, step, times, last in failures
        if people[pk] == step and times <= len(PAUSES) and last + PAUSES[times - 1] <= now
    ]
    if not ready:
        return 0
    with transaction.atomic():
        ids = lock_in_order(Enrollment.objects.held().among(ready))
        released = _release(ids)
    if released:
        nudge()
    return released
