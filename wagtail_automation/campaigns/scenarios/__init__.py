"""The scenario library: campaigns that are ready to be adjusted, each one class in one file.

An app adds its own by importing a module that registers one (see ``docs/howto/scenarios.md``).
"""

from . import (  # noqa: F401  (they register themselves)
    birthday,
    event_reminder,
    hygiene,
    nurturing,
    onboarding,
    renewal,
    satisfaction,
    shop,
    welcome,
    win_back,
)
from .base import Scenario, register, scenarios

__all__ = ["Scenario", "register", "scenarios"]
