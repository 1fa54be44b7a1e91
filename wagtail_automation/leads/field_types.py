"""The types of a lead's fields: how a value is cleaned, stored and shown. Nothing here asks the database.

Stored values are plain JSON and typed, so that databases compare them alike (ENGINE.md, pitfall 13):
numbers as numbers, dates as ``YYYY-MM-DD``, moments as ``YYYY-MM-DDTHH:MM:SSZ``, choices as text or
lists of text. Empty is the absence of the key.
"""

import datetime as dt
import math
import re
import unicodedata
import zoneinfo
from decimal import Decimal, InvalidOperation

from django import forms
from django.conf.locale import LANG_INFO
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import get_language_info, gettext
from django.utils.translation import gettext_lazy as _

from . import countries
from .folding import fold

MAX_NUMBER = 10**15
YES = {"1", "true", "yes", "on", "oui", "vrai", "y", "o"}
NO = {"0", "false", "no", "off", "non", "faux", "n"}
URL = URLValidator(schemes=["http", "https"])


def clean_text(value, *, max_length: int, lines: bool = False) -> str:
    """Text without control characters, in composed form, stripped. Raises ValidationError when too long.

    ``lines`` keeps line breaks; otherwise all white space becomes single spaces.
    """
    if not isinstance(value, str):
        value = str(value)
    if len(value) > max_length * 8:  # before any work on it
        raise ValidationError(_too_long(max_length), code="max_length")
    if value.isascii() and value.isprintable():  # most values: nothing below would change them
        value = value.strip() if lines else " ".join(value.split())
        if len(value) > max_length:
            raise ValidationError(_too_long(max_length), code="max_length")
        return value
    value = unicodedata.normalize("NFC", value)
    if lines:
        value = value.replace("\r\n", "\n").replace("\r", "\n")
        kept = (char for char in value if char in "\n\t" or unicodedata.category(char) not in {"Cc", "Cs"})
        value = "".join(kept).strip()
    else:
        kept = (" " if char.isspace() else char for char in value)
        value = " ".join(
            "".join(char for char in kept if unicodedata.category(char) not in {"Cc", "Cs"}).split()
        )
    if len(value) > max_length:
        raise ValidationError(_too_long(max_length), code="max_length")
    return value


def _too_long(limit: int) -> str:
    return gettext("Use at most %(limit)d characters.") % {"limit": limit}


class DayInput(forms.DateInput):
    """The browser's own date picker: Wagtail's needs an inline script, which a strict CSP refuses."""

    input_type = "date"

    def __init__(self, attrs=None):
        super().__init__(attrs, format="%Y-%m-%d")


class MomentInput(forms.DateTimeInput):
    """The browser's own picker of date and time."""

    input_type = "datetime-local"

    def __init__(self, attrs=None):
        super().__init__(attrs, format="%Y-%m-%dT%H:%M")


class FieldType:
    """One type. ``clean`` returns the stored value, or None for empty; it raises ValidationError."""

    key = "text"
    #: compared by its folded shadow
    is_text = True
    max_length = 255

    def clean(self, value, field):
        return clean_text(value, max_length=field.max_length or self.max_length) or None

    def to_python(self, stored):
        """The stored value as Python sees it: dates become dates."""
        return stored

    def display(self, stored, field) -> str:
        return str(stored)

    def form_field(self, field) -> forms.Field:
        return forms.CharField(max_length=field.max_length or self.max_length)


class LongText(FieldType):
    key = "long_text"
    max_length = 10_000

    def clean(self, value, field):
        return clean_text(value, max_length=self.max_length, lines=True) or None

    def form_field(self, field):
        return forms.CharField(max_length=self.max_length, widget=forms.Textarea(attrs={"rows": 4}))


class Number(FieldType):
    key = "number"
    is_text = False

    def clean(self, value, field):
        if isinstance(value, str):
            value = re.sub(r"[\s\u00a0\u202f]", "", value[:100])
            if not value:
                return None
            value = value.replace(",", ".") if value.count(",") == 1 and "." not in value else value
        try:
            if isinstance(value, bool):
                raise ValueError
            number = Decimal(str(value))
            if not number.is_finite() or abs(number) > MAX_NUMBER:
                raise ValueError
        except (InvalidOperation, ValueError, TypeError) as error:
            raise ValidationError(gettext("Enter a number.")) from error
        if number == number.to_integral_value():
            return int(number)
        stored = float(number)
        return stored if math.isfinite(stored) else None

    def display(self, stored, field):
        from django.utils.formats import number_format

        return number_format(stored)

    def form_field(self, field):
        return forms.CharField(max_length=40, widget=forms.TextInput(attrs={"inputmode": "decimal"}))


