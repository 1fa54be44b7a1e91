"""The arithmetic of comparing shares, without a database.

The test is a *mixture sequential probability ratio test* on the difference of two shares (Robbins 1970;
Johari, Pekelis, Walsh: "Always valid inference", 2015). Other than with the usual tests the answer holds
however often somebody looks: whoever stops at the first proof is wrong in at most ``1 - SURE`` of the
experiments whose variants are equal. The price: about half as many people again. The normal approximation
behind it is why nothing is said before ``LEAST_SUCCESSES`` and the experiment's own number of people.
"""

import math
from dataclasses import dataclass

#: A winner is proved when chance would do the same in less than 5 of 100 experiments.
SURE = 0.95
#: Fewer successes than this, over all variants, prove nothing.
LEAST_SUCCESSES = 10
#: The size of difference that the test is sharpest for: three percentage points.
SPREAD = 0.03
_Z95 = 1.959964


@dataclass(frozen=True)
class Tally:
    """How many saw a variant, and how many of them did what counts."""

    key: str
    name: str
    people: int
    successes: int

    @property
    def share(self) -> float:
        """Between 0 and 1; 0 while nobody saw it."""
        return self.successes / self.people if self.people else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the share (Wilson 1927), which holds for a single look."""
        if not self.people:
            return 0.0, 1.0
        n, p, z = self.people, self.share, _Z95
        middle = (p + z * z / (2 * n)) / (1 + z * z / n)
        half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        return max(middle - half, 0.0), min(middle + half, 1.0)


def luck(one: Tally, other: Tally) -> float:
    """The chance (0 to 1) of ever seeing so great a difference between two variants that are equal."""
    if not one.people or not other.people:
        return 1.0
    difference = one.share - other.share
    variance = _variance(one) + _variance(other)
    room = variance + SPREAD**2
    exponent = difference**2 * SPREAD**2 / (2 * variance * room)
    # the evidence is sqrt(variance / room) * exp(exponent); in logarithms, since it may be enormous
    return min(1.0, math.exp(min(-exponent - 0.5 * math.log(variance / room), 0.0)))


def _variance(tally: Tally) -> float:
    """Of the share. One success and one failure more: a variant without any is not without doubt."""
    share = (tally.successes + 1) / (tally.people + 2)
    return share * (1 - share) / tally.people


def leader(tallies: list[Tally]) -> Tally | None:
    """The greatest share; of equals the first; None while nobody did anything."""
    seen = [one for one in tallies if one.people]
    best = max(seen, key=lambda one: one.share, default=None)
    return best if best is not None and best.successes else None


def doubt(tallies: list[Tally]) -> float:
    """The chance (0 to 1) that the leader leads by luck alone: against its strongest rival, times the number
    of rivals (Bonferroni), so that more variants do not find more winners."""
    best = leader(tallies)
    others = [one for one in tallies if best is not None and one.key != best.key]
    if best is None or not others:
        return 1.0
    return min(1.0, len(others) * max(luck(best, one) for one in others))


def is_enough(tallies: list[Tally], least: int) -> bool:
    """Whether anything may be concluded."""
    return (
        len(tallies) > 1
        and min(one.people for one in tallies) >= least
        and sum(one.successes for one in tallies) >= LEAST_SUCCESSES
    )


def people_needed(share: float, difference: float) -> int:
    """About how many people each of two variants needs so that a true difference (0 to 1) is proved in four
    of five experiments. ``share``: of the weaker variant."""
    other = min(max(share + difference, 0.0), 1.0)
    spread = share * (1 - share) + other * (1 - other)
    if not difference:
        raise ValueError("without a difference there is nothing to prove")
    n = 16.0
    for _round in range(50):  # the threshold grows with the logarithm of n: converges at once
        variance = max(spread, 1e-6) / n
        threshold = math.sqrt(
            2 * (variance + SPREAD**2) / SPREAD**2
            * (math.log(1 / (1 - SURE)) + 0.5 * math.log((variance + SPREAD**2) / variance))
        )  # fmt: skip
        n = max(spread, 1e-6) * ((threshold + 0.8416) / difference) ** 2
    return max(math.ceil(n), 1)
