"""The form of the campaign's edit view."""

import copy

from django.core.exceptions import ValidationError
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.blocks.stream_block import StreamBlockValidationError
from wagtail.blocks.struct_block import StructBlockValidationError

from . import publishing


class CampaignForm(WagtailAdminModelForm):
    """Steps and settings must agree when the campaign goes live; a draft may be anything."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "at_removed" in self.fields:  # a form that says nothing of it leaves it as it is
            self.fields["at_removed"].required = False

    def clean(self):
        cleaned = super().clean()
        if not self.is_deferred_validation and "tree" in cleaned:
            self._check_together(cleaned)
        return cleaned

    def _check_together(self, cleaned) -> None:
        campaign = copy.copy(self.instance)
        for name, value in cleaned.items():
            setattr(campaign, name, value)
        index = {child.id: number for number, child in enumerate(campaign.tree)}
        by_step: dict[int, StructBlockValidationError] = {}
        for step, words in publishing.problems(campaign):
            if step in index:
                error = by_step.setdefault(index[step], StructBlockValidationError())
                error.non_block_errors.append(ValidationError(words))
            else:
                self.add_error(None, words)
        for _step, words in publishing.entering_again(campaign):
            self.add_error("reentry", words)
            break
        if by_step:
            self.add_error("tree", StreamBlockValidationError(block_errors=by_step))
