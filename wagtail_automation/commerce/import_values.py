"""How the cells of files about purchases are read: amounts, yes and no, quantities, categories."""

import re
from decimal import Decimal, InvalidOperation

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from wagtail_automation import conf
from wagtail_automation.leads.field_types import TYPES, clean_text
from wagtail_automation.leads.folding import fold

from . import money
from .cleaning import MAX_QUANTITY
from .models.products import key_of

YES = {"yes", "y", "true", "1", "x", "oui", "o", "vrai", "in stock", "en stock", "disponible"}
NO = {"no", "n", "false", "0", "non", "faux", "sold out", "out of stock", "epuise", "indisponible"}
#: What files call the states, folded.
STATES = {
    "paid": "paid", "payee": "paid", "paye": "paid", "completed": "paid", "terminee": "paid",
    "placed": "placed", "pending": "placed", "passee": "placed", "en attente": "placed",
    "cancelled": "cancelled", "canceled": "cancelled", "annulee": "cancelled", "annule": "cancelled",
    "refunded": "refunded", "remboursee": "refunded", "rembourse": "refunded",
}  # fmt: skip
CHANNELS = {
    "web": "web", "online": "web", "en ligne": "web", "internet": "web",
    "shop": "shop", "store": "shop", "magasin": "shop", "boutique": "shop",
    "call centre": "call_centre", "call center": "call_centre", "phone": "call_centre",
    "telephone": "call_centre", "centre d'appels": "call_centre",
    "marketplace": "marketplace", "place de marche": "marketplace",
    "app": "app", "mobile": "app", "other": "other", "autre": "other",
}  # fmt: skip


THOUSAND_OR_ONE = re.compile(r"[1-9]\d{0,2}\.\d{3}")


def amount(text: str) -> str:
    """“1 234,50” or “1,234.50” as a decimal number. Raises ValidationError."""
    plain = "".join(text.split()).replace("'", "").replace("\u2019", "")
    for sign in ("€", "$", "£", "EUR", "USD", "GBP", "CHF"):
        plain = plain.replace(sign, "")
    if "," in plain and "." in plain:
        last = max(plain.rfind(","), plain.rfind("."))
        plain = plain[:last].replace(",", "").replace(".", "") + "." + plain[last + 1 :]
    plain = plain.replace(",", ".")
    try:
        number = Decimal(plain)
    except InvalidOperation:
        number = None
    if number is None or not number.is_finite() or len(plain) > 30:
        raise ValidationError(gettext("This is no amount."))
    if number < 0:
        raise ValidationError(gettext("Amounts are never negative."))
    return str(number)


def units(text: str, currency: str) -> int:
    """What ``amount`` made of a text, in the smallest unit of the currency. Raises ValidationError, also
    where nobody can tell a thousand from one: “1.500” and “1,500” are either."""
    found = money.to_units(text, currency)
    if money.decimals(currency) < 3 and THOUSAND_OR_ONE.fullmatch(text):
        whole_part, rest = text.split(".")
        raise ValidationError(
            gettext("This may be %(thousands)s or %(ones)s: write it in one of these two ways.")
            % {"thousands": f"{whole_part}{rest}.00", "ones": f"{whole_part}.{rest[:2]}"}
        )
    return found


def differs(values: dict, counting: dict, names) -> bool:
    """Whether a row says of one of these another thing than what counts."""
    return any(name in values and values[name] != counting[name] for name in names)


def one_of(words: dict, text: str) -> str:
    found = words.get(" ".join(fold(text).split()))
    if found is None:
        raise ValidationError(gettext("“%(text)s” is not known here.") % {"text": text[:50]})
    return found


def truth(text: str) -> bool:
    folded = " ".join(fold(text).split())
    if folded in YES or (folded.isdecimal() and int(folded[:9]) > 0):
        return True
    if folded in NO or folded.isdecimal():
        return False
    raise ValidationError(gettext("This is neither yes nor no."))


def whole(text: str) -> int:
    number = TYPES["number"].clean(text, None)
    if number != int(number) or not 1 <= number <= MAX_QUANTITY:
        raise ValidationError(
            gettext("A quantity is a whole number from 1 to %(limit)d.") % {"limit": MAX_QUANTITY}
        )
    return int(number)


def names(text: str) -> list[str]:
    """Categories, separated by commas, semicolons or strokes."""
    parts = text.replace(";", ",").replace("|", ",").split(",")
    found = [clean_text(part, max_length=100) for part in parts]
    return [name for name in found if key_of(name)][:20]


def currency_field() -> forms.CharField:
    return forms.CharField(
        label=_("Currency"),
        max_length=3,
        initial=conf.get("CURRENCY"),
        help_text=_("Where no column says it."),
        validators=[money.clean_currency],
    )


def text_of(limit: int, *, lines: bool = False):
    return lambda text: clean_text(text, max_length=limit, lines=lines)
