"""What an experiment shows so far: figures for each variant, and what may be concluded, in words."""

from dataclasses import dataclass, field
from enum import StrEnum

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from . import statistics
from .models import Experiment
from .querysets import tallies
from .statistics import Tally


class Verdict(StrEnum):
    """What may be concluded."""

    EARLY = "early"
    OPEN = "open"
    WINNER = "winner"
    DECIDED = "decided"


@dataclass(frozen=True)
class Results:
    """``doubt``: the chance (0 to 1) that the leader leads by luck alone, however often one looked."""

    metric: str
    tallies: list[Tally]
    verdict: Verdict
    leader: Tally | None
    doubt: float
    least: int
    winner: str = ""
    by: str = ""
    gone: list[Tally] = field(default_factory=list)

    @property
    def people(self) -> int:
        return sum(one.people for one in self.tallies)

    def as_dict(self) -> dict:
        """For keeping at the decision."""
        return {
            "metric": self.metric,
            "doubt": self.doubt,
            "verdict": str(self.verdict),
            "rows": [[one.key, one.name, one.people, one.successes] for one in [*self.tallies, *self.gone]],
        }

    @property
    def sentence(self) -> str:
        """The conclusion for people who are no statisticians."""
        if self.verdict == Verdict.DECIDED:
            return self._decided()
        if self.verdict == Verdict.EARLY:
            missing = max([self.least - one.people for one in self.tallies] or [self.least])
            if missing > 0:
                return ngettext(
                    "Too early to say anything: at least one variant still needs %(count)d person.",
                    "Too early to say anything: at least one variant still needs %(count)d people.",
                    missing,
                ) % {"count": missing}
            return _("Too early to say anything: hardly anybody did what counts.")
        name = self.leader.name if self.leader else ""
        if self.verdict == Verdict.WINNER:
            return _(
                "“%(name)s” is better. If the variants were equal, chance would show such a lead in less "
                "than %(percent)d of 100 experiments, however often one looked."
            ) % {"name": name, "percent": max(1, -int(-self.doubt * 100 // 1))}
        if not name:
            return _("Nothing is proved yet.")
        return _("“%(name)s” leads, but this may still be luck. Nothing is proved yet.") % {"name": name}

    def _decided(self) -> str:
        named = {"name": self.winner}
        if self.by == "user":
            return _("Decided by hand: everybody gets “%(name)s”.") % named
        if self.doubt <= 1 - statistics.SURE and self.leader and self.leader.name == self.winner:
            return _("Decided: “%(name)s” was proved better, and everybody gets it.") % named
        return _("Decided because the time was over, without proof: everybody gets “%(name)s”.") % named


def results(experiment: Experiment, metric: str = "") -> Results:
    """The figures now; of a decided experiment, those at the decision. Three queries at most."""
    metric = metric or experiment.counted
    if experiment.is_decided and experiment.outcome.get("metric") == metric:
        rows = [Tally(*row) for row in experiment.outcome["rows"]]
        return _judge(experiment, metric, rows, [])
    found = tallies(experiment, metric)
    rows, gone = [], []
    for one in experiment.variants.all():
        tally = Tally(one.key, one.name, *found.get(one.pk, (0, 0)))
        if one.weight:
            rows.append(tally)
        elif tally.people:
            gone.append(tally)
    return _judge(experiment, metric, rows, gone)


def _judge(experiment, metric, rows, gone) -> Results:
    leader, doubt = statistics.leader(rows), statistics.doubt(rows)
    if experiment.is_decided:
        verdict = Verdict.DECIDED
    elif not statistics.is_enough(rows, experiment.least):
        verdict = Verdict.EARLY
    else:
        verdict = Verdict.WINNER if doubt <= 1 - statistics.SURE else Verdict.OPEN
    return Results(
        metric=metric,
        tallies=rows,
        verdict=verdict,
        leader=leader,
        doubt=doubt,
        least=experiment.least,
        winner=experiment.winner.name if experiment.winner else "",
        by=experiment.outcome.get("by", ""),
        gone=gone,
    )
