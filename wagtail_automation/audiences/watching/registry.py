"""Who is told: one class per kind of owner, found by the first word of ``owner``."""

from wagtail_automation.registry import Registry


class Owner:
    """What follows from a match or from events. Both methods run inside the transaction that notes the
    match or deletes the events, and need a number of statements that does not grow with the people."""

    key: str | None = None

    def matched(self, pk: int, began: list[int], ended: list[int], now) -> None:
        """These leads began to match the rule of owner ``pk``, those no longer do."""

    def happened(self, pks: set[int], events: list, now) -> None:
        """Events (``PendingEvent``, oldest first) of the names that these owners listen to. The rows of
        their leads are locked."""


owners = Registry("watch_owners", Owner)
register = owners.register