class Date(FieldType):
    key = "date"
    is_text = False

    def clean(self, value, field):
        day = value
        if isinstance(value, dt.datetime):
            day = value.date()
        elif isinstance(value, str):
            try:
                day = parse_date(value.strip()[:40])
            except ValueError:
                day = None
            if day is None and value.strip():
                day = _date_in_words(value.strip()[:40])
            if day is None and not value.strip():
                return None
        if not isinstance(day, dt.date):
            raise ValidationError(gettext("Enter a date such as 2026-12-31."))
        return day.isoformat()

    def to_python(self, stored):
        return _quiet(parse_date, stored)

    def display(self, stored, field):
        from django.utils.formats import date_format

        day = self.to_python(stored)
        return date_format(day) if day else str(stored)

    def form_field(self, field):
        return forms.DateField(widget=DayInput)


def _date_in_words(text: str) -> dt.date | None:
    """A day in one of the active language's input formats (31/12/2026 in French)."""
    try:
        return forms.DateField().to_python(text)
    except ValidationError:
        return None


def _quiet(parse, stored):
    try:
        return parse(stored) if isinstance(stored, str) else None
    except ValueError:
        return None


class DateTime(FieldType):
    key = "datetime"
    is_text = False

    def clean(self, value, field):
        moment = value
        if isinstance(value, str):
            text = value.strip()[:60]
            if not text:
                return None
            moment = _quiet(parse_datetime, text)
            if moment is None:
                day = _quiet(parse_date, text)
                moment = dt.datetime.combine(day, dt.time.min) if day else None
        elif isinstance(value, dt.date) and not isinstance(value, dt.datetime):
            moment = dt.datetime.combine(value, dt.time.min)
        if not isinstance(moment, dt.datetime):
            raise ValidationError(gettext("Enter a date and time such as 2026-12-31 18:00."))
        try:
            if timezone.is_naive(moment):
                moment = timezone.make_aware(moment)
            moment = moment.astimezone(dt.UTC)
        except (OverflowError, ValueError) as error:
            raise ValidationError(gettext("Enter a date and time such as 2026-12-31 18:00.")) from error
        return moment.replace(tzinfo=None).isoformat(timespec="seconds") + "Z"

    def to_python(self, stored):
        return _quiet(parse_datetime, stored)

    def display(self, stored, field):
        from django.utils.formats import date_format

        moment = self.to_python(stored)
        if moment is None:
            return str(stored)
        return date_format(moment.astimezone(timezone.get_current_timezone()), "SHORT_DATETIME_FORMAT")

    def form_field(self, field):
        return forms.DateTimeField(widget=MomentInput)


class Boolean(FieldType):
    key = "boolean"
    is_text = False

    def clean(self, value, field):
        if isinstance(value, bool):
            return value
        word = fold(str(value).strip()[:20])
        if not word:
            return None
        if word in YES:
            return True
        if word in NO:
            return False
        raise ValidationError(gettext("Enter yes or no."))

    def display(self, stored, field):
        return gettext("Yes") if stored else gettext("No")

    def form_field(self, field):
        return forms.ChoiceField(choices=[("", "—"), ("true", _("Yes")), ("false", _("No"))])


def _choice(text: str, field) -> str | None:
    """The choice that ``text`` means: the same, or the same but for case and accents."""
    if text in field.choices:
        return text
    folded = fold(text)
    return next((choice for choice in field.choices if fold(choice) == folded), None)


class Choice(FieldType):
    key = "choice"

    def clean(self, value, field):
        text = clean_text(value, max_length=100)
        if not text:
            return None
        choice = _choice(text, field)
        if choice is None:
            raise ValidationError(gettext("“%(value)s” is not one of the choices.") % {"value": text})
        return choice

    def form_field(self, field):
        return forms.ChoiceField(choices=[("", "—"), *((choice, choice) for choice in field.choices)])


class MultipleChoice(Choice):
    key = "multiple_choice"

    def clean(self, value, field):
        if isinstance(value, str):
            whole = _choice(clean_text(value, max_length=20_000), field)
            value = [whole] if whole else re.split(r"[;,\n]", value[:20_000])
        if not isinstance(value, list | tuple | set):
            raise ValidationError(gettext("Enter a list of choices."))
        chosen = {super(MultipleChoice, self).clean(item, field) for item in list(value)[:200]} - {None}
        return [choice for choice in field.choices if choice in chosen] or None

    def display(self, stored, field):
        return ", ".join(map(str, stored)) if isinstance(stored, list) else str(stored)

    def form_field(self, field):
        return forms.MultipleChoiceField(
            choices=[(choice, choice) for choice in field.choices], widget=forms.CheckboxSelectMultiple
        )


