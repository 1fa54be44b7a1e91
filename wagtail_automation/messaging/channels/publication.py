"""What an editor of a campaign is told about messages that are not published."""

from django.utils.translation import gettext as _

from wagtail_automation.blocks import Idle


def warnings(model, refs) -> list[list[str]]:
    """For each reference what is wrong with its publication; one query."""
    keys = {ref.pk for ref in refs if ref}
    found = model.objects.only("live", "has_unpublished_changes").in_bulk(keys)
    return [_of(found[ref.pk]) if ref and ref.pk in found else [] for ref in refs]


def _of(message) -> list[str]:
    if not message.live:
        return [Idle(_("The message is a draft: nobody gets it until it is published."))]
    if message.has_unpublished_changes:
        return [_("The message has changes that are not published: people get it without them.")]
    return []
