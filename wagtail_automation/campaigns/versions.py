"""A published version as the engine walks it, kept in memory: a version never changes."""

import datetime as dt
import uuid
from collections.abc import Container
from dataclasses import dataclass
from functools import lru_cache

from wagtail_automation.objects import Ref, ref_of
from wagtail_automation.rules.rule import Rule

from .models import AwaitedFact, CampaignVersion, Step
from .plan import NEXT, kind_of

#: Fact noted for decisions whose answer may change by time alone; they are asked again at intervals.
TIME_FACT = "time"


@dataclass(frozen=True)
class PlannedStep:
    """A step of a version. ``pk`` and the targets of ``edges`` are those of ``StepIdentity``."""

    pk: int
    uuid: str
    type: str
    name: str
    config: dict
    edges: dict[str, int]
    position: int
    changes_by_time: bool = False

    @property
    def kind(self) -> str:
        return kind_of(self.type)[0]

    def block(self):
        """A block of the step's class, or None when its app is not installed."""
        cls = kind_of(self.type)[1]
        return cls() if cls else None

    @property
    def next(self) -> int | None:
        return self.edges.get(NEXT)

    @property
    def rule(self) -> Rule:
        """Of a decision."""
        return Rule(self.config.get("rule"))

    @property
    def patience(self) -> dt.timedelta:
        """How long a decision waits for a yes; zero: not at all."""
        amount, unit = self.config.get("patience") or 0, self.config.get("unit") or "days"
        if not isinstance(amount, int) or amount < 0 or unit not in ("minutes", "hours", "days"):
            return dt.timedelta(0)
        return dt.timedelta(**{unit: amount})


@dataclass(frozen=True)
class Plan:
    """All steps of a version in topological order."""

    version_pk: int
    campaign_pk: int
    first: int | None
    steps: tuple[PlannedStep, ...]
    by_pk: dict[int, PlannedStep]
    #: of the campaign, for its events
    ref: Ref
    #: as ``CampaignVersion.rules``
    rules: dict

    def __contains__(self, step_pk: int) -> bool:
        return step_pk in self.by_pk

    def __getitem__(self, step_pk: int) -> PlannedStep:
        return self.by_pk[step_pk]

    def __len__(self) -> int:
        return len(self.steps)


@lru_cache(maxsize=256)
def plan_of(version_pk: int, version_uuid: uuid.UUID) -> Plan:
    """The plan of a version, read once per process (three queries).

    Raises CampaignVersion.DoesNotExist.
    """
    version = (
        CampaignVersion.objects.select_related("campaign")
        .only("first_id", "campaign_id", "rules", "campaign__uuid", "campaign__name")
        .get(pk=version_pk, uuid=version_uuid)
    )
    rows = Step.objects.filter(version=version).select_related("identity").order_by("position")
    by_time = set(
        AwaitedFact.objects.filter(identity__campaign=version.campaign_id, fact=TIME_FACT).values_list(
            "identity_id", flat=True
        )
    )
    steps = tuple(
        PlannedStep(
            row.identity_id,
            str(row.identity.uuid),
            row.type,
            row.name,
            row.config,
            row.edges,
            row.position,
            row.identity_id in by_time,
        )
        for row in rows
    )
    by_pk = {step.pk: step for step in steps}
    ref = ref_of(version.campaign)
    return Plan(version_pk, version.campaign_id, version.first_id, steps, by_pk, ref, version.rules)


def successor(campaign_pk: int, removed: int, plan: Container[int]) -> int | None:
    """Where people go on whose step a newer version no longer has: the nearest step behind it that is
    still there, as the last version that had it leads; None if there is none. ``plan``: a Plan, or keys of
    the steps that are left."""
    last = (
        Step.objects.filter(identity=removed, version__campaign=campaign_pk)
        .order_by("-version__number")
        .values_list("version_id", "version__uuid")
        .first()
    )
    if last is None:
        return None
    old = plan_of(*last)
    waiting, seen = [removed], {removed}
    while waiting:
        step = old.by_pk.get(waiting.pop(0))
        for target in step.edges.values() if step else ():
            if target in plan:
                return target
            if target not in seen:
                seen.add(target)
                waiting.append(target)
    return None
