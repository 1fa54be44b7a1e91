"""Wiring of tags, scores, interests, stages and goals: what they listen to, merges, the beat, roles."""

from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from wagtail_automation import clock, jobs, signals
from wagtail_automation.admin import roles
from wagtail_automation.leads.merging import merge_handlers
from wagtail_automation.leads.models import Lead

from . import lead_filters, more_own_data  # noqa: F401  (they register themselves)
from .experiments import actions as experiments
from .goals import owners as goals
from .interests import owners as interests
from .interests import panel as interests_panel  # noqa: F401
from .merging_more import merge_more
from .models import Goal, Interest, ScoreRule, ScoreSet, ScoreThreshold, Stage
from .refreshing import CREATED
from .scoring import (  # noqa: F401  (owners, panels and retention register themselves)
    decay,
    owners,
    panel,
    publishing,
    retention,
    thresholds,
)
from .stages import owners as stages  # noqa: F401
from .stages import panel as stages_panel  # noqa: F401
from .tags import panel as tags_panel  # noqa: F401
from .watching import inbox, rules

merge_handlers.register(merge_more)
jobs.register_beat(rules.JOB)
jobs.register_beat(decay.JOB)
jobs.register_beat(experiments.beat)
signals.events_recorded.connect(inbox.receive, dispatch_uid="wagtail_automation_audiences_inbox")


@receiver(signals.facts_changed, dispatch_uid="wagtail_automation_audiences_watched_facts")
def note_changed(sender, leads, facts, **kwargs):
    rules.mark_dirty(leads=leads, facts=facts)


@receiver(post_save, sender=Lead, dispatch_uid="wagtail_automation_audiences_watched_lead")
def note_new(sender, instance, created, raw=False, **kwargs):
    if created and not raw:
        rules.mark_dirty(leads=[instance.pk], facts=frozenset({CREATED}))


@receiver(post_save, sender=ScoreSet, dispatch_uid="wagtail_automation_audiences_score_set")
def score_set_saved(sender, instance, raw=False, update_fields=None, **kwargs):
    """Publishing, unpublishing and saving by code; a draft touches neither rules in force nor ``live``."""
    if not raw and (update_fields is None or {"rules", "live"} & set(update_fields)):
        publishing.put_in_force(instance, now=clock.now())


@receiver(post_delete, sender=ScoreRule, dispatch_uid="wagtail_automation_audiences_score_rule")
def score_rule_gone(sender, instance, **kwargs):
    publishing.rest([instance.pk])


@receiver(post_save, sender=ScoreThreshold, dispatch_uid="wagtail_automation_audiences_threshold")
def threshold_saved(sender, instance, raw=False, **kwargs):
    if not raw:
        thresholds.follow(instance, now=clock.now())


@receiver(post_delete, sender=ScoreThreshold, dispatch_uid="wagtail_automation_audiences_threshold_gone")
def threshold_gone(sender, instance, **kwargs):
    rules.forget(owner=f"threshold:{instance.pk}")


@receiver(post_save, sender=Stage, dispatch_uid="wagtail_automation_audiences_stage")
def stage_saved(sender, instance, raw=False, **kwargs):
    """Whoever matches the rule of a new stage is moved there."""
    if not raw:
        rules.watch(owner=f"stage:{instance.pk}", rule=instance.rule, now=clock.now())


@receiver(post_delete, sender=Stage, dispatch_uid="wagtail_automation_audiences_stage_gone")
def stage_gone(sender, instance, **kwargs):
    rules.forget(owner=f"stage:{instance.pk}")


@receiver(post_save, sender=Interest, dispatch_uid="wagtail_automation_audiences_interest")
def interest_saved(sender, instance, raw=False, **kwargs):
    if not raw:
        interests.follow(instance)


@receiver(post_delete, sender=Interest, dispatch_uid="wagtail_automation_audiences_interest_gone")
def interest_gone(sender, instance, **kwargs):
    inbox.listen(owner=f"interest:{instance.pk}", wanted=set())


@receiver(post_save, sender=Goal, dispatch_uid="wagtail_automation_audiences_goal")
def goal_saved(sender, instance, raw=False, **kwargs):
    if not raw:
        goals.follow(instance, now=clock.now())


@receiver(post_delete, sender=Goal, dispatch_uid="wagtail_automation_audiences_goal_gone")
def goal_gone(sender, instance, **kwargs):
    rules.forget(owner=f"goal:{instance.pk}")
    inbox.listen(owner=f"goal:{instance.pk}", wanted=set())


_APP = "wagtail_automation_audiences"
_ALL = ("view", "add", "change", "delete")
roles.grant(
    "marketer",
    *(
        f"{_APP}.{action}_{model}"
        for model, actions in {
            "tag": _ALL,
            "leadtag": _ALL,
            "scoregroup": _ALL,
            "scoreset": (*_ALL, "publish"),
            "scorethreshold": _ALL,
            "scoredecay": _ALL,
            "scoreentry": ("view", "add"),
            "interest": _ALL,
            "stage": _ALL,
            "leadstage": ("view", "change"),
            "goal": _ALL,
            "experiment": ("view", "change", "delete"),
            "dynamiccontent": (*_ALL, "publish"),
        }.items()
        for action in actions
    ),
)
roles.grant(
    "salesperson",
    *(f"{_APP}.{action}_leadtag" for action in ("view", "add", "delete")),
    f"{_APP}.view_tag",
    f"{_APP}.view_scoreentry",
    f"{_APP}.add_scoreentry",
    f"{_APP}.view_interest",
    f"{_APP}.view_stage",
    f"{_APP}.change_leadstage",
    f"{_APP}.view_goal",
)
roles.grant(
    "analyst",
    *(
        f"{_APP}.view_{model}"
        for model in (
            "tag", "scoregroup", "scoreset", "scorethreshold", "scoreentry", "interest", "stage", "goal",
            "experiment", "dynamiccontent",
        )
    ),
)  # fmt: skip
