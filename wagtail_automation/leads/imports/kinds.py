"""What can be imported, and where the columns of a file may go: two registries that other apps extend.

An ``ImportKind`` is a whole sort of import (people; offline events). An ``ImportExtra`` adds columns and
questions to the import of people (an owner, consents, lists).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from wagtail_automation.admin.export import FORMULA_STARTS
from wagtail_automation.leads.files.reading import UNCOMPUTED, Row
from wagtail_automation.leads.models import ImportRun
from wagtail_automation.registry import Registry

MAX_REASON = 2000


@dataclass(frozen=True)
class Target:
    """Where a column may go. ``names``: how files call it, in English and French; ``group``: heading in the
    choice. ``many``: several columns may go there."""

    key: str
    label: object
    group: object
    names: tuple[str, ...] = ()
    many: bool = False

    def __str__(self):
        return capfirst(str(self.label))


@dataclass
class Prepared:
    """One row, cleaned: ``values`` by target, ``errors`` as ``(column name or "", message)``."""

    row: Row
    values: dict = field(default_factory=dict)
    errors: list[tuple[str, str]] = field(default_factory=list)
    policies: dict = field(default_factory=dict)
    refused: bool = False

    def refuse(self, message: str, column: str = "") -> None:
        self.errors.append((column, message))
        self.refused = True

    def refuse_value(self, run: ImportRun, target: str, error: ValidationError) -> None:
        """What the column says that goes to this target is wrong."""
        names = (
            name for name, column in zip(run.header, run.columns, strict=True) if column["target"] == target
        )
        self.refuse(" ".join(error.messages), next(names, ""))

    @property
    def reason(self) -> str:
        parts = [
            gettext("%(column)s: %(message)s") % {"column": column, "message": message} if column else message
            for column, message in self.errors
        ]
        return " · ".join(parts)[:MAX_REASON]


class ImportKind:
    """One sort of import. A subclass says its targets and options, cleans values and applies rows."""

    key: str | None = None
    label = ""
    description = ""
    icon = "upload"
    #: permissions that somebody needs, beside that of making imports
    permissions: tuple[str, ...] = ()
    order = 100
    chunk = 1000
    #: ``(key, label)`` of the counts of the report, in order
    counts: tuple = ()

    def targets(self, user) -> list[Target]:
        """Where columns may go."""
        raise NotImplementedError

    def option_fields(self, user, header: list[str]) -> dict:
        """``{name: form field}`` asked beside the columns; their cleaned values must be JSON."""
        return {}

    def check(self, columns: list[dict], options: dict) -> None:
        """Raise ValidationError for a mapping that can import nothing."""

    def cleaner(self, run: ImportRun):
        """What cleans chunks of this run: ``clean(target, set of texts) -> {text: value or error}``."""
        raise NotImplementedError

    def complete(self, run: ImportRun, rows: list[Prepared]) -> None:
        """Look at whole rows after their values were cleaned; refuse what lacks something. No queries."""

    def foresee(self, run: ImportRun, rows: list[Prepared]) -> None:
        """For the preview: refuse and remark what ``apply`` would, where these rows contradict each other.
        Writes nothing; a constant number of queries."""

    def apply(self, run: ImportRun, rows: list[Prepared]) -> dict[str, int]:
        """Write rows in a constant number of statements, in the caller's transaction; returns counts."""
        raise NotImplementedError

    def finish(self, run: ImportRun) -> None:
        """After the last row, in the same transaction as the end of the run."""

    def value_of(self, entry: "Prepared", target: str, column: str):
        """The cleaned value of a cell, for the preview."""
        return entry.values.get(target)

    def shown(self, target: str, value) -> str:
        """A cleaned value for the preview."""
        return str(value)


import_kinds = Registry(
    "import_kinds", ImportKind, is_public=True, needs=("targets", "cleaner", "apply"), key_length=30
)


class ImportExtra:
    """Columns and questions that an app adds to the import of people."""

    key: str | None = None
    order = 100
    #: a person without them is not offered this
    permissions: tuple[str, ...] = ()

    def targets(self) -> list[Target]:
        """Its columns; their keys begin with ``<key>.``."""
        return []

    def option_fields(self, user) -> dict:
        """``{name: form field}``; the names begin with ``<key>_``; their cleaned values must be JSON."""
        return {}

    def check(self, columns: list[dict], options: dict) -> None:
        """Raise ValidationError for a mapping that lacks something."""

    def clean(self, run: ImportRun, target: str, texts: set[str]) -> dict:
        """``{text: value, or a ValidationError}``, in a constant number of queries."""
        return {}

    def apply(self, run: ImportRun, values: dict[int, dict], leads: list[int], created: set[int]) -> set[int]:
        """``values``: what the rows say, by lead and target; ``leads``: everybody in this chunk. Constant
        number of statements. Returns the leads that it changed."""
        return set()

    def notes(self, run: ImportRun) -> dict[int, list[str]]:
        """What ``apply`` left undone, by lead, since this was last asked."""
        return {}

    def finish(self, run: ImportRun) -> None:
        """After the last row."""

    def shown(self, target: str, value) -> str:
        return str(value)


import_extras = Registry("import_extras", ImportExtra)


def allowed(cls, user) -> bool:
    """Whether this person has the permissions that a kind or an extra needs."""
    return all(user.has_perm(permission) for permission in cls.permissions)


def prepare(run: ImportRun, kind: ImportKind, cleaner, rows: Iterable[Row]) -> list[Prepared]:
    """Clean the mapped cells of these rows. Each different text of a column is cleaned once.

    A row with an error is refused, unless the run's options say to import it without the value
    (``on_error`` "partly").
    """
    rows = list(rows)
    prepared = [Prepared(row) for row in rows]
    partly = run.options.get("on_error") == "partly"
    for entry in prepared:
        if entry.row.problem:
            entry.refuse(entry.row.problem)
    for position, column in enumerate(run.columns):
        target = column["target"]
        if not target:
            continue
        cells = [_text(entry.row, position) for entry in prepared]
        texts = {text for text in cells if text and text != UNCOMPUTED}
        found = cleaner.clean(target, texts) if texts else {}
        name, policy = run.header[position], column.get("policy") or run.options.get("policy", "fill")
        for entry, text in zip(prepared, cells, strict=True):
            if not text:
                continue
            value = _uncomputed() if text == UNCOMPUTED else found.get(text)
            if isinstance(value, ValidationError):
                entry.errors.append((name, " ".join(value.messages)))
                entry.refused = entry.refused or not partly
            elif value is not None:
                cleaner.put(entry, target, name, value)
                entry.policies[target] = policy
    kind.complete(run, prepared)
    return prepared


def _text(row: Row, position: int) -> str:
    """The cell without white space around it; without the apostrophe that our exports put before what could
    be a formula, so that a downloaded row comes back as it was."""
    if row.problem or position >= len(row.cells):
        return ""
    text = row.cells[position].strip()
    return text[1:] if text.startswith("'") and text[1:].startswith(FORMULA_STARTS) else text


def _uncomputed() -> ValidationError:
    return ValidationError(
        gettext("The formula was saved without its result. Open the workbook in a spreadsheet and save it.")
    )


POLICIES = {
    "fill": _("Fill in where empty"),
    "overwrite": _("Overwrite"),
    "skip": _("Leave people who exist as they are"),
}
