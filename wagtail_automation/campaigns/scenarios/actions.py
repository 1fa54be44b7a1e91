"""Installing a scenario: a draft campaign and what it needs, in one transaction."""

from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from wagtail.log_actions import log

from wagtail_automation.campaigns.models import Campaign

from .base import Scenario
from .kit import Installer, Kit, _free_name


@dataclass(frozen=True)
class Installed:
    """A campaign as a draft; ``emails`` and ``unpublished`` (segments) are to be published before it."""

    campaign: Campaign
    emails: list
    made: list
    unpublished: list


def outline(scenario: Scenario) -> Kit:
    """The scenario drawn and nothing made; no query."""
    kit = Kit()
    scenario.build(kit)
    return kit


@transaction.atomic
def install(*, scenario: Scenario, user) -> Installed:
    """Make the campaign with its emails as drafts; lists, segments and fields of a name are shared.

    Texts are in the active language. Each call makes another campaign, of another name. Raises
    ValidationError, changing nothing, for what is missing here or may not be made by this person.
    """
    if missing := outline(scenario).missing(user):
        raise ValidationError(missing)
    kit = Installer(user=user, title=_free_name(Campaign, str(scenario.name)))
    scenario.build(kit)
    campaign = Campaign(
        name=kit.title, live=False, description=_description(scenario, kit), **scenario.settings
    )
    campaign.tree = Campaign._meta.get_field("tree").stream_block.to_python(kit.steps)
    campaign.full_clean()
    campaign.save()
    campaign.save_revision(user=user)
    log(campaign, "wagtail.create", user=user, data={"scenario": scenario.key})
    return Installed(campaign, kit.emails, kit.made, kit.unpublished)


def _description(scenario: Scenario, kit: Installer) -> str:
    """What it does, and what is to be done before it is published."""
    todo = [str(words) for words in scenario.before]
    if kit.emails:
        todo.insert(0, _("Read the emails, adjust them and publish them."))
    todo += [_("Publish the segment “%(segment)s”.") % {"segment": segment} for segment in kit.unpublished]
    lines = [str(scenario.sentence)]
    if todo:
        lines += ["", _("Before you publish:"), *(f"– {one}" for one in todo)]
    return "\n".join(lines)
