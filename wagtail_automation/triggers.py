"""Triggers: the events that start a campaign for a lead."""

from .blocks import RegisteredBlock
from .objects import Ref
from .registry import Registry


class Trigger(RegisteredBlock):
    """Starts an enrollment when its event happens to a lead."""

    #: name of the event, as published in ``tracking.events``
    event: str = ""

    def subject(self, value) -> Ref | None:
        """The object that the event must be about; None: any."""
        return None

    def matches(self, value, event) -> bool:
        """A finer look at one event about the right subject; runs no query."""
        return True


triggers = Registry("triggers", Trigger)
register = triggers.register
