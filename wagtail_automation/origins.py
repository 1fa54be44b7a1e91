"""What queues messages, by its name for people. A door, no tables.

A message's ``origin`` is ``campaign:12``: the kind of thing that queued it and its number. Whoever sends
must not know campaigns, and a person should not have to know numbers.
"""

from collections.abc import Callable, Iterable

_kinds: dict[str, Callable[[], Iterable[tuple[int, str]]]] = {}


def register(prefix: str, named: Callable[[], Iterable[tuple[int, str]]]) -> None:
    """``named()`` gives ``(number, name)`` of all that may queue messages; a repeat replaces it."""
    _kinds[prefix] = named


def named(prefix: str) -> list[tuple[int, str]]:
    """All of a kind, by name; none where its app is not installed."""
    found = _kinds[prefix]() if prefix in _kinds else ()
    return sorted(((number, str(name)) for number, name in found), key=lambda pair: pair[1].casefold())