class Country(FieldType):
    key = "country"

    def clean(self, value, field):
        text = clean_text(value, max_length=100)
        if not text:
            return None
        if text.upper() in countries.NAMES:
            return text.upper()
        folded = fold(text).replace("'", "’")
        for code, names in countries.NAMES.items():
            if folded in map(fold, names):
                return code
        raise ValidationError(gettext("“%(value)s” is not a country.") % {"value": text})

    def display(self, stored, field):
        return countries.name(stored)

    def form_field(self, field):
        return forms.ChoiceField(choices=lambda: [("", "—"), *countries.choices()])


class LanguageSelect(forms.Select):
    """The languages that Django knows by name, and whatever other code the value is."""

    def optgroups(self, name, value, attrs=None):
        known = {
            code: str(get_language_info(code)["name_translated"])
            for code, info in LANG_INFO.items()
            if "fallback" not in info
        }
        others = {code: code for code in value if code and code.lower() not in known}
        names = sorted((known | others).items(), key=lambda pair: fold(pair[1]))
        self.choices = [("", "—"), *names]
        return super().optgroups(name, value, attrs)


class Language(FieldType):
    key = "language"

    def clean(self, value, field):
        text = clean_text(value, max_length=35).replace("_", "-")
        if not text:
            return None
        if not re.fullmatch(r"[a-zA-Z]{2,3}(-[a-zA-Z0-9]{2,8}){0,3}", text):
            raise ValidationError(gettext("Enter a language code such as fr or fr-CA."))
        first, *rest = text.split("-")
        return "-".join([first.lower(), *(part.upper() if len(part) == 2 else part.title() for part in rest)])

    def display(self, stored, field):
        try:
            return str(get_language_info(stored.lower())["name_translated"])
        except KeyError:
            return stored

    def form_field(self, field):
        return forms.CharField(max_length=35, widget=LanguageSelect)


class Phone(FieldType):
    key = "phone"
    max_length = 32

    def clean(self, value, field):
        text = clean_text(value, max_length=60)
        if not text:
            return None
        return clean_phone(text)

    def form_field(self, field):
        return forms.CharField(max_length=60, widget=forms.TextInput(attrs={"type": "tel"}))


def clean_phone(text: str, *, international: bool = False) -> str:
    """Digits with a leading + where the number is international (E.164). Raises ValidationError.

    A national number is kept as digits, since its country is not known here; ``international`` refuses it.
    """
    compact = re.sub(r"[\s.\-/()\u00a0\u2010-\u2015]", "", re.sub(r"\(0\)", "", text))
    if compact.startswith("00"):
        compact = "+" + compact[2:]
    if re.fullmatch(r"\+[1-9][0-9]{6,14}", compact):
        return compact
    if not international and re.fullmatch(r"[0-9]{4,15}", compact):
        return compact
    if international:
        raise ValidationError(
            gettext("Enter a phone number with its country code, such as +33 1 23 45 67 89.")
        )
    raise ValidationError(gettext("Enter a phone number, such as +33 1 23 45 67 89."))


class Url(FieldType):
    key = "url"
    max_length = 2000

    def clean(self, value, field):
        text = clean_text(value, max_length=self.max_length)
        if not text:
            return None
        if "://" not in text and not text.startswith("//"):
            text = f"https://{text}"
        URL(text)
        return text

    def form_field(self, field):
        return forms.CharField(max_length=self.max_length, widget=forms.URLInput)


class TimeZone(FieldType):
    """An IANA zone, checked: one invalid stored zone would fail a whole query on PostgreSQL."""

    key = "time_zone"

    def clean(self, value, field):
        text = clean_text(value, max_length=64)
        if text and text not in zoneinfo.available_timezones():
            raise ValidationError(gettext("“%(value)s” is not a time zone.") % {"value": text})
        return text or None

    def form_field(self, field):
        return forms.ChoiceField(
            choices=lambda: [
                ("", "—"),
                *((zone, zone.replace("_", " ")) for zone in sorted(zoneinfo.available_timezones())),
            ]
        )


class Email(FieldType):
    key = "email"
    max_length = 254

    def clean(self, value, field):
        from .identifiers import normalise

        return normalise("email", value) if str(value).strip() else None

    def form_field(self, field):
        return forms.CharField(max_length=254, widget=forms.EmailInput)


TYPES: dict[str, FieldType] = {
    cls.key: cls()
    for cls in (
        FieldType, LongText, Number, Date, DateTime, Boolean, Choice, MultipleChoice, Country, Language,
        Phone, Url, TimeZone, Email,
    )
}  # fmt: skip
