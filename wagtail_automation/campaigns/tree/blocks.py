"""The blocks of the tree: one flat StreamBlock of steps that know their place."""

import json

from django.core.exceptions import ValidationError
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail import blocks
from wagtail.blocks.stream_block import StreamBlockValidationError, StreamValue
from wagtail.blocks.struct_block import StructBlockValidationError

from wagtail_automation.blocks import RegisteredBlock
from wagtail_automation.remembering import from_memory

from .describe import remembering_objects
from .registry import UNKNOWN, step_types
from .step_chooser import StepChooserBlock
from .validation import depth_first, shape_errors

PLACE = ("parent", "branch", "name")


class PlacedStep(blocks.StructBlock):
    """Wraps a registered block with its place in the tree.

    ``kind``: trigger, activity, decision, flow or unknown.
    """

    def __init__(self, config_block, *, kind, **kwargs):
        self.config_block = config_block
        self.kind = kind
        label = config_block.label  # set_name() would turn it into "Config" where Meta has none
        super().__init__(
            [
                ("parent", blocks.CharBlock(required=False)),
                ("branch", blocks.CharBlock(required=False)),
                ("name", blocks.CharBlock(required=False, max_length=80)),
                ("config", config_block),
            ],
            label=label,
            icon=config_block.meta.icon,
            group=config_block.meta.group,
            **kwargs,
        )
        config_block.label = label

    @cached_property
    def step_references(self) -> list[str]:
        """Names of the parameters that hold another step's UUID."""
        children = self.config_block.child_blocks
        return [name for name, block in children.items() if isinstance(block, StepChooserBlock)]

    @property
    def terminal(self) -> bool:
        """Nobody goes on to the step below."""
        return getattr(self.config_block, "terminal", False)

    @property
    def may_branch(self) -> bool:
        return hasattr(self.config_block, "get_branches")

    def title(self, value) -> str:
        return value.get("name") or str(self.config_block.label)

    def bulk_to_python(self, values):
        # as a StructBlock's, which takes twice as long; a draft written by other code may lack settings
        values = list(values)
        raw = [self._without_empty(value.get("config")) for value in values]
        configs = self.config_block.bulk_to_python(raw)
        return [
            self._to_struct_value({**{name: value.get(name) for name in PLACE}, "config": config})
            for value, config in zip(values, configs, strict=True)
        ]

    @cached_property
    def _empty_choosers(self) -> set[str]:
        """Choosers that choose nothing at first: what is not stored, they need not look for."""
        children = self.config_block.child_blocks.items()
        return {
            name
            for name, child in children
            if isinstance(child, blocks.ChooserBlock) and child.get_default() is None
        }

    def _without_empty(self, config) -> dict:
        if not isinstance(config, dict):
            return {}
        empty = self._empty_choosers
        return {name: value for name, value in config.items() if value is not None or name not in empty}

    def to_python(self, value):
        (result,) = self.bulk_to_python([value])
        return result

    def get_comparison_class(self):
        from .compare import PlacedStepComparison  # needs the admin

        return PlacedStepComparison


class RawBlock(blocks.Block):
    """Passes JSON through untouched."""

    def get_searchable_content(self, value):
        return []

    def value_from_datadict(self, data, files, prefix):
        return None


class UnknownStep(RegisteredBlock):
    """Stands for a step whose type is not installed. Its stored JSON is kept as it is."""

    key = UNKNOWN
    raw = RawBlock()

    class Meta:
        label = gettext_lazy("Unavailable step")
        icon = "warning"

    def sentence(self, value) -> str:
        return _("The step type “%(type)s” is not installed.") % {
            "type": (value["raw"] or {}).get("type", "?")
        }

    def clean(self, value):
        if not self.is_deferred_validation:
            raise StructBlockValidationError(
                non_block_errors=[_("This step type is not installed. Remove the step, or install its app.")]
            )
        return value


def draft_copy(block):
    """A private copy that accepts unfinished values."""
    block = from_memory(block)
    block.defer_required_validation()
    return block


def _wrap_unknown(step: dict) -> dict:
    place = {name: step["value"].get(name) or "" for name in PLACE}
    return {"type": UNKNOWN, "id": step.get("id"), "value": {**place, "config": {"raw": step}}}


def _unwrap_unknown(step: dict) -> dict:
    raw = step["value"]["config"]["raw"]
    value = raw["value"]
    moved = {name: step["value"][name] for name in PLACE if step["value"][name] != (value.get(name) or "")}
    return {**raw, "id": step["id"], "value": {**value, **moved}}


class CampaignTreeBlock(blocks.StreamBlock):
    """A flat stream; the tree is in each step's ``parent`` + ``branch`` and the order of the stream.

    Always the top block of a ``CampaignTreeField``.
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.child_blocks = step_types

    # -- steps of types that are not installed survive load and save ------------------------------
    def to_python(self, value):
        if isinstance(value, str) and value:
            try:
                value = json.loads(value)
            except ValueError:
                return self.empty_value(raw_text=value)
        if isinstance(value, list) and value and isinstance(value[0], dict):
            value = [step if step["type"] in self.child_blocks else _wrap_unknown(step) for step in value]
        return super().to_python(value)

    def get_prep_value(self, value):
        return [
            _unwrap_unknown(step) if step["type"] == UNKNOWN else step
            for step in super().get_prep_value(value)
        ]

    # -- validation -------------------------------------------------------------------------------
    def defer_required_validation(self):
        """Nothing: see ``clean_deferred``."""

    def restore_deferred_validation(self):
        """Nothing: see ``clean_deferred``."""

    def clean_deferred(self, value):
        """What a draft must satisfy: that it can be drawn. Steps may be unfinished.

        Wagtail's own way changes the blocks that all threads share while a draft is checked, so that a
        publish in another thread may accept an empty required field. Here a draft is checked on copies
        and the shared blocks never change.
        """
        return self._clean(value, draft=True)

    def clean(self, value):
        """What a campaign must satisfy to go live. Raises StreamBlockValidationError by step."""
        return self._clean(value, draft=False)

    def _clean(self, value, *, draft):
        with remembering_objects(value):
            return self._clean_steps(value, draft=draft)

    def _clean_steps(self, value, *, draft):
        own, cleaned, errors = {}, [], {}
        for index, child in enumerate(value):
            name = child.block.name
            if name not in own:
                own[name] = draft_copy(child.block) if draft else from_memory(child.block)
            try:
                cleaned.append((name, own[name].clean(child.value), child.id))
            except ValidationError as error:
                # a draft keeps what was typed; the editor marks the step
                cleaned.append((name, child.value, child.id))
                if not draft:
                    errors[index] = error
        step_errors, tree_errors = shape_errors(list(value), draft=draft)
        for index, messages in step_errors.items():
            error = errors.setdefault(index, StructBlockValidationError())
            for message in messages:
                error.non_block_errors.append(ValidationError(message))
        if errors or tree_errors:
            raise StreamBlockValidationError(block_errors=errors, non_block_errors=tree_errors)
        return StreamValue(self, depth_first(StreamValue(self, cleaned)))
