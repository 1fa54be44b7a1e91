"""Every change of a campaign: publishing, pausing, stopping, letting people in."""

import datetime as dt
import uuid

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _
from wagtail.log_actions import log

from wagtail_automation import clock
from wagtail_automation.objects import MissingReference
from wagtail_automation.rules.binding import bind
from wagtail_automation.rules.rule import Rule

from . import moves, publishing, resuming
from .cohorts import EnrollmentCohort
from .entering import enroll, enroll_from_events, enter_from_campaign
from .limits.rules import NONE
from .models import (
    AtRemoved,
    AwaitedFact,
    Campaign,
    CampaignVersion,
    Enrollment,
    Limits,
    State,
    Step,
    StepIdentity,
    TriggerSubscription,
)
from .nudge import nudge
from .plan import Graph, Node, compile_tree, kind_of
from .querysets import lock_in_order
from .starting import actions as starting
from .tree.fields import raw_steps
from .versions import TIME_FACT, plan_of

__all__ = [
    "enroll",
    "enroll_from_events",
    "enter_from_campaign",
    "pause",
    "publish",
    "resume",
    "stop",
    "take_out",
    "withdraw",
]


@transaction.atomic
def publish(*, campaign: Campaign, now: dt.datetime | None = None) -> CampaignVersion:
    """Compile the live tree into a new version and let it run.

    People inside go on at the step where they are; those at removed steps go to the next one that is
    left, or leave, as ``Campaign.at_removed`` says; those held try again. Raises ValidationError, changing
    nothing, for a tree that cannot run; the version before it then goes on.
    """
    now = now or clock.now()
    graph = compile_tree(raw_steps(campaign.tree))
    graph.raise_if_refused()
    publishing.raise_if_refused(campaign)
    rules = _rules(campaign)
    # one publication at a time: numbers follow each other
    locked = lock_in_order(Campaign.objects.filter(pk=campaign.pk))
    last = CampaignVersion.objects.filter(campaign_id__in=locked).order_by("-number").first()
    version = CampaignVersion.objects.create(
        campaign=campaign, number=last.number + 1 if last else 1, published_at=now, rules=rules
    )
    identities = _identities(campaign, [node.uuid for node in [*graph.nodes, *graph.triggers]])
    Step.objects.bulk_create(
        Step(
            version=version,
            identity_id=identities[node.uuid],
            type=node.type,
            name=node.name,
            config=node.config,
            edges={branch: identities[target] for branch, target in node.edges.items()},
            position=node.position,
        )
        for node in graph.nodes
    )
    if graph.first:
        version.first_id = identities[graph.first]
        version.save(update_fields=["first"])
    _subscribe(campaign, graph, identities)
    starting.plan(campaign, now)
    _await(campaign, graph, identities)
    campaign.current_version = version
    campaign.save(update_fields=["current_version"])
    plan = plan_of(version.pk, version.uuid)
    for step in _occupied(campaign):
        if step not in plan:
            moves.relocate(plan, step)
    moves.release(campaign.pk, now)
    nudge()
    return version


def _rules(campaign: Campaign) -> dict:
    """What holds for every step of the version. Raises ValidationError for a rule that cannot be asked."""
    asked = (("goal", campaign.goal, _("goal")), ("exit", campaign.exit_rule, _("leave when")))
    for _name, rule, label in asked:
        if not rule.is_empty and rule.is_broken:
            raise ValidationError(
                _("“%(rule)s” cannot be asked: a condition in it is not installed. Remove it."),
                params={"rule": label},
            )
    rules = {name: rule.raw for name, rule, _label in asked if not rule.is_empty}
    if campaign.at_removed == AtRemoved.LEAVE:
        rules["removed"] = "leave"
    if campaign.limits != Limits.SITE:
        own = campaign.contact_rules() if campaign.limits == Limits.OWN else NONE
        rules["limits"] = own.as_json()
    return rules


def withdraw(*, campaign: Campaign) -> None:
    """After unpublishing: nobody enters, and those inside stay where they are."""
    TriggerSubscription.objects.filter(campaign=campaign).delete()
    starting.forget_clocks(campaign)


def _occupied(campaign: Campaign) -> list[int]:
    inside = Enrollment.objects.inside().filter(step_id=OuterRef("pk"))
    return list(StepIdentity.objects.filter(Exists(inside), campaign=campaign).values_list("pk", flat=True))


def _identities(campaign: Campaign, uuids: list[str]) -> dict[str, int]:
    rows = [StepIdentity(campaign=campaign, uuid=uuid.UUID(key)) for key in uuids]
    StepIdentity.objects.bulk_create(rows, ignore_conflicts=True)
    return {
        str(key): pk for key, pk in StepIdentity.objects.filter(campaign=campaign).values_list("uuid", "pk")
    }


