"""Questions about who a lead is: numbers, empty fields, company, language, zone – and a random share."""

import math
import zoneinfo

from django import forms
from django.conf import settings
from django.conf.locale import LANG_INFO
from django.db.models import BigIntegerField, Q, Value
from django.db.models.functions import Cast
from django.db.models.lookups import LessThan
from django.utils.formats import number_format
from django.utils.translation import get_language_info, gettext
from django.utils.translation import gettext_lazy as _
from wagtail.blocks import CharBlock, FloatBlock, MultipleChoiceBlock

from wagtail_automation.rules.conditions import Condition, Fields, register

from .blocks import LeadFieldChoiceBlock
from .conditions import FieldCondition
from .folding import fold
from .operators import (
    NumberComparison,
    TextComparison,
    number_q,
    number_words,
    text_q,
    text_words,
    whole_bound,
)
from .querysets import folded_match
from .shares import PRIME, multiplier_and_offset

GROUP = _("Profile")


@register
class FieldEmpty(FieldCondition):
    """A field has no value."""

    key = "field_empty"
    keywords = (_("missing"), _("unknown"))
    waitable = False
    #: true at once of everybody of whom nothing is known: never waited for
    negative = True

    field = LeadFieldChoiceBlock(label=_("Field"))

    class Meta:
        label = _("Field is empty")
        icon = "edit"
        group = GROUP
        tone = "blue"
        description = _("Nothing is known for this field.")

    def ask(self, field, value, prefix):
        return field.q_empty(prefix)

    def sentence(self, value):
        if not value.get("field"):
            return str(self.label)
        return gettext("%(field)s is empty") % {"field": value["field"].label}


@register
class FieldNumber(FieldCondition):
    """A number, own or custom, compared."""

    key = "field_number"
    keywords = (_("number"), _("more than"), _("less than"), _("between"))

    field = LeadFieldChoiceBlock(types=("number",), label=_("Field"))
    compare = NumberComparison(label=_("Number"))

    class Meta:
        label = _("Number field")
        icon = "list-ol"
        group = GROUP
        tone = "blue"
        description = _("A number of the lead compared with another. Those without a number match nothing.")

    def ask(self, field, value, prefix):
        if field.type != "number":
            return None

        def ask(op, number):
            if op == "exact":
                return field.q_equals(number, prefix)
            if not field.is_custom:
                op, number = whole_bound(op, number)
            return field.q_compare(op, number, prefix)

        return number_q(value.get("compare"), ask)

    def sentence(self, value):
        if not value.get("field"):
            return str(self.label)
        return number_words(value["field"].label, value.get("compare"))


@register
class CompanyIs(Condition):
    """The name of the company."""

    key = "company_is"
    keywords = (_("employer"), _("organisation"))
    depends_on = Fields("company")

    company = TextComparison(label=_("Company"))

    class Meta:
        label = _("Company")
        icon = "home"
        group = GROUP
        tone = "blue"
        description = _("The name of the company. Capitals and accents make no difference.")

    def q(self, value, scope):
        q = text_q(value.get("company"), lambda op, text: folded_match(op, "company", text, scope.prefix))
        return q or scope.nobody()

    def sentence(self, value):
        return text_words(gettext("Company"), value.get("company"))


class Several(MultipleChoiceBlock):
    """Some of many, in a list box. The choices are read when they are used."""

    def __init__(self, choices, **kwargs):
        kwargs.setdefault("widget", forms.SelectMultiple(attrs={"size": 8}))
        super().__init__(choices=choices, **kwargs)


def chosen(value, limit: int = 1000) -> list[str]:
    """The chosen texts of a bound value; empty for anything that no form wrote."""
    if not isinstance(value, list | tuple):
        return []
    return [item for item in value if isinstance(item, str) and item][:limit]


def language_name(code: str) -> str:
    """In the active language; the code of one that Django does not know."""
    try:
        return str(get_language_info(code.lower())["name_translated"])
    except KeyError:
        return code


