"""What the rule editor asks: the catalogue of conditions, sentences, one form, and whether it is right.

The addresses stand below the Wagtail admin, which lets in only those who may use it.
"""

import json
import re

from django.core.exceptions import ValidationError
from django.http import JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from wagtail.admin.telepath import JSContext
from wagtail.blocks.base import get_error_json_data

from . import compare  # noqa: F401  (registers how rules are compared)
from .binding import MissingReference, bind_many
from .conditions import Condition, conditions
from .editor_words import words
from .forms import UNREADABLE, clean_condition, flatten_errors, plain, read_condition
from .rule import MAX_BYTES, MAX_CONDITIONS, Rule, condition_block, fresh_block, storable

#: Rules described by one request: a page with more dynamic blocks asks again.
MAX_RULES = 50
PREFIX = re.compile(r"[A-Za-z0-9_-]{1,80}")


class BadRequestError(Exception):
    """The browser sent something the editor never sends; told in words with status 400."""


def answers_bad_requests(view):
    """A view that takes JSON and says in words what is wrong with it."""

    def wrapped(request):
        try:
            return JsonResponse(view(request, _body(request)))
        except BadRequestError as error:
            return JsonResponse({"message": str(error)}, status=400)

    return require_POST(wrapped)


def _body(request) -> dict:
    if len(request.body) > MAX_RULES * MAX_BYTES:
        raise BadRequestError(_("This is too much at once."))
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError) as error:
        raise BadRequestError(_("The request holds no valid JSON.")) from error
    if not isinstance(body, dict) or not storable(body):
        raise BadRequestError(_("The request holds no valid JSON."))
    return body


def _block(body: dict) -> Condition:
    key = body.get("type")
    if not isinstance(key, str) or key not in conditions:
        raise BadRequestError(_("The condition “%(key)s” is not installed.") % {"key": str(key)[:80]})
    return fresh_block(conditions[key])


@require_GET
def catalogue(request):
    """Every condition that can be added, in the user's language, and the editor's words."""
    entries = []
    for cls in conditions:
        block = condition_block(cls)
        entries.append(
            {
                "key": cls.key,
                "aliases": list(cls.aliases),
                "label": str(block.label),
                "icon": block.meta.icon,
                "group": str(block.meta.group),
                "tone": block.meta.tone,
                "description": str(block.meta.description or ""),
                "keywords": " ".join(str(word) for word in cls.keywords),
                "hasForm": bool(block.child_blocks),
            }
        )
    entries.sort(key=lambda entry: (entry["group"], entry["label"]))
    return JsonResponse({"conditions": entries, "words": words(), "max": MAX_CONDITIONS})


@answers_bad_requests
def describe(request, body):
    """``{rules: [raw, …]}`` → for each rule what is wrong with it, and a line for each condition's id."""
    rules = body.get("rules")
    if not isinstance(rules, list) or len(rules) > MAX_RULES:
        raise BadRequestError(_("The request holds no rules."))
    return {"rules": [_describe(raw) for raw in rules]}


def _describe(raw) -> dict:
    try:
        rule = Rule.parse(raw if isinstance(raw, dict) else "?")
    except ValidationError as error:
        return {"problem": " ".join(error.messages), "items": {}}
    return {"problem": "", "items": {str(item.get("id", "")): about(item) for item in rule.walk()}}


def about(item: dict) -> dict:
    """One condition as the editor shows it: its sentence, and what is missing or wrong."""
    if item["type"] not in conditions:
        return {"missing": True, "sentence": "", "messages": [], "error": None}
    value, error, messages = clean_condition(item)
    return {"sentence": sentence(item["type"], value), "messages": messages, "error": error}


def sentence(key: str, value: dict) -> str:
    """The condition in words; its label while it is incomplete; "" if it cannot be said."""
    block = condition_block(conditions[key])
    try:
        (bound,) = bind_many([(block, value)])
        if isinstance(bound, MissingReference):
            return _("%(label)s: what it refers to was deleted") % {"label": block.label}
        return str(block.sentence(bound))
    except UNREADABLE:  # a third party's sentence() of a half-filled form
        return str(block.label)


@answers_bad_requests
def form(request, body):
    """``{type, value | form, error}`` → the form of one condition, as telepath packs it."""
    block = _block(body)
    block.set_name("condition")
    error = body.get("error") if isinstance(body.get("error"), dict) else None
    try:
        if body.get("value") is None and not body.get("form"):
            native = block.get_default()
        else:
            native = read_condition(block, body)
        state = block.get_form_state(native)
    except UNREADABLE:
        state = block.get_form_state(block.get_default())
        error = {"messages": [_("These parameters cannot be read. Fill them in again.")]}
    return {"definition": JSContext().pack(block), "state": state, "error": error}


@answers_bad_requests
def clean(request, body):
    """``{type, form: {prefix, data}}`` → the value as it is stored, its sentence, and what is wrong.

    ``value`` is absent when the form cannot be stored at all, not even unfinished.
    """
    block = _block(body)
    form = body.get("form")
    if (
        not isinstance(form, dict)
        or not isinstance(form.get("data"), str)
        or not isinstance(form.get("prefix"), str)
        or not PREFIX.fullmatch(form["prefix"])
    ):
        raise BadRequestError(_("The request holds no form."))
    try:
        native = read_condition(block, body)
    except UNREADABLE as problem:
        raise BadRequestError(_("The form cannot be read.")) from problem
    try:
        value = plain(block.get_prep_value(block.clean(native)))
        return {
            "ok": True,
            "value": value,
            "sentence": sentence(block.key, value),
            "error": None,
            "messages": [],
        }
    except ValidationError as invalid:
        error = get_error_json_data(invalid)
    answer = {"ok": False, "error": error, "messages": flatten_errors(error), "sentence": str(block.label)}
    try:
        value = plain(block.get_prep_value(block.clean_deferred(read_condition(block, body))))
    except ValidationError:
        return answer
    return {**answer, "value": value, "sentence": sentence(block.key, value)}
