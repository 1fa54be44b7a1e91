"""Blocks that conditions, activities and score sets share: the group, the operation, the points."""

from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail.blocks import ChoiceBlock, ChooserBlock, FloatBlock


class ScoreGroupBlock(ChooserBlock):
    """Chooses a score group; empty means the total."""

    def __init__(self, required=True, **kwargs):
        kwargs.setdefault("label", _("Score group"))
        kwargs.setdefault("help_text", _("Leave it empty for the total score."))
        super().__init__(required=required, **kwargs)

    @cached_property
    def target_model(self):
        from .models import ScoreGroup

        return ScoreGroup

    @cached_property
    def widget(self):
        from .choosers import score_group_chooser

        return score_group_chooser.widget_class()

    class Meta:
        icon = "order"


class ThresholdBlock(ChooserBlock):
    """Chooses a score threshold."""

    @cached_property
    def target_model(self):
        from .models import ScoreThreshold

        return ScoreThreshold

    @cached_property
    def widget(self):
        from .choosers import threshold_chooser

        return threshold_chooser.widget_class()

    class Meta:
        icon = "order"


def operation_block() -> ChoiceBlock:
    """+, −, × or =."""
    return ChoiceBlock(
        label=_("Change"),
        choices=[
            ("add", _("Add points (+)")),
            ("subtract", _("Take away points (−)")),
            ("multiply", _("Multiply by (×)")),
            ("set", _("Set to (=)")),
        ],
        default="add",
    )


def points_block() -> FloatBlock:
    """Points, or a factor."""
    return FloatBlock(
        label=_("Points or factor"),
        min_value=-1_000_000,
        max_value=1_000_000,
        default=10,
        help_text=_("Whole points; a factor may have decimals, such as 0.5."),
    )
