"""What imports of things that happened have in common: a column with the time, in a zone asked for once, and
columns that say whose they are."""

import datetime as dt
import zoneinfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from wagtail_automation import clock
from wagtail_automation.leads.field_types import TYPES
from wagtail_automation.leads.identifiers import normalise

from . import dates
from .people import attempt

#: How far the clocks of those who wrote the file may be ahead of ours.
AHEAD = dt.timedelta(minutes=5)


def moment_fields() -> dict[str, forms.Field]:
    """The questions about times: their zone, and whether the day or the month comes first."""
    zones = [(zone, zone.replace("_", " ")) for zone in sorted(zoneinfo.available_timezones())]
    return {
        "zone": forms.ChoiceField(
            label=_("Time zone of the times"),
            choices=zones,
            initial=timezone.get_default_timezone_name(),
            help_text=_("Where a time does not say its zone itself."),
        ),
        "day_first": dates.order_field(),
    }


class MomentCleaner:
    """Cleans the columns of one run: identifiers (``id.…``), times, and others by ``functions``, whose keys
    are the names behind the dot of their targets. ``many``: targets to which several columns go,
    by their names, of which ``longest`` characters are kept."""

    def __init__(
        self,
        run,
        functions: dict,
        *,
        many: frozenset[str] = frozenset(),
        may_be_ahead: bool = False,
        longest: int = 1000,
    ):
        self.run, self.functions, self.many, self.longest = run, functions, many, longest
        self.may_be_ahead = may_be_ahead
        self.zone = zoneinfo.ZoneInfo(run.options.get("zone") or timezone.get_default_timezone_name())

    def clean(self, target: str, texts: set[str]) -> dict:
        area, _dot, name = target.partition(".")
        if area == "id":
            return {text: attempt(normalise, name, text) for text in texts}
        function = self.functions.get(name) or self.moment
        return {text: attempt(function, text) for text in texts}

    def moment(self, text: str) -> str:
        """A time as ISO 8601 in UTC. Raises ValidationError for one in the future, unless it may be."""
        with timezone.override(self.zone):
            stored = TYPES["datetime"].clean(dates.normal(text, self.run), None)
        if not self.may_be_ahead and TYPES["datetime"].to_python(stored) > clock.now() + AHEAD:
            raise ValidationError(gettext("This date lies in the future."))
        return stored

    def put(self, entry, target: str, name: str, value) -> None:
        if target in self.many:
            entry.values.setdefault(target, {})[name[: self.longest]] = value
        elif isinstance(value, list):
            entry.values[target] = [*entry.values.get(target, []), *value]
        else:
            entry.values[target] = value
