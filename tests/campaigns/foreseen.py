"""Random trees, people and futures for the dry run, and what became of them in the real engine."""

import datetime as dt
import uuid
from collections import Counter

from hypothesis import strategies as st

from wagtail_automation.activities import Activity
from wagtail_automation.campaigns import actions, engine
from wagtail_automation.campaigns.models import Campaign, Enrollment, Outcome, StepLog
from wagtail_automation.leads.models import Lead
from wagtail_automation.messaging.models import Message
from wagtail_automation.testing import clock as test_clock
from wagtail_automation.tracking.actions import record_event

from .oracle import Person
from .pieces import NOW

#: How long people are followed.
END = NOW + dt.timedelta(days=21)
PEOPLE = 4
ZONES = ("", "Europe/Paris", "America/New_York", "Asia/Kolkata")
LIMITS = {
    "none": {},
    "quiet": {"quiet_begin": dt.time(19), "quiet_end": dt.time(7, 30)},
    "days": {"weekdays": "01234", "quiet_begin": dt.time(22), "quiet_end": dt.time(8)},
    "cap": {"cap": 1, "cap_days": 4},
    "both": {"cap": 2, "cap_days": 2, "quiet_begin": dt.time(6), "quiet_end": dt.time(11)},
}


class Nothing(Activity):
    """Changes nothing about anybody."""

    key = "test_nothing"
    changes = ()

    class Meta:
        label = "Nothing"

    def apply(self, value, cohort):
        pass


def _item(draw):
    if draw(st.booleans()):
        return {"id": "c", "type": "test_clicked", "value": {}}
    return {"id": "s", "type": "test_score", "value": {"above": draw(st.integers(0, 3))}}


@st.composite
def rules(draw, negative=True):
    """Rules about clicks and scores, with a group at times."""
    items = [_item(draw) for _n in range(draw(st.integers(1, 2)))]
    if draw(st.integers(0, 3)) == 0:
        inner = [_item(draw) for _n in range(draw(st.integers(1, 2)))]
        match = draw(st.sampled_from(["all", "any", *(["none"] if negative else [])]))
        items.append({"id": "g", "type": "group", "value": {"match": match, "items": inner}})
    return {"match": draw(st.sampled_from(["all", "any", *(["none"] if negative else [])])), "items": items}


@st.composite
def rules_for_all(draw):
    """``(goal, rule for leaving)``, mostly none: they would let everybody out at once."""
    clicked = {"match": "all", "items": [{"id": "c", "type": "test_clicked", "value": {}}]}
    rich = {"match": "all", "items": [{"id": "s", "type": "test_score", "value": {"above": 2}}]}
    chosen = st.sampled_from([None, None, None, clicked, rich])
    return draw(chosen), draw(chosen)


class Grower:
    """Draws a tree step by step. ``email``: the pk of a published email."""

    def __init__(self, draw, email: int):
        self.draw, self.email = draw, email
        self.steps: list[dict] = []
        self.waits: list[str] = []

    def add(self, kind, config, parent, branch) -> str:
        key = str(uuid.UUID(int=len(self.steps) + 1 + (self.draw(st.integers(0, 2**32)) << 64)))
        value = {"parent": parent, "branch": branch, "name": f"{kind} {len(self.steps)}", "config": config}
        self.steps.append({"id": key, "type": kind, "value": value})
        return key

    def grow(self, parent="", branch="main", depth=0) -> list[dict]:
        draw = self.draw
        for _n in range(draw(st.integers(2 if depth == 0 else 0, 4))):
            kind = draw(st.sampled_from(["email", "email", "nothing", "minutes", "days", "date"]))
            self._plain(kind, parent, branch, top=depth == 0)
        ends = (
            ["decision", "decision", "split", "", "exit"]
            if depth == 0
            else ["", "decision", "split", "go_to", "exit"]
        )
        end = draw(st.sampled_from(ends))
        if end == "exit":
            self.add("exit", {"reason": ""}, parent, branch)
        elif end == "go_to" and self.waits and depth:
            config = {"step": draw(st.sampled_from(self.waits)), "most": draw(st.integers(1, 3))}
            self.add("go_to", config, parent, branch)
        elif end == "decision" and depth < 3:
            patience = draw(st.sampled_from([0, 0, 2, 5]))
            config = {"rule": draw(rules(negative=not patience)), "patience": patience, "unit": "days"}
            key = self.add("decision", config, parent, branch)
            for answer in ("yes", "no"):
                self.grow(key, answer, depth + 1)
        elif end == "split" and depth < 3:
            weights = draw(st.sampled_from([(50, 50), (10, 90), (20, 30, 50)]))
            paths = [
                {"id": f"p{n}", "type": "item", "value": {"name": str(n), "weight": weight}}
                for n, weight in enumerate(weights)
            ]
            key = self.add("split", {"paths": paths}, parent, branch)
            for path in paths:
                self.grow(key, path["id"], depth + 1)
        return self.steps

    def _plain(self, kind, parent, branch, *, top):
        draw = self.draw
        if kind == "email":
            self.add("do_email_send", {"email": self.email, "spread": 0}, parent, branch)
        elif kind == "nothing":
            self.add("do_test_nothing", {}, parent, branch)
        elif kind == "date":
            day = (NOW + dt.timedelta(days=draw(st.integers(-2, 8)))).date()
            config = {"date": day.isoformat(), "past": draw(st.sampled_from(["go_on", "leave"]))}
            self.add("wait_until_date", config, parent, branch)
        else:
            if kind == "minutes":
                config = {"amount": draw(st.sampled_from([60, 480, 1440])), "unit": "minutes"}
            else:
                config = {"amount": draw(st.integers(1, 5)), "unit": "days"}
            key = self.add(f"wait_{kind}", config, parent, branch)
            if top:
                self.waits.append(key)


