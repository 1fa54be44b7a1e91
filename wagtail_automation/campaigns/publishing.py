"""Why a campaign cannot be published although its tree could run: its settings and its steps disagree."""

from collections.abc import Iterable
from types import SimpleNamespace

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from .models import Campaign, Reentry
from .plan import kind_of, value_of
from .transfer import missing
from .tree.fields import raw_steps

YEAR = 365


def problems(campaign: Campaign) -> list[tuple[str, str]]:
    """``(step or "", words)``; reads what the triggers choose, one query each."""
    return [*missing.problems(campaign), *entering_again(campaign)]


def raise_if_refused(campaign: Campaign) -> None:
    """Raises ValidationError with all of them."""
    if found := problems(campaign):
        raise ValidationError([words for _step, words in found])


def entering_again(campaign: Campaign) -> Iterable[tuple[str, str]]:
    """Triggers that come again and again, in a campaign that lets nobody in again."""
    for step in raw_steps(campaign.tree):
        days = _comes_again_after(step)
        if days and campaign.reentry == Reentry.NEVER:
            yield (
                step["id"],
                _(
                    "This comes again and again, but “may enter again” is set to “Never”: choose “Each time "
                    "it is triggered”."
                ),
            )
        elif days >= YEAR and campaign.reentry == Reentry.AFTER and campaign.reentry_days >= days:
            yield (
                step["id"],
                _("This comes every year, but people may enter again only after %(days)d days.")
                % {"days": campaign.reentry_days},
            )


def _comes_again_after(step: dict) -> int:
    kind, cls = kind_of(step["type"])
    if kind != "trigger":
        return 0
    value = value_of(SimpleNamespace(config=step["value"].get("config") or {}), cls)
    return cls().comes_again_after(value) if value is not None else 0
