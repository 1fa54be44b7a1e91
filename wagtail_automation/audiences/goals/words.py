"""Values of goals as people read them."""

from decimal import Decimal

from django.utils.formats import number_format
from django.utils.translation import gettext

#: Currencies whose smallest unit is not a hundredth (ISO 4217).
PLACES = {
    "BHD": 3, "BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "IQD": 3, "ISK": 0, "JOD": 3, "JPY": 0, "KMF": 0,
    "KRW": 0, "KWD": 3, "LYD": 3, "OMR": 3, "PYG": 0, "RWF": 0, "TND": 3, "UGX": 0, "UYI": 0, "VND": 0,
    "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
}  # fmt: skip


def amount(value: int, currency: str) -> str:
    """“12.50 EUR”, or “12 pts” without a currency."""
    if not currency:
        return gettext("%(number)s pts") % {"number": number_format(value, use_l10n=True)}
    places = PLACES.get(currency, 2)
    return f"{number_format(Decimal(value).scaleb(-places), places)}\u00a0{currency}"
