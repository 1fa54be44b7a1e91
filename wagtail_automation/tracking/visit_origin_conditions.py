"""Questions about how people came: from where, with what. Answered by the rows kept of the first and the
latest visit, never by looking through visits – but for "any visit"."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.blocks import ChoiceBlock

from wagtail_automation.leads.field_types import TYPES
from wagtail_automation.leads.operators import (
    TextComparison,
    alternatives,
    column_text,
    text_q,
    text_words,
)
from wagtail_automation.leads.querysets import folded_match
from wagtail_automation.rules import Condition, Fields, conditions

from . import machine
from .models import Arrival, Device, Visit
from .visit_conditions import GROUP, VIEWED

LEVELS = {"country": _("Country"), "region": _("Region"), "city": _("City")}


@conditions.register
class PlaceIs(Condition):
    """The lead's own country, region or city; where it is unknown, that of the latest visit."""

    key = "place_is"
    keywords = (_("address"), _("location"), _("country"), _("city"))
    depends_on = Fields("country", "region", "city") | VIEWED

    level = ChoiceBlock(choices=list(LEVELS.items()), default="country", label=_("Kind of place"))
    place = TextComparison(label=_("Place"))

    class Meta:
        label = _("Place")
        icon = "site"
        group = _("Profile")
        tone = "blue"
        description = _(
            "Country, region or city of the lead; where it is unknown, the place of the latest visit, if the "
            "site locates visits."
        )

    def q(self, value, scope):
        level, place = value.get("level"), value.get("place")
        if level not in LEVELS:
            return scope.nobody()
        unknown = ~folded_match("filled", level, "", scope.prefix)
        latest = Arrival.objects.filter(which=Arrival.Which.LATEST)

        def ask(op, text):
            own = folded_match(op, level, text, scope.prefix)
            return own | unknown & scope.where(latest.filter(column_text(level)(op, text)))

        return text_q(_with_codes(place) if level == "country" else place, ask) or scope.nobody()

    def sentence(self, value):
        level = value.get("level")
        return text_words(str(LEVELS[level]), value.get("place")) if level in LEVELS else str(self.label)


def _with_codes(place: dict | None) -> dict:
    """Countries are stored as codes: “France, Belgique” means FR and BE."""
    place = dict(place or {})
    if place.get("operator") in ("is", "is_not", "one_of"):
        text = str(place.get("text") or "")
        parts = alternatives(text) if place["operator"] == "one_of" else [text]
        place["text"] = ", ".join(_code(part) for part in parts)
    return place


def _code(text: str) -> str:
    try:
        return TYPES["country"].clean(text, None) or text
    except ValidationError:
        return text


def device_choices() -> list:
    """Kinds of devices, browsers and systems by group; the value says both: ``browser:Firefox``."""
    kinds = [(f"device:{value}", label) for value, label in Device.choices]
    return [
        (_("Device"), kinds),
        (_("Browser"), [(f"browser:{name}", name) for name in machine.BROWSERS]),
        (_("Operating system"), [(f"system:{name}", name) for name in machine.SYSTEMS]),
    ]


WHICH = {"last": _("the last visit"), "any": _("any visit")}


@conditions.register
class DeviceIs(Condition):
    """What a visit was made with."""

    key = "device_is"
    keywords = (_("mobile"), _("browser"), _("tablet"), _("system"))
    counted_from = "ever"
    depends_on = VIEWED

    device = ChoiceBlock(choices=device_choices, label=_("Device, browser or system"))
    which = ChoiceBlock(choices=list(WHICH.items()), default="last", label=_("In"))

    class Meta:
        label = _("Device")
        icon = "mobile-alt"
        group = GROUP
        tone = "teal"
        description = _(
            "The kind of device, the browser or the system of the person's last visit, or of any."
        )

    def q(self, value, scope):
        kind, _colon, name = str(value.get("device") or "").partition(":")
        if kind not in ("device", "browser", "system") or not name or value.get("which") not in WHICH:
            return scope.nobody()
        if value["which"] == "last":
            return scope.where(Arrival.objects.filter(which=Arrival.Which.LATEST, **{kind: name}))
        return scope.where(Visit.objects.filter(human=True, **{kind: name}), lead="visitor__lead")

    def sentence(self, value):
        kind, _colon, name = str(value.get("device") or "").partition(":")
        if not name or value.get("which") not in WHICH:
            return str(self.label)
        if kind == "device":
            name = str(dict(Device.choices).get(name, name))
        return gettext("%(device)s in %(which)s") % {"device": name, "which": WHICH[value["which"]]}


PARTS = {
    "source": _("Source"),
    "medium": _("Medium"),
    "campaign": _("Campaign"),
    "term": _("Search term"),
    "content": _("Advertisement"),
    "referrer": _("Address it came from"),
}


@conditions.register
class SourceIs(Condition):
    """Where the first or the latest visit came from."""

    key = "source_is"
    keywords = (_("utm"), _("campaign"), _("referrer"), _("medium"))
    counted_from = "ever"
    depends_on = VIEWED

    part = ChoiceBlock(choices=list(PARTS.items()), default="source", label=_("Part"))
    text = TextComparison(label=_("Comparison"))
    which = ChoiceBlock(choices=Arrival.Which.choices, default=Arrival.Which.LATEST, label=_("Visit"))

    class Meta:
        label = _("Source of the visit")
        icon = "redirect"
        group = GROUP
        tone = "teal"
        description = _(
            "Source, medium, campaign, search term, advertisement or referring address of the first or "
            "latest visit."
        )

    def q(self, value, scope):
        part, which = value.get("part"), value.get("which")
        if part not in PARTS or which not in Arrival.Which.values:
            return scope.nobody()
        arrivals, ask = Arrival.objects.filter(which=which), column_text(part)
        return (
            text_q(value.get("text"), lambda op, text: scope.where(arrivals.filter(ask(op, text))))
            or scope.nobody()
        )

    def sentence(self, value):
        part, which = value.get("part"), value.get("which")
        if part not in PARTS or which not in Arrival.Which.values:
            return str(self.label)
        what = {
            "first": gettext("%(part)s of the first visit"),
            "latest": gettext("%(part)s of the latest visit"),
        }[which]
        return text_words(what % {"part": PARTS[part]}, value.get("text"))
