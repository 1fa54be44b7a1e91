"""A lead's fields, own and custom, behind one description: reading, cleaning, and asking the database.

``lead_field("company")`` is the column, ``lead_field("nps")`` the custom field of that key. Own fields
need no query; the definition of a custom field is read when it is looked up, so that a field made in
the admin works at once everywhere.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.text import capfirst
from django.utils.translation import gettext

from . import querysets
from .field_types import TYPES, FieldType
from .folding import fold, fold_value
from .models import CustomField, Lead


@dataclass(frozen=True)
class LeadField:
    """One field of leads. ``choices`` for the two choice types; ``is_settable``: by people and campaigns."""

    key: str
    label: object
    type: str
    is_custom: bool = False
    is_settable: bool = True
    choices: tuple[str, ...] = ()
    help_text: str = ""
    max_length: int | None = None
    is_archived: bool = False

    def __str__(self):
        return str(self.label)

    @property
    def kind(self) -> FieldType:
        return TYPES[self.type]

    @property
    def is_text(self) -> bool:
        return self.kind.is_text

    # -- one lead ------------------------------------------------------------------------------------------

    def read(self, lead: Lead):
        """The stored value; None when it is empty."""
        if self.is_custom:
            return lead.attributes.get(self.key)
        value = getattr(lead, self.key)
        return None if value == "" else value

    def stored(self, lead: Lead):
        """The value in the form in which ``clean`` returns it; None when it is empty."""
        value = self.read(lead)
        return value.isoformat() if isinstance(value, dt.date) else value

    def python(self, lead: Lead):
        """The value as Python sees it (dates as dates); None when it is empty."""
        value = self.read(lead)
        return self.kind.to_python(value) if self.is_custom and value is not None else value

    def display(self, lead: Lead) -> str:
        """The value for people, in the active language; empty text when there is none."""
        value = self.read(lead)
        if value is None:
            return ""
        if isinstance(value, dt.datetime):
            value = TYPES["datetime"].clean(value, self)
        elif isinstance(value, dt.date):
            value = value.isoformat()
        return self.kind.display(value, self)

    def clean(self, value):
        """The stored value of what was typed, or None for empty. Raises ValidationError."""
        if value is None:
            return None
        return self.kind.clean(value, self)

    def words(self, text: str) -> str:
        """A value that a rule asks for, as people say it: the name of a language or country, not its code."""
        if self.type == "datetime":  # a whole day may be meant
            return text
        try:
            stored = self.clean(text)
        except ValidationError:
            return text
        return text if stored is None else self.kind.display(stored, self)

    def form_field(self):
        """A form field for one lead's value; cleaning is ``clean``'s business."""
        field = self.kind.form_field(self)
        field.required = False
        field.label = capfirst(self.label)
        field.help_text = self.help_text
        return field

    # -- everybody: each answer is true or false, never NULL, so that a "none" group may negate it ----------

    def q_equals(self, text, prefix: str = "") -> Q | None:
        """Leads whose value is this one (text without case and accents); None if nothing can equal it.

        ``prefix`` leads from the rows to the lead: ``""`` or ``"lead__"``.
        """
        if self.type == "datetime":
            return self._q_same_moment(text, prefix)
        try:
            value = self.clean(text) if not self.is_text else text
        except ValidationError:
            return None
        if self.is_text:
            folded = fold(str(value or "")).strip()
            if not folded:
                return None
            if self.type == "multiple_choice":
                return querysets.folded_contains(self.key, f"\n{folded}\n", prefix)
            return Q(**{f"{prefix}folded__pair": (self.key, self._folded_form(value))})
        if value is None:
            return None
        if self.is_custom:
            return Q(**{f"{prefix}attributes__pair": (self.key, value)})
        if self.type == "number" and not isinstance(value, int):
            return None
        return Q(**{f"{prefix}{self.key}__isnull": False, f"{prefix}{self.key}": value})

    def _folded_form(self, value) -> str:
        """Folded as stored values are: a phone number or country typed otherwise is the same one."""
        try:
            cleaned = self.clean(value)
        except ValidationError:
            cleaned = None
        return fold_value(cleaned) or fold(str(value)).strip()

    def _q_same_moment(self, text, prefix: str) -> Q | None:
        """A day means any moment of that day in the site's zone, whoever asks."""
        zone = timezone.get_default_timezone()
        try:
            day = parse_date(str(text).strip()[:40])
            moment = None if day else parse_datetime(str(text).strip()[:60])
            if day:
                start = dt.datetime.combine(day, dt.time.min, zone)
                end = dt.datetime.combine(day + dt.timedelta(days=1), dt.time.min, zone)
            elif moment:
                start = moment.replace(tzinfo=zone) if timezone.is_naive(moment) else moment
                end = start + dt.timedelta(seconds=1)
            else:
                return None
            start, end = start.astimezone(dt.UTC), end.astimezone(dt.UTC)
        except (ValueError, OverflowError):
            return None
        return self.q_compare("gte", start, prefix) & self.q_compare("lt", end, prefix)

    def q_stored(self, value) -> Q:
        """Leads who have exactly this stored value (not folded)."""
        if self.is_custom:
            return Q(attributes__has_key=self.key) & Q(**{f"attributes__{self.key}__exact": value})
        return Q(**{f"{self.key}__isnull": False, self.key: value})

    def q_contains(self, text, prefix: str = "") -> Q | None:
        """Leads whose text contains this one without case and accents; None if nothing can."""
        folded = fold(str(text or "")).strip()
        if not self.is_text or not folded:
            return None
        return querysets.folded_contains(self.key, folded, prefix)

    def q_empty(self, prefix: str = "") -> Q:
        """Leads without a value."""
        if self.is_custom:
            return ~Q(**{f"{prefix}attributes__has_key": self.key})
        if self.is_text:
            return ~Q(**{f"{prefix}folded__has_key": self.key})
        return Q(**{f"{prefix}{self.key}__isnull": True})

    def q_compare(self, operator: str, value, prefix: str = "") -> Q:
        """Numbers and dates; ``operator`` is gt, gte, lt or lte, ``value`` number, date or aware datetime.

        Custom dates are compared as the text they are stored as: ISO 8601 sorts by time.
        """
        if not self.is_custom:
            return Q(**{f"{prefix}{self.key}__isnull": False, f"{prefix}{self.key}__{operator}": value})
        if isinstance(value, dt.date):
            value = self.clean(value)
        return Q(**{f"{prefix}attributes__has_key": self.key}) & Q(
            **{f"{prefix}attributes__{self.key}__{operator}": value}
        )


