"""Flow steps: what holds, sends on or divides people inside a campaign. The engine's own."""

from .blocks import RegisteredBlock
from .registry import Registry

#: what the block types of triggers and activities begin with in a tree, and that of what is not installed
RESERVED = ("on_", "do_", "_")


class FlowStep(RegisteredBlock):
    """A step that moves or holds people."""

    #: ``((key, label, tone), …)`` when the step divides people
    branches: tuple = ()
    #: nothing can follow it (go to, leave)
    terminal = False

    @classmethod
    def class_problems(cls):
        if cls.key.startswith(RESERVED):
            return [f"has the key {cls.key!r}, which is that of another kind of step"]
        return []

    def get_branches(self, value) -> list[dict]:
        return [{"key": key, "label": str(label), "tone": tone} for key, label, tone in self.branches]

    def is_pause(self, value) -> bool:
        """True if it holds people for some time whatever happens, so that a loop through it cannot spin."""
        return False

    def late_branches(self, value) -> set[str]:
        """Branches that people reach only after waiting here."""
        return set()

    def visit(self, visit) -> None:
        """Hold, divide or send on everybody of a ``campaigns.visits.Visit``: each person exactly once, in a
        number of statements that does not depend on how many they are."""
        raise NotImplementedError(f"{type(self).__qualname__} must define visit()")


flow_steps = Registry("flow_steps", FlowStep, is_public=True, needs=("visit",))
register = flow_steps.register
