"""Activities that compute a field from the lead itself: dates, copies, capital letters.

Each reads its cohort once and writes every field in one statement, however many people there are; a value
that many have is worked out once.
"""

import datetime as dt
import logging
from collections.abc import Callable
from functools import cache

from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.blocks import IntegerBlock, ListBlock
from wagtail.blocks.struct_block import StructBlockValidationError

from wagtail_automation.activities import Activity, register

from . import actions, capitals
from .blocks import LeadFieldChoiceBlock
from .days import elsewhere, site_day
from .fields import LeadField
from .models import Lead
from .operators import MAX_DAYS

logger = logging.getLogger("wagtail_automation")
GROUP = _("Profile")


def field_of(value, name: str, *, settable: bool = False) -> LeadField:
    """The field chosen under ``name``. Raises ValueError, in words, if it is gone."""
    key = value.get(name)
    field = getattr(key, "field", None)
    if field is None or (settable and not field.is_settable):
        raise ValueError(gettext("The field “%(key)s” does not exist.") % {"key": key})
    return field


def write_computed(cohort, field: LeadField, compute: Callable[[Lead], object]) -> int:
    """Write ``compute(lead)`` (None: leave it) into the field of each lead; two statements for any number.

    A value that the field does not take leaves the lead as it is, and is logged. Those who have it already
    are left alone, so that a repeat changes nothing. Returns how many changed.
    """
    values, refused = {}, []
    for lead in Lead.objects.filter(pk__in=cohort.lead_ids()).order_by("pk"):
        value = compute(lead)
        if value is None:
            continue
        try:
            cleaned = field.clean(value)
        except ValidationError as error:
            refused.append((lead.pk, error))
            continue
        if cleaned is not None and cleaned != field.stored(lead):
            values[lead.pk] = cleaned
    if refused:
        logger.warning(
            "%s: %d leads keep their value of %s; the first is %s: %s",
            cohort.origin, len(refused), field.key, *refused[0],
        )  # fmt: skip
    return actions.set_field_each(values=values, field=field, source=cohort.origin, now=cohort.now)


@register
class DateAdd(Activity):
    """A date of the lead, moved by some days, into another field or the same."""

    key = "date_add"
    keywords = (_("date"), _("later"))

    source = LeadFieldChoiceBlock(types=("date", "datetime"), label=_("Date"))
    days = IntegerBlock(
        min_value=-MAX_DAYS,
        max_value=MAX_DAYS,
        default=30,
        label=_("Days"),
        help_text=_("Negative: earlier."),
    )
    target = LeadFieldChoiceBlock(types=("date", "datetime"), settable_only=True, label=_("Write into"))

    class Meta:
        label = _("Date plus days")
        icon = "date"
        group = GROUP
        tone = "green"
        description = _(
            "Writes a date of the lead, moved by some days, into a field. Without a date nothing changes."
        )

    def apply(self, value, cohort):
        source, target = field_of(value, "source"), field_of(value, "target", settable=True)
        days = value.get("days") or 0

        def moved(lead):
            day = source.python(lead)
            try:
                return None if day is None else day + dt.timedelta(days=days)
            except OverflowError:
                return None

        write_computed(cohort, target, moved)

    def sentence(self, value):
        source, target, days = value.get("source"), value.get("target"), value.get("days")
        if not source or not target or not isinstance(days, int):
            return str(self.label)
        return gettext("Set %(target)s to %(source)s, days: %(days)+d") % {
            "target": target.label,
            "source": source.label,
            "days": days,
        }


@register
class DateToday(Activity):
    """The day where each lead lives; of a field with a time, this moment."""

    key = "date_today"
    keywords = (_("date"), _("now"))

    field = LeadFieldChoiceBlock(types=("date", "datetime"), settable_only=True, label=_("Write into"))

    class Meta:
        label = _("Today's date")
        icon = "date"
        group = GROUP
        tone = "green"
        description = _("Writes today's date into a field: the day where the person lives.")

    def apply(self, value, cohort):
        field = field_of(value, "field", settable=True)
        if field.type == "datetime":
            write_computed(cohort, field, lambda lead: cohort.now)
            return
        here = site_day(cohort.now)
        abroad = {zone: day for day, zones in elsewhere(cohort.now).items() for zone in zones}
        write_computed(cohort, field, lambda lead: abroad.get(lead.time_zone, here))

    def sentence(self, value):
        field = value.get("field")
        return gettext("Set %(field)s to today") % {"field": field.label} if field else str(self.label)


@register
class FieldCopy(Activity):
    """One field into another; a lead without a value keeps what it has."""

    key = "field_copy"
    immediate = True
    keywords = (_("duplicate"),)

    source = LeadFieldChoiceBlock(label=_("Copy"))
    target = LeadFieldChoiceBlock(settable_only=True, label=_("Write into"))

    class Meta:
        label = _("Copy a field")
        icon = "copy"
        group = GROUP
        tone = "green"
        description = _("Copies a field of the lead into another one. Without a value nothing changes.")

    def apply(self, value, cohort):
        source, target = field_of(value, "source"), field_of(value, "target", settable=True)

        def copied(lead):
            stored = source.python(lead)
            if isinstance(stored, list) and target.type != "multiple_choice":
                return ", ".join(map(str, stored))
            return stored

        write_computed(cohort, target, copied)

    def clean(self, value):
        result = super().clean(value)
        if result.get("source") and str(result["source"]) == str(result.get("target") or ""):
            raise StructBlockValidationError({"target": ValidationError(gettext("Choose another field."))})
        return result

    def sentence(self, value):
        source, target = value.get("source"), value.get("target")
        if not source or not target:
            return str(self.label)
        return gettext("Copy %(source)s to %(target)s") % {"source": source.label, "target": target.label}


class FixText(Activity):
    """Base: corrects some text fields of each lead."""

    immediate = True
    fix: Callable[[str], str | None]

    def apply(self, value, cohort):
        fix = cache(type(self).fix)
        for key in value.get("fields") or []:
            field = field_of({"field": key}, "field", settable=True)
            if field.type in ("text", "long_text"):
                write_computed(cohort, field, lambda lead, field=field: self._fixed(fix, field.read(lead)))

    @staticmethod
    def _fixed(fix, text):
        return fix(text) if isinstance(text, str) else None

    def sentence(self, value):
        names = ", ".join(key.label for key in value.get("fields") or [] if key)
        return f"{self.label}: {names}" if names else str(self.label)


def text_fields() -> ListBlock:
    """Fields whose text may be corrected."""
    return ListBlock(
        LeadFieldChoiceBlock(types=("text", "long_text"), settable_only=True, label=_("Field")),
        min_num=1,
        max_num=20,
        label=_("Fields"),
    )


@register
class FixCapitals(FixText):
    key = "fix_capitals"
    keywords = (_("upper case"), _("lower case"))
    fix = staticmethod(capitals.fix_capitals)

    fields = text_fields()

    class Meta:
        label = _("Correct capitals")
        icon = "title"
        group = GROUP
        tone = "green"
        description = _(
            "Corrects texts that are all in capitals or all in small letters. What cannot be judged stays."
        )


@register
class FixNames(FixText):
    key = "fix_names"
    keywords = (_("first name"), _("last name"), _("capitals"))
    fix = staticmethod(capitals.fix_name)

    fields = text_fields()

    class Meta:
        label = _("Correct names")
        icon = "user"
        group = GROUP
        tone = "green"
        description = _(
            "Corrects personal names that are all in capitals or all in small letters: Jean-Pierre, d'Arc, "
            "McDonald, van der Berg. What cannot be judged stays."
        )
