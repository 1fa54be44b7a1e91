"""The verdict: every way in which somebody could be lost or treated twice, counted; all must be 0.

Compares log, scores, lists, events and messages with each other and with what the mail server accepted.
Nothing here asks the engine: it reads rows.
"""

import time
from collections import Counter, defaultdict

from wagtail_automation.audiences.models import ListMembership
from wagtail_automation.campaigns.models import Campaign, Enrollment, Outcome, Step, StepLog, StepTally
from wagtail_automation.leads.models import Erasure, Lead, MergedLead
from wagtail_automation.messaging import sender
from wagtail_automation.messaging.models import Message
from wagtail_automation.outbox import State
from wagtail_automation.tracking import events
from wagtail_automation.tracking.models import Event

from . import world

#: Entries that no walk writes, and that are not counted on the cards.
APART = (Outcome.MOVED, Outcome.LEFT)


class Ways:
    """Where each branch of each step led, in any version that ever ran."""

    def __init__(self):
        self.names: dict[int, str] = {}
        self.targets: dict[tuple[int, str], set] = defaultdict(set)
        self.first: set[int] = set(
            Campaign.objects.values_list("versions__first", flat=True).filter(name=world.CAMPAIGN)
        )
        edges: dict[int, set] = defaultdict(set)
        for step in Step.objects.all():
            self.names[step.identity_id] = step.name
            for branch in {"yes", "no"} if step.type == "decision" else {"next"}:
                self.targets[step.identity_id, branch].add(step.edges.get(branch))
            edges[step.identity_id] |= set(step.edges.values())
        self.behind = {pk: self._behind(pk, edges) for pk in self.names}

    @staticmethod
    def _behind(pk: int, edges: dict) -> set:
        found: set = set()
        todo = [pk]
        while todo:
            for target in edges[todo.pop()] - found:
                found.add(target)
                todo.append(target)
        return found | {None}

    def after(self, row: StepLog) -> set:
        """Where somebody may stand after this entry; None: out of the campaign."""
        if row.outcome == Outcome.MOVED:
            return self.behind[row.step_id]
        if row.outcome == Outcome.LEFT:
            return {None}
        return self.targets[row.step_id, row.branch or "next"]


def verdict(handed_over: list[tuple[str, str]], erased: list[int]) -> dict:
    """``handed_over``: id and address of each message the server accepted; ``erased``: numbers of people who
    were to be erased."""
    settle()
    wrong: Counter = Counter()
    ways = Ways()
    logs: dict[int, list[StepLog]] = defaultdict(list)
    for row in StepLog.objects.order_by("enrollment_id", "visit"):
        logs[row.enrollment_id].append(row)
    enrollments = list(Enrollment.objects.all())
    expected: Counter = Counter()
    gained: Counter = Counter()
    for enrollment in enrollments:
        way = logs.pop(enrollment.pk, [])
        _judge_way(enrollment, way, ways, wrong)
        for row in way:
            name = ways.names.get(row.step_id, "")
            if row.outcome == Outcome.DONE:
                gained[enrollment.lead_id] += world.POINTS.get(name, 0)
                if name in ("first", "second", "third"):
                    expected[f"c{enrollment.pk}:{row.visit}"] += 1
    wrong["log of nobody"] = sum(map(len, logs.values()))
    _judge_leads(gained, erased, enrollments, wrong)
    _judge_lists(ways, wrong)
    _judge_counts(erased, wrong)
    said = _judge_messages(expected, handed_over, erased, wrong)
    return {
        "wrong": {reason: count for reason, count in wrong.items() if count},
        "enrollments": len(enrollments),
        "log": StepLog.objects.count(),
        "moved": StepLog.objects.filter(outcome=Outcome.MOVED).count(),
        "merged": MergedLead.objects.count(),
        "versions": Campaign.objects.get(name=world.CAMPAIGN).versions.count(),
        **said,
    }


def _judge_way(enrollment: Enrollment, way: list[StepLog], ways: Ways, wrong: Counter) -> None:
    wrong["not finished"] += enrollment.step_id is not None
    wrong["held"] += bool(enrollment.held_reason)
    wrong["nothing happened"] += not way
    wrong["twice at a step"] += len({row.step_id for row in way}) != len(way)
    wrong["visit number twice"] += len({row.visit for row in way}) != len(way)
    places = ways.first
    for row in way:
        wrong["a step left out or out of order"] += row.step_id not in places
        places = ways.after(row)
    wrong["did not come to an end"] += None not in places
    merged = enrollment.left_reason == "merged"
    wrong["left for an unknown reason"] += not merged and enrollment.left_reason != "finished"
    wrong["merged, and not said so"] += merged != bool(way and way[-1].outcome == Outcome.LEFT)