def language_choices() -> list[tuple[str, str]]:
    """The site's languages first, then all that Django knows by name."""
    own = [code for code, _name in settings.LANGUAGES]
    others = [code for code, info in LANG_INFO.items() if "fallback" not in info and code not in own]
    return [
        *((code, language_name(code)) for code in own),
        *sorted(((code, language_name(code)) for code in others), key=lambda pair: fold(pair[1])),
    ]


@register
class LanguageIs(Condition):
    """One of some languages; a language without a region means all its regions."""

    key = "language_is"
    keywords = (_("speaks"),)
    depends_on = Fields("language")

    languages = Several(language_choices, label=_("Languages"))

    class Meta:
        label = _("Language")
        icon = "globe"
        group = GROUP
        tone = "blue"
        description = _("The lead's language is one of these. French stands for Canadian French too.")

    def q(self, value, scope):
        q = Q()
        for code in chosen(value.get("languages")):
            folded = fold(code)
            q |= folded_match("exact", "language", folded, scope.prefix)
            if "-" not in folded:
                q |= folded_match("startswith", "language", f"{folded}-", scope.prefix)
        return q or scope.nobody()

    def sentence(self, value):
        names = [language_name(code) for code in chosen(value.get("languages"))]
        if not names:
            return str(self.label)
        return gettext("Language is one of: %(languages)s") % {"languages": ", ".join(names)}


def zone_choices() -> list[tuple[str, str]]:
    """Every zone by its name."""
    return [(name, name.replace("_", " ")) for name in sorted(zoneinfo.available_timezones())]


@register
class TimeZoneIs(Condition):
    """One of some zones, by name."""

    key = "time_zone_is"
    keywords = (_("zone"), _("clock"))
    depends_on = Fields("time_zone")

    zones = Several(zone_choices, label=_("Time zones"))

    class Meta:
        label = _("Time zone")
        icon = "time"
        group = GROUP
        tone = "blue"
        description = _("The lead's time zone is one of these.")

    def q(self, value, scope):
        zones = chosen(value.get("zones"))
        return scope.lead(time_zone__in=zones) if zones else scope.nobody()

    def sentence(self, value):
        zones = [name.replace("_", " ") for name in chosen(value.get("zones"))]
        if not zones:
            return str(self.label)
        return gettext("Time zone is one of: %(zones)s") % {"zones": ", ".join(zones)}


@register
class RandomShare(Condition):
    """A share of all leads, drawn once: the same lead gets the same answer wherever the same word stands."""

    key = "random_share"
    keywords = (_("percent"), _("sample"), _("test"))

    percent = FloatBlock(min_value=0, max_value=100, default=10, label=_("Percent"))
    salt = CharBlock(
        required=False,
        max_length=50,
        label=_("Name of the draw"),
        help_text=_(
            "The same name draws the same people everywhere, and a larger share holds the smaller one. "
            "Another name draws independently."
        ),
    )

    class Meta:
        label = _("Random share")
        icon = "resubmit"
        group = _("Other")
        tone = "grey"
        description = _("The lead belongs to a random share of so many percent, always the same people.")

    def q(self, value, scope):
        percent = value.get("percent")
        if isinstance(percent, bool) or not isinstance(percent, int | float) or not 0 <= percent <= 100:
            return scope.nobody()
        multiplier, offset = multiplier_and_offset(str(value.get("salt") or ""))
        bucket = Cast(scope.field("bucket"), BigIntegerField())
        place = (bucket * Value(multiplier, BigIntegerField()) + Value(offset, BigIntegerField())) % PRIME
        return Q(LessThan(place, math.ceil(percent / 100 * PRIME)))

    def sentence(self, value):
        percent = value.get("percent")
        if not isinstance(percent, int | float):
            return str(self.label)
        number = number_format(int(percent) if percent == int(percent) else percent)
        if value.get("salt"):
            return gettext("In the random %(percent)s %% of “%(name)s”") % {
                "percent": number,
                "name": value["salt"],
            }
        return gettext("In the random %(percent)s %%") % {"percent": number}
