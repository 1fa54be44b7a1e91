"""How many messages a day a new mail server may send, day after day. No database."""

import datetime as dt
import re
from dataclasses import dataclass

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
#: what of a spread day may go at once after a time in which nothing went
STRETCH = dt.timedelta(minutes=5)
#: so many times as fast as evenly goes what is late
HURRY = 2
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


def limit(limits, number: int) -> int | None:
    """How many may go on the day after ``number`` days of the plan; None: as many as there are, after it."""
    return limits[number] if number < len(limits) else None


@dataclass(frozen=True)
class Day:
    """The messages of one day and the time between which they go, evenly; all at once where ``end`` is no
    later than ``begin``.

    The methods are told how many have ``gone``, and until when the time is ``used`` that let them go.
    """

    limit: int
    begin: dt.datetime
    end: dt.datetime

    @property
    def is_spread(self) -> bool:
        return self.end > self.begin

    def may(self, gone: int, used: dt.datetime, now: dt.datetime) -> int:
        """How many more may go now.

        What is left of the day goes in what is left of the time, at most ``HURRY`` times as fast as evenly.
        After a while without any there is no burst: no more than flows in within ``STRETCH``, or one.
        """
        left, now = self._left(gone, now), min(now, self.end)
        if not self.is_spread or left <= 0:
            return left
        since, step = self._pace(left, used, now)
        return max(0, min(left, int((now - since) / step + 0.5 + 1e-6)))

    def after(self, count: int, gone: int, used: dt.datetime, now: dt.datetime) -> dt.datetime:
        """``used`` once so many more have gone."""
        left, now = self._left(gone, now), min(now, self.end)
        if not self.is_spread or left <= 0:
            return used
        since, step = self._pace(left, used, now)
        return since + count * step

    def room(self, gone: int, used: dt.datetime, now: dt.datetime) -> int:
        """How many more may go until the day is over."""
        left, now = self._left(gone, max(now, self.begin)), min(max(now, self.begin), self.end)
        if not self.is_spread or left <= 0:
            return left
        since, step = self._pace(left, used, now)
        return min(left, int((self.end - since) / step + 0.5 + 1e-6))

    def moment(self, place: int, gone: int, used: dt.datetime, now: dt.datetime) -> dt.datetime:
        """When the message goes that stands so many places behind the next, one of those for which there is
        ``room``; not before now."""
        if not self.is_spread:
            return max(self.begin, now)
        at = max(now, self.begin)
        since, step = self._pace(self._left(gone, at), used, min(at, self.end))
        return max(since + (place + 0.5) * step, now)

    def _left(self, gone: int, now: dt.datetime) -> int:
        """What had no chance to go just before the end may go just after it."""
        is_open = self.begin <= now and not (self.is_spread and now >= self.end + STRETCH)
        return max(self.limit - gone, 0) if is_open else 0

    def _pace(self, left: int, used: dt.datetime, now: dt.datetime) -> tuple[dt.datetime, dt.timedelta]:
        """Since when messages may have gathered, and the time from one to the next."""
        fastest = (self.end - self.begin) / self.limit / HURRY
        begin = max(used, self.begin)
        since = max(begin, now - max(STRETCH, (self.end - begin) / left))
        return since, max((self.end - since) / left, fastest)
