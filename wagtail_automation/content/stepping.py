"""Steps without JavaScript: the server shows one after the other; what was answered travels in the form.

A page brings the first step with a button that asks for the next one, and all others in a ``<template>``,
which only a script unpacks. So the page is the same for everybody; nothing is stored before the last step.
"""

from dataclasses import dataclass, field

from django import forms

STEP, NEXT, BACK = "wa_step", "wa_next", "wa_back"


@dataclass
class Driven:
    """The one step that is shown now. ``carried``: ``(name, value)`` of the answers to the other steps."""

    number: int
    step: object
    has_back: bool
    is_last: bool
    carried: list[tuple[str, str]] = field(default_factory=list)

    @property
    def position(self) -> int:
        """As people count."""
        return self.number + 1


def can_be_driven(bound) -> bool:
    """A file cannot travel in the form: with one before the last step all steps stand below each other."""
    return len(bound.plan) > 1 and not any(
        isinstance(bound.fields[name], forms.FileField) for step in bound.plan[:-1] for name in step.names
    )


def position(bound, posted) -> int | None:
    """The number of the step that was sent; None where a script had unpacked them all."""
    text = posted.get(STEP, "")
    if not can_be_driven(bound) or not (text.isascii() and text.isdecimal() and len(text) < 4):
        return None
    return int(text) if int(text) < len(bound.plan) else None


def advance(bound, posted) -> int | None:
    """Where the sender asked for another step: shows it, or the one with a mistake, and returns the status of
    the answer. None: it is the whole form, to be judged as such."""
    number = position(bound, posted)
    if number is None or not (NEXT in posted or BACK in posted):
        return None
    bound.is_valid()
    if BACK in posted:
        before = [one for one in range(number) if _asked(bound, one)]
        bound._errors = {}
        show(bound, before[-1] if before else 0, posted)
        return 200
    wrong = _first_wrong(bound, number)
    if wrong is not None:
        _keep_errors(bound, wrong)
        bound.focus_first_error()
        show(bound, wrong, posted)
        return 422
    after = next((one for one in range(number + 1, len(bound.plan)) if _asked(bound, one)), None)
    if after is None:
        return None
    bound._errors = {}
    show(bound, after, posted)
    return 200


def show_mistake(bound, posted) -> None:
    """The whole form was sent step by step and is not taken: show the step with the first mistake."""
    number = position(bound, posted)
    if number is not None:
        wrong = _first_wrong(bound, len(bound.plan) - 1)
        show(bound, number if wrong is None else wrong, posted)


def show(bound, number: int, posted) -> None:
    """Let ``bound`` be rendered as this step alone."""
    names = _asked(bound, number)
    own = {html for name in names for html in _html_names(bound[name])}
    prefix = f"{bound.prefix}-"
    step = bound.plan[number]
    bound.driven = Driven(
        number,
        type(step)(step.heading, step.text, names, [bound.dressed(name) for name in names]),
        has_back=any(_asked(bound, one) for one in range(number)),
        is_last=not any(_possible(bound, one, number) for one in range(number + 1, len(bound.plan))),
        carried=[
            (name, value)
            for name in posted
            if name.startswith(prefix) and name not in own
            for value in posted.getlist(name)
        ],
    )


def _asked(bound, number: int) -> list[str]:
    """The fields of a step that are asked after what was answered before; conditions on the step itself stand
    beside their fields in words."""
    names = bound.plan[number].names
    return [
        name
        for name in names
        if name not in bound.left and (name not in bound.not_asked or bound.conditions[name].field in names)
    ]


def _possible(bound, number: int, current: int) -> bool:
    """Whether something of a later step may still be asked, whatever is answered from the current one on."""
    open_yet = {name for step in bound.plan[current:] for name in step.names}
    return any(
        name not in bound.left and (name not in bound.not_asked or bound.conditions[name].field in open_yet)
        for name in bound.plan[number].names
    )


def _first_wrong(bound, last: int) -> int | None:
    return next(
        (one for one in range(last + 1) if any(name in bound.errors for name in bound.plan[one].names)), None
    )


def _keep_errors(bound, number: int) -> None:
    """What comes later was not asked yet."""
    known = {name for step in bound.plan[: number + 1] for name in step.names}
    for name in [name for name in bound._errors if name not in known]:
        del bound._errors[name]


def _html_names(field) -> list[str]:
    widget = field.field.widget
    if isinstance(widget, forms.MultiWidget):
        return [f"{field.html_name}{suffix}" for suffix in widget.widgets_names]
    return [field.html_name]
