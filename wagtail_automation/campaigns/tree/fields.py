"""The model field that stores a campaign's tree, and its form field."""

from django.core.exceptions import ValidationError
from django.db import models
from wagtail.blocks import BlockField
from wagtail.fields import StreamField

from .blocks import CampaignTreeBlock
from .reading import read_tree


def raw_steps(value):
    """The tree as the plain JSON list that is stored: ``[{"id", "type", "value": {…}}, …]``.

    Step types that are not installed come back under their own name, as they were saved.
    """
    return list(value.stream_block.get_prep_value(value)) if value else []


class CampaignTreeFormField(BlockField):
    """Takes the JSON that the editor writes into its textarea."""

    def read(self, value):
        """A StreamValue. Raises ValidationError for what is not a tree, also when none was sent: an empty
        tree in its place would delete everything."""
        return read_tree(self.block, value or "") if value is None or isinstance(value, str) else value

    def clean(self, value):
        return super().clean(self.read(value))

    def has_changed(self, initial, data):
        try:
            return super().has_changed(initial, self.read(data))
        except ValidationError:
            return True


class CampaignTreeField(StreamField):
    """A StreamField whose step types come from the registries when used, so migrations never list them."""

    def __init__(self, *args, **kwargs):
        # Django's cloning passes back what StreamField itself would have deconstructed
        for name in ("block_types", "block_lookup", "use_json_field"):
            kwargs.pop(name, None)
        super().__init__(CampaignTreeBlock(), **kwargs)

    def deconstruct(self):
        name, path, _args, kwargs = models.Field.deconstruct(self)
        return name, path, [], kwargs

    def formfield(self, **kwargs):
        from .widgets import CampaignTreeWidget  # widgets need the admin, models must not

        defaults = {
            "form_class": CampaignTreeFormField,
            "block": self.stream_block,
            "widget": CampaignTreeWidget(self.stream_block),
        }
        return super().formfield(**(defaults | kwargs))
