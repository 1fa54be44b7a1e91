"""Every question the tracking app asks of the database."""

from django.apps import apps
from django.db import models


def events_for_rules(names, about=None, **filters):
    """Events a rule may count: of these names, about this object, human unless asked otherwise."""
    filters.setdefault("human", True)
    events = apps.get_model("wagtail_automation_tracking", "Event").objects.filter(**filters)
    events = events.filter(name=names[0]) if len(names) == 1 else events.filter(name__in=names)
    return events if about is None else events.filter(object_key=about.key)


class VisitorQuerySet(models.QuerySet):
    pass


class VisitQuerySet(models.QuerySet):
    pass


class EventQuerySet(models.QuerySet):
    def human(self):
        """Without machine traffic."""
        return self.filter(human=True)


class LinkQuerySet(models.QuerySet):
    pass
