"""What whoever publishes a campaign should know although nothing keeps it from being published: the warnings
on its cards, said in words after the click and kept in its history, whatever published it."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.utils import translation
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from wagtail.admin import messages
from wagtail.log_actions import log

from wagtail_automation.blocks import Idle

from . import shape
from .models import Campaign
from .tree.describe import describe

SHOWN = 6
#: of one publication in the history
KEPT = 50
WARNED = "wagtail_automation.campaign_published_with_warnings"
#: where the package's own translations are, a folder for each language
TRANSLATIONS = Path(__file__).resolve().parents[1] / "locale"


def of(campaign: Campaign) -> list[str]:
    """One sentence for each warning, and first of all whether the campaign as it stands sends nothing. Asks
    each type of step once."""
    steps = list(campaign.tree)
    described = describe(steps)
    told = {pk: said.get("warnings", []) for pk, said in described.items()}
    branches = {pk: [branch["key"] for branch in said["branches"]] for pk, said in described.items()}
    shaped = shape.warnings_of(campaign.tree, branches)
    found = [
        _("“%(step)s”: %(warning)s") % {"step": step.block.title(step.value), "warning": warning}
        for step in steps
        for warning in [*told[step.id], *filter(None, [shaped.get(step.id)])]
    ]
    sending = [step for step in steps if getattr(step.block.config_block, "messages", False)]
    if sending and all(any(isinstance(one, Idle) for one in told[step.id]) for step in sending):
        found.insert(0, _("As it stands this campaign sends nothing: none of its messages is published."))
    return found


@dataclass
class Heard:
    """``lines``: of the campaign that was published meanwhile; None if none was."""

    lines: list[str] | None = None


_listening: ContextVar[Heard | None] = ContextVar("listening", default=None)


@contextmanager
def listening() -> Iterator[Heard]:
    """Within it, ``note`` also tells the warnings to whoever asked for the publication."""
    heard = Heard()
    token = _listening.set(heard)
    try:
        yield heard
    finally:
        _listening.reset(token)


def note(campaign: Campaign) -> None:
    """Of a campaign that was published or scheduled just now, by anybody or anything: keeps its warnings in
    the history if it is live, in each language the package speaks, of which the reader's is one."""
    found = of(campaign)
    if found and campaign.live:
        log(
            instance=campaign, action=WARNED, data={"warnings": _worded(campaign, found), "count": len(found)}
        )
    if heard := _listening.get():
        heard.lines = found


@cache
def _languages() -> frozenset[str]:
    return frozenset({"en", *(folder.name for folder in TRANSLATIONS.iterdir() if folder.is_dir())})


def _worded(campaign: Campaign, found: list[str]) -> dict[str, list[str]]:
    """``{language: lines}``; ``found``: those in the language in use, which comes first."""
    worded = {translation.get_language() or "en": found[:KEPT]}
    for language in sorted(_languages() - worded.keys()):
        with translation.override(language):
            worded[language] = of(campaign)[:KEPT]
    return worded


def kept(data: dict) -> list[str]:
    """What ``note`` put into the history, in the reader's language; else in the publisher's."""
    worded = data.get("warnings") or []
    if isinstance(worded, list):  # of before it was kept in several
        return worded
    language = translation.get_language() or "en"
    return worded.get(language) or worded.get(language.split("-")[0]) or next(iter(worded.values()), [])


def shown(lines: list[str], count: int) -> list[str]:
    """The first of ``count`` warnings, and how many more there are."""
    rest = count - SHOWN
    return [*lines[:SHOWN], _("… and %(count)d more") % {"count": rest}] if rest > 0 else lines


def say(request, found: list[str]) -> None:
    """After publishing, above the next page; nothing for no warning."""
    if not found:
        return
    said = format_html(
        "{}<ul>{}</ul>",
        _("There is something to know about this campaign:"),
        format_html_join("", "<li>{}</li>", ((line,) for line in shown(found, len(found)))),
    )
    messages.warning(request, said)


class CautionsMixin:
    """For the views that save campaigns, and by that may publish them: themselves or by the last step of a
    workflow."""

    def form_valid(self, form):
        with listening() as self._heard:
            response = super().form_valid(form)
        say(self.request, self._heard.lines or [])
        return response

    def save_action(self):
        if self.action == "publish" and self._heard.lines is None:  # planned, of a campaign that is live
            self._heard.lines = of(self.object)
        return super().save_action()


class ApprovalCautionsMixin:
    """For the dialog of a workflow's task: whoever approves the last one publishes."""

    def post(self, request, *args, **kwargs):
        with listening() as heard:
            response = super().post(request, *args, **kwargs)
        say(request, heard.lines or [])
        return response
