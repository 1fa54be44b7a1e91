"""A progress bar on long work, in a terminal only."""

from collections.abc import Iterable, Iterator
from typing import TextIO, TypeVar

T = TypeVar("T")
WIDTH = 32


def track(items: Iterable[T], *, total: int, label: str, stream: TextIO) -> Iterator[T]:
    """Yield the items, drawing ``label ███░░ 42 %`` on ``stream`` while they are consumed.

    Draws nothing when the stream is not a terminal (logs stay clean).
    """
    terminal = hasattr(stream, "isatty") and stream.isatty()
    shown = -1
    for position, item in enumerate(items, 1):
        yield item
        percent = min(100, position * 100 // max(total, 1))
        if terminal and percent != shown:
            shown = percent
            full = WIDTH * percent // 100
            stream.write(f"\r{label:<28} {'█' * full}{'░' * (WIDTH - full)} {percent:3d} %")
            stream.flush()
    if terminal and shown >= 0:
        stream.write("\n")
