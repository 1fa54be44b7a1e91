"""Activities: what a campaign step, a form or a bulk action does to a cohort of leads."""

from .blocks import RegisteredBlock
from .cohorts import Cohort
from .registry import Registry


class Activity(RegisteredBlock):
    """One effect on people. It acts on the whole cohort at once and never moves anyone in a campaign."""

    #: may run while the visitor waits: as the action of a form
    immediate = False
    #: writes to people: in campaigns quiet hours, business days and the frequency cap hold for it
    messages = False

    def apply(self, value, cohort: Cohort) -> None:
        """Act. Constant number of statements, no network; the caller's transaction makes it exactly once.

        A repeat with the same ``cohort_key`` must raise (unique key) or change nothing.
        """
        raise NotImplementedError(f"{type(self).__qualname__} must define apply()")


activities = Registry("activities", Activity)
register = activities.register
