"""The registry of personal data: for each model, how its rows about a lead are exported, erased, anonymised.

Every app registers its models in its ``automation`` module. A test walks all models and fails for one that
refers to leads and is not here; in a site's own models a missing registration is a warning of the system
check, and the rows are exported and deleted as ``PersonalRows`` does by default.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.utils.functional import Promise

from .models import Lead

#: Stands where an erased address stood.
ERASED = "[erased]"


class PersonalRows:
    """The rows of one model about leads.

    ``model``: "app.Model". ``lead``: the lookup from a row to its lead, or to the lead's number in a plain
    integer column. ``exclude``: fields that the export leaves out. ``files``: its file fields. ``blank``:
    what an anonymisation writes into the rows that it keeps; None: it deletes them, as an erasure does.
    ``loose``: no foreign key protects the rows, so that one may still be written while the lead goes.
    ``is_traced``: people edit such rows, so that log, revisions and indexes of Wagtail may remember them.

    Methods that take ``ids`` (a list of at most some hundred) run a number of statements that does not depend
    on how many there are, and a repeat changes nothing. They run in the transaction of the erasure.
    """

    def __init__(
        self,
        model: str,
        *,
        heading: str | Promise = "",
        lead: str = "lead",
        exclude: Iterable[str] = (),
        files: Iterable[str] = (),
        blank: dict | None = None,
        is_exported: bool = True,
        loose: bool = False,
        is_traced: bool = True,
    ):
        self.label, self.heading, self.lead = model, heading, lead
        self.exclude, self.files, self.blank = frozenset(exclude), tuple(files), blank
        self.is_exported, self.loose, self.is_traced = is_exported, loose, is_traced

    @property
    def model(self) -> type[models.Model]:
        return apps.get_model(self.label)

    def rows(self, ids: Iterable[int]) -> models.QuerySet:
        """The rows of these leads."""
        return self.model._base_manager.filter(**{f"{self.lead}__in": list(ids)})

    def export(self, ids: Iterable[int]) -> Iterator[dict]:
        """One dictionary of JSON values per row, oldest first, read in pieces."""
        fields = [
            f
            for f in self.model._meta.concrete_fields
            if f.name not in self.exclude and f.related_model is not Lead and f.name != self.lead
        ]
        related = [f.name for f in fields if f.is_relation]
        rows = self.rows(ids).order_by("pk")
        if related:
            rows = rows.select_related(*related)
        for row in rows.iterator(chunk_size=500):
            yield {f.name: self._value(row, f) for f in fields}

    def _value(self, row, f):
        value = getattr(row, f.name)
        if isinstance(f, models.FileField):
            return value.name
        if f.is_relation:
            return None if value is None else str(value)
        return value

    def stored_files(self, ids: Iterable[int]) -> list[tuple[str, str]]:
        """``(field, name in its storage)`` of the files of these leads."""
        found = []
        for name in self.files:
            names = self.rows(ids).exclude(**{name: ""}).order_by("pk").values_list(name, flat=True)
            found += [(name, stored) for stored in names if stored]
        return found

    def attachments(self, ids: Iterable[int]) -> Iterator[tuple[str, object]]:
        """``(name, open binary file)`` of each file for the download; the caller closes it. What the storage
        has lost is left out."""
        for name in self.files:
            for row in self.rows(ids).exclude(**{name: ""}).order_by("pk").iterator(chunk_size=100):
                stored = getattr(row, name)
                shown = getattr(row, "name", "") or stored.name.rpartition("/")[2]
                try:
                    yield f"{row.pk}-{shown}", stored.storage.open(stored.name, "rb")
                except FileNotFoundError:
                    continue

    def erase(self, ids: list[int]) -> int:
        """Delete the rows; returns how many."""
        return self.rows(ids).delete()[1].get(self.model._meta.label, 0)

    def anonymise(self, ids: list[int]) -> int:
        """Take from the rows whatever tells who it is, and keep what is only counted."""
        if self.blank is None:
            return self.erase(ids)
        return self.rows(ids).update(**self.blank) if self.blank else 0


@dataclass
class Matcher:
    """Finds addresses and phone numbers of erased people in any text, in time linear in its length.

    Email addresses are compared in lower case, also where ``@`` is written ``%40``; numbers by their digits.
    """

    texts: Iterable[str]
    _addresses: set[str] = field(init=False)
    _digits: set[str] = field(init=False)
    _odd: list[str] = field(init=False)

    #: a token begins where no other could have, and never gives back what it took: linear for any text
    _TOKEN = re.compile(r"(?<![\w.+-])[\w.+-]++(?:@|%40)[\w.-]*\w|(?<!\d)\+?\d{7,15}(?!\d)")
    _PLAIN = re.compile(r"[\w.+-]+@[\w.-]*\w")

    def __post_init__(self):
        texts = {text.lower() for text in self.texts if text}
        self._addresses = {text for text in texts if self._PLAIN.fullmatch(text)}
        self._digits = {text.lstrip("+") for text in texts if re.fullmatch(r"\+?\d{7,15}", text)}
        self._odd = sorted(t for t in texts if "@" in t and t not in self._addresses)

    def __bool__(self):
        return bool(self._addresses or self._digits or self._odd)

    def _is_theirs(self, token: str) -> bool:
        token = token.lower().replace("%40", "@")
        return token in self._addresses or token.lstrip("+") in self._digits

    def found(self, text: str) -> set[str]:
        """Those of the texts, as they were given to the matcher in lower case, that stand in this one."""
        tokens = {match[0].lower().replace("%40", "@") for match in self._TOKEN.finditer(text)}
        digits = {token.lstrip("+") for token in tokens} & self._digits
        odd = {odd for odd in self._odd if odd in text.lower()}
        return tokens & self._addresses | odd | digits | {f"+{number}" for number in digits}

    def finds(self, text: str) -> bool:
        """Whether the text holds one of them."""
        return any(self._is_theirs(match[0]) for match in self._TOKEN.finditer(text)) or any(
            odd in text.lower() for odd in self._odd
        )

    def scrub(self, text: str) -> str:
        """The text with each of them replaced."""
        for odd in self._odd:
            text = re.sub(re.escape(odd), ERASED, text, flags=re.IGNORECASE)
        return self._TOKEN.sub(lambda match: ERASED if self._is_theirs(match[0]) else match[0], text)

    def scrub_json(self, value):
        """The JSON value with each of them replaced, in keys and texts at any depth."""
        if isinstance(value, str):
            return self.scrub(value)
        if isinstance(value, list):
            return [self.scrub_json(item) for item in value]
        if isinstance(value, dict):
            return {self.scrub(key): self.scrub_json(item) for key, item in value.items()}
        if isinstance(value, int) and not isinstance(value, bool) and self.finds(str(value)):
            return ERASED
        return value

    def finds_in_json(self, value) -> bool:
        """Whether any text of a JSON value holds one of them."""
        return self.finds(json.dumps(value, ensure_ascii=False, default=str))


class PersonalDataRegistry:
    """The handlers in the order of registration, which is that of the layers; erasing goes backwards.

    Sweeps are functions ``sweep(matcher) -> {what: how many}`` for rows and files that name people without
    referring to them: they delete or rewrite them, in small transactions, and may be repeated.
    """

    def __init__(self):
        self._handlers: dict[str, PersonalRows] = {}
        self._sweeps: list[Callable[[Matcher], dict[str, int]]] = []
        self._exempt: dict[str, str] = {}

    def register(self, handler: PersonalRows) -> PersonalRows:
        """Take the handler of one model. Raises ImproperlyConfigured when the model has another one."""
        label = handler.label.lower()
        known = self._handlers.get(label)
        if known is not None and known is not handler:
            raise ImproperlyConfigured(f"The personal data of {handler.label} have a handler already.")
        self._exempt.pop(label, None)
        self._handlers[label] = handler
        return handler

    def unregister(self, handler: PersonalRows) -> None:
        """Forget the handler; for tests and for sites that bring their own."""
        self._handlers.pop(handler.label.lower(), None)

    def exempt(self, model: str, reason: str) -> None:
        """Say why a model that looks as if it held personal data needs no handler."""
        self._exempt[model.lower()] = reason

    def register_sweep(self, function: Callable[[Matcher], dict[str, int]]) -> Callable:
        """Take a sweep; the same function twice is one."""
        if function not in self._sweeps:
            self._sweeps.append(function)
        return function

    def sweeps(self) -> list[Callable[[Matcher], dict[str, int]]]:
        return list(self._sweeps)

    def handlers(self) -> list[PersonalRows]:
        """Those registered, and one by default for each other model that has a foreign key to leads."""
        return [*self._handlers.values(), *map(_default, self.unregistered())]

    def unregistered(self) -> list[type[models.Model]]:
        """Models that refer to leads, or say by ``holds_personal_data = True`` that they hold something about
        them, and that no handler knows."""
        return [
            model
            for model in apps.get_models(include_auto_created=True)
            if model._meta.managed
            and not model._meta.proxy
            and (_keys_to_lead(model) or getattr(model, "holds_personal_data", False))
            and not {model._meta.label_lower} & {*self._handlers, *self._exempt}
        ]


def _keys_to_lead(model) -> list[models.Field]:
    return [f for f in model._meta.concrete_fields if f.related_model is Lead]


def _default(model) -> PersonalRows:
    keys = _keys_to_lead(model)
    if not keys:
        raise ImproperlyConfigured(f"{model._meta.label} holds personal data and no handler is registered.")
    files = [f.name for f in model._meta.concrete_fields if isinstance(f, models.FileField)]
    rows = PersonalRows(
        model._meta.label, heading=model._meta.verbose_name_plural, lead=keys[0].name, files=files
    )
    if any(key.null for key in keys):
        return _Detached(model._meta.label, heading=rows.heading, lead=keys[0].name, keys=keys)
    return rows


class _Detached(PersonalRows):
    """Rows of a site's own model that may do without their lead: they lose it, and nothing else."""

    def __init__(self, model, *, keys, **kwargs):
        super().__init__(model, **kwargs)
        self.keys = keys

    def erase(self, ids):
        count = 0
        for key in self.keys:
            rows = self.model._base_manager.filter(**{f"{key.name}__in": ids})
            count += rows.update(**{key.name: None}) if key.null else rows.delete()[0]
        return count

    anonymise = erase


personal_data = PersonalDataRegistry()
register = personal_data.register
register_sweep = personal_data.register_sweep
