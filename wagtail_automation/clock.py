"""The only source of the present moment, so that tests can move time in every process at once."""

import datetime as dt
from pathlib import Path

from . import conf

_frozen: dt.datetime | None = None
_offset = dt.timedelta(0)


def now() -> dt.datetime:
    """The present as an aware UTC datetime, moved by ``testing.clock`` when a test asked for it."""
    if _frozen is not None:
        return _frozen
    return dt.datetime.now(dt.UTC) + _offset + _shared_offset()


def _shared_offset() -> dt.timedelta:
    """Seconds in the file named by the setting ``CLOCK_FILE`` (tests only): shared between processes."""
    path = conf.get("CLOCK_FILE")
    if not path:
        return dt.timedelta(0)
    try:
        return dt.timedelta(seconds=float(Path(path).read_text() or 0))
    except FileNotFoundError:
        return dt.timedelta(0)
