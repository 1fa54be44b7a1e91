"""How many messages a day a new mail server may send, day after day. No database."""

import datetime as dt
import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

#: Three weeks, slowly at first. The numbers are ours; what providers advise stands at
#: https://www.twilio.com/docs/sendgrid/concepts/reputation/warm-up-ip-addresses and
#: https://www.infobip.com/docs/email/ip-and-domain-warmup
DEFAULT = (
    50, 100, 200, 400, 700, 1_000, 1_500,
    2_000, 3_000, 4_000, 5_500, 7_500, 10_000, 13_000,
    17_000, 22_000, 30_000, 40_000, 55_000, 75_000, 100_000,
)  # fmt: skip
#: days of the longest plan, and messages of the largest day
LONGEST, MOST = 120, 100_000_000

_NUMBER = re.compile(r"[0-9]{1,3}(?:[ \u00a0\u202f.,'’][0-9]{3})+|[0-9]{1,12}")
_NO_DIGIT = re.compile(r"[^0-9]")


def read(text: str) -> list[int]:
    """The limits of a plan, one a line, with thousands as people write them (``1 000``, ``1,000``).

    Empty for an empty text. Raises ValidationError for what is no plan: no numbers, one that is smaller than
    that of the day before, more than ``LONGEST`` days.
    """
    lines = [line.strip() for line in (text or "")[: LONGEST * 40].splitlines() if line.strip()]
    if len(lines) > LONGEST or len(text or "") > LONGEST * 40:
        raise ValidationError(_("A plan has at most %(most)d days."), params={"most": LONGEST})
    limits: list[int] = []
    for line in lines:
        number = int(_NO_DIGIT.sub("", line)) if _NUMBER.fullmatch(line) else 0
        if not 0 < number <= MOST:
            raise ValidationError(_("“%(line)s” is no number of messages."), params={"line": line[:40]})
        if limits and number < limits[-1]:
            raise ValidationError(
                _("“%(line)s” is less than on the day before: a plan grows."), params={"line": line[:40]}
            )
        limits.append(number)
    return limits


def check(text: str) -> None:
    """As a validator."""
    read(text)


def write(limits) -> str:
    """As ``read`` reads it."""
    return "\n".join(map(str, limits))


def limit(first: dt.date | None, limits, day: dt.date) -> int | None:
    """How many may go on this day; None: as many as there are, without a plan or after it. None at all (0)
    before its first day."""
    if first is None:
        return None
    number = (day - first).days
    if number < 0:
        return 0
    return limits[number] if number < len(limits) else None
