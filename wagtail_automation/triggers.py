"""Triggers: the events that start a campaign for a lead."""

from .blocks import RegisteredBlock
from .objects import Ref
from .registry import Registry


class Trigger(RegisteredBlock):
    """Starts an enrollment when its event happens to a lead."""

    #: name of the event, as published in ``tracking.events``
    event: str = ""
    #: a step of a campaign, or a rule of points or stages, can bring its event about: two campaigns that do
    #: so in turn would never end, so that a person enters by it only so often a day (``campaigns.entering``)
    can_circle = False
    #: not started by an event: campaigns find its people themselves, or the site's code brings them
    starts_itself = False

    @classmethod
    def class_problems(cls):
        heard = cls.subscriptions is not Trigger.subscriptions or cls.event or cls.starts_itself
        return [] if heard else ["starts with nothing: give it an `event`, or `starts_itself = True`"]

    def subject(self, value) -> Ref | None:
        """The object that the event must be about; None: any."""
        return None

    def subscriptions(self, value) -> list[tuple[str, Ref | None]]:
        """``(event, subject)`` of all it listens to; the event is empty for what starts by itself."""
        return [(self.event, self.subject(value))]

    def matches(self, value, event) -> bool:
        """A finer look at one event about the right subject; runs no query."""
        return True

    def enrollment_key(self, value, event) -> str:
        """The same key lets the same lead enter only once, where a campaign may be entered each time; empty:
        each event is one."""
        return ""

    def comes_again_after(self, value) -> int:
        """Days after which it comes again for the same lead by itself, such as 365 for a birthday; 0: it
        does not. A campaign that such a trigger starts must let people enter again."""
        return 0


triggers = Registry("triggers", Trigger, is_public=True)
register = triggers.register
