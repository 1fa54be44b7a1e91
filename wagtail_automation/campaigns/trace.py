"""What happened to a lead in campaigns, step by step, with the reason in words – also for "no"."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.contrib.auth import get_user_model
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from wagtail_automation.leads.models import Lead
from wagtail_automation.objects import Ref, load_labels
from wagtail_automation.rules.binding import MissingReference, bind_many, refs_in

from . import reasons
from .models import Enrollment, Outcome, Step, StepLog
from .plan import kind_of


@dataclass
class Entry:
    """One visit to a step. ``outcome`` is None while the lead is still there."""

    at: dt.datetime | None
    name: str
    sentence: str
    outcome: Outcome | None
    reason: str = ""
    #: pk of the StepIdentity
    step: int | None = None
    branch: str = ""

    @property
    def tone(self) -> str:
        """A word for the style sheet."""
        return self.outcome.name.lower() if self.outcome else "waiting"


@dataclass
class Trace:
    """The way of one enrollment."""

    enrollment: Enrollment
    entries: list[Entry] = field(default_factory=list)

    @property
    def campaign(self):
        return self.enrollment.campaign

    @property
    def status(self) -> str:
        """Where the lead stands, in a sentence."""
        enrollment = self.enrollment
        if enrollment.step_id is None:
            return reasons.left_words(enrollment.left_reason)
        if enrollment.due_at is None:
            return _("Held.")
        return _("Inside.")


def for_enrollment(enrollment: Enrollment) -> Trace:
    """The trace of one enrollment."""
    (trace,) = _traces([enrollment])
    return trace


def for_lead(lead: Lead, limit: int = 20) -> list[Trace]:
    """The traces of a lead's latest enrollments; a constant number of queries."""
    return _traces(
        Enrollment.objects.filter(lead=lead)
        .select_related("campaign")
        .defer("campaign__tree")
        .order_by("-entered_at", "-pk")[:limit]
    )


def _traces(enrollments: Iterable[Enrollment]) -> list[Trace]:
    traces = {enrollment.pk: Trace(enrollment) for enrollment in enrollments}
    logged = list(
        StepLog.objects.filter(enrollment_id__anyof=list(traces)).order_by("enrollment_id", "visit")
    )
    resting = [trace.enrollment for trace in traces.values() if trace.enrollment.step_id]
    mentioned, actors = involved(logged)
    steps = steps_in_words(mentioned | {row.step_id for row in resting})
    users = names_of(actors)
    for row in logged:
        name, sentence = steps.get(row.step_id, (_("A step that no longer exists"), ""))
        traces[row.enrollment_id].entries.append(
            Entry(
                row.at,
                name,
                sentence,
                Outcome(row.outcome),
                reason_of(row, sentence, steps, users),
                row.step_id,
                row.branch,
            )
        )
    for enrollment in resting:
        name, sentence = steps.get(enrollment.step_id, ("", ""))
        traces[enrollment.pk].entries.append(
            Entry(None, name, sentence, None, _resting(enrollment), enrollment.step_id)
        )
    return list(traces.values())


def steps_in_words(pks: set[int]) -> dict[int, tuple[str, str]]:
    """``{step: (name, what it does in words)}`` as in the last version that has it."""
    rows = list(Step.objects.filter(identity_id__anyof=sorted(pks)).order_by("version__number"))
    latest = {row.identity_id: row for row in rows}
    blocks = {pk: cls() for pk, row in latest.items() if (cls := kind_of(row.type)[1])}
    values = dict(zip(blocks, bind_many((blocks[pk], latest[pk].config) for pk in blocks), strict=True))
    refs: list[Ref] = []
    for value in values.values():
        if not isinstance(value, MissingReference):
            refs += refs_in(value)
    load_labels(refs)
    words = {}
    for pk, row in latest.items():
        block, value = blocks.get(pk), values.get(pk)
        if block is None:
            words[pk] = (row.name or row.type, _("This kind of step is not installed."))
            continue
        if isinstance(value, MissingReference):
            said = _("What this step refers to was deleted.")
        else:
            said = str(block.sentence(value))
        words[pk] = (row.name or str(block.label), said)
    return words


def involved(rows: Iterable[StepLog]) -> tuple[set[int], set[int]]:
    """``(steps, users)`` that entries of the log mention; runs no query."""
    steps, users = set(), set()
    for row in rows:
        detail = row.detail or {}
        steps |= {row.step_id, *({detail["to"]} if detail.get("to") else ())}
        users |= {detail["by"]} if detail.get("by") else set()
    return steps, users


def names_of(pks: set[int]) -> dict[int, str]:
    """Of those who did something by hand."""
    users = get_user_model()._default_manager.filter(pk__in=pks) if pks else ()
    return {user.pk: str(user.get_full_name() or user) for user in users}


def _by_hand(row: StepLog, steps: dict, users: dict) -> str:
    """“Moved to “Wait” by Ada: she asked for it.”"""
    detail = row.detail or {}
    said = reasons.hand_words(row.reason) % {"step": steps.get(detail.get("to"), ("?",))[0]}
    if detail.get("by"):
        someone = users.get(detail["by"], _("somebody who is gone"))
        said = _("%(what)s (by %(user)s)") % {"what": said, "user": someone}
    return f"{said}: {detail['why']}" if detail.get("why") else said


def reason_of(row: StepLog, sentence: str, steps: dict, users: dict) -> str:
    """Why it came to this, in words. ``sentence``: what the step says; ``steps`` (as of ``steps_in_words``)
    and ``users`` (names) are those of ``involved``."""
    if row.outcome == Outcome.BY_HAND or (row.outcome == Outcome.LEFT and "by" in (row.detail or {})):
        return _by_hand(row, steps, users)
    if row.outcome == Outcome.YES:
        return _("True: %(rule)s.") % {"rule": sentence}
    if row.outcome == Outcome.NO and row.reason == "waited":
        return _("Not true when the waiting ended on %(time)s: %(rule)s.") % {
            "rule": sentence,
            "time": _time(row.at),
        }
    if row.outcome == Outcome.NO:
        return _("Not true: %(rule)s.") % {"rule": sentence}
    if row.outcome == Outcome.HELD:
        return reasons.words((row.detail or {}).get("why", ""))
    if row.outcome == Outcome.LEFT:
        return reasons.left_words(reasons.leaving(row.reason, (row.detail or {}).get("why", "")))
    return reasons.passed_words(row.reason)


def _resting(enrollment: Enrollment) -> str:
    if enrollment.due_at is None:
        return _("Held until the campaign is published again.")
    until = max(enrollment.deadline_at or enrollment.due_at, enrollment.due_at)
    return _("Waiting until %(time)s at the latest.") % {"time": _time(until)}


def _time(moment: dt.datetime) -> str:
    return date_format(localtime(moment), "SHORT_DATETIME_FORMAT")
