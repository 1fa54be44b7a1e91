"""The bridge from the kernel's registries to the tree's block types.

Types are looked up when they are used, never when a model class or a migration is made:
``on_<trigger>``, ``do_<activity>``, ``decision`` and the flow keys.
"""

from collections.abc import Mapping

TRIGGER_PREFIX = "on_"
ACTIVITY_PREFIX = "do_"
DECISION = "decision"
UNKNOWN = "_unknown"


def _kernel_registries():
    from wagtail_automation.activities import activities
    from wagtail_automation.flow import flow_steps
    from wagtail_automation.triggers import triggers

    return triggers, activities, flow_steps


class StepTypes(Mapping):
    """Read-only mapping of block type → PlacedStep, always as the registries stand now.

    One PlacedStep per registered class is kept, so values of the same type share their block.
    """

    def __init__(self):
        self._placed = {}

    def _class_for(self, name):
        from .blocks import UnknownStep
        from .decisions import Decision

        if name == DECISION:
            return Decision
        if name == UNKNOWN:
            return UnknownStep
        triggers, activities, flow_steps = _kernel_registries()
        for prefix, registry in ((TRIGGER_PREFIX, triggers), (ACTIVITY_PREFIX, activities), ("", flow_steps)):
            if name.startswith(prefix) and (key := name[len(prefix) :]) in registry:
                return registry[key]
        raise KeyError(name)

    def __getitem__(self, name):
        cls = self._class_for(name)
        placed = self._placed.get(name)
        if placed is None or type(placed.config_block) is not cls:
            from .blocks import PlacedStep

            config = cls()
            config.set_name("config")
            placed = PlacedStep(config)
            placed.set_name(name)
            self._placed[name] = placed
        return placed

    def __iter__(self):
        triggers, activities, flow_steps = _kernel_registries()
        yield from (f"{TRIGGER_PREFIX}{key}" for key, _cls in triggers.items())
        yield from (f"{ACTIVITY_PREFIX}{key}" for key, _cls in activities.items())
        yield DECISION
        yield from (key for key, _cls in flow_steps.items())
        yield UNKNOWN

    def __len__(self):
        return sum(1 for _name in self)

    def __contains__(self, name):
        try:
            self._class_for(name)
        except KeyError:
            return False
        return True

    def copy(self):
        return self


step_types = StepTypes()