def _judge_leads(gained: Counter, erased: list[int], enrollments: list, wrong: Counter) -> None:
    gone = set(MergedLead.objects.values_list("old_pk", flat=True))
    one: dict[int, list[int]] = {}
    for old, lead in MergedLead.objects.values_list("old_pk", "lead_id"):
        one.setdefault(lead, [lead]).append(old)
    finished = Counter(row.lead_id for row in enrollments if row.left_reason == "finished")
    found = {
        name: Counter(Event.objects.filter(name=name).values_list("lead_id", flat=True))
        for name in (events.CAMPAIGN_ENTERED, events.CAMPAIGN_LEFT)
    }
    inside = Counter(row.lead_id for row in enrollments)
    for lead in Lead.objects.all():
        points = sum(pk % 100 for pk in one.get(lead.pk, [lead.pk])) + gained[lead.pk]
        wrong["points differ from the log"] += lead.score != points
        wrong["merged and still there"] += lead.pk in gone
        # who was merged before it was its turn to enter has entered as the survivor only
        early = sum(pk % 40 > 1 for pk in one.get(lead.pk, [lead.pk]))
        wrong["not once in the campaign"] += (
            not max(1, early) <= inside[lead.pk] <= len(one.get(lead.pk, "1"))
        )
        wrong["events of entering"] += found[events.CAMPAIGN_ENTERED][lead.pk] != inside[lead.pk]
        wrong["events of leaving"] += found[events.CAMPAIGN_LEFT][lead.pk] != finished[lead.pk]
    wrong["erased and still there"] = (
        world.people_numbered(erased).count() + Erasure.objects.count() if erased else 0
    )


def _judge_lists(ways: Ways, wrong: Counter) -> None:
    for name, step in ((world.JOINED, "joined"), (world.DONE, "done")):
        pks = [pk for pk, called in ways.names.items() if called == step]
        logged = set(
            StepLog.objects.filter(step_id__in=pks, outcome=Outcome.DONE).values_list(
                "enrollment__lead", flat=True
            )
        )
        listed = set(ListMembership.objects.filter(list__name=name).values_list("lead_id", flat=True))
        wrong["list differs from the log"] += len(logged ^ listed)


def _judge_counts(erased: list[int], wrong: Counter) -> None:
    """Counts outlive the log of people who were erased: twelve entries each, at most."""
    tallied = sum(StepTally.objects.exclude(outcome__in=APART).values_list("count", flat=True))
    more = tallied - StepLog.objects.exclude(outcome__in=APART).count()
    wrong["counts differ from the log"] += not 0 <= more <= 12 * len(erased)


def _judge_messages(expected: Counter, handed_over: list, erased: list[int], wrong: Counter) -> dict:
    messages = list(Message.objects.all())
    keys = Counter(message.key.rpartition(":")[0] for message in messages)
    wrong["message key twice in the outbox"] = sum(count - 1 for count in keys.values())
    wrong["logged but not in the outbox"] = sum((expected - keys).values())
    wrong["in the outbox but not logged"] = sum((keys - expected).values())
    times = Counter(message_id for message_id, _address in handed_over)
    by_id = {message.message_id: message for message in messages}
    forgotten = {world.address(number) for number in erased}
    wrong["handed over but unknown"] = len(
        {key for key, address in handed_over if key not in by_id and address not in forgotten}
    )
    wrong["handed over twice"] = sum(count > 1 for count in times.values())
    settled = (State.SENT, State.DOUBTFUL)
    wrong["sent but never handed over"] = sum(
        message.state == State.SENT and not times[message.message_id] for message in messages
    )
    wrong["neither sent nor doubtful"] = sum(message.state not in settled for message in messages)
    wrong["handed over but not sent nor doubtful"] = sum(
        message.state not in settled and times[message.message_id] > 0 for message in messages
    )
    doubtful = [message for message in messages if message.state == State.DOUBTFUL]
    wrong["doubtful without a reason"] = sum(not message.reason for message in doubtful)
    return {
        "messages": len(messages),
        "handed over": len(times),
        "doubtful": len(doubtful),
        "doubtful and handed over": sum(times[message.message_id] > 0 for message in doubtful),
    }


def settle() -> None:
    """As the beat does: what a dead worker had in hand becomes doubtful when its lease is over."""
    for _second in range(30):
        sender.expire_leases()
        if not Message.objects.filter(state=State.IN_HAND).exists():
            return
        time.sleep(0.5)
