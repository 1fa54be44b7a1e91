"""A survey as HTML: asked, asked for the rest, or thanked for."""

from dataclasses import dataclass, field

from django.template.loader import render_to_string
from django.urls import reverse

from .models import Survey

PREFIX = "q-"
RESPONSE, TRAP, ASKED, CONTENT = "response", "website", "asked", "content"


@dataclass
class Asked:
    """One question on the page."""

    key: str
    name: str
    words: str
    kind: str
    required: bool
    numbers: list
    chosen: str = ""
    error: str = ""


@dataclass
class State:
    """What was sent already. ``preset``: the answer that a link in an email gave to the first question."""

    values: dict = field(default_factory=dict)
    errors: dict = field(default_factory=dict)
    preset: str = ""
    token: str = ""
    response: str = ""
    done: frozenset = frozenset()
    is_content: bool = False


def questions(survey: Survey, state: State) -> list[Asked]:
    """Those still to be asked."""
    found = []
    for position, (key, block, value) in enumerate(survey.asked()):
        if key in state.done:
            continue
        chosen = state.values.get(key, state.preset if position == 0 else "")
        found.append(
            Asked(
                key=key,
                name=PREFIX + key,
                words=value["question"],
                kind=block.key,
                required=bool(value["required"]),
                numbers=[(str(number), words) for number, words in block.numbers(value)],
                chosen=chosen,
                error=state.errors.get(key, ""),
            )
        )
    return found


def action(survey: Survey, token: str = "") -> str:
    """Where its answers are sent."""
    if token:
        return reverse("wagtail_automation_content:survey_of", args=[survey.uuid, token])
    return reverse("wagtail_automation_content:survey", args=[survey.uuid])


def render(survey: Survey, state: State | None = None, *, place: str = "") -> str:
    """The form. Runs no query and sets no cookie."""
    state = state or State()
    context = {
        "survey": survey,
        "questions": questions(survey, state),
        "action": action(survey, state.token),
        "dom_id": f"wa-survey-{survey.uuid.hex[:8]}{place}",
        "response": state.response,
        "is_auto": bool(state.preset),
        "goes_on": bool(state.done),
        "is_content": state.is_content,
    }
    return render_to_string("wagtail_automation/content/surveys/form.html", context)
