"""Whose turn it is: the arithmetic of a weighted round, without a database.

Each lead gives every available member a claim to weight / sum of weights of it. Among those to whom
something is owed, the one whose claim is fulfilled first in time (earliest deadline) receives it. While
members and weights stay the same, nobody is ever a whole lead away from their exact share – what cannot be
said of the usual round robin that always serves the greatest claim.
"""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass
class Place:
    """One member. ``credit``: what is owed, in units of one lead divided by the sum of the weights."""

    user: object
    weight: int
    credit: int = 0
    last: int = 0


def rescaled(credit: int, whole: int, total: int) -> int:
    """A credit counted in ``whole``-ths of a lead, in ``total``-ths; never more than a whole lead."""
    return max(-total, min(total, round(credit * total / whole))) if whole else 0


def draw(places: list[Place], count: int) -> Iterable[Place]:
    """The places that receive the next ``count`` leads, in order; the places are brought up to date."""
    total = sum(place.weight for place in places)
    turn = max((place.last for place in places), default=0)
    for _number in range(count if total else 0):
        for place in places:
            place.credit += place.weight
        owed = [place for place in places if place.credit > 0] or places
        chosen = min(
            owed,
            # leads until the claim is due, rounded up; of two alike the one owed more, then the longest idle
            key=lambda place: (-((place.credit - total) // place.weight), -place.credit, place.last),
        )
        turn += 1
        chosen.credit -= total
        chosen.last = turn
        yield chosen
