"""A deliberately naive interpreter of campaign trees: one person at a time, plain Python, no table.

It knows nothing of how the engine works – neither walks nor books nor flow steps are imported – but says what
a tree means: what happens to somebody who comes in at a moment, given all that this person will ever do.
"""

import datetime as dt
import hashlib
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

PRIME = 1_000_003


@dataclass
class Person:
    """``events``: ``(moment, name)`` of everything the person ever does."""

    score: int = 0
    zone: str = ""
    bucket: int = 0
    events: list[tuple[dt.datetime, str]] = field(default_factory=list)


@dataclass
class Story:
    """``log``: ``(step, outcome, branch, reason, moment)``. ``place``: where the person is at the end, None
    outside, with the ``reason`` of leaving. ``messages``: when they were written."""

    log: list[tuple] = field(default_factory=list)
    place: str | None = None
    reason: str = ""
    messages: list[dt.datetime] = field(default_factory=list)


class Oracle:
    """``steps``: the tree as the editor stores it. ``goal``, ``leave``: rules. ``limits``: quiet hours as
    ``(begin, end)`` of a wall clock, ``weekdays`` as digits, ``cap`` messages in ``cap_days`` days."""

    def __init__(self, steps, *, goal=None, leave=None, quiet=None, weekdays="0123456", cap=0, cap_days=7):
        self.steps = {step["id"]: step for step in steps}
        self.order = [step["id"] for step in steps]
        self.goal, self.leave_rule = goal, leave
        self.quiet, self.weekdays, self.cap, self.cap_days = quiet, weekdays, cap, cap_days

    # -- the shape of the tree ------------------------------------------------------------------------
    def at(self, parent, branch):
        return [
            key
            for key in self.order
            if self.steps[key]["value"]["parent"] == parent and self.steps[key]["value"]["branch"] == branch
        ]

    def first_on(self, parent, branch):
        found = self.at(parent, branch)
        return found[0] if found else None

    def after(self, key):
        value = self.steps[key]["value"]
        siblings = self.at(value["parent"], value["branch"])
        place = siblings.index(key) + 1
        return siblings[place] if place < len(siblings) else None

    # -- what is true ---------------------------------------------------------------------------------
    def true(self, rule, person, since, now):
        def one(item):
            if item["type"] == "group":
                return many(item["value"]["match"], item["value"]["items"])
            if item["type"] == "test_clicked":
                return any(name == "link_clicked" and since <= at <= now for at, name in person.events)
            if item["type"] == "test_score":
                return person.score > item["value"]["above"]
            raise AssertionError(item["type"])

        def many(match, items):
            answers = [one(item) for item in items]
            return {"all": all(answers), "any": any(answers), "none": not any(answers)}[match]

        return many(rule["match"], rule["items"])

    def asks_for_clicks(self, rule):
        return "test_clicked" in repr(rule)

    # -- one person -----------------------------------------------------------------------------------
    def follow(self, person: Person, entered: dt.datetime, until: dt.datetime) -> Story:
        """What happens to somebody who comes in at ``entered``."""
        journey = Journey(self, person, entered)
        while journey.here is not None and journey.now <= until and not journey.story.reason:
            journey.visit()
        story = journey.story
        if not story.reason:
            story.place = journey.here
            story.reason = "" if journey.here else "finished"
        return story

    def next_look(self, rule, person, now, deadline):
        """Somebody who waits is looked at when they click, and when the time is over."""
        moments = [deadline]
        if self.asks_for_clicks(rule):
            moments += [at for at, name in person.events if name == "link_clicked" and at > now]
        return min(moments)

    def zone(self, person):
        return ZoneInfo(person.zone or "UTC")

    def wall(self, day, time, person):
        return dt.datetime.combine(day, time, tzinfo=self.zone(person)).astimezone(dt.UTC)

    def wait(self, kind, config, person, now):
        """``(end, whether a late comer is told so)``."""
        if kind == "wait_minutes":
            return now + dt.timedelta(minutes=config["amount"]), False
        if kind == "wait_days":
            there = now.astimezone(self.zone(person))
            later = there.replace(tzinfo=None) + dt.timedelta(days=config["amount"])
            return later.replace(tzinfo=self.zone(person)).astimezone(dt.UTC), False
        if kind == "wait_until_date":
            return self.wall(dt.date.fromisoformat(config["date"]), dt.time(0), person), True
        raise AssertionError(kind)

    def share(self, person, step, paths):
        digest = hashlib.blake2b(step.encode(), digest_size=16).digest()
        times = 1 + int.from_bytes(digest[:8], "big") % (PRIME - 1)
        place = (person.bucket * times + int.from_bytes(digest[8:], "big") % PRIME) % PRIME / PRIME
        border = 0
        for path in paths:
            border += path["value"]["weight"] / 100
            if place < border:
                return path["id"]
        return paths[-1]["id"]

    def opening(self, person, now):
        """The first minute from now on at which the person may be written to, and why not now."""
        moment, why = now, ""
        while True:
            there = moment.astimezone(self.zone(person))
            if self.quiet and self.is_quiet(there.time()):
                why = why or "quiet_hours"
            elif str(there.weekday()) not in self.weekdays:
                why = why or "business_days"
            else:
                return (moment if moment == now else moment.replace(second=0, microsecond=0)), why
            moment = (moment + dt.timedelta(minutes=1)).replace(second=0, microsecond=0)

    def is_quiet(self, time):
        begin, end = self.quiet
        return begin <= time < end if begin < end else time >= begin or time < end