def _subscribe(campaign: Campaign, graph: Graph, identities: dict[str, int]) -> None:
    """Listen to the triggers of this version alone. One whose object is gone listens to nothing."""
    rows = []
    for node in graph.triggers:
        cls = kind_of(node.type)[1]
        if cls is None:
            continue
        block = cls()
        try:
            listens = block.subscriptions(bind(block, node.config))
        except MissingReference:
            continue
        rows += [
            TriggerSubscription(
                campaign=campaign,
                identity_id=identities[node.uuid],
                type=node.type,
                event=event,
                object_key=subject.key if subject else None,
                config=node.config,
            )
            for event, subject in listens
        ]
    TriggerSubscription.objects.filter(campaign=campaign).delete()
    TriggerSubscription.objects.bulk_create(rows)


def _await(campaign: Campaign, graph: Graph, identities: dict[str, int]) -> None:
    """Note what each decision that can wait depends on, so that it is asked again when that changes."""
    rows = {
        (identities[node.uuid], fact)
        for node in graph.nodes
        if node.asks and node.config.get("patience")
        for fact in _facts(node)
    }
    AwaitedFact.objects.filter(identity__campaign=campaign).delete()
    AwaitedFact.objects.bulk_create(AwaitedFact(identity_id=step, fact=fact) for step, fact in sorted(rows))


def _facts(node: Node) -> set[str]:
    rule = Rule(node.config.get("rule"))
    if rule.malformed():
        return set()
    facts = rule.depends_on()
    return {*facts.names, *([TIME_FACT] if facts.time else [])}


# -- running ---------------------------------------------------------------------------------------
@transaction.atomic
def pause(*, campaign: Campaign, user=None) -> None:
    """Nobody moves; people may still enter and wait. Pausing again changes nothing."""
    if _change_state(campaign, State.PAUSED, but=(State.STOPPED,)):
        log(campaign, "wagtail_automation.campaign_paused", user=user)


@transaction.atomic
def resume(
    *,
    campaign: Campaign,
    user=None,
    overdue: str = resuming.Overdue.GO_ON,
    hours: int | None = None,
    now: dt.datetime | None = None,
) -> int:
    """Go on; returns how many had become due meanwhile. Resuming what runs changes nothing.

    ``overdue``: what they do (``resuming.Overdue``), by default go on now; ``hours``: over how many they are
    spread. Raises ValidationError for another choice.
    """
    now = now or clock.now()
    locked = lock_in_order(Campaign.objects.filter(pk=campaign.pk))
    before = Campaign.objects.select_related("current_version").get(pk__in=locked)
    if not _change_state(campaign, State.RUNNING):
        return 0
    count = 0
    if before.current_version is not None:
        count = resuming.settle(before, overdue, hours=hours, user=user, now=now)
    starting.plan(campaign, now)
    data = {"count": count, "overdue": str(overdue)} if count else {}
    if overdue == resuming.Overdue.SPREAD and count:
        data["hours"] = hours
    log(campaign, "wagtail_automation.campaign_resumed", user=user, data=data)
    nudge()
    return count


@transaction.atomic
def stop(*, campaign: Campaign, user=None, now: dt.datetime | None = None) -> int:
    """Everybody leaves and nobody enters any more, until it is resumed. Returns how many left."""
    now = now or clock.now()
    if not _change_state(campaign, State.STOPPED):
        return 0
    starting.forget_clocks(campaign)
    left = 0
    while ids := lock_in_order(Enrollment.objects.inside().filter(campaign=campaign), moves.BATCH):
        moves.leave(ids, reason="stopped", now=now)
        left += len(ids)
    log(campaign, "wagtail_automation.campaign_stopped", user=user, data={"left": left})
    return left


def _change_state(campaign: Campaign, state: State, but: tuple = ()) -> bool:
    changed = (
        Campaign.objects.filter(pk=campaign.pk)
        .exclude(state=state)
        .exclude(state__in=but)
        .update(state=state)
    )
    campaign.refresh_from_db(fields=["state"])
    return bool(changed)


def take_out(*, campaign: int, cohort: EnrollmentCohort, reason: str) -> set[int]:
    """Take the people of a walk out of another campaign; returns the enrollments (of the walk) of those who
    were in it."""
    there = Enrollment.objects.inside().filter(campaign_id=campaign, lead__in=cohort.lead_ids())
    ids = lock_in_order(there)
    if not ids:
        return set()
    leads = set(Enrollment.objects.among(ids).values_list("lead_id", flat=True))
    moves.leave(ids, reason=reason, now=cohort.now)
    return {
        pk for pk, lead in Enrollment.objects.among(cohort.ids).values_list("pk", "lead_id") if lead in leads
    }
