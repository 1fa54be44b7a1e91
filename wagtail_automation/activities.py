"""Activities: what a campaign step, a form or a bulk action does to a cohort of leads."""

from datetime import datetime

from .blocks import RegisteredBlock
from .cohorts import Cohort
from .registry import Registry


class Activity(RegisteredBlock):
    """One effect on people. It acts on the whole cohort at once and never moves anyone in a campaign."""

    #: may run while the visitor waits: as the action of a form
    immediate = False
    #: writes to people: in campaigns quiet hours, business days and the frequency cap hold for it
    messages = False
    #: beginnings of the facts (as in ``signals.facts_changed``) that it may change of a lead, such as
    #: ``("field:score",)``; None: any but events. The dry run takes what a rule asks about them for unknown
    #: afterwards.
    changes: tuple[str, ...] | None = None

    def apply(self, value, cohort: Cohort) -> None:
        """Act. Constant number of statements, no network; the caller's transaction makes it exactly once.

        A repeat with the same ``cohort_key`` must raise (unique key) or change nothing.
        """
        raise NotImplementedError(f"{type(self).__qualname__} must define apply()")

    def refused(self, value, leads: list[int]) -> dict[int, str]:
        """Of a message: those of these leads to whom it would not be handed over as they are now, each with
        the reason in words. Reads only; a constant number of queries. For the dry run."""
        return {}

    def handed_over_at(self, value, bucket: int, now: datetime) -> datetime:
        """Of a message written ``now``: when the lead with this ``bucket`` gets it at the earliest."""
        return now


activities = Registry("activities", Activity, is_public=True, needs=("apply",))
register = activities.register