class Journey:
    """One person on the way: where, at what time, and until when a wait lasts that has begun."""

    def __init__(self, oracle: Oracle, person: Person, entered: dt.datetime):
        self.oracle, self.person, self.entered, self.now = oracle, person, entered, entered
        self.here, self.waits_until = oracle.first_on("", "main"), None
        self.times: dict[str, int] = {}
        self.story = Story()

    def note(self, outcome, branch="", reason=""):
        self.story.log.append((self.here, outcome, branch, reason, self.now))
        self.times[self.here] = self.times.get(self.here, 0) + 1

    def leave(self, reason):
        self.note("LEFT", reason=reason)
        self.story.reason = reason

    def go(self, step):
        self.here, self.waits_until = step, None

    def true(self, rule):
        return self.oracle.true(rule, self.person, self.entered, self.now)

    def visit(self):
        oracle, step = self.oracle, self.oracle.steps[self.here]
        if oracle.goal and self.true(oracle.goal):
            self.leave("goal_reached")
        elif oracle.leave_rule and self.true(oracle.leave_rule):
            self.leave("exit_rule")
        elif step["type"].startswith("wait_"):
            self.wait(step["type"], step["value"]["config"])
        else:
            getattr(self, step["type"])(step["value"]["config"])

    def do_email_send(self, config):
        oracle = self.oracle
        opens, why = oracle.opening(self.person, self.now)
        if opens > self.now:
            self.note("DELAYED", reason=why)
            self.now = opens
            return
        days = dt.timedelta(days=oracle.cap_days)
        lately = [at for at in self.story.messages if self.now - at < days]
        if oracle.cap and len(lately) >= oracle.cap:
            self.note("SKIPPED", reason="frequency_cap")
        else:
            self.story.messages.append(self.now)
            self.note("DONE")
        self.go(oracle.after(self.here))

    def do_test_nothing(self, config):
        self.note("DONE")
        self.go(self.oracle.after(self.here))

    def decision(self, config):
        patience = dt.timedelta(**{config["unit"]: config["patience"]})
        if self.true(config["rule"]):
            self.note("YES", "yes")
            self.go(self.oracle.first_on(self.here, "yes"))
        elif patience and (self.waits_until is None or self.now < self.waits_until):
            self.waits_until = self.waits_until or self.now + patience
            self.now = self.oracle.next_look(config["rule"], self.person, self.now, self.waits_until)
        else:
            self.note("NO", "no", "waited" if patience else "")
            self.go(self.oracle.first_on(self.here, "no"))

    def split(self, config):
        branch = self.oracle.share(self.person, self.here, config["paths"])
        self.note("DONE", branch)
        self.go(self.oracle.first_on(self.here, branch))

    def go_to(self, config):
        if self.times.get(self.here, 0) >= config["most"]:
            self.leave("loop_limit")
        else:
            self.note("DONE")
            self.go(config["step"])

    def exit(self, config):
        self.leave("exit")

    def wait(self, kind, config):
        end, dated = self.oracle.wait(kind, config, self.person, self.now)
        if self.waits_until is None and end > self.now:
            self.waits_until = self.now = end
            return
        late = dated and self.waits_until is None
        if late and config["past"] == "leave":
            self.leave("date_over")
        else:
            self.note("DONE", reason="date_over" if late else "")
            self.go(self.oracle.after(self.here))
