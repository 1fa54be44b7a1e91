"""What the killed senders work on, what they do, and the verdict: each function in a process of its own."""

import json
import time
from collections import Counter
from pathlib import Path

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command

from wagtail_automation import clock
from wagtail_automation.leads.cohorts import LeadsCohort
from wagtail_automation.leads.models import Lead
from wagtail_automation.messaging import actions, resending, sender
from wagtail_automation.messaging.models import Message
from wagtail_automation.objects import ref_of
from wagtail_automation.outbox import State

from . import world

FOLDER = Path(settings.FOLDER)
#: seconds of one run of a sender
RUN = 5


def make(count: int) -> dict:
    """Tables, a site, people, and a message for each of them."""
    call_command("migrate", run_syncdb=True, verbosity=0)
    world.make_site()
    Lead.objects.bulk_create(
        [Lead(email=world.address(number), status="known") for number in range(count)], batch_size=5000
    )
    email = world.make_email("Storm")
    people = list(Lead.objects.values_list("pk", flat=True))
    actions.queue_email(cohort=LeadsCohort(people, key="storm"), email=ref_of(email))
    return {"queued": Message.objects.count()}


def work() -> None:
    """A sender, as a worker runs it, until it is killed; says in a file when it has nothing to do."""
    while True:
        sender.expire_leases()
        sender.send_due(RUN)
        told_at = _offset()
        if sender.has_due() or Message.objects.filter(state=State.IN_HAND).exists():
            _tell("working")
            time.sleep(0.05)
            continue
        _tell(f"waiting {told_at}" if Message.objects.filter(state=State.QUEUED).exists() else "done")
        time.sleep(0.1)


def _offset() -> int:
    try:
        return int((FOLDER / "clock").read_text())
    except FileNotFoundError:
        return 0


def _tell(word: str) -> None:
    draft = FOLDER / f"idle.{clock.now().timestamp()}"
    draft.write_text(word)
    draft.replace(FOLDER / "idle")


def resend() -> dict:
    """A person resends every second of the doubtful messages; their Message-IDs."""
    user = get_user_model()._default_manager.create_superuser("person", password="x")
    chosen = list(Message.objects.filter(state=State.DOUBTFUL).order_by("pk"))[::2]
    assert all(resending.resend(message=message, user=user) for message in chosen)
    return {"resent": [message.message_id for message in chosen]}


def judge(count: int) -> dict:
    """Every way in which somebody could be lost or written to twice, counted; all must be 0."""
    known = json.loads((FOLDER / "known.json").read_text())
    taken, resent = Counter(known["accepted"]), set(known["resent"])
    messages = list(Message.objects.all())
    wrong: Counter = Counter()
    wrong["lost"] = count - len({message.lead_id for message in messages})
    wrong["unknown to us"] = len(set(taken) - {message.message_id for message in messages})
    for message in messages:
        times, chosen = taken[message.message_id], message.message_id in resent
        wrong["twice, and nobody chose it"] += times > 1 and not chosen
        wrong["more than twice"] += times > 2
        wrong["without an end"] += message.state not in (State.SENT, State.FAILED, State.DOUBTFUL)
        if message.state == State.SENT:
            wrong["sent and never accepted"] += not times
        elif message.state == State.FAILED:
            refused = message.reason == "message_refused" and message.detail.startswith("550")
            gave_up = message.reason == "gave_up_message_refused" and message.detail.startswith("450")
            wrong["failed without a reason"] += not (refused or gave_up)
            wrong["failed, and it was accepted"] += times > chosen
        elif message.state == State.DOUBTFUL:
            wrong["doubtful without a reason"] += message.reason not in ("worker_lost", "no_answer")
            wrong["no answer, and never accepted"] += message.reason == "no_answer" and not times
    return {
        "wrong": {name: number for name, number in wrong.items() if number},
        "states": dict(Counter(message.state for message in messages)),
        "doubtful": dict(Counter(m.reason for m in messages if m.state == State.DOUBTFUL)),
        "resent by a person": len(resent),
        "of them accepted twice": sum(taken[identity] > 1 for identity in resent),
    }
