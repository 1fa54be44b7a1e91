"""The book of a dry run: everything it is told stays in memory, all its questions only read."""

import datetime as dt
from bisect import bisect_right

from django.db.models.fields.json import KeyTextTransform

from wagtail_automation import contact
from wagtail_automation.campaigns.book import Book
from wagtail_automation.campaigns.limits.judging import site_rules
from wagtail_automation.campaigns.limits.rules import ContactRules
from wagtail_automation.campaigns.models import Campaign, Enrollment, Reentry
from wagtail_automation.campaigns.outcomes import Outcome
from wagtail_automation.campaigns.versions import Plan, PlannedStep
from wagtail_automation.leads.models import Lead
from wagtail_automation.tracking.models import Event

from .asking import Asker
from .ways import Entry, Way

#: Ways followed of one entry; where there are more, the rest is said to be uncertain.
MAX_WAYS = 48
#: What time alone can change is asked again in so many parts of the waiting time.
ASKED_IN_WAITING = 24
#: How long a limit of messages can look back.
LONGEST_CAP = dt.timedelta(days=366)


class ForeseenBook(Book):
    """``now`` is moved by whoever runs it. ``open_after``: when the future begins (None: a replay)."""

    def __init__(self, plan: Plan, entries: list[Entry], *, open_after: dt.datetime | None, campaign: int):
        self.plan, self.campaign, self.open_after = plan, campaign, open_after
        self.now: dt.datetime | None = None
        self.asker = Asker(open_after)
        self.ways: dict[int, Way] = {}
        self.entries = entries
        self.lead_ids = sorted({entry.lead for entry in entries})
        #: someone had more possible ways than are followed
        self.cut = False
        #: ways that came to be, or to another place, since somebody looked
        self.moved: list[Way] = []
        self._here: tuple[PlannedStep, bool] | None = None
        self._columns: dict[str, dict[int, object]] = {}
        self._contact_rules: ContactRules | None = None
        self._written: dict[int, list[dt.datetime]] | None = None
        self._refused: dict[int, dict[int, str]] = {}
        self._events: dict[frozenset, dict[int, list[dt.datetime]]] = {}
        self._saved: dict[int, Way] = {}
        self._last = 0
        self._by_lead: dict[int, list[Entry]] = {}
        for entry in entries:
            self._by_lead.setdefault(entry.lead, []).append(entry)

    # -- ways -----------------------------------------------------------------------------------------
    def start(self, entry: Entry, step: int | None, due: dt.datetime | None) -> Way:
        """The first way of somebody who enters."""
        self._last += 1
        way = Way(self._last, entry, step, due)
        self.ways[way.pk] = way
        entry.ways.append(way)
        self.moved.append(way)
        return way

    def _fork(self, way: Way) -> Way | None:
        if len(way.entry.ways) >= MAX_WAYS:
            self.cut = True
            way.sure = False
            return None
        self._last += 1
        twin = way.twin(self._last)
        self.ways[twin.pk] = twin
        way.entry.ways.append(twin)
        self.moved.append(twin)
        return twin

    def claim(self, ids: list[int]) -> None:
        """Remember how these ways are, for ``undo``."""
        self._saved = {pk: self.ways[pk].twin(pk) for pk in ids}
        self._first_new = self._last + 1

    def undo(self) -> None:
        """As it was at the last claim: a step failed, and the walk begins again."""
        for pk, saved in self._saved.items():
            self.ways[pk].copy(saved)
        for pk in range(self._first_new, self._last + 1):
            way = self.ways.pop(pk)
            way.entry.ways.remove(way)
        self.moved = [way for way in self.moved if way.pk in self.ways]

    # -- questions ------------------------------------------------------------------------------------
    def arrive(self, step, ids, *, at_rest):
        self._here = (step, at_rest)

    def leads(self, ids, *columns):
        """Each column is read once, for everybody who takes part."""
        found = [self.column(column) for column in columns]
        leads = [(pk, self.ways[pk].entry.lead) for pk in ids]
        return [(pk, *(values[lead] for values in found)) for pk, lead in leads if lead in found[0]]

    def column(self, column) -> dict[int, object]:
        """``{lead: value}`` of everybody who takes part; one query the first time."""
        path = column if isinstance(column, str) or column.is_custom else column.key
        name = path if isinstance(path, str) else f"attributes:{path.key}"
        if name not in self._columns:
            source = path if isinstance(path, str) else KeyTextTransform(path.key, "attributes")
            rows = Lead.objects.filter(pk__anyof=self.lead_ids).order_by().values_list("pk", source)
            self._columns[name] = dict(rows)
        return self._columns[name]

    def true_of(self, rule, ids):
        ways = [self.ways[pk] for pk in ids]
        step, at_rest = self._here
        if rule.raw is not step.config.get("rule"):  # the campaign's goal or rule for leaving
            sure, perhaps = self.asker.ask(rule, ways, self.now)
            for pk in perhaps:
                self.ways[pk].sure = False
            return sure
        answered = {way.pk for way in ways if way.answer == step.pk}
        for pk in answered:
            self.ways[pk].answer = None
        sure, perhaps = self.asker.ask(rule, [way for way in ways if way.pk not in answered], self.now)
        for pk in sorted(perhaps):
            self._suppose(self.ways[pk], step, at_rest)
        return sure | answered

    def _suppose(self, way: Way, step: PlannedStep, at_rest: bool) -> None:
        """Both answers: a twin goes the way of yes, this one does not."""
        deadline = way.deadline if at_rest else None
        if deadline is not None and deadline > self.now:
            return  # asked again while it waits: yes at once and yes at the end are followed already
        way.supposing = step.pk
        twin = self._fork(way)
        if twin is not None:
            twin.step, twin.due, twin.deadline = step.pk, self.now, deadline
            twin.answer, twin.held = step.pk, ""

    def times(self, ids, step):
        return {pk: self.ways[pk].counts.get(step, 0) for pk in ids}

    def contact_rules(self):
        if self._contact_rules is None:
            own = self.plan.rules.get("limits")
            self._contact_rules = ContactRules.of(own) if own is not None else site_rules()
        return self._contact_rules

    def written_to(self, ids, cap, days):
        since = self.now - dt.timedelta(days=days)
        full = set()
        for pk in ids:
            way = self.ways[pk]
            count = sum(at > since for _step, at in way.messages)
            count += self._really_written(way.entry.lead, since) + self._elsewhere(way.entry, since)
            if count >= cap:
                full.add(pk)
        return full

    def _really_written(self, lead: int, since: dt.datetime) -> int:
        """Messages of before; in a replay those of this very campaign do not count."""
        if self._written is None:
            self._written = {}
            oldest = self.now - LONGEST_CAP
            for source in contact.sources():
                rows = source.recent(oldest).filter(lead_id__anyof=self.lead_ids).order_by()
                if self.open_after is None:
                    rows = rows.exclude(origin=f"campaign:{self.campaign}")
                for pk, at in rows.values_list("lead_id", "created_at"):
                    self._written.setdefault(pk, []).append(at)
            for moments in self._written.values():
                moments.sort()
        moments = self._written.get(lead, [])
        return bisect_right(moments, self.now) - bisect_right(moments, since)

    def _elsewhere(self, entry: Entry, since: dt.datetime) -> int:
        """What the same person gets through other entries, as far as that is certain."""
        others = (other for other in self._by_lead[entry.lead] if other is not entry and len(other.ways) == 1)
        return sum(at > since for other in others for _step, at in other.ways[0].messages)

    # -- entries --------------------------------------------------------------------------------------
    def act(self, step, block, value, ids, offset):
        changes = None if block.changes is None else frozenset(block.changes)
        if block.messages and step.pk not in self._refused:
            self._refused[step.pk] = block.refused(value, self.lead_ids)
        for pk in ids:
            way = self.ways[pk]
            if way.changed is not None:
                way.changed = None if changes is None else way.changed | changes
            if block.messages:
                way.messages = (*way.messages, (step.pk, self.now))

    def refused(self, step: int, lead: int) -> str:
        """Why a message of this step would not reach the lead, in words; empty if it would."""
        return self._refused.get(step, {}).get(lead, "")

    def log(self, step, offset, ids, outcome, *, branch="", reason="", detail=None):
        for pk in ids:
            self.ways[pk].add(step.pk, Outcome(outcome), branch, reason, detail, self.now)

    def rest(self, step, offset, ids, *, due_at, held_reason="", **columns):
        each = due_at if isinstance(due_at, dict) else None
        for pk in ids:
            way = self.ways[pk]
            way.step, way.held = step.pk, held_reason
            way.due = each[pk] if each is not None else due_at
            if "deadline_at" in columns:
                deadline = columns["deadline_at"]
                way.deadline = deadline[pk] if isinstance(deadline, dict) else deadline
            if way.due is not None and way.deadline is not None:
                way.due = self._look_again(step, way)
            self.moved.append(way)

    def _look_again(self, step: PlannedStep, way: Way) -> dt.datetime:
        """When to ask the waiting again: as the recorded events would have woken them, and for what time
        alone can change not as often as the engine does."""
        due = way.due
        if step.changes_by_time and due < way.deadline:
            due = min(way.deadline, max(due, self.now + step.patience / ASKED_IN_WAITING))
        if self.open_after is None and "rule" in step.config:
            moments = self._events_of(step).get(way.entry.lead, [])
            place = bisect_right(moments, self.now)
            if place < len(moments):
                due = min(due, moments[place])
        return due

    def _events_of(self, step: PlannedStep) -> dict[int, list[dt.datetime]]:
        """When something happened that a decision waits for, for each lead; read once."""
        names = frozenset(
            name.removeprefix("event:") for name in step.rule.depends_on().names if name.startswith("event:")
        )
        if names not in self._events:
            rows = Event.objects.filter(name__in=names, lead_id__anyof=self.lead_ids, at__gt=self.now)
            found: dict[int, list[dt.datetime]] = {}
            for lead, at in rows.order_by("at").values_list("lead_id", "at"):
                found.setdefault(lead, []).append(at)
            self._events[names] = found
        return self._events[names]

    def leave(self, offset, ids, reason):
        for pk in ids:
            way = self.ways[pk]
            way.step = way.due = way.deadline = None
            way.finished_at, way.left = self.now, reason

    def enter(self, ids, offset, campaign):
        target = Campaign.objects.admitting(self.now).filter(pk=campaign).defer("tree").first()
        if target is None:
            return set()
        before = Enrollment.objects.filter(campaign=target, lead_id__anyof=self.lead_ids)
        if target.reentry == Reentry.EACH:
            before = before.none()
        elif target.reentry == Reentry.NEVER:
            before = before.filter(key="")
        else:
            before = before.filter(entered_at__gt=self.now - dt.timedelta(days=target.reentry_days))
        known = set(before.values_list("lead_id", flat=True))
        let_in = set()
        for pk in ids:
            way = self.ways[pk]
            again = target.reentry == Reentry.EACH or campaign not in way.others
            if way.entry.lead not in known and again:
                let_in.add(pk)
                way.others |= {campaign}
        return let_in

    def take_out(self, ids, campaign):
        there = Enrollment.objects.inside().filter(campaign_id=campaign, lead_id__anyof=self.lead_ids)
        inside = set(there.values_list("lead_id", flat=True))
        out = set()
        for pk in ids:
            way = self.ways[pk]
            if way.entry.lead in inside or campaign in way.others:
                out.add(pk)
                way.others -= {campaign}
        return out

    def close(self):
        """Nothing is to be written."""
