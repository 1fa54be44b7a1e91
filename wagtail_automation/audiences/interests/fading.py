"""The arithmetic of fading: points to strength and back."""

import datetime as dt
import math

#: Less than this is nothing: it is shown as 0 and pruned.
LEAST = 0.05
MOST = 1_000_000.0
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def days(now: dt.datetime) -> float:
    """The moment in days since 1970."""
    return (now - _EPOCH).total_seconds() / 86400


def strength_of(points: float, now: dt.datetime, half_life: int) -> float:
    """Raises ValueError for points that are not positive."""
    return math.log2(points) + days(now) / half_life


def points_of(strength: float, now: dt.datetime, half_life: int) -> float:
    """What the strength is worth at this moment; 0 for what has faded away."""
    exponent = strength - days(now) / half_life
    return 0.0 if exponent < -50 else min(2.0**exponent, MOST) if exponent < 60 else MOST