def _column(key: str, type_: str = "text", *, settable: bool = True) -> LeadField:
    column = Lead._meta.get_field(key)
    return LeadField(
        key,
        column.verbose_name,
        type_,
        is_settable=settable,
        max_length=getattr(column, "max_length", None),
    )


#: The lead's own fields by key, in the order in which people see them. Addresses are set by ``identify``.
COLUMNS: dict[str, LeadField] = {
    field.key: field
    for field in (
        _column("first_name"),
        _column("last_name"),
        _column("email", "email", settable=False),
        _column("phone", "phone"),
        _column("company"),
        _column("job_title"),
        _column("language", "language"),
        _column("country", "country"),
        _column("region"),
        _column("city"),
        _column("postal_code"),
        _column("street"),
        _column("time_zone", "time_zone"),
        _column("birth_date", "date"),
        _column("source", settable=False),
        _column("score", "number", settable=False),
        _column("created_at", "datetime", settable=False),
        _column("identified_at", "datetime", settable=False),
    )
}


#: what templates name beside the fields, and the columns it comes from
EXTRA = {"uuid": {"uuid"}, "name": {"first_name", "last_name"}}


def columns_read(paths: Iterable[str]) -> set[str] | None:
    """The columns of leads that ``{{ lead.… }}`` in templates read, by their dotted names; None where a
    custom field or the lead as a whole is read, so that any may be needed."""
    read: set[str] = set()
    for path in paths:
        if path == "lead" or path.startswith("lead["):
            return None
        if path.startswith("lead."):
            key = path.split(".")[1]
            if key not in COLUMNS and key not in EXTRA:
                return None
            read |= EXTRA.get(key) or {key}
    return read


def describe(custom: CustomField) -> LeadField:
    """The description of a custom field."""
    return LeadField(
        custom.key,
        custom.label,
        custom.type,
        is_custom=True,
        choices=tuple(custom.choices or ()),
        help_text=custom.help_text,
        is_archived=custom.is_archived,
    )


def custom_fields(*, archived: bool = False) -> list[LeadField]:
    """The custom fields on offer, in their order; with ``archived`` also those that are no longer, last. One
    query."""
    found = CustomField.objects.order_by("is_archived", *CustomField._meta.ordering)
    return [describe(custom) for custom in (found if archived else found.filter(is_archived=False))]


def all_fields(*, archived: bool = False) -> list[LeadField]:
    """Own fields, then custom ones; one query."""
    return [*COLUMNS.values(), *custom_fields(archived=archived)]


def lead_fields(keys: Iterable[str]) -> dict[str, LeadField]:
    """``{key: field}`` of those that exist; one query if any is not a column."""
    keys = [key for key in keys if isinstance(key, str)]
    found = {key: COLUMNS[key] for key in keys if key in COLUMNS}
    if wanted := [key for key in keys if key not in found]:
        found |= {custom.key: describe(custom) for custom in CustomField.objects.filter(key__in=wanted)}
    return found


def lead_field(key: str) -> LeadField | None:
    """The field of that key; None if there is none (any more)."""
    return lead_fields([key]).get(key)


def clean_fields(values: dict, fields: dict[str, LeadField] | None = None) -> dict:
    """``{key: stored value or None}``. Raises ValidationError by key: unknown, not settable or invalid."""
    fields = lead_fields(values) if fields is None else fields
    cleaned, errors = {}, {}
    for key, value in values.items():
        field = fields.get(key)
        if field is None:
            errors[str(key)[:50]] = ValidationError(
                gettext("Leads have no field of that name."), code="unknown"
            )
        elif not field.is_settable:
            errors[key] = ValidationError(gettext("This field cannot be set."), code="not_settable")
        else:
            try:
                cleaned[key] = field.clean(value)
            except ValidationError as error:
                errors[key] = error
    if errors:
        raise ValidationError(errors)
    return cleaned
