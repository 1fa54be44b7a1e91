"""People on their possible ways: an entry into the campaign, its ways, and what was noted on each."""

import datetime as dt
from collections.abc import Iterator

from wagtail_automation.campaigns.outcomes import Outcome


class Note:
    """What came of one visit to a step, linked to the note before it: ways that part share what lies behind.

    ``sure``: it happens if this way is gone at all, whatever goal or rule for leaving may come true before.
    ``supposed``: the answer of a question that only the future knows.
    """

    __slots__ = ("at", "before", "branch", "detail", "outcome", "reason", "step", "supposed", "sure")

    def __init__(self, before, step, outcome, branch, reason, detail, at, *, sure, supposed):
        self.before, self.step, self.outcome, self.branch = before, step, outcome, branch
        self.reason, self.detail, self.at, self.sure, self.supposed = reason, detail, at, sure, supposed


class Entry:
    """Somebody who enters: ``since`` as ``Enrollment.since_at``; ``ways`` grows where the future is open."""

    __slots__ = ("at", "held_out", "key", "lead", "since", "ways")

    def __init__(self, lead: int, key: str, since: dt.datetime, at: dt.datetime):
        self.lead, self.key, self.since, self.at = lead, key, since, at
        self.held_out = False
        self.ways: list[Way] = []


class Way:
    """One possible way of an entry through the campaign: where it is, and how it came there.

    ``messages``: ``(step, written at)``. ``changed``: beginnings of facts that activities on the way may
    have changed (None: any). ``sure``: nothing can have let the person out before.
    """

    __slots__ = (
        "answer",
        "changed",
        "counts",
        "deadline",
        "due",
        "entry",
        "finished_at",
        "held",
        "left",
        "messages",
        "note",
        "others",
        "pk",
        "step",
        "supposing",
        "sure",
    )

    def __init__(self, pk: int, entry: Entry, step: int | None, due: dt.datetime | None):
        self.pk, self.entry, self.step, self.due = pk, entry, step, due
        self.deadline: dt.datetime | None = None
        self.finished_at: dt.datetime | None = None
        self.left = self.held = ""
        self.note: Note | None = None
        self.counts: dict[int, int] = {}
        self.messages: tuple[tuple[int, dt.datetime], ...] = ()
        self.changed: frozenset[str] | None = frozenset()
        #: other campaigns it was put into on the way
        self.others: frozenset[int] = frozenset()
        self.sure = True
        #: step at which it is to answer yes, as the twin of a way that does not
        self.answer: int | None = None
        self.supposing: int | None = None

    def twin(self, pk: int) -> "Way":
        """The same way up to here."""
        other = Way(pk, self.entry, self.step, self.due)
        other.copy(self)
        return other

    def copy(self, source: "Way") -> None:
        for name in Way.__slots__:
            if name not in ("pk", "entry"):
                value = getattr(source, name)
                setattr(self, name, dict(value) if name == "counts" else value)

    def add(self, step: int, outcome: Outcome, branch: str, reason: str, detail, at: dt.datetime) -> None:
        answered = outcome in (Outcome.YES, Outcome.NO)
        supposed = answered and self.supposing == step
        self.note = Note(
            self.note, step, outcome, branch, reason, detail, at, sure=self.sure, supposed=supposed
        )
        self.counts[step] = self.counts.get(step, 0) + 1
        if answered:
            self.supposing = None

    def notes(self) -> list[Note]:
        """In the order in which they happened."""
        found, note = [], self.note
        while note is not None:
            found.append(note)
            note = note.before
        return found[::-1]

    def back(self) -> Iterator[Note]:
        """The same, the last first; no list."""
        note = self.note
        while note is not None:
            yield note
            note = note.before
