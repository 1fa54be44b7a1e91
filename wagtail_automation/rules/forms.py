"""The form field behind ``RuleField`` and ``RuleBlock``: every condition is cleaned by its own block."""

import json

from django import forms
from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.blocks.base import get_error_json_data

from wagtail_automation.remembering import from_memory, knowing

from .binding import MissingReference, bind
from .conditions import conditions
from .rule import Rule, condition_block

#: what blocks and their fields raise for JSON of the wrong shape
UNREADABLE = (ValidationError, ValueError, TypeError, AttributeError, LookupError, ArithmeticError)


def read_condition(block, item: dict):
    """The block's native value of an item: from its form while that is being filled in, else from its
    JSON. Raises one of UNREADABLE for what no form wrote."""
    form = item.get("form")
    if isinstance(form, dict):
        data = QueryDict(str(form.get("data", "")))
        return block.value_from_datadict(data, {}, str(form.get("prefix", "")))
    value = item.get("value")
    return block.to_python(value if isinstance(value, dict) else {})


def plain(value):
    """A block's value as JSON holds it: Wagtail leaves days and moments what they are."""
    return json.loads(json.dumps(value, cls=DjangoJSONEncoder))


def clean_condition(item: dict, *, draft: bool = False) -> tuple[dict, dict | None, list[str]]:
    """``(value as JSON, errors for the block's form, the same in words)`` of one condition item.

    ``draft``: required parameters may be missing.
    """
    shared = condition_block(conditions[item["type"]])
    block = from_memory(shared) if draft else knowing(shared)  # a draft is checked on a copy: it changes it
    raw = item.get("value") if isinstance(item.get("value"), dict) else {}
    try:
        if "form" not in item:
            bind(block, raw)
    except MissingReference:
        message = gettext("what it refers to was deleted")
        return raw, {"messages": [message]}, [message]
    except (ValidationError, *UNREADABLE):
        pass  # the form below says it better, at its field
    try:
        native = read_condition(block, item)
        cleaned = block.clean_deferred(native) if draft else block.clean(native)
        return plain(block.get_prep_value(cleaned)), None, []
    except ValidationError as error:
        data = get_error_json_data(error)
        return raw, data, flatten_errors(data)
    except UNREADABLE:
        message = gettext("These parameters cannot be read. Fill them in again.")
        return raw, {"messages": [message]}, [message]


def flatten_errors(data: dict | None) -> list[str]:
    """Messages of a block's error data, in order."""
    if not data:
        return []
    messages = list(data.get("messages", []))
    for inner in (data.get("blockErrors") or {}).values():
        messages += flatten_errors(inner)
    return messages


class RuleFormField(forms.CharField):
    """Text (JSON) to ``Rule``. Unknown conditions pass untouched; known ones are validated in words."""

    default_error_messages = {"required": _("Add at least one condition.")}

    def __init__(self, *, required=True, **kwargs):
        from .widgets import RuleWidget

        for name in ("max_length", "encoder", "decoder"):
            kwargs.pop(name, None)
        kwargs.setdefault("widget", RuleWidget)
        super().__init__(required=required, strip=False, **kwargs)

    def prepare_value(self, value):
        return value

    def to_python(self, value):
        if isinstance(value, Rule):
            return value
        return Rule.parse(value)

    def validate(self, value):
        if self.required and value.is_empty:
            raise ValidationError(self.error_messages["required"], code="required")

    def run_validators(self, value):
        return

    def clean(self, value):
        rule = super().clean(value)
        messages = []
        draft = not self.required  # an optional rule, or a draft: unfinished conditions match nobody
        for item in rule.walk():
            if item["type"] not in conditions:
                continue
            cleaned, _errors, words = clean_condition(item, draft=draft)
            block = condition_block(conditions[item["type"]])
            messages += [f"{block.label}: {word}" for word in words]
            if words:
                continue
            item.pop("form", None)
            item["value"] = cleaned
        if messages:
            raise ValidationError(messages)
        return rule

    def has_changed(self, initial, data):
        try:
            return Rule.parse(initial) != Rule.parse(data)
        except ValidationError:
            return True
