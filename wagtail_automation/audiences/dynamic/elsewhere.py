"""Shared dynamic content outside pages, such as in emails: the doors by which it is counted and listed.

Who shows it tells; who counts listens. Neither app needs the other.
"""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from .models import DynamicContent

SEEN, CLICKED = "seen", "clicked"


@dataclass(frozen=True)
class Shown:
    """One person saw, or clicked in, one alternative ("" is what everybody else sees).

    ``key``: the content's ``translation_key``. ``is_held_back``: they match ``alternative`` and see the
    fallback all the same.
    """

    lead: int
    key: str
    alternative: str
    is_held_back: bool
    what: str
    channel: str


#: functions ``(shown, site, now)``, called in the transaction in which it was learnt
listeners: list[Callable] = []


def tell(shown: Shown, *, site, now: dt.datetime) -> None:
    """Pass it on to whoever counts; a repeat counts again."""
    for listener in listeners:
        listener(shown, site, now)


@dataclass(frozen=True)
class Use:
    """One thing that shows a shared content: ``title`` and ``url`` in the admin."""

    title: str
    url: str
    kind: str
    content: DynamicContent
    is_live: bool


#: functions ``(user) -> uses``: all that this user may see, in a constant number of statements
sources: list[Callable[..., Iterable[Use]]] = []


def uses(user) -> list[Use]:
    """Every use of shared contents outside pages that ``user`` may see."""
    return [use for source in sources for use in source(user)]
