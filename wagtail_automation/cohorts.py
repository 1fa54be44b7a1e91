"""A cohort: the people an activity acts on, as a relation that SQL can select from."""

from abc import ABC, abstractmethod
from datetime import datetime

from django.db.models import QuerySet


class Cohort(ABC):
    """People with a key each. One implementation each for engine, forms and bulk actions.

    ``now``: the moment that counts for all of them (aware UTC). ``origin``: who acts, such as
    ``campaign:12``. ``site``: the ``wagtailcore.Site`` whose brand and host apply, or None.
    ``user``: the person who ordered it, or None.
    """

    now: datetime
    origin: str
    site = None
    user = None

    @abstractmethod
    def rows(self) -> QuerySet:
        """One row a lead, annotated ``cohort_lead`` (id), ``cohort_key`` (text, unique for the act) and
        ``cohort_since`` (datetime of what led here). For INSERT … SELECT."""

    @abstractmethod
    def lead_ids(self) -> QuerySet:
        """Selects the leads' ids, for ``pk__in``."""

    @abstractmethod
    def size(self) -> int:
        """How many people; known without a query."""
