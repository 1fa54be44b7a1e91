"""What the worker runs for newsletters; each may be repeated at any time."""

from . import actions


def run() -> str:
    """Start what is due, queue whose turn has come."""
    return actions.run()
