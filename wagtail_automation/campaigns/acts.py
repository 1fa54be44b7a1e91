"""What can be done by hand to people inside a campaign, as pages and buttons say it."""

from collections.abc import Callable
from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from wagtail.admin.widgets.button import Button, ButtonWithDropdown

from . import byhand

ACT_URL = "wagtail_automation_campaigns_act"


@dataclass(frozen=True)
class Act:
    """One thing that can be done: its function, and what the page says."""

    do: Callable
    title: Promise
    explanation: Promise
    yes: Promise
    icon: str
    done: Callable


ACTS = {
    "move": Act(
        byhand.move,
        gettext_lazy("Move to another step"),
        gettext_lazy("They go on at the step you choose, as if they had just come there."),
        gettext_lazy("Move"),
        "arrow-right",
        lambda count: ngettext("%(count)d person was moved.", "%(count)d people were moved.", count),
    ),
    "skip": Act(
        byhand.skip,
        gettext_lazy("Skip this step"),
        gettext_lazy(
            "The step is not done, and its wait is over: they go on behind it. Behind the last step they "
            "leave the campaign."
        ),
        gettext_lazy("Skip"),
        "arrow-right-full",
        lambda count: ngettext(
            "%(count)d person skipped the step.", "%(count)d people skipped the step.", count
        ),
    ),
    "restart": Act(
        byhand.restart,
        gettext_lazy("Begin again"),
        gettext_lazy("They begin again at the first step. What they got already they may get once more."),
        gettext_lazy("Begin again"),
        "rotate",
        lambda count: ngettext("%(count)d person began again.", "%(count)d people began again.", count),
    ),
    "remove": Act(
        byhand.remove,
        gettext_lazy("Take out of the campaign"),
        gettext_lazy(
            "They leave the campaign now. What was already handed over, such as an email, cannot be called "
            "back."
        ),
        gettext_lazy("Take out"),
        "cross",
        lambda count: ngettext("%(count)d person was taken out.", "%(count)d people were taken out.", count),
    ),
}


def act_buttons(campaign_pk: int, **about) -> list[Button]:
    """Buttons for one person (``enrollment``) or for everybody at a ``step``."""
    query = "&".join(f"{name}={value}" for name, value in about.items())
    return [
        Button(
            act.title,
            url=f"{reverse(ACT_URL, args=[campaign_pk, name])}?{query}",
            icon_name=act.icon,
            priority=priority,
        )
        for priority, (name, act) in enumerate(ACTS.items(), start=1)
    ]


def act_menu(campaign_pk: int, label: str = "", **about) -> ButtonWithDropdown:
    """The same as a menu: behind its label, or three dots."""
    looks = (
        {"label": label}
        if label
        else {
            "icon_name": "dots-horizontal",
            "attrs": {"aria-label": _("What can be done with this person")},
        }
    )
    return ButtonWithDropdown(buttons=act_buttons(campaign_pk, **about), priority=1, **looks)
