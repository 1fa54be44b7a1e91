"""The kinds of questions. A kind is one class; add yours with ``register``."""

from django.core.exceptions import ValidationError
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail import blocks

from wagtail_automation.blocks import RegisteredBlock
from wagtail_automation.content.form_fields import KEY
from wagtail_automation.registry import Registry
from wagtail_automation.streams import RegistryStreamBlock, RegistryStreamField

LONGEST_TEXT = 5000


class QuestionBlock(RegisteredBlock):
    """One question. ``numbers`` gives the answers to choose from; without any it is answered in words."""

    question = blocks.CharBlock(label=gettext_lazy("Question"), max_length=255)
    required = blocks.BooleanBlock(label=gettext_lazy("Required"), required=False)
    answer_key = blocks.CharBlock(
        label=gettext_lazy("Key"),
        max_length=50,
        required=False,
        validators=[KEY],
        help_text=gettext_lazy(
            "The name of the answer in rules and exports. Made from the question when empty."
        ),
    )

    class Meta:
        icon = "help"
        group = gettext_lazy("Questions")
        label_format = "{question}"
        form_layout = blocks.BlockGroup(children=["question", "required"], settings=["answer_key"])

    def numbers(self, value) -> list[tuple[int, str]]:
        """``(number, words)`` of the answers, from worst to best; words may be the number itself."""
        return []

    def is_promoter(self, value, number: int) -> bool:
        """Whether somebody who answers so is asked for a review at the end."""
        numbers = self.numbers(value)
        return bool(numbers) and number == numbers[-1][0]

    def read(self, value, raw: str) -> tuple[int | None, str]:
        """``(number, text)`` of what was sent; ``(None, "")`` for no answer. Raises ValidationError."""
        raw = raw.replace("\x00", "").strip()
        if not raw:
            if value["required"]:
                raise ValidationError(_("Please answer this question."))
            return None, ""
        known = {str(number): number for number, _words in self.numbers(value)}
        if not known:
            return None, raw[:LONGEST_TEXT]
        if raw not in known:
            raise ValidationError(_("Choose one of the answers."))
        return known[raw], ""


question_kinds = Registry("question_kinds", QuestionBlock, is_public=True, key_length=40)
register = question_kinds.register


@register
class NpsQuestion(QuestionBlock):
    """0 to 10; 9 and 10 promote, 0 to 6 detract (Reichheld 2003)."""

    key = "nps"

    class Meta:
        label = gettext_lazy("Recommendation, 0 to 10 (NPS)")
        icon = "thumbtack"

    def numbers(self, value):
        return [(number, str(number)) for number in range(11)]

    def is_promoter(self, value, number):
        return number >= 9


@register
class CsatQuestion(QuestionBlock):
    """Very dissatisfied to very satisfied."""

    key = "csat"

    class Meta:
        label = gettext_lazy("Satisfaction in five steps (CSAT)")
        icon = "check"

    def numbers(self, value):
        words = [
            _("Very dissatisfied"), _("Dissatisfied"), _("Neither"), _("Satisfied"), _("Very satisfied"),
        ]  # fmt: skip
        return list(enumerate(words, start=1))

    def is_promoter(self, value, number):
        return number >= 4


@register
class StarsQuestion(QuestionBlock):
    """One to five stars."""

    key = "stars"

    class Meta:
        label = gettext_lazy("Stars")
        icon = "pick"

    def numbers(self, value):
        return [(number, "★" * number) for number in range(1, 6)]

    def is_promoter(self, value, number):
        return number >= 4


@register
class ScaleQuestion(QuestionBlock):
    """From one to a number, with words at both ends."""

    key = "scale"
    steps = blocks.IntegerBlock(label=gettext_lazy("Steps"), default=7, min_value=2, max_value=10)
    low = blocks.CharBlock(label=gettext_lazy("Words at 1"), required=False, max_length=60)
    high = blocks.CharBlock(label=gettext_lazy("Words at the other end"), required=False, max_length=60)

    class Meta:
        label = gettext_lazy("Scale")
        icon = "order"
        form_layout = blocks.BlockGroup(
            children=["question", "steps", "low", "high", "required"], settings=["answer_key"]
        )

    def numbers(self, value):
        steps = value.get("steps") or 7
        words = {1: value.get("low") or "", steps: value.get("high") or ""}
        return [
            (n, f"{n} – {words[n]}" if words.get(n) else str(n)) for n in range(1, min(max(steps, 2), 10) + 1)
        ]


@register
class TextQuestion(QuestionBlock):
    """An open question."""

    key = "text"

    class Meta:
        label = gettext_lazy("Open question")
        icon = "comment"


class QuestionsStreamBlock(RegistryStreamBlock):
    """The questions of a survey, in order."""

    registry = question_kinds


class QuestionsField(RegistryStreamField):
    """Questions; migrations hold only the path."""

    block_class = QuestionsStreamBlock


def key_of(child) -> str:
    """The stable key of a question: as written, else from its words."""
    value = child.value
    made = slugify(value["question"]).replace("-", "_").strip("_")[:50].strip("_")
    key = value["answer_key"] or made
    return key if key and not key[0].isdigit() else f"q_{key or str(child.id or '')[:8]}"[:50]
