"""Benchmarks by name: each app registers its suites, ``automation_bench`` runs them."""

import resource
import time
from collections.abc import Callable
from contextlib import contextmanager

SUITES: dict[str, Callable] = {}


def register_suite(name: str):
    """Decorator for ``suite(scale: int | None, out: Callable[[str], None]) -> dict`` of figures."""

    def add(function):
        SUITES[name] = function
        return function

    return add


class Stopwatch:
    """Wall and processor seconds of a block."""

    wall = 0.0
    cpu = 0.0


@contextmanager
def timed():
    """``with timed() as watch: …`` then ``watch.wall`` and ``watch.cpu``, in seconds."""
    watch = Stopwatch()
    wall, cpu = time.perf_counter(), time.process_time()
    try:
        yield watch
    finally:
        watch.wall, watch.cpu = time.perf_counter() - wall, time.process_time() - cpu


def percentile(values, share: float) -> float:
    """The smallest value that ``share`` (0–1) of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def peak_memory_mb() -> float:
    """Largest resident set of this process so far, in MiB (Linux: ru_maxrss is KiB)."""
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)
