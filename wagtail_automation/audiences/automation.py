"""Wiring: what audiences listen to, what they do at a merge, who may do what, what the lead page shows."""

from django.apps import apps
from django.db.models.signals import post_delete, post_migrate, post_save
from django.dispatch import receiver

from wagtail_automation import clock, jobs, signals
from wagtail_automation.admin import roles
from wagtail_automation.leads.merging import merge_handlers
from wagtail_automation.leads.models import Lead

from . import bench, exporting, importing, lead_panel, mass, rules_bench  # noqa: F401  (they register themselves)
from .growth.counting import count_hourly
from .lists import builtin
from .lists.filling import fill_waiting
from .merging import merge_audiences
from .models import LeadList, Segment
from .refreshing import CREATED, JOB, follow, look_again, mark_dirty

merge_handlers.register(merge_audiences)
jobs.register_beat(JOB)
jobs.register_beat(count_hourly)
jobs.register_beat(fill_waiting)
post_migrate.connect(
    builtin.ensure,
    sender=apps.get_app_config("wagtail_automation_audiences"),
    dispatch_uid="wagtail_automation_audiences_builtin",
)


@receiver(signals.facts_changed, dispatch_uid="wagtail_automation_audiences_facts")
def note_changed_leads(sender, leads, facts, **kwargs):
    mark_dirty(leads=leads, facts=facts)


@receiver(post_save, sender=Lead, dispatch_uid="wagtail_automation_audiences_lead")
def note_new_lead(sender, instance, created, raw=False, **kwargs):
    if created and not raw:
        mark_dirty(leads=[instance.pk], facts=frozenset({CREATED}))


@receiver(post_save, sender=Segment, dispatch_uid="wagtail_automation_audiences_segment")
def note_saved_segment(sender, instance, raw=False, update_fields=None, **kwargs):
    """Publishing, unpublishing and saving by code; a draft touches neither the rule in force nor ``live``."""
    if not raw and (update_fields is None or {"rule", "live"} & set(update_fields)):
        follow(instance, now=clock.now())


@receiver(post_delete, sender=Segment, dispatch_uid="wagtail_automation_audiences_segment_gone")
@receiver(post_delete, sender=LeadList, dispatch_uid="wagtail_automation_audiences_list_gone")
def note_deleted(sender, instance, **kwargs):
    """Rules that ask about what is gone match nobody from now on."""
    fact = f"{'segment' if sender is Segment else 'list'}:{instance.pk}"
    look_again(Segment.objects.filter(facts__fact=fact), now=clock.now())


_AUDIENCES = "wagtail_automation_audiences"
roles.grant(
    "marketer",
    *(
        f"{_AUDIENCES}.{action}_{model}"
        for model, actions in {
            "segment": ("view", "add", "change", "delete", "publish"),
            "leadlist": ("view", "add", "change", "delete"),
            "listmembership": ("view", "add", "change", "delete"),
            "category": ("view", "add", "change", "delete"),
        }.items()
        for action in actions
    ),
)
roles.grant(
    "salesperson",
    f"{_AUDIENCES}.view_segment",
    f"{_AUDIENCES}.view_leadlist",
    f"{_AUDIENCES}.view_listmembership",
    f"{_AUDIENCES}.add_listmembership",
    f"{_AUDIENCES}.delete_listmembership",
)
roles.grant("analyst", f"{_AUDIENCES}.view_segment", f"{_AUDIENCES}.view_leadlist")


from . import wiring  # noqa: E402, F401  (what tags, scores, stages and goals listen to)
