"""Sticky shares: the part of a whole that somebody belongs to, by arithmetic on ``Lead.bucket``.

The same person is always in the same share of the same salt, whatever the day, machine or campaign version;
a merge keeps the survivor's. Shares of different salts are independent of each other.
"""

import hashlib
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

#: The smallest prime above the number of buckets: multiplying modulo a prime only shuffles them.
PRIME = 1_000_003


def multiplier_and_offset(salt: str) -> tuple[int, int]:
    """The two numbers that shuffle the buckets for a salt; also for those who shuffle in SQL."""
    digest = hashlib.blake2b(salt.encode(), digest_size=16).digest()
    return (
        1 + int.from_bytes(digest[:8], "big") % (PRIME - 1),
        int.from_bytes(digest[8:], "big") % PRIME,
    )


def fraction(bucket: int, salt: str) -> float:
    """Where a bucket stands between 0 (inclusive) and 1 (exclusive) under this salt."""
    multiplier, offset = multiplier_and_offset(salt)
    return (bucket * multiplier + offset) % PRIME / PRIME


def fractions(buckets: Sequence[int], salt: str) -> list[float]:
    """``fraction`` of many buckets."""
    multiplier, offset = multiplier_and_offset(salt)
    return [(bucket * multiplier + offset) % PRIME / PRIME for bucket in buckets]


def choose(buckets: Sequence[int], salt: str, weights: Sequence[int]) -> list[int]:
    """For each bucket the index of its part, the parts being as large as the weights.

    When weights change, only those between the old and the new border change their part.
    """
    total = sum(weights)
    borders = [border / total for border in accumulate(weights)][:-1]
    return [bisect_right(borders, place) for place in fractions(buckets, salt)]


def chance(*parts) -> float:
    """A number from 0 to 1 (exclusive) that looks random but is always the same for the same parts."""
    digest = hashlib.blake2b(":".join(map(str, parts)).encode(), digest_size=7).digest()
    return int.from_bytes(digest, "big") / 256**7
