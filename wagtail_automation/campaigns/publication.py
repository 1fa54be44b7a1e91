"""What publishing would do to the people who are inside, said before the click."""

from collections.abc import Callable
from dataclasses import dataclass, field

from django.db.models import Count, Q

from .models import AtRemoved, Campaign, Enrollment, StepIdentity
from .plan import START
from .versions import successor


@dataclass
class Here:
    """People at one step. ``target``: where they go on if it is removed; "" where they leave."""

    title: str
    count: int
    target: str = ""


@dataclass
class Publication:
    """``stay``: at steps that the new version has too; ``removed``: at those it has not."""

    campaign: Campaign
    stay: list[Here] = field(default_factory=list)
    removed: list[Here] = field(default_factory=list)
    held: int = 0

    @property
    def inside(self) -> int:
        return sum(here.count for here in (*self.stay, *self.removed))

    @property
    def staying(self) -> int:
        return sum(here.count for here in self.stay)

    @property
    def moving(self) -> list[Here]:
        return [here for here in self.removed if here.target]

    @property
    def leaving(self) -> list[Here]:
        return [here for here in self.removed if not here.target]


def foresee(
    campaign: Campaign, read_steps: Callable[[], list[dict]], at_removed: str = AtRemoved.NEXT
) -> Publication:
    """Of the people as they are now, and the JSON of a tree's steps, which is only read where somebody is
    inside. Four queries, and for each removed step with people one and a version's plan."""
    from .admin_views import steps_of

    result = Publication(campaign)
    rows = (
        Enrollment.objects.inside()
        .filter(campaign=campaign)
        .order_by()
        .values_list("step", "step__uuid")
        .annotate(people=Count("pk"), held=Count("pk", filter=Q(due_at__isnull=True)))
    )
    counts = list(rows)
    if not counts:
        return result
    steps = read_steps()
    kept = {step["id"] for step in steps if step["value"].get("branch") != START or step["value"]["parent"]}
    known = dict(StepIdentity.objects.filter(campaign=campaign).values_list("pk", "uuid"))
    left = {pk for pk, uuid in known.items() if str(uuid) in kept}
    titles = {step.pk: step.title for step in steps_of(campaign)}
    named = {step["id"]: step["value"].get("name") for step in steps}
    for pk, uuid, people, held in sorted(counts, key=lambda row: -row[2]):
        result.held += held
        here = Here(named.get(str(uuid)) or titles.get(pk, "?"), people)
        if str(uuid) in kept:
            result.stay.append(here)
            continue
        target = successor(campaign.pk, pk, left) if at_removed != AtRemoved.LEAVE else None
        here.target = (named.get(str(known[target])) or titles.get(target, "?")) if target else ""
        result.removed.append(here)
    return result
