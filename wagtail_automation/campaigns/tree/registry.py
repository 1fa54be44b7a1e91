"""The bridge from the kernel's registries to the tree's block types.

Types are looked up when they are used, never when a model class or a migration is made:
``on_<trigger>``, ``do_<activity>``, ``decision`` and the flow keys.
"""

from collections.abc import Mapping

from wagtail_automation.activities import activities
from wagtail_automation.flow import flow_steps
from wagtail_automation.triggers import triggers

TRIGGER_PREFIX = "on_"
ACTIVITY_PREFIX = "do_"
DECISION = "decision"
#: the block that stands for every type that is not installed; never stored
UNKNOWN = "_unknown"

#: ``(kind of step, prefix of its block types, registry)``; flow keys have no prefix
REGISTRIES = (
    ("trigger", TRIGGER_PREFIX, triggers),
    ("activity", ACTIVITY_PREFIX, activities),
    ("flow", "", flow_steps),
)


def find_class(name: str) -> tuple[str, type]:
    """``(kind, registered class)`` of a block type; kinds: trigger, activity, decision, flow, unknown.

    Raises KeyError for a type that is not installed.
    """
    from .blocks import UnknownStep  # both are blocks, which need this module
    from .decisions import Decision

    if name == DECISION:
        return "decision", Decision
    if name == UNKNOWN:
        return "unknown", UnknownStep
    for kind, prefix, registry in REGISTRIES:
        key = name.removeprefix(prefix)
        if (not prefix or key != name) and key in registry:
            return kind, registry[key]
    raise KeyError(name)


class StepTypes(Mapping):
    """Read-only mapping of block type → ``PlacedStep``, always as the registries stand now.

    Stands in for a StreamBlock's ``child_blocks``. Each class keeps one block, so that the steps of a
    type share it.
    """

    def __init__(self):
        self._placed = {}

    def __getitem__(self, name):
        kind, cls = find_class(name)
        placed = self._placed.get(name)
        if placed is None or type(placed.config_block) is not cls:
            from .blocks import PlacedStep

            placed = self._placed[name] = PlacedStep(cls(), kind=kind)
            placed.set_name(name)
        return placed

    def __iter__(self):
        for _kind, prefix, registry in REGISTRIES:
            for key, _cls in registry.items():
                yield f"{prefix}{key}"
        yield UNKNOWN

    def __len__(self):
        return sum(1 for _name in self)

    def __contains__(self, name):
        # asked 1,400 times to show 200 steps: ``find_class`` without its exception, and a loop, which
        # takes a third of the time of a generator
        for _kind, prefix, registry in REGISTRIES:
            if name.startswith(prefix) and name[len(prefix) :] in registry:
                return True
        return name in (DECISION, UNKNOWN)

    def installed(self):
        """The blocks that an editor may add."""
        return [self[name] for name in self if name != UNKNOWN]


step_types = StepTypes()
