"""The blocks of the tree: one flat StreamBlock of steps that know their place."""

import json

from wagtail import blocks

from .registry import UNKNOWN, step_types


class PlacedStep(blocks.StructBlock):
    """Wraps a registered block (trigger, activity, decision, flow step) with its place in the tree."""

    def __init__(self, config_block=None, **kwargs):
        self.config_block = config_block
        kwargs.setdefault("label", config_block.label)
        kwargs.setdefault("icon", config_block.meta.icon)
        super().__init__(
            [
                ("parent", blocks.CharBlock(required=False)),
                ("branch", blocks.CharBlock(required=False)),
                ("name", blocks.CharBlock(required=False, max_length=80)),
                ("config", config_block),
            ],
            **kwargs,
        )


class UnknownStep(blocks.StructBlock):
    """Stands for a step whose type is not installed; passes its JSON through untouched."""


class CampaignTreeBlock(blocks.StreamBlock):
    """A flat stream; the tree is in each step's ``parent`` + ``branch`` and the order of the stream."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.child_blocks = step_types
