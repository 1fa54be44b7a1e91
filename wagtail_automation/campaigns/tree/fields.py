"""The model field that stores a campaign's tree."""

from django.db import models
from wagtail.blocks import BlockField
from wagtail.fields import StreamField

from .blocks import CampaignTreeBlock


def raw_steps(value):
    """The tree as the plain JSON list that is stored: ``[{"id", "type", "value": {…}}, …]``.

    Step types that are not installed come back under their own name, as they were saved.
    """
    return list(value.stream_block.get_prep_value(value)) if value else []


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
            "form_class": BlockField,
            "block": self.stream_block,
            "widget": CampaignTreeWidget(self.stream_block),
        }
        return super().formfield(**(defaults | kwargs))
