"""Fields asked only after certain answers to earlier ones: set by the editor, judged on the server."""

from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.blocks.struct_block import StructBlockValidationError

from wagtail_automation.leads.folding import fold

IS, IS_NOT, ANSWERED, EMPTY = "is", "is_not", "answered", "empty"
#: what editors write for a ticked or an empty box, folded
TICKED = frozenset({"yes", "oui", "true", "vrai", "1", "x"})
NOT_TICKED = frozenset({"no", "non", "false", "faux", "0"})


class OnlyIfBlock(blocks.StructBlock):
    """The answer to an earlier field on which another field depends. Without a field: no condition."""

    field = blocks.CharBlock(
        label=_("Field"),
        required=False,
        max_length=255,
        help_text=_("The key or the label of a field above this one. Leave it empty to ask always."),
    )
    operator = blocks.ChoiceBlock(
        label=_("Its answer"),
        choices=[
            (IS, _("is one of")),
            (IS_NOT, _("is none of")),
            (ANSWERED, _("is there, or the box is ticked")),
            (EMPTY, _("is missing, or the box is not ticked")),
        ],
        default=IS,
    )
    values = blocks.TextBlock(
        label=_("Answers"),
        required=False,
        rows=2,
        help_text=_("One a line. Capitals and accents make no difference."),
    )

    class Meta:
        label = _("Ask only if")
        icon = "cog"

    def clean(self, value):
        value["operator"] = value.get("operator") or IS
        cleaned = super().clean(value)
        if cleaned.get("field") and cleaned["operator"] in (IS, IS_NOT) and not lines(cleaned.get("values")):
            error = ValidationError(gettext("Write at least one answer."))
            raise StructBlockValidationError(block_errors={"values": error})
        return cleaned


@dataclass(frozen=True)
class Condition:
    """``field``: key of an earlier field; ``values``: folded."""

    field: str
    operator: str
    values: tuple[str, ...] = ()
    #: the same as the editor wrote them
    shown: tuple[str, ...] = ()

    def holds(self, answer) -> bool:
        """Whether the answer – a stored JSON value, None for none – is as the condition wants it."""
        given = answer if isinstance(answer, list) else [answer]
        given = [item for item in given if item not in (None, "") and item is not False]
        if self.operator == ANSWERED:
            return bool(given)
        if self.operator == EMPTY:
            return not given
        said = {fold(str(item)).strip() for item in given if item is not True}
        if any(item is True for item in given):
            said |= TICKED
        if answer is False:
            said |= NOT_TICKED
        return bool(said & set(self.values)) is (self.operator == IS)

    def for_script(self, prefix: str) -> dict:
        """What ``forms.js`` compares; a box is ticked or not, whatever the word for it."""
        return {"field": f"{prefix}-{self.field}", "operator": self.operator, "values": list(self.values)}


def lines(text) -> list[str]:
    """The folded answers of the editor's text."""
    folded = (fold(line).strip() for line in (text or "").splitlines())
    return list(dict.fromkeys(line for line in folded if line))


def condition_of(value) -> Condition | None:
    """The condition of one field's settings; None when it is always asked."""
    raw = value.get("only_if") or {}
    field = (raw.get("field") or "").strip()
    if not field:
        return None
    shown = [line.strip() for line in (raw.get("values") or "").splitlines() if line.strip()]
    return Condition(field, raw.get("operator") or IS, tuple(lines(raw.get("values"))), tuple(shown))


def resolve(children) -> dict[int, ValidationError]:
    """Turn labels into keys in the conditions of cleaned fields; position -> what is wrong with one.

    A condition may ask only about a field above, so that there are no circles.
    """
    errors, above = {}, {}
    for index, child in enumerate(children):
        raw = child.value.get("only_if") or {}
        wanted = (raw.get("field") or "").strip()
        if wanted:
            key = above.get(wanted) or above.get(fold(wanted).strip())
            if key is None:
                errors[index] = ValidationError(
                    gettext("No field above has the key or label “%(field)s”.") % {"field": wanted}
                )
            else:
                raw["field"] = key
        key = child.value.get("field_key")
        if key and child.block.is_question:
            above.setdefault(fold(str(child.value["label"])).strip(), key)
            above[key] = key
    return errors
