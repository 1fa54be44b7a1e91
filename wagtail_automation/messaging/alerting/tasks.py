"""What the worker runs for alerts."""

from . import watching


def beat() -> str:
    """Once a minute."""
    return watching.look()
