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
    present, path = dt.datetime.now(dt.UTC), conf.get("CLOCK_FILE")
    if path:
        present += _shared_offset(path)
    return present + _offset if _offset else present


def _shared_offset(path: str) -> dt.timedelta:
    """Seconds in the file named by the setting ``CLOCK_FILE`` (tests only): shared between processes."""
    try:
        return dt.timedelta(seconds=float(Path(path).read_text() or 0))
    except FileNotFoundError:
        return dt.timedelta(0)
