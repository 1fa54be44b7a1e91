"""Move or stop time in tests, in this process and – through ``CLOCK_FILE`` – in every other."""

import datetime as dt
from contextlib import contextmanager
from pathlib import Path

from wagtail_automation import clock, conf


@contextmanager
def shift(delta: dt.timedelta):
    """The clock goes ``delta`` further inside the block."""
    before = clock._offset
    clock._offset = before + delta
    try:
        yield
    finally:
        clock._offset = before


@contextmanager
def freeze(moment: dt.datetime):
    """The clock stands at ``moment`` (aware) inside the block."""
    if moment.tzinfo is None:
        raise ValueError("freeze() needs an aware datetime")
    before = clock._frozen
    clock._frozen = moment.astimezone(dt.UTC)
    try:
        yield moment
    finally:
        clock._frozen = before


def set_shared(delta: dt.timedelta) -> None:
    """Move the clock of every process whose settings name the same ``CLOCK_FILE``."""
    path = conf.get("CLOCK_FILE")
    if not path:
        raise RuntimeError("WAGTAIL_AUTOMATION['CLOCK_FILE'] is not set")
    target = Path(path)
    draft = target.with_suffix(".new")
    draft.write_text(str(delta.total_seconds()))
    draft.replace(target)
