"""What the worker runs: thin, repeatable."""

from wagtail_automation import jobs

from . import engine, tallies
from .monitoring import trouble
from .nudge import WALK, is_walking, walking
from .starting import actions as starting


def walk() -> str:
    """Take everybody who is due as far as they can go; asks to be run again when its time is over."""
    if is_walking():
        return "walking"
    with walking():
        more = engine.run()
    if more:
        jobs.enqueue(WALK)
    return "more" if more else "ok"


def begin() -> str:
    """Let in everybody whose time has come; asks to be run again when its time is over."""
    more = starting.run()
    if more:
        jobs.enqueue(starting.BEGIN)
    return "more" if more else "ok"


def beat() -> str:
    """Every minute: who enters, whatever is due, whether or not somebody said so; then add up the counts."""
    begin()
    trouble.try_again_by_itself()
    said = walk()
    tallies.compact()
    jobs.heartbeat("engine")
    return said
