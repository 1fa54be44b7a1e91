"""What people of the site do to leads, in Wagtail's audit log.

Entries call a lead by its number: the log can be read by people who may not see that lead, and a name in
it would outlive the person's erasure.
"""

import datetime as dt

from django.contrib.contenttypes.models import ContentType
from wagtail.log_actions import log
from wagtail.models import ModelLogEntry

from .models import Lead


def title_of(pk: int) -> str:
    """What the log calls a lead."""
    return f"Lead {pk}"


def log_lead(lead: Lead, action: str, **kwargs):
    """One entry; ``kwargs`` are those of ``wagtail.log_actions.log``."""
    return log(lead, action, title=title_of(lead.pk), **kwargs)


def log_leads(data: dict[int, dict], action: str, *, user, now: dt.datetime) -> None:
    """One entry for each lead with its data (``{pk: data}``), in one statement."""
    kind = ContentType.objects.get_for_model(Lead)
    ModelLogEntry.objects.bulk_create(
        ModelLogEntry(
            content_type=kind,
            object_id=str(pk),
            label=title_of(pk),
            action=action,
            user=user,
            timestamp=now,
            data=data[pk],
        )
        for pk in sorted(data)
    )
