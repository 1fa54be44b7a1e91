"""The parts of what a shop states, cleaned one by one; each raises ValidationError."""

import datetime as dt
import math
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext
from wagtail.models import Site

from wagtail_automation.leads.field_types import clean_text
from wagtail_automation.leads.folding import fold
from wagtail_automation.leads.models import Lead
from wagtail_automation.tracking.addresses import web_address

from . import money
from .models import Channel
from .models.products import key_of

MAX_ITEMS = 500
MAX_QUANTITY = 1_000_000
MAX_INFO = 50
MAX_CATEGORIES = 20
MAX_REFUNDS = 100
#: How far the clocks of shops may be ahead of ours.
AHEAD = dt.timedelta(minutes=5)
#: Whole numbers beyond are no keys and no information.
LARGEST = 2**63 - 1
ITEM_NAMES = frozenset({"sku", "name", "quantity", "price", "categories", "url", "image_url"})


def clean_truth(value) -> bool:
    if not isinstance(value, bool):  # "false" is true to Python
        raise ValidationError(gettext("True or false is wanted."))
    return value


def clean_words(value, *, max_length: int) -> str:
    """Text, or a whole number as shops send them for text; nothing for None. What else there is would become
    text that nobody wrote, such as “None” and “[]”."""
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | Promise):
        raise ValidationError(gettext("Text is wanted here."), code="text")
    if isinstance(value, int) and abs(value) > LARGEST:
        raise ValidationError(gettext("This number is too large."), code="large")
    return clean_text(value, max_length=max_length)


def clean_number(value) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValidationError(gettext("A number or key is text."))
    text = clean_words(value, max_length=200)
    if not text:
        raise ValidationError(gettext("This field is required."), code="required")
    return text


def clean_moment(value, now: dt.datetime) -> dt.datetime | None:
    if value is None:
        return None
    if not isinstance(value, dt.datetime) or value.tzinfo is None:
        raise ValidationError(gettext("A moment is a date and time with its time zone."), code="moment")
    if value > now + AHEAD:
        raise ValidationError(gettext("This date lies in the future."), code="future")
    if value.year < 1970:
        raise ValidationError(gettext("This date is too long ago."), code="past")
    return value.astimezone(dt.UTC)


def clean_items(items, currency: str, *, need_prices: bool = True) -> list[dict]:
    """``need_prices``: whether what they add up to is told by nothing else."""
    if not isinstance(items, list | tuple):
        raise ValidationError(gettext("Items are a list."))
    if len(items) > MAX_ITEMS:
        raise ValidationError(gettext("An order has at most %(limit)d items.") % {"limit": MAX_ITEMS})
    cleaned, problems = [], []
    for position, item in enumerate(items, 1):
        try:
            cleaned.append(clean_item(item, currency, needs_price=need_prices))
        except ValidationError as error:
            problems += [
                gettext("Item %(position)d: %(problem)s") % {"position": position, "problem": problem}
                for problem in error.messages
            ]
    if problems:
        raise ValidationError(problems[:20])
    return cleaned


def clean_item(item, currency: str, *, needs_price: bool) -> dict:
    if not isinstance(item, dict) or not set(item) <= ITEM_NAMES:
        raise ValidationError(
            gettext("An item has these values and no others: %(names)s.")
            % {"names": ", ".join(sorted(ITEM_NAMES))}
        )
    sku = clean_words(item.get("sku"), max_length=100)
    name = clean_words(item.get("name"), max_length=255)
    if not key_of(sku) and not name:
        raise ValidationError(gettext("An item has an SKU or a name."))
    quantity = item.get("quantity", 1)
    if isinstance(quantity, bool) or not isinstance(quantity, int) or not 1 <= quantity <= MAX_QUANTITY:
        raise ValidationError(
            gettext("A quantity is a whole number from 1 to %(limit)d.") % {"limit": MAX_QUANTITY}
        )
    categories = item.get("categories")
    categories = [] if categories is None else categories
    if not isinstance(categories, list | tuple) or len(categories) > MAX_CATEGORIES:
        raise ValidationError(gettext("Categories are a list of names, at most 20."))
    names = {key_of(text): text for text in (clean_words(name, max_length=100) for name in categories)}
    price = item.get("price")
    if price is None and needs_price:
        raise ValidationError(gettext("A price is needed, 0 if it costs nothing."), code="required")
    return {
        "sku": sku,
        "name": name or sku,
        "quantity": quantity,
        "price": money.to_units(0 if price is None else price, currency),
        "categories": sorted(text for key, text in names.items() if key),
        "url": web_url(item.get("url")),
        "image_url": web_url(item.get("image_url")),
    }


