"""How far campaigns are: activity steps done among those that the people who entered can reach."""

from collections import defaultdict
from collections.abc import Iterable

from django.db.models import Count, Sum

from .models import Campaign, Enrollment, Step, StepTally
from .outcomes import Outcome
from .plan import kind_of


def of(campaigns: Iterable[Campaign]) -> dict[int, int | None]:
    """``{campaign: percent}``; None where nothing is to be done for anybody. Three queries in all.

    Reachable: what was done or skipped, and for everybody still inside the activities on the longest way
    ahead of them. Who left early has nothing ahead.
    """
    versions = {c.current_version_id: c.pk for c in campaigns if c.current_version_id}
    result: dict[int, int | None] = {c.pk: None for c in campaigns}
    rows = Step.objects.filter(version__in=versions).values_list(
        "version_id", "identity_id", "type", "edges", "position"
    )
    trees: dict[int, list[tuple]] = defaultdict(list)
    home: dict[int, int] = {}
    for version, step, kind, edges, position in rows:
        trees[version].append((position, step, kind_of(kind)[0] == "activity", edges))
        home[step] = versions[version]
    ahead = {}
    for steps in trees.values():
        ahead |= _ahead(steps)
    acts = [step for steps in trees.values() for _position, step, acts, _edges in steps if acts]
    done: dict[int, int] = defaultdict(int)
    whole: dict[int, int] = defaultdict(int)
    counted = (Outcome.DONE, Outcome.SKIPPED)
    tallies = StepTally.objects.filter(step__anyof=acts, outcome__in=counted).order_by()
    for step, outcome, count in tallies.values_list("step_id", "outcome").annotate(n=Sum("count")):
        whole[home[step]] += count
        done[home[step]] += count if outcome == Outcome.DONE else 0
    resting = Enrollment.objects.filter(step__anyof=list(home)).order_by()
    for step, count in resting.values_list("step_id").annotate(n=Count("pk")):
        whole[home[step]] += count * ahead.get(step, 0)
    for pk, total in whole.items():
        if total:
            result[pk] = int(100 * done[pk] / total)
    return result


def _ahead(steps: list[tuple]) -> dict[int, int]:
    """``{step: activities on the longest way from here}``, this one included; ways back are not walked."""
    place = {step: position for position, step, _acts, _edges in steps}
    ahead: dict[int, int] = {}
    for position, step, acts, edges in sorted(steps, reverse=True):
        onward = [ahead[target] for target in edges.values() if place.get(target, -1) > position]
        ahead[step] = int(acts) + max(onward, default=0)
    return ahead
