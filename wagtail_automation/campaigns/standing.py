"""Where a lead stands in the campaigns it is in: since when, and what is planned next."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field

from . import trace
from .models import Campaign, Enrollment, State, Step
from .plan import NEXT, kind_of


@dataclass
class Standing:
    """One enrollment that has not ended. ``since``: when it came to the step; ``until``: when the step looks
    again at the latest, None while it is held; ``following``: ``(branch in words, step in words)``."""

    enrollment: Enrollment
    step: str
    since: dt.datetime
    until: dt.datetime | None
    following: list[tuple[str, str]] = field(default_factory=list)

    @property
    def campaign(self) -> Campaign:
        return self.enrollment.campaign

    @property
    def is_paused(self) -> bool:
        return self.campaign.state == State.PAUSED


def standings(traces: Iterable[trace.Trace]) -> list[Standing]:
    """Of those traces whose enrollment is inside; three queries, and one per model of chosen objects."""
    inside = [one for one in traces if one.enrollment.step_id]
    if not inside:
        return []
    enrollments = [one.enrollment for one in inside]
    rows = Step.objects.filter(
        version__in={row.version_id for row in enrollments}, identity__in={row.step_id for row in enrollments}
    )
    steps = {(row.version_id, row.identity_id): row for row in rows}
    targets = {pk for row in steps.values() for pk in row.edges.values()}
    words = trace.steps_in_words(targets)
    standing = []
    for one in inside:
        enrollment, here = one.enrollment, one.entries[-1]
        before = [entry.at for entry in one.entries[:-1] if entry.at]
        row = steps.get((enrollment.version_id, enrollment.step_id))
        standing.append(
            Standing(
                enrollment,
                here.name,
                before[-1] if before else enrollment.entered_at,
                max(enrollment.deadline_at or enrollment.due_at, enrollment.due_at)
                if enrollment.due_at
                else None,
                _following(row, words) if row is not None else [],
            )
        )
    return standing


def _following(row: Step, words: dict) -> list[tuple[str, str]]:
    labels = {key: str(label) for key, label, _tone in getattr(kind_of(row.type)[1], "branches", ())}
    labels[NEXT] = ""
    return [(labels.get(key, key), words[pk][0]) for key, pk in row.edges.items() if pk in words]
