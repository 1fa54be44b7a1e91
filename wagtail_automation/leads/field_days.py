"""The days that lie in a lead's fields, as questions to the database. Nothing here answers NULL."""

import datetime as dt

from django.db.models import F, Func, Q, Value
from django.db.models.fields import TextField
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce, ExtractDay, ExtractMonth, Substr, TruncDate
from django.db.models.lookups import GreaterThanOrEqual, LessThanOrEqual
from django.utils import timezone

from .fields import LeadField
from .operators import DayTarget
from .querysets import DayNumber

#: Types of fields that hold a day. Moments lie on a day of the site's zone.
TYPES = ("date", "datetime")


class FieldDays(DayTarget):
    """The day in one field, own or custom. ``prefix`` leads from the rows to the lead."""

    def __init__(self, field: LeadField, prefix: str = ""):
        self.field, self.prefix = field, prefix

    def between(self, first, last):
        q = ~self.field.q_empty(self.prefix)
        if first is not None:
            q &= self.field.q_compare("gte", self._start(first), self.prefix)
        if last is not None:
            if self.field.type == "date":
                q &= self.field.q_compare("lte", last, self.prefix)
            else:
                q &= self.field.q_compare("lt", self._start(last + dt.timedelta(days=1)), self.prefix)
        return q

    def _start(self, day: dt.date):
        """The day itself, or its first moment in the site's zone."""
        if self.field.type == "date":
            return day
        zone = timezone.get_default_timezone()
        return dt.datetime.combine(day, dt.time.min, zone).astimezone(dt.UTC)

    def month_day(self, low, high):
        """Of custom moments the day is taken as stored, in UTC."""
        if self.field.is_custom:
            stored = Coalesce(Substr(self._text(), 6, 5), Value(""), output_field=TextField())
            return Q(GreaterThanOrEqual(stored, low)) & Q(LessThanOrEqual(stored, high))
        column = f"{self.prefix}{self.field.key}"
        moment = {"tzinfo": timezone.get_default_timezone()} if self.field.type == "datetime" else {}
        number = Coalesce(ExtractMonth(column, **moment) * 100 + ExtractDay(column, **moment), 0)
        low_number, high_number = (int(text.replace("-", "")) for text in (low, high))
        return Q(GreaterThanOrEqual(number, low_number)) & Q(LessThanOrEqual(number, high_number))

    def _text(self):
        return KeyTextTransform(self.field.key, F(f"{self.prefix}attributes"))

    def number(self) -> Func:
        """Days since 1970, NULL where there is none; of custom moments in UTC, as stored."""
        if self.field.is_custom:
            return DayNumber(self._text(), text=True)
        column = f"{self.prefix}{self.field.key}"
        if self.field.type == "datetime":
            return DayNumber(TruncDate(column, tzinfo=timezone.get_default_timezone()), text=False)
        return DayNumber(F(column), text=False)
