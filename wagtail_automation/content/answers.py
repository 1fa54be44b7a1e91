"""Stored answers as people read them: labels of the form's fields, values in words."""

from django.utils.translation import gettext as _

from wagtail_automation.content.form_fields import typed_fields
from wagtail_automation.content.models import Form, FormSubmission


def columns(form: Form) -> list[tuple[str, str]]:
    """``(key, label)`` of the form's fields, in order."""
    return [(key, str(value["label"])) for key, _block, value in typed_fields(form)]


def display(form: Form, key: str, stored) -> str:
    """One stored answer as plain text."""
    for own, block, _value in typed_fields(form):
        if own == key:
            return block.display(stored)
    return _plain(stored)


def pairs(submission: FormSubmission, only=None) -> list[tuple[str, str]]:
    """``(label, answer)`` of what was answered, in the order of the form; ``only``: of these keys.

    Answers to fields that are gone come last, with their key as label.
    """
    known = {key: (str(value["label"]), block) for key, block, value in typed_fields(submission.form)}
    keys = dict.fromkeys([*(key for key in known if key in submission.data), *submission.data])
    shown = []
    for key in keys:
        stored = submission.data[key]
        if stored in (None, "", []) or (only is not None and key not in only):
            continue
        label, block = known.get(key, (key, None))
        shown.append((label, block.display(stored) if block else _plain(stored)))
    return shown


def lines(submission: FormSubmission, only=None) -> list[str]:
    """The pairs as text, a line each."""
    return [_("%(label)s: %(value)s") % {"label": a, "value": b} for a, b in pairs(submission, only)]


def _plain(stored) -> str:
    if stored is None:
        return ""
    return ", ".join(map(str, stored)) if isinstance(stored, list) else str(stored)
