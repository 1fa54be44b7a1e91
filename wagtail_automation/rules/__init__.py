"""The one rule language: segments, decisions, dynamic content, promos and alerts all ask with it.

A condition is one small class; a rule is conditions and one-level groups. Read next: ``conditions``.
"""

from .conditions import Condition, Events, Facts, Fields, Lists, Segments, Time, conditions
from .scope import Scope

__all__ = ["Condition", "Events", "Facts", "Fields", "Lists", "Scope", "Segments", "Time", "conditions"]
