"""Which contacts an order is owed to: revenue by email, campaign, promo, page, source… under a chosen model.

Every model shares out exactly what an order earned, to the smallest unit: parts add up to the whole, except
for "any", which gives the whole to everything that touched it. Orders that nothing touched come as a credit
with an empty key, so that every report reconciles with the revenue.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from wagtail_automation import objects
from wagtail_automation.tracking import events
from wagtail_automation.tracking.models import Device

from . import money, querysets, touching
from .models.touches import VISIT

#: key -> (label, what it does)
MODELS = {
    "last": (_("Last contact"), _("The last contact before the order gets all of it.")),
    "first": (_("First contact"), _("The first contact gets all of it.")),
    "linear": (_("Every contact alike"), _("Each contact gets the same share.")),
    "any": (
        _("Took part"),
        _("Everything that touched the order gets the whole of it: the rows add up to more than was earned."),
    ),
}


@dataclass(frozen=True)
class Dimension:
    """What credits are counted by. ``columns``: names in ``querysets.TOUCH_COLUMNS``. ``name_keys``: what
    people call these keys, in a constant number of queries."""

    label: str | Promise
    columns: tuple[str, ...]
    name_keys: Callable[[list[tuple]], dict[tuple, str]]


@dataclass(frozen=True)
class Credit:
    """``revenue`` in the smallest unit of ``currency``; an empty ``key``: no contact of this kind."""

    key: tuple
    label: str
    currency: str
    orders: int
    revenue: int

    @property
    def revenue_shown(self) -> str:
        return money.display(self.revenue, self.currency)

    @property
    def amount(self) -> str:
        """The revenue as a decimal number without the currency, for files."""
        return str(money.to_decimal(self.revenue, self.currency))


def _texts(keys: list[tuple]) -> dict[tuple, str]:
    return {key: " / ".join(map(str, filter(None, key))) for key in keys}


def _devices(keys: list[tuple]) -> dict[tuple, str]:
    words = dict(Device.choices)
    return {key: str(words.get(key[0], key[0])) for key in keys}


def _contacts(keys: list[tuple]) -> dict[tuple, str]:
    return {key: gettext("Visit") if key[0] == VISIT else str(events.get(key[0]).label) for key in keys}


def _objects(keys: list[tuple]) -> dict[tuple, str]:
    """Names of objects by ``(kind, key)``; one query a kind. Those that are gone are called so."""
    found = {}
    for kind in {key[0] for key in keys}:
        model = objects.model_of(kind) if kind else None
        wanted = {str(key[1]) for key in keys if key[0] == kind}
        named = {}
        name = model and objects.key_field(model)
        if name:
            rows = model._default_manager.filter(**{f"{name}__in": wanted}).order_by("-pk")
            named = {str(getattr(row, name)): str(row) for row in rows}
        for key in keys:
            if key[0] == kind:
                found[key] = named.get(str(key[1])) or gettext("deleted (%(key)s)") % {"key": str(key[1])[:8]}
    return found


def _origins(keys: list[tuple]) -> dict[tuple, str]:
    """Names of campaigns by "campaign:7"; other origins are called as they are."""
    model = objects.model_of(CAMPAIGN)
    pks = {
        key: int(number) for key in keys if (number := key[0].removeprefix("campaign:")) and number.isdigit()
    }
    named = model._default_manager.in_bulk(pks.values()) if model and pks else {}
    return {key: str(named.get(pks.get(key)) or key[0]) for key in keys}


EMAIL, PAGE, CAMPAIGN = 2, 1, 7
DIMENSIONS = {
    "source": Dimension(_("Source"), ("source", "medium"), _texts),
    "url_campaign": Dimension(_("Campaign in addresses (UTM)"), ("url_campaign",), _texts),
    "campaign": Dimension(_("Automation campaign"), ("origin",), _origins),
    "email": Dimension(_("Email"), ("email_kind", "email"), _objects),
    "promo": Dimension(_("Dynamic content and promo"), ("content_kind", "content"), _objects),
    "page": Dimension(_("First page of the visit"), ("page_kind", "page"), _objects),
    "contact": Dimension(_("Kind of contact"), ("contact",), _contacts),
    "device": Dimension(_("Device"), ("device",), _devices),
}


def credits(orders: models.QuerySet, *, by: str, model: str = "last") -> list[Credit]:
    """What each source, email… earned of these orders, the most first; constant number of queries.

    ``orders``: any queryset of orders; those that do not count earn nothing and are left out. ``by``: a key
    of ``DIMENSIONS``; ``model``: one of ``MODELS``. Contacts that were only seen (an email opened, a promo
    shown) get nothing. Raises KeyError for another key.
    """
    dimension, _label = DIMENSIONS[by], MODELS[model]
    found = querysets.credited(orders, dimension.columns, model, only_seen=touching.only_seen())
    keys = [key for key, *_rest in found if any(key)]
    names = dimension.name_keys(list(dict.fromkeys(keys))) if keys else {}
    return [
        Credit(key if any(key) else (), names.get(key, ""), currency, count, revenue)
        for key, currency, count, revenue in sorted(found, key=lambda row: (row[1], -row[3], str(row[0])))
    ]


def earned_by(orders: models.QuerySet, obj: models.Model) -> list[tuple[str, str, str, int, int]]:
    """``(model, its label, currency, orders, revenue)`` of one email, page, promo or campaign."""
    ref = objects.ref_of(obj)
    by = {EMAIL: "email", PAGE: "page", CAMPAIGN: "campaign"}.get(ref.kind, "promo")
    wanted = (f"campaign:{ref.pk}",) if by == "campaign" else (ref.kind, str(ref.key))
    rows = []
    for model, (label, _help) in MODELS.items():
        found = querysets.credited(orders, DIMENSIONS[by].columns, model, only_seen=touching.only_seen())
        rows += [
            (model, str(label), currency, count, revenue)
            for key, currency, count, revenue in found
            if key == wanted
        ]
    return rows


def described(order, limit: int = 100) -> list[tuple]:
    """``(touch, what it was about, campaign)`` of the latest touches of an order, the first of them first;
    one query for them and one for each kind of thing they were about."""
    rows = list(order.touches.order_by("-at", "-pk")[:limit])[::-1]
    about = {(row.object_kind, row.object_key) for row in rows if row.object_kind and row.object_key}
    names = _objects(sorted(about, key=str)) if about else {}
    origins = {(row.origin,) for row in rows if row.origin}
    campaigns = _origins(sorted(origins)) if origins else {}
    return [
        (row, names.get((row.object_kind, row.object_key), ""), campaigns.get((row.origin,), ""))
        for row in rows
    ]
