"""What a dry run says on the screen: numbers for the cards, tables, examples."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from wagtail_automation.campaigns.models import Campaign
from wagtail_automation.campaigns.reasons import LEFT, PASSED
from wagtail_automation.campaigns.versions import Plan
from wagtail_automation.leads.models import Lead
from wagtail_automation.leads.permissions import LEAD_POLICY, LOOK
from wagtail_automation.rules.binding import MissingReference, bind

from . import counting, running, starts, words
from .plans import plan_of_draft
from .ways import Entry, Way

#: People who are looked at; of more, a share.
SAMPLE = 1000
PERIODS = (7, 30, 90)
EXAMPLES, WAYS_OF_EXAMPLE = 10, 6
#: More days than these are drawn as a line with the empty days between them.
BARS = 12


@dataclass
class Report:
    """Everything about one dry run; ranges are ``(at least, at most)``, scaled to all people."""

    plan: Plan
    start: dt.datetime
    end: dt.datetime
    is_replay: bool
    candidates: int
    looked_at: int
    entered: int
    steps: dict[str, tuple[int, int]] = field(default_factory=dict)
    branches: dict[str, tuple[int, int]] = field(default_factory=dict)
    messages: tuple[int, int] = (0, 0)
    days: list[tuple[dt.date, tuple[int, int]]] = field(default_factory=list)
    skipped: list[dict] = field(default_factory=list)
    ends: list[dict] = field(default_factory=list)
    table: list[dict] = field(default_factory=list)
    examples: list[dict] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    #: of the notes, why the number of people is not known
    starts: list[str] = field(default_factory=list)

    @property
    def is_sampled(self) -> bool:
        return self.looked_at < self.candidates


def range_words(low: int, high: int) -> str:
    """“120”, or “40–80” where the future is open."""
    return str(low) if low == high else f"{low}–{high}"


def report(
    campaign: Campaign, *, user, now: dt.datetime, days: int, is_replay: bool, instead=None, sample: int = 0
) -> Report:
    """A dry run of the next so many days, or a replay of the last.

    Writes nothing. ``instead``: leads who enter at once, whatever the triggers say. Raises ValidationError
    for a tree that cannot run.
    """
    plan, graph = plan_of_draft(campaign)
    length = dt.timedelta(days=days)
    start, end = (now - length, now) if is_replay else (now, now + length)
    people = starts.audience(
        campaign, graph, start=start, end=end, replay=is_replay, limit=sample or SAMPLE, instead=instead
    )
    course = running.run(plan, people.entries, start=start, end=end, open_after=None if is_replay else now)
    return _Writer(plan, people, course, user).report(is_replay)


class _Writer:
    def __init__(self, plan: Plan, people: starts.Audience, course: running.Course, user):
        self.plan, self.people, self.course, self.user = plan, people, course, user
        self.book, self.namer = course.book, words.Namer(plan)
        self._moments: dict[int, Callable] = {}

    def report(self, is_replay: bool) -> Report:
        people, course = self.people, self.course
        inside = [entry for entry in course.entries if not entry.held_out]
        result = Report(
            self.plan,
            course.start,
            course.stopped_at or course.end,
            is_replay,
            people.candidates,
            people.looked_at,
            self.scaled(len(inside)),
        )
        counts = counting.people_at_steps(course)
        result.steps = {step.uuid: (0, 0) for step in self.plan.steps}
        for mark, (low, high) in counts.items():
            numbers = (self.scaled(low), self.scaled(high))
            if isinstance(mark, int):
                result.steps[self.plan[mark].uuid] = numbers
            else:
                result.branches[f"{self.plan[mark[0]].uuid}:{mark[1]}"] = numbers
        result.table = [
            {"uuid": step.uuid, "name": self.namer.title(step.pk), "low": low, "high": high}
            for step in self.plan.steps
            for low, high in (result.steps[step.uuid],)
        ]
        total, days = counting.messages(course, self.moment)
        result.messages = (self.scaled(total[0]), self.scaled(total[1]))
        result.days = [
            (day, (self.scaled(low), self.scaled(high))) for day, (low, high) in sorted(days.items())
        ]
        result.skipped, result.ends = self.skipped(), self.ends()
        result.examples, result.notes = self.examples(), self.notes()
        result.starts = list(dict.fromkeys(self.people.notes))
        return result

    def scaled(self, count: int) -> int:
        return round(count * self.people.scale)

    # -- messages -------------------------------------------------------------------------------------
    def moment(self, step: int, lead: int, written: dt.datetime) -> dt.datetime | None:
        """When a message goes out; None where it would be refused."""
        if self.book.refused(step, lead):
            return None
        if step not in self._moments:
            self._moments[step] = self._clock_of(step)
        return self._moments[step](lead, written)

    def _clock_of(self, step: int):
        block = self.plan[step].block()
        try:
            value = bind(block, self.plan[step].config)
        except MissingReference:
            return lambda lead, written: written
        buckets = self.book.column("bucket")
        return lambda lead, written: block.handed_over_at(value, buckets.get(lead, 0), written)

    # -- who is skipped -------------------------------------------------------------------------------
    def skipped(self) -> list[dict]:
        """``[{"what", "step", "low", "high"}]``, the most frequent first."""
        rows = [
            (str(words.TURNED_AWAY[code]), "", count, count)
            for code, count in self.people.turned_away.items()
        ]
        out = sum(entry.held_out for entry in self.course.entries)
        if out:
            rows.append((str(PASSED["holdout"]), "", out, out))
        for (step, outcome, reason), (low, high) in counting.reasons_at_steps(self.course).items():
            rows.append((words.kept_reason(outcome, reason), self.namer.title(step), low, high))
        refused = counting.tally(self.course.entries, self._refusals)
        rows += [(said, self.namer.title(step), low, high) for (step, said), (low, high) in refused.items()]
        rows.sort(key=lambda row: (-row[3], row[0], row[1]))
        return [
            {"what": what, "step": step, "low": self.scaled(low), "high": self.scaled(high)}
            for what, step, low, high in rows
        ]

    def _refusals(self, way: Way) -> tuple[set, set]:
        every = {
            (step, said) for step, _at in way.messages if (said := self.book.refused(step, way.entry.lead))
        }
        return (every if way.sure else set()), every

    def ends(self) -> list[dict]:
        names = {"inside": _("Still inside at the end of the period."), "held": _("Held.")}
        rows = [
            {
                "what": str(names.get(code) or LEFT.get(code, code)),
                "low": self.scaled(low),
                "high": self.scaled(high),
            }
            for code, (low, high) in counting.ends(self.course).items()
        ]
        return sorted(rows, key=lambda row: -row["high"])

    # -- examples -------------------------------------------------------------------------------------
    def examples(self) -> list[dict]:
        """Up to ten people whom this user may see, first those whose ways differ."""
        if not LEAD_POLICY.user_has_any_permission(self.user, LOOK):
            return []
        ids = sorted({entry.lead for entry in self.course.entries if entry.ways})
        seen = Lead.objects.visible_to(self.user).filter(pk__anyof=ids)
        visible = set(seen.values_list("pk", flat=True))
        chosen, others, signatures = [], [], set()
        for entry in self.course.entries:
            if entry.lead not in visible or not entry.ways:
                continue
            signature = tuple(
                sorted(
                    str([(note.step, note.branch, note.reason) for note in way.notes()]) for way in entry.ways
                )
            )
            (others if signature in signatures else chosen).append(entry)
            signatures.add(signature)
            if len(chosen) == EXAMPLES:
                break
        chosen = [*chosen, *others][:EXAMPLES]
        people = Lead.objects.in_bulk({entry.lead for entry in chosen})
        return [self._example(entry, people[entry.lead]) for entry in chosen]

    def _example(self, entry: Entry, lead: Lead) -> dict:
        ways = sorted(entry.ways, key=lambda way: way.pk)[:WAYS_OF_EXAMPLE]
        return {
            "name": str(lead),
            "lead": lead,
            "entered": words.moment(entry.at),
            "more": len(entry.ways) - len(ways),
            "ways": [self._way(way) for way in ways],
        }

    def _way(self, way: Way) -> dict:
        entries = [
            {
                "step": self.plan[note.step].uuid,
                "name": self.namer.title(note.step),
                "when": words.moment(note.at),
                "said": str(note.outcome.label),
                "reason": self.namer.reason(note) or self.book_refusal(note, way),
                "outcome": note.outcome.name.lower(),
                "branch": note.branch,
            }
            for note in way.notes()
        ]
        if way.step is not None:
            until = _("Waiting until %(time)s.") % {"time": words.moment(way.due)} if way.due else ""
            entries.append(
                {
                    "step": self.plan[way.step].uuid,
                    "name": self.namer.title(way.step),
                    "when": "",
                    "said": words.standing(way, self.course.stopped_at or self.course.end),
                    "reason": until,
                    "outcome": "",
                    "branch": "",
                }
            )
        label = words.supposed(way, self.namer) or _("The only way")
        return {
            "label": label,
            "status": words.standing(way, self.course.stopped_at or self.course.end),
            "entries": entries,
        }

    def book_refusal(self, note, way: Way) -> str:
        if any(step == note.step for step, _at in way.messages):
            return self.book.refused(note.step, way.entry.lead)
        return ""

    # -- what to know ---------------------------------------------------------------------------------
    def notes(self) -> list[str]:
        notes = list(dict.fromkeys(self.people.notes))
        if self.people.looked_at < self.people.candidates:
            notes.insert(
                0,
                _("Looked at %(sample)d of %(all)d people; all numbers are scaled up from them.")
                % {"sample": self.people.looked_at, "all": self.people.candidates},
            )
        if self.book.cut:
            notes.append(
                _("Some people have more possible ways than are followed: their numbers are uncertain.")
            )
        if self.course.stopped_at:
            notes.append(
                _("So much would happen that the dry run stops on %(day)s.")
                % {"day": words.moment(self.course.stopped_at)}
            )
        if self.book.open_after is not None and any(self.plan.rules.get(name) for name in ("goal", "exit")):
            notes.append(
                _(
                    "Whoever reaches the goal or falls under the rule for leaving goes early, and nobody "
                    "knows who will: the smaller numbers count on everybody who may."
                )
            )
        return notes


def chart_rows(report: Report) -> tuple[str, list[dict]]:
    """``(kind, rows)`` of the chart of messages a day: bars for a few days, else a line."""
    days = dict(report.days)
    if len(days) > BARS:
        day, last = min(days), max(days)
        while day <= last:
            days.setdefault(day, (0, 0))
            day += dt.timedelta(days=1)
    kind = "line" if len(days) > BARS else "bar"
    rows = [
        {"label": date_format(day, "SHORT_DATE_FORMAT"), "value": high, "more": [low]}
        for day, (low, high) in sorted(days.items(), reverse=kind == "line")
    ]
    return kind, rows
