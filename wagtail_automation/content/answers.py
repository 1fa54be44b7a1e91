"""Stored answers as people read them: labels of the form's fields, values in words."""

from wagtail_automation.content.form_building import typed_fields
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


def pairs(submission: FormSubmission) -> list[tuple[str, str]]:
    """``(label, answer)`` of what was answered; answers to fields that are gone keep their key as label."""
    known = {key: (str(value["label"]), block) for key, block, value in typed_fields(submission.form)}
    shown = []
    for key in [*(key for key in known if key in submission.data), *submission.data]:
        stored = submission.data[key]
        if stored in (None, "", []) or any(key == done for done, _label, _text in shown):
            continue
        label, block = known.get(key, (key, None))
        shown.append((key, label, block.display(stored) if block else _plain(stored)))
    return [(label, text) for _key, label, text in shown]


def _plain(stored) -> str:
    if stored is None:
        return ""
    return ", ".join(map(str, stored)) if isinstance(stored, list) else str(stored)