@st.composite
def trees(draw, email):
    return Grower(draw, email).grow()


@st.composite
def futures(draw, most=11):
    """``[(moment, number of the person, name)]``. No two at the same second of a minute, and none at a
    moment at which a wait could end, so that the order of everything is certain."""
    events = []
    for number in range(draw(st.integers(PEOPLE, most))):
        first = number < PEOPLE  # everybody comes at least once, in the first days
        minutes = draw(st.integers(1, 3 * 24 * 60 if first else 20 * 24 * 60))
        at = NOW + dt.timedelta(minutes=minutes, seconds=1 + 5 * number)
        name = "page_viewed" if first else draw(st.sampled_from(["page_viewed", *["link_clicked"] * 3]))
        events.append((at, number if first else draw(st.integers(0, PEOPLE - 1)), name))
    return sorted(events)


@st.composite
def crowds(draw):
    """``PEOPLE`` people."""
    return [
        {
            "score": draw(st.integers(0, 3)),
            "time_zone": draw(st.sampled_from(ZONES)),
            "bucket": draw(st.integers(0, 999_999)),
        }
        for _n in range(PEOPLE)
    ]


def start_of(steps: list[dict]) -> list[dict]:
    """The tree with a trigger: people enter when they view a page."""
    value = {"parent": "", "branch": "start", "name": "", "config": {}}
    return [{"id": str(uuid.UUID(int=7)), "type": "on_test_page", "value": value}, *steps]


def make_leads(crowd: list[dict]) -> list[Lead]:
    return [Lead.objects.create(email=f"p{n}@example.com", **fields) for n, fields in enumerate(crowd)]


def as_person(fields: dict, number: int, future) -> Person:
    events = [(at, name) for at, whose, name in future if whose == number]
    return Person(fields["score"], fields["time_zone"], fields["bucket"], events)


def live(campaign: Campaign, leads: list[Lead], future, end=END) -> None:
    """Everything happens in its time, and the engine walks whenever somebody is due."""
    waiting = list(future)
    while True:
        inside = Enrollment.objects.inside().filter(campaign=campaign, due_at__isnull=False)
        due = inside.order_by("due_at").values_list("due_at", flat=True).first()
        moments = [moment for moment in (due, waiting[0][0] if waiting else None) if moment is not None]
        if not moments or min(moments) > end:
            return
        with test_clock.freeze(min(moments)):
            while waiting and waiting[0][0] <= min(moments):
                at, whose, name = waiting.pop(0)
                record_event(name=name, lead=leads[whose], at=at)
            engine.run(60)


def real_stories(campaign: Campaign) -> list[tuple]:
    """``(number of the lead, log, place, reason)`` of every enrollment, by moment of entry."""
    enrollments = Enrollment.objects.filter(campaign=campaign).select_related("lead", "step")
    stories = []
    for row in enrollments.order_by("entered_at", "lead_id"):
        log = [
            (str(note.step.uuid), Outcome(note.outcome).name, note.branch, note.reason, note.at)
            for note in StepLog.objects.filter(enrollment=row).select_related("step").order_by("visit")
        ]
        place = str(row.step.uuid) if row.step_id else None
        stories.append((row.lead_id, log, place, row.left_reason.partition(":")[0]))
    return stories


def real_messages(campaign: Campaign) -> Counter:
    """Messages a day, by when they were written."""
    rows = Message.objects.filter(origin=f"campaign:{campaign.pk}")
    return Counter(at.date() for at in rows.values_list("created_at", flat=True))


def publish(steps, **fields) -> Campaign:
    campaign = Campaign.objects.create(name="Foreseen", tree=start_of(steps), **fields)
    actions.publish(campaign=campaign)
    return campaign