def web_url(url) -> str:
    """An address that may stand in a link; nothing for nothing. Raises ValidationError."""
    if url is None or url == "":
        return ""
    found = web_address(url) if isinstance(url, str) and len(url) <= 500 else None
    if found is None:
        raise ValidationError(gettext("Addresses begin with https:// or http://."))
    return found


def clean_lead(lead) -> int | None:
    """The id of a lead that is given by itself or by its id: another object's id is another's."""
    pk = lead.pk if isinstance(lead, Lead) else lead
    if lead is not None and (not isinstance(pk, int) or isinstance(pk, bool) or not 0 < pk <= LARGEST):
        raise ValidationError(gettext("A lead is given by itself or by its id."))
    return pk


def clean_site(site) -> int:
    """The id of a site of Wagtail, given by itself or by its id; one query for an id."""
    pk = site.pk if isinstance(site, Site) else site
    is_id = isinstance(pk, int) and not isinstance(pk, bool) and 0 < pk <= LARGEST
    if not is_id or (pk is site and not Site.objects.filter(pk=pk).exists()):
        raise ValidationError(gettext("A site is given by itself or by its id."))
    return pk


def clean_channel(channel) -> str:
    if channel not in Channel.values:
        raise ValidationError(
            gettext("“%(channel)s” is no channel; the channels are: %(channels)s.")
            % {"channel": money.shown(channel), "channels": ", ".join(Channel.values)}
        )
    return str(channel)


def clean_info(info) -> dict:
    if not isinstance(info, dict) or len(info) > MAX_INFO:
        raise ValidationError(gettext("Information is given by name, at most 50 values."))
    return {clean_words(name, max_length=50): clean_value(value) for name, value in info.items()}


def clean_value(value) -> str | int | float | bool:
    """An information: text, a number, yes or no, or a day or moment as text."""
    if isinstance(value, Decimal):
        value = float(value) if not value.is_nan() else math.nan
    if isinstance(value, float) and not math.isfinite(value):
        raise ValidationError(gettext("Numbers are finite."))
    if isinstance(value, bool | float):
        return value
    if isinstance(value, dt.date):
        value = value.isoformat()
    text = clean_words(value, max_length=500)
    return value if isinstance(value, int) else text


def info_key(name: str) -> str:
    """The name of an information as rules ask for it; SQLite's paths have no way to write a quote."""
    return key_of(name).replace('"', "")


def folded_info(info: dict) -> dict:
    """The information without case and accents, names included, as rules ask for it."""
    return {info_key(name): fold(value) if isinstance(value, str) else value for name, value in info.items()}


def clean_refunds(refunds, currency: str, at: dt.datetime, now: dt.datetime) -> list[dict]:
    """``[{"key", "amount", "at", "items"}]``: by the key a repeated call pays nothing back twice."""
    if not isinstance(refunds, list | tuple) or len(refunds) > MAX_REFUNDS:
        raise ValidationError(gettext("Refunds are a list."))
    found = []
    for refund in refunds:
        if not isinstance(refund, dict) or not set(refund) <= {"key", "amount", "at", "items"}:
            raise ValidationError(gettext("A refund has a key, an amount, a moment and items."))
        amount = money.to_units(refund.get("amount"), currency)
        if not amount:
            raise ValidationError(gettext("A refund of nothing is none."))
        moment = clean_moment(refund.get("at"), now) or at
        items = clean_returned(refund["items"] if refund.get("items") is not None else [])
        found.append({"key": clean_number(refund.get("key")), "amount": amount, "at": moment, "items": items})
    return found


def clean_returned(items) -> list[dict]:
    """What came back, ``[{"sku", "quantity"}]``, one entry for each SKU."""
    if not isinstance(items, list | tuple) or len(items) > MAX_ITEMS:
        raise ValidationError(gettext("Items are a list."))
    found: dict[str, dict] = {}
    for item in items:
        if not isinstance(item, dict) or not set(item) <= {"sku", "quantity"}:
            raise ValidationError(gettext("What came back has an SKU and a quantity."))
        sku = clean_words(item.get("sku"), max_length=100)
        quantity = item.get("quantity", 1)
        if not key_of(sku):
            raise ValidationError(gettext("What came back has an SKU and a quantity."))
        if isinstance(quantity, bool) or not isinstance(quantity, int) or not 1 <= quantity <= MAX_QUANTITY:
            raise ValidationError(
                gettext("A quantity is a whole number from 1 to %(limit)d.") % {"limit": MAX_QUANTITY}
            )
        known = found.setdefault(key_of(sku), {"sku": sku, "quantity": 0})
        known["quantity"] = min(known["quantity"] + quantity, MAX_QUANTITY)
    return list(found.values())
