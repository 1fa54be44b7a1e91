"""A/B inside one page and revision: two or more alternatives, divided, counted and decided by experiments."""

from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.blocks.struct_block import StructBlockValidationError

from wagtail_automation import clock
from wagtail_automation.audiences.experiments import actions as experiments
from wagtail_automation.audiences.experiments.models import MOST_VARIANTS, Experiment
from wagtail_automation.audiences.goals.blocks import GoalChooserBlock
from wagtail_automation.content import personal
from wagtail_automation.content.blocks import lazy
from wagtail_automation.content.showing.actions import CLICKED, SEEN
from wagtail_automation.rules.rule import Rule

#: begins the key of every such part of a page
PREFIX = "ab-"
FORM, CLICK = "form", "click"


class VariantBlock(blocks.StructBlock):
    """One of the things compared."""

    def __init__(self, content=None, **kwargs):
        local_blocks = kwargs.pop("local_blocks", None) or [
            ("name", blocks.CharBlock(label=_("Name"), max_length=100, required=False)),
            ("content", content),
        ]
        super().__init__(local_blocks, **kwargs)

    class Meta:
        label = _("Variant")
        icon = "copy"
        label_format = "{name}"


class SplitTestBlock(personal.PersonalBlock, blocks.StructBlock):
    """``SplitTestBlock(ContentBlocks)``: variants of which each visitor sees one, always the same.

    The first is what everybody sees who did not agree to being remembered, and what search engines read.
    The experiment begins when the page is published; its result and its decision stand under *Experiments*.
    """

    def __init__(self, content, **kwargs):
        variant = VariantBlock(lazy(content, label=_("Content"), required=False))
        super().__init__(
            [
                ("variants", blocks.ListBlock(variant, label=_("Variants"), default=[])),
                (
                    "metric",
                    blocks.ChoiceBlock(
                        label=_("What counts"),
                        choices=[
                            (FORM, _("A form of the page is sent")),
                            (CLICK, _("A click in the variant")),
                        ],
                        default=FORM,
                    ),
                ),
                (
                    "goal",
                    GoalChooserBlock(
                        label=_("Or a goal"),
                        required=False,
                        help_text=_("Counts instead, where one is chosen."),
                    ),
                ),
            ],
            **kwargs,
        )

    is_drawn = True

    class Meta:
        icon = "resubmit"
        label = _("A/B test")

    def place_name(self, number):
        return gettext("A/B test")

    def results_url(self, value, page):
        experiment = self._experiment(value, page)
        return reverse("wagtail_automation_experiment:results", args=[experiment.pk]) if experiment else ""

    def choice(self, person, value):
        experiment = self._experiment(value, person.page)
        if experiment is None or person.lead is None:
            return "", False
        return experiments.variant_of(experiment, person.lead) or "", False

    def clean(self, value):
        cleaned = super().clean(value)
        number = len(cleaned["variants"])
        if not 2 <= number <= MOST_VARIANTS:
            text = gettext("A test has from two to %(number)d variants.") % {"number": MOST_VARIANTS}
            raise StructBlockValidationError(block_errors={"variants": ValidationError(text)})
        return cleaned

    def personal_key(self, value, block_id):
        children = value["variants"].bound_blocks
        return f"{PREFIX}{children[0].id}" if children and children[0].id else ""

    def alternatives(self, value):
        """For the preview modes; nobody is chosen by a rule."""
        return [
            personal.Alternative(str(child.id or ""), variant_name(child, number), Rule())
            for number, child in enumerate(value["variants"].bound_blocks)
        ]

    def nested(self, value):
        for child in value["variants"].bound_blocks[:1]:
            yield self._stream, child.value["content"]

    @property
    def _stream(self):
        return self.child_blocks["variants"].child_block.child_blocks["content"]

    def render_alternative(self, value, alternative_id, context):
        children = value["variants"].bound_blocks
        chosen = next((child for child in children if child.id == alternative_id), None)
        chosen = chosen or next(iter(children), None)
        return self._stream.render(chosen.value["content"], context=context) if chosen else ""

    def render_fallback(self, value, context):
        """The first, or for everybody the winner once there is one."""
        experiment = self._experiment(value, context.get("page"))
        winner = experiment.winner if experiment is not None and experiment.is_decided else None
        return self.render_alternative(value, winner.key if winner else "", context)

    def render_for(self, person, value, context):
        experiment = self._experiment(value, context.get("page"))
        if experiment is None or person.lead is None or experiment.is_decided:
            return None
        key = experiments.variant_of(experiment, person.lead)
        if key is None:
            return None
        return self.render_alternative(value, key, context), key

    def shown(self, person, value, page):
        """What to report when it is seen: the variant, also where it is the first."""
        experiment = self._experiment(value, page)
        if experiment is None or person.lead is None or experiment.is_decided:
            return None
        key = experiments.variant_of(experiment, person.lead)
        if key is None:
            return None
        name = self.personal_key(value, None)
        return personal.Shown(lead=person.lead.pk, key=name, alternative=key, page=page.pk)

    def _experiment(self, value, page) -> Experiment | None:
        key = self.personal_key(value, None)
        return experiments.of_place(place_of(page, key)) if page is not None and page.pk and key else None


def variant_name(child, number: int) -> str:
    """The editor's name, else a letter."""
    return child.value.get("name") or gettext("Variant %(letter)s") % {"letter": chr(ord("A") + number)}


def place_of(page, key: str) -> str:
    return f"page:{page.pk}:{key}"


def set_up(page) -> int:
    """The experiments of a page that was just published; returns how many there are. A repeat changes nothing
    but names: who saw what goes on."""
    tests = [part for part in personal.parts(page) if isinstance(part.block, SplitTestBlock)]
    for number, part in enumerate(tests, start=1):
        children = part.value["variants"].bound_blocks
        if not 2 <= len(children) <= MOST_VARIANTS:
            continue
        experiments.set_up(
            place=place_of(page, part.key),
            name=page.title if len(tests) == 1 else f"{page.title} – {number}",
            variants=[
                experiments.Variant(str(child.id), variant_name(child, position))
                for position, child in enumerate(children)
            ],
            metric=part.value.get("metric") or FORM,
            goal=part.value.get("goal"),
            now=clock.now(),
        )
    return len(tests)


def on_published(sender, instance, **kwargs):
    """Signal ``page_published``."""
    set_up(instance)


def on_shown(items, lead_id: int, now) -> None:
    """What a browser reports: a variant was seen, or something in it clicked."""
    for shown, what in items:
        if not shown.key.startswith(PREFIX) or shown.page is None or what not in (SEEN, CLICKED):
            continue
        experiment = experiments.of_place(f"page:{shown.page}:{shown.key}")
        if experiment is None:
            continue
        experiments.expose(experiment=experiment, leads=[lead_id], now=now)
        if what == CLICKED and experiment.metric == CLICK:
            experiments.convert(experiment=experiment, leads=[lead_id], now=now)


def on_form(page, lead_id: int, now) -> None:
    """A form of the page was sent; one query where the page has no test."""
    for experiment in of_page(page).filter(metric=FORM, decided_at=None):
        experiments.convert(experiment=experiment, leads=[lead_id], now=now)


def of_page(page):
    """The experiments of a page, newest first."""
    return Experiment.objects.filter(place__startswith=f"page:{page.pk}:{PREFIX}")
