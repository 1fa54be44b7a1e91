"""Who listens: one statement asks all apps at once whether a change matters to any of them.

Page views, forms, orders, emails: each change is told by a signal, and nearly always it matters to nobody.
An app that keeps in a table what it waits for registers the question; the first receiver of a signal who
wants to know asks for all.
"""

from collections.abc import Callable, Iterable

from django.db.models import QuerySet, Value

from .compiled import CompiledQuery


class Listeners:
    """The questions of all apps about names of one kind."""

    def __init__(self):
        self._questions: dict[str, Callable[[], QuerySet]] = {}
        self._asked: CompiledQuery | None = None

    def register(self, owner: str, make: Callable[[], QuerySet], *columns: str) -> None:
        """``make()``: a queryset that finds what ``owner`` waits for among ``Given("names")``; ``columns``:
        what is answered of each row, the same kinds of fields for all owners. A repeat replaces the first.
        """
        self._questions[owner] = lambda: make().order_by().values_list(Value(owner), *columns)
        self._asked = None

    def told(self, names: Iterable[str]) -> "Told":
        """These names, with who listens to them."""
        return names if isinstance(names, Told) and names.listeners is self else Told(names, self)

    def ask(self, names: Iterable[str]) -> dict[str, set[tuple]]:
        """``{owner: rows}``; one query."""
        if self._asked is None:
            self._asked = CompiledQuery(self._make)
        found: dict[str, set[tuple]] = {owner: set() for owner in self._questions}
        for owner, *row in self._asked(names=names):
            found[owner].add(tuple(row))
        return found

    def _make(self) -> QuerySet:
        first, *others = (make() for make in self._questions.values())
        # Django 6.1 gives a union the order of its first part
        return first.union(*others, all=True).order_by() if others else first


class Told(frozenset):
    """Names as a signal tells them. Asked once, when the first receiver wants to know who listens."""

    def __new__(cls, names: Iterable[str], listeners: Listeners):
        made = super().__new__(cls, names)
        made.listeners, made._wanted = listeners, None
        return made

    def wanted_by(self, owner: str) -> set[tuple]:
        """What ``owner`` waits for among them, as it stood when first anybody asked."""
        if self._wanted is None:
            self._wanted = self.listeners.ask(self) if self else {}
        return self._wanted.get(owner, set())


#: of ``signals.facts_changed``: ``(fact,)``
FACTS = Listeners()
#: of ``signals.events_recorded``: ``(event, key of its object or None for any)``
EVENTS = Listeners()
