"""What happens to leads below, as facts of their timeline; and what goes when a lead goes."""

from django.db.models.signals import post_delete, post_save
from wagtail.signals import post_page_move

from wagtail_automation import signals
from wagtail_automation.leads.cohorts import LeadsCohort
from wagtail_automation.leads.models import ConsentRecord, Lead, LeadFile, LeadNote

from . import events, places
from .actions import record_changes, record_event, record_events_for, record_items
from .models import Event

#: How the ledger says that a record only follows from a merge, which has its own event.
MERGE = "merge"


def connect() -> None:
    """Connect every receiver; called once the models are loaded."""
    post_page_move.connect(on_page_moved, dispatch_uid="wagtail_automation_tracking")
    signals.lead_identified.connect(on_identified, dispatch_uid="wagtail_automation_tracking")
    signals.leads_identified.connect(on_identified_together, dispatch_uid="wagtail_automation_tracking")
    signals.consents_recorded.connect(on_consents, dispatch_uid="wagtail_automation_tracking")
    signals.lead_merged.connect(on_merged, dispatch_uid="wagtail_automation_tracking")
    signals.fields_changing.connect(on_changing, dispatch_uid="wagtail_automation_tracking")
    signals.items_added.connect(on_items, dispatch_uid="wagtail_automation_tracking")
    post_save.connect(on_consent, sender=ConsentRecord, dispatch_uid="wagtail_automation_tracking")
    post_delete.connect(on_deleted, sender=Lead, dispatch_uid="wagtail_automation_tracking")


def on_page_moved(sender, **kwargs):
    """From now on its views belong to the section where it stands; other processes notice within a minute."""
    places.clear_cache()


def on_identified(sender, lead, now, source="", **kwargs):
    record_event(name=events.LEAD_IDENTIFIED, lead=lead, at=now, data={"source": source} if source else {})


def on_identified_together(sender, leads, now, source, **kwargs):
    record_events_for(
        LeadsCohort(leads, key=source, now=now), events.LEAD_IDENTIFIED, data={"source": source}
    )


def on_consents(sender, leads, subject, granted, how, now, **kwargs):
    """The time is that of the recording: what a file says of the past wakes no campaign for the past."""
    name = events.CONSENT_GRANTED if granted else events.CONSENT_WITHDRAWN
    cohort = LeadsCohort(leads, key=f"consent:{subject}", now=now)
    record_events_for(cohort, name, data={"subject": subject, "how": how})


def on_merged(sender, source_pk, target, now, **kwargs):
    record_event(name=events.LEAD_MERGED, lead=target, data={"lead": source_pk}, at=now)


def on_changing(sender, change, **kwargs):
    record_changes(change)


def on_items(sender, ids, now, **kwargs):
    """Notes and files; ``sender`` is their model."""
    name = {LeadNote: events.NOTE_ADDED, LeadFile: events.FILE_ADDED}.get(sender)
    if name:
        record_items(name=name, model=sender, pks=ids, now=now)


def on_consent(sender, instance, created, raw=False, **kwargs):
    if not created or raw or instance.how == MERGE:
        return
    record_event(
        name=events.CONSENT_GRANTED if instance.granted else events.CONSENT_WITHDRAWN,
        lead=instance.lead,
        site=instance.site,
        data={"subject": instance.subject, "how": instance.how},
        at=instance.at,
        key=f"consent:{instance.pk}",
    )


def on_deleted(sender, instance, **kwargs):
    """No key constrains events, so nothing else would remove them. A merge does not come here: it deletes
    the row alone, after its events were re-pointed."""
    events_of_lead = Event.objects.filter(lead_id=instance.pk)
    events_of_lead._raw_delete(events_of_lead.db)
