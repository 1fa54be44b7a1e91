"""Money: whole numbers of a currency's smallest unit inside, decimal amounts where people and shops speak.

The number of decimals of a currency is that of ISO 4217, from Babel's tables with their differences mended.
"""

from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, Context, Decimal, InvalidOperation
from functools import cache, lru_cache

from babel.numbers import get_currency_precision, list_currencies
from django.core.exceptions import ValidationError
from django.utils.formats import number_format
from django.utils.translation import gettext

#: The largest amount of one order or price, in the smallest unit; larger ones are mistakes.
MAX_AMOUNT = 10**12 - 1
#: Arithmetic that rounds nothing away: what is finer than a cent is to be refused.
EXACTLY = Context(prec=MAX_PREC, Emax=MAX_EMAX, Emin=MIN_EMIN)
#: Where Babel (CLDR) has the decimals that are in use and ISO 4217 those that payments are made with.
ISO_DECIMALS = {
    "AFN": 2, "ALL": 2, "IQD": 3, "IRR": 2, "KPW": 2, "LAK": 2, "LBP": 2, "MGA": 2, "MMK": 2, "RSD": 2,
    "SLL": 2, "SOS": 2, "SYP": 2, "YER": 2,
}  # fmt: skip


@cache
def currencies() -> frozenset[str]:
    """The codes that are currencies, those of the past included: orders may be old."""
    return frozenset(list_currencies())


def clean_currency(code) -> str:
    """Three capital letters of a currency that exists. Raises ValidationError."""
    text = code.strip().upper() if isinstance(code, str) else ""
    if text not in currencies():
        raise ValidationError(
            gettext("“%(currency)s” is no currency; use three letters such as EUR.")
            % {"currency": shown(code)},
            code="currency",
        )
    return text


def shown(value) -> str:
    """What was given, as a message names it: Python writes out no number of more than 4300 digits."""
    try:
        return str(value)[:30]
    except ValueError:
        return "…"


@lru_cache(maxsize=512)
def decimals(currency: str) -> int:
    """How many decimals an amount of this currency may have."""
    return ISO_DECIMALS.get(currency, get_currency_precision(currency))


def to_units(amount, currency: str) -> int:
    """``"49.90"``, ``Decimal("49.90")`` or ``49`` in the smallest unit: 4990 of EUR.

    Raises ValidationError for what is no number, is negative, finer than the smallest unit or absurdly
    large, and for a float, which is not the number that it looks like.
    """
    if isinstance(amount, bool) or not isinstance(amount, int | str | Decimal):
        raise ValidationError(gettext("Amounts are decimal numbers, such as 49.90."), code="amount")
    if isinstance(amount, str) and len(amount) < 50:
        return _units_of_text(amount, currency)
    if type(amount) is int and amount == 0:  # what most orders say of their discount and tax
        return 0
    return _units(amount, currency)


@lru_cache(maxsize=4096)  # a shop has few prices; what is refused is not remembered
def _units_of_text(amount: str, currency: str) -> int:
    return _units(amount.strip(), currency)


def _units(amount: int | str | Decimal, currency: str) -> int:
    try:
        number = Decimal(amount)
    except InvalidOperation:
        number = None
    if number is None or not number.is_finite() or (isinstance(amount, str) and "_" in amount):
        raise ValidationError(gettext("Amounts are decimal numbers, such as 49.90."), code="amount")
    if number < 0:
        raise ValidationError(gettext("Amounts are never negative."), code="negative")
    if number > MAX_AMOUNT:
        raise ValidationError(gettext("This amount is too large."), code="large")
    units = number.scaleb(decimals(currency), EXACTLY)
    if units != units.to_integral_value():
        raise ValidationError(
            gettext("%(amount)s is finer than the smallest unit of %(currency)s.")
            % {"amount": str(amount)[:50], "currency": currency},
            code="fine",
        )
    if units > MAX_AMOUNT:
        raise ValidationError(gettext("This amount is too large."), code="large")
    return int(units)


def to_decimal(units: int | None, currency: str) -> Decimal:
    """4990 of EUR as ``Decimal("49.90")``; 0 for None, a price that nobody said."""
    units = units or 0
    return Decimal(units).scaleb(-decimals(currency)) if currency else Decimal(units)


def display(units: int | None, currency: str) -> str:
    """“49.90 EUR”, in the active language; nothing for None."""
    if units is None:
        return ""
    number = number_format(to_decimal(units, currency), decimals(currency), force_grouping=True)
    return f"{number}\u00a0{currency}"
