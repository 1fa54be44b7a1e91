"""Flow steps: what holds, sends on or divides people inside a campaign. The engine's own."""

from .blocks import RegisteredBlock
from .registry import Registry


class FlowStep(RegisteredBlock):
    """A step that moves or holds people."""

    #: ``((key, label, tone), …)`` when the step divides people
    branches: tuple = ()
    #: nothing can follow it (go to, leave)
    terminal = False

    def get_branches(self, value) -> list[dict]:
        return [{"key": key, "label": str(label), "tone": tone} for key, label, tone in self.branches]


flow_steps = Registry("flow_steps", FlowStep)
register = flow_steps.register
