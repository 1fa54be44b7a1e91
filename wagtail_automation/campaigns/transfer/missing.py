"""What an imported campaign refers to and this site does not have: kept with the draft until it is chosen.

A note stands in ``Campaign.missing``: ``{"step", "path", "said"}`` – the step ("" for a rule of the campaign
as a whole), the place in it, and what the file says of the object. It is open as long as the place is there
and nothing is chosen in it; a campaign with open notes is not published, since an empty place may mean
"any", which would reach more people.
"""

from dataclasses import dataclass, field

from django.utils.translation import gettext as _
from wagtail.blocks import ChooserBlock

from wagtail_automation.campaigns.models import Campaign
from wagtail_automation.campaigns.plan import kind_of
from wagtail_automation.campaigns.tree.fields import raw_steps
from wagtail_automation.rules.rule import Rule

from .places import OWN_RULES, map_rule, map_step
from .reading import title
from .references import model_called


@dataclass
class Missing:
    """One object of the other site, and the notes of all places where it was chosen.

    ``block``: the chooser of the first place; None in steps of a type that is not installed.
    """

    said: dict
    notes: list[dict] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)
    block: ChooserBlock | None = None

    @property
    def name(self) -> str:
        return str(self.said.get("name") or "?")

    @property
    def kind(self) -> str:
        """What it is, in words."""
        model = model_called(self.said.get("model"))
        return str(model._meta.verbose_name) if model else str(self.said.get("model") or "?")

    def __str__(self):
        return _("%(kind)s “%(name)s”") % {"kind": self.kind, "name": self.name}


def find_missing(campaign: Campaign) -> list[Missing]:
    """Those with open notes, in the order of the file. Reads the notes and the tree, asks no table."""
    if not campaign.missing:
        return []
    steps = {step["id"]: step for step in raw_steps(campaign.tree)}
    empty = _empty_places(campaign, steps)
    found: dict[tuple, Missing] = {}
    for note in campaign.missing:
        step, path, said = note["step"], tuple(note["path"]), note["said"]
        block = empty.get((step, path))
        unknown = step in steps and kind_of(steps[step]["type"])[1] is None
        if block is None and not unknown:
            continue
        one = found.setdefault(
            (said.get("model"), said.get("key") or said.get("path") or said.get("name")), Missing(said)
        )
        one.notes.append(note)
        one.block = one.block or block
        where = title(steps[step]) if step else str(Campaign._meta.get_field(path[0]).verbose_name)
        if where not in one.steps:
            one.steps.append(where)
    return list(found.values())


def _empty_places(campaign: Campaign, steps: dict[str, dict]) -> dict[tuple, ChooserBlock]:
    empty: dict[tuple, ChooserBlock] = {}

    def noting(step: str):
        def change(block, value, path):
            if value in (None, ""):
                empty[(step, path)] = block
            return value

        return change

    for key in {note["step"] for note in campaign.missing}:
        if key in steps:
            map_step(steps[key], noting(key))
    for name in OWN_RULES:
        map_rule(getattr(campaign, name).raw, noting(""), (name,))
    return empty


def problems(campaign: Campaign) -> list[tuple[str, str]]:
    """``(step or "", words)`` for each open note: why the campaign cannot be published yet."""
    return [
        (
            note["step"],
            _("%(object)s of the other site was not found here. Choose another, or say that it stays empty.")
            % {"object": str(one)},
        )
        for one in find_missing(campaign)
        for note in one.notes
    ]


def settle(campaign: Campaign, answers: list[tuple[Missing, object]]) -> None:
    """Put the chosen primary keys where something was missing; None: it stays empty. Changes ``campaign``
    in memory only; a repeat changes nothing."""
    chosen: dict[tuple, object] = {}
    settled = []
    for missing, pk in answers:
        for note in missing.notes:
            settled.append(note)
            chosen[(note["step"], tuple(note["path"]))] = pk

    def putting(step: str):
        return lambda block, value, path: chosen.get((step, path), value) if value in (None, "") else value

    campaign.tree = [map_step(step, putting(step["id"])) for step in raw_steps(campaign.tree)]
    for name in OWN_RULES:
        setattr(campaign, name, Rule(map_rule(getattr(campaign, name).raw, putting(""), (name,))))
    campaign.missing = [note for note in campaign.missing if note not in settled]
