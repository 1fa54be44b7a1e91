"""The first question of a survey in an email: one click answers."""

from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from wagtail_automation.content.choosers import SurveyChooserBlock
from wagtail_automation.messaging.compiler import DIRECT
from wagtail_automation.messaging.email_blocks.groups import SPECIAL
from wagtail_automation.messaging.registry import EmailBlock, email_blocks

KEY = "survey"
TOKEN = "{{ survey.token }}"  # noqa: S105  Liquid, filled in for each recipient


@email_blocks.register
class SurveyEmailBlock(EmailBlock):
    """The first question with its answers as links; an open question has one link to the page."""

    key = KEY
    survey = SurveyChooserBlock(label=_("Survey"))

    class Meta:
        label = _("Survey")
        icon = "help"
        group = SPECIAL
        description = _("The first question of a survey; a click on an answer answers it.")

    def render_mjml(self, value, context):
        question, links = _links(value["survey"], context)
        if question is None:
            return ""
        style = (
            "display:inline-block;min-width:20px;margin:2px;padding:8px;border-radius:4px;"
            f"border:1px solid {context.theme.accent};color:{context.theme.accent};"
            "text-decoration:none;text-align:center"
        )
        cells = "".join(
            f'<a{DIRECT} style="{style}" href="{context.html(url)}">{context.html(words)}</a> '
            for words, url in links
        )
        return (
            f'<mj-text padding="0 32px 6px"><strong>{context.html(question)}</strong></mj-text>'
            f'<mj-text padding="0 28px 14px">{cells}</mj-text>'
        )

    def render_text(self, value, context):
        question, links = _links(value["survey"], context)
        if question is None:
            return ""
        return "\n".join([context.plain(question), *(f"{words}: {url}" for words, url in links)])


def _links(survey, context) -> tuple[str | None, list[tuple[str, str]]]:
    """``(question, [(words, address with Liquid)])``; no question for a survey without any."""
    asked = survey.asked() if survey is not None else []
    if not asked:
        return None, []
    _key, block, value = asked[0]

    def address(*args) -> str:
        name = "survey_answer" if len(args) > 1 else "survey_of"
        path = reverse(f"wagtail_automation_content:{name}", args=[survey.uuid, *args])
        return f"{context.base_url}{path.replace('TOKEN', TOKEN)}"

    numbers = block.numbers(value)
    if not numbers:
        return value["question"], [(gettext("Answer"), address("TOKEN"))]
    return value["question"], [(words, address(number, "TOKEN")) for number, words in numbers]


def surveys_in(body) -> set[int]:
    """Primary keys of the surveys that the raw body of an email carries, at any depth."""
    found: set[int] = set()

    def walk(part):
        if isinstance(part, dict):
            value = part.get("value")
            if part.get("type") == KEY and isinstance(value, dict) and str(value.get("survey")).isdecimal():
                found.add(int(value["survey"]))
            for inner in part.values():
                walk(inner)
        elif isinstance(part, list):
            for inner in part:
                walk(inner)

    walk(body)
    return found
