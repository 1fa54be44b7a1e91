"""The base of conditions, their registry, and what an answer may depend on."""

from dataclasses import dataclass

from django.db.models import Q

from wagtail_automation.blocks import RegisteredBlock
from wagtail_automation.registry import Registry

from .scope import Scope


@dataclass(frozen=True)
class Facts:
    """What must change before the answer can: strings of ``signals.facts_changed``, and time itself."""

    names: frozenset[str] = frozenset()
    time: bool = False

    def __or__(self, other: "Facts") -> "Facts":
        return Facts(self.names | other.names, self.time or other.time)


def Events(*names: str) -> Facts:  # noqa: N802  reads as a noun in class bodies
    """Depends on events of these names."""
    return Facts(frozenset(f"event:{name}" for name in names))


def Fields(*names: str) -> Facts:  # noqa: N802
    """Depends on fields of the lead."""
    return Facts(frozenset(f"field:{name}" for name in names))


def Lists() -> Facts:  # noqa: N802
    """Depends on membership of lists."""
    return Facts(frozenset({"list"}))


def Segments() -> Facts:  # noqa: N802
    """Depends on membership of segments."""
    return Facts(frozenset({"segment"}))


def Time() -> Facts:  # noqa: N802
    """May change by the passing of time alone."""
    return Facts(time=True)


class Condition(RegisteredBlock):
    """A question about a lead: the form of its parameters, and one method that answers in SQL.

    Contract (checked for every registered class by ``testing.contracts``): ``q()`` runs no query, uses
    only the scope's helpers, and matches nobody for an empty value.
    """

    #: a decision may wait for it to become true
    waitable = False
    #: true of people to whom something did *not* happen: never waited for
    negative = False
    #: what "counted from" means by default in a campaign: entry, ever, window, or – (not about the past)
    counted_from = "–"
    depends_on: Facts = Facts()

    def get_depends_on(self, value) -> Facts:
        """What the answer depends on with these parameters."""
        return self.depends_on

    def q(self, value, scope: Scope) -> Q:
        """The answer as a filter over the scope's rows."""
        raise NotImplementedError(f"{type(self).__qualname__} must define q()")


conditions = Registry("conditions", Condition, is_public=True, needs=("q",))
register = conditions.register
