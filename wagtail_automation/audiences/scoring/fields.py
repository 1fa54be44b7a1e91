"""The rules of a score set as a stream: a condition about the person, or a registered trigger's event."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.blocks.struct_block import StructBlockValidationError

from wagtail_automation.audiences.watching.triggers import TriggerCatalogue, TriggerItem
from wagtail_automation.rules.blocks import RuleBlock
from wagtail_automation.streams import RegistryStreamBlock, RegistryStreamField

from .blocks import ScoreGroupBlock, operation_block, points_block


def _effect() -> list:
    return [
        ("operation", operation_block()),
        ("value", points_block()),
        ("group", ScoreGroupBlock(required=False)),
        (
            "frequency",
            blocks.ChoiceBlock(
                label=_("How often"),
                choices=[
                    ("once", _("Once for each person")),
                    ("each", _("Each time")),
                    ("daily", _("At most so many times a day")),
                ],
                default="once",
            ),
        ),
        (
            "per_day",
            blocks.IntegerBlock(
                label=_("Times a day"),
                min_value=1,
                max_value=1000,
                default=1,
                required=False,
                help_text=_("Only for “at most so many times a day”."),
            ),
        ),
    ]


class EffectMixin:
    """What both kinds of rules do."""

    def clean(self, value):
        cleaned = super().clean(value)
        number, operation = cleaned.get("value"), cleaned.get("operation")
        if number is not None and operation != "multiply" and number != int(number):
            message = gettext("Points are whole numbers.")
            raise StructBlockValidationError(block_errors={"value": ValidationError(message)})
        if cleaned.get("frequency") == "daily" and not cleaned.get("per_day"):
            message = gettext("How many times a day?")
            raise StructBlockValidationError(block_errors={"per_day": ValidationError(message)})
        return cleaned


class PersonRule(EffectMixin, blocks.StructBlock):
    """Points for people who begin to match."""

    key = "rule"

    def __init__(self, local_blocks=None, **kwargs):
        own = [("rule", RuleBlock(label=_("Who")))]
        super().__init__([*own, *_effect(), *(local_blocks or [])], **kwargs)
        if not self.name:
            self.set_name(self.key)

    class Meta:
        label = _("Matches conditions")
        icon = "group"
        group = _("The person")


class EventRule(EffectMixin, TriggerItem):
    """Points for what a person does."""

    def __init__(self, local_blocks=None, **kwargs):
        super().__init__([*_effect(), *(local_blocks or [])], **kwargs)


class ScoreRulesBlock(RegistryStreamBlock):
    """All rules of a set."""

    registry = TriggerCatalogue(EventRule, PersonRule)


class ScoreRulesField(RegistryStreamField):
    """The column; migrations hold only the path."""

    block_class = ScoreRulesBlock
