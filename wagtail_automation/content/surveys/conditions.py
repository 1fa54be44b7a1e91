"""Questions about what people answered in surveys."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail import blocks

from wagtail_automation.content.choosers import SurveyChooserBlock
from wagtail_automation.leads.folding import fold
from wagtail_automation.rules import Condition, Events
from wagtail_automation.rules.conditions import register

from .events import SURVEY_ANSWERED
from .models import SurveyAnswer
from .results import DETRACTORS, PROMOTERS

NUMBERS = {"is": "number", "at_least": "number__gte", "at_most": "number__lte"}


@register
class SurveyAnswered(Condition):
    """The survey was answered; with a question, that one, optionally so."""

    key = "survey_answered"
    waitable = True
    counted_from = "entry"
    depends_on = Events(SURVEY_ANSWERED)

    survey = SurveyChooserBlock(label=gettext_lazy("Survey"))
    question = blocks.CharBlock(
        label=gettext_lazy("Key of a question"),
        required=False,
        max_length=50,
        help_text=gettext_lazy("Leave it empty if any answer will do."),
    )
    operator = blocks.ChoiceBlock(
        label=gettext_lazy("The answer"),
        choices=[
            ("any", gettext_lazy("is any")),
            ("is", gettext_lazy("is the number")),
            ("at_least", gettext_lazy("is at least")),
            ("at_most", gettext_lazy("is at most")),
            ("contains", gettext_lazy("contains the words")),
        ],
        default="any",
    )
    value = blocks.CharBlock(label=gettext_lazy("Number or words"), required=False, max_length=255)

    class Meta:
        label = gettext_lazy("Survey answered")
        icon = "form"
        group = gettext_lazy("Web site")
        description = gettext_lazy("The person answered this survey, optionally with one particular answer.")

    def clean(self, value):
        cleaned = super().clean(value)
        operator, said = cleaned.get("operator") or "any", cleaned.get("value") or ""
        problems = {}
        if operator != "any" and not cleaned.get("question"):
            problems["question"] = ValidationError(_("Write the key of the question with this answer."))
        if operator in NUMBERS and _number(said) is None:
            problems["value"] = ValidationError(_("Write a number."))
        if operator == "contains" and not said:
            problems["value"] = ValidationError(_("Write the answer to look for."))
        if problems:
            raise blocks.StructBlockValidationError(block_errors=problems)
        return cleaned

    def q(self, value, scope):
        survey, question = value.get("survey"), value.get("question") or ""
        operator, said = value.get("operator") or "any", value.get("value") or ""
        if survey is None:
            return scope.nobody()
        rows = SurveyAnswer.objects.filter(survey_key=survey.key)
        if question:
            rows = rows.filter(question=question)
        if operator in NUMBERS:
            number = _number(said)
            if number is None or not question:
                return scope.nobody()
            rows = rows.filter(**{NUMBERS[operator]: number})
        elif operator == "contains":
            if not said or not question:
                return scope.nobody()
            rows = rows.filter(folded__contains=fold(said))
        elif operator != "any":
            return scope.nobody()
        if scope.since is not None:
            rows = rows.filter(at__gte=scope.since)
        return scope.where(rows)

    def sentence(self, value):
        survey = value.get("survey")
        if survey is None:
            return str(self.label)
        words = {"survey": survey, "question": value.get("question"), "value": value.get("value")}
        operator = value.get("operator") or "any"
        if not words["question"]:
            return _("Answered “%(survey)s”") % words
        said = {
            "is": _("Answered “%(survey)s”: %(question)s is %(value)s"),
            "at_least": _("Answered “%(survey)s”: %(question)s is at least %(value)s"),
            "at_most": _("Answered “%(survey)s”: %(question)s is at most %(value)s"),
            "contains": _("Answered “%(survey)s”: %(question)s contains “%(value)s”"),
        }
        return said.get(operator, _("Answered %(question)s in “%(survey)s”")) % words


def _number(text: str) -> int | None:
    try:
        number = int(text)
    except ValueError:
        return None
    return number if abs(number) <= 32767 else None


@register
class NpsClass(Condition):
    """The last recommendation in a survey makes them a promoter, passive, or a detractor."""

    key = "nps_class"
    waitable = True
    counted_from = "ever"
    depends_on = Events(SURVEY_ANSWERED)

    survey = SurveyChooserBlock(label=gettext_lazy("Survey"))
    nps_class = blocks.ChoiceBlock(
        label=gettext_lazy("Class"),
        choices=[
            ("promoter", gettext_lazy("promoter (9 or 10)")),
            ("passive", gettext_lazy("passive (7 or 8)")),
            ("detractor", gettext_lazy("detractor (0 to 6)")),
        ],
        default="promoter",
    )

    class Meta:
        label = gettext_lazy("Recommendation (NPS)")
        icon = "thumbtack"
        group = gettext_lazy("Web site")
        description = gettext_lazy("What the person's last answer to the recommendation question says.")

    def q(self, value, scope):
        survey = value.get("survey")
        ranges = {
            "promoter": (PROMOTERS, 10),
            "passive": (DETRACTORS + 1, PROMOTERS - 1),
            "detractor": (0, DETRACTORS),
        }
        limits = ranges.get(value.get("nps_class"))
        if survey is None or limits is None:
            return scope.nobody()
        rows = SurveyAnswer.objects.filter(
            survey_key=survey.key, kind="nps", is_latest=True, number__range=limits
        )
        return scope.where(rows)

    def sentence(self, value):
        survey = value.get("survey")
        if survey is None:
            return str(self.label)
        said = {
            "promoter": _("Is a promoter in “%(survey)s”"),
            "passive": _("Is passive in “%(survey)s”"),
            "detractor": _("Is a detractor in “%(survey)s”"),
        }
        return said.get(value.get("nps_class"), "%(survey)s") % {"survey": survey}
