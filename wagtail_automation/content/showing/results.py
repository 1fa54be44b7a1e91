"""The effect of personal parts, in figures and words."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from wagtail_automation.audiences.experiments import statistics
from wagtail_automation.audiences.experiments.statistics import Tally

from .querysets import figures

#: people that the alternative and its holdout need each before anything is concluded
LEAST = 100


@dataclass(frozen=True)
class Row:
    """One alternative (or what everybody else sees) with its holdout."""

    id: str
    name: str
    people: int = 0
    seen: int = 0
    clickers: int = 0
    goals: int = 0
    closed: int = 0
    held_people: int = 0
    held_goals: int = 0
    has_holdout: bool = False
    has_goal: bool = False

    @property
    def click_share(self) -> float:
        """Between 0 and 1."""
        return self.clickers / self.people if self.people else 0.0

    @property
    def goal_share(self) -> float:
        """Between 0 and 1."""
        return self.goals / self.people if self.people else 0.0

    @property
    def held_share(self) -> float:
        """Of those held back, who reached the goal all the same; between 0 and 1."""
        return self.held_goals / self.held_people if self.held_people else 0.0

    @property
    def effect(self) -> str:
        """What the comparison with the holdout says. Without one there is nothing honest to say."""
        if not self.has_holdout or not self.id:
            return ""
        if not self.has_goal:
            return _("Choose a goal to compare with those held back.")
        both = [
            Tally("shown", self.name, self.people, self.goals),
            Tally("held", self.name, self.held_people, self.held_goals),
        ]
        if not statistics.is_enough(both, LEAST):
            return _("Too early to compare with those held back.")
        if statistics.doubt(both) > 1 - statistics.SURE:
            return _("No difference to those held back is proved.")
        if self.goal_share > self.held_share:
            return _("It works: more reach the goal than of those held back.")
        return _("It harms: fewer reach the goal than of those held back.")


def results(
    key: str, alternatives: list[tuple[str, str]], *, goal_id: int | None = None, holdout: int = 0
) -> list[Row]:
    """Each of the alternatives (id, name) in order, the fallback last. Two queries at most."""
    found = {(row["alternative"], row["is_held_back"]): row for row in figures(key, goal_id)}
    rows = []
    for pk, name in [*alternatives, ("", _("Everybody else"))]:
        own, held = found.get((pk, False), {}), found.get((pk, True), {})
        rows.append(
            Row(
                id=pk,
                name=name,
                people=own.get("people", 0),
                seen=own.get("seen", 0),
                clickers=own.get("clickers", 0),
                goals=own.get("goals", 0),
                closed=own.get("closed", 0),
                held_people=held.get("people", 0),
                held_goals=held.get("goals", 0),
                has_holdout=holdout > 0 or bool(held),
                has_goal=goal_id is not None,
            )
        )
    return rows
