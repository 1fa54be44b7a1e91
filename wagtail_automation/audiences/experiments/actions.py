"""Every mutation of experiments: setting one up, dividing people, counting what they do, deciding."""

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from django.db.models import F, OuterRef, QuerySet, Subquery
from wagtail.log_actions import log

from wagtail_automation import clock, jobs, signals, sql
from wagtail_automation.leads import shares
from wagtail_automation.leads.models import Lead

from .models import MOST_VARIANTS, Experiment, ExperimentExposure, ExperimentOutcome, ExperimentVariant
from .results import Verdict, results

HEARTBEAT = "experiments"
EVERY = dt.timedelta(minutes=5)


@dataclass(frozen=True)
class Variant:
    """What an owner says of a variant: ``key`` names it for good, ``weight`` is its part of the people."""

    key: str
    name: str
    weight: int = 1


def set_up(
    *,
    place: str,
    name: str,
    variants: Sequence[Variant],
    now: dt.datetime,
    metric: str = "click",
    **settings,
) -> Experiment:
    """The experiment of a place, made or brought up to date; call it whenever the place is published.

    Variants that are no longer named get no new people; their figures stay. ``settings``: goal, least, share,
    is_automatic, ends_at, at_end; only a new experiment takes them, since editors may change them later. A
    repeat changes nothing. Raises ImproperlyConfigured for fewer than two or more than ten variants, a key
    twice or without a weight above 0.
    """
    keys = [one.key for one in variants]
    if not 2 <= len(keys) <= MOST_VARIANTS or len(set(keys)) < len(keys):
        raise ImproperlyConfigured(
            f"An experiment has two to {MOST_VARIANTS} variants, each with a key of its own."
        )
    if any(one.weight < 1 or not 0 < len(one.key) <= 64 for one in variants):
        raise ImproperlyConfigured("Each variant has a key of at most 64 letters and a weight above 0.")
    with transaction.atomic():
        experiment, _made = Experiment.objects.get_or_create(
            place=place, defaults={"name": name[:200], "metric": metric, "started_at": now, **settings}
        )
        ExperimentVariant.objects.bulk_create(
            [
                ExperimentVariant(
                    experiment=experiment, key=v.key, name=v.name[:200], weight=v.weight, position=n
                )
                for n, v in enumerate(variants)
            ],
            update_conflicts=True,
            unique_fields=["experiment", "key"],
            update_fields=["name", "weight", "position"],
        )
        experiment.variants.exclude(key__in=keys).update(weight=0)
    return experiment


def start_again(*, experiment: Experiment, now: dt.datetime, user=None) -> None:
    """Forget who saw what and begin anew, with another division of the people."""
    with transaction.atomic():
        ExperimentOutcome.objects.filter(experiment=experiment).erase()
        ExperimentExposure.objects.filter(experiment=experiment).erase()
        experiment.uuid = uuid.uuid4()
        experiment.started_at, experiment.decided_at = now, None
        experiment.winner, experiment.outcome = None, {}
        if experiment.ends_at is not None and experiment.ends_at <= now:
            experiment.ends_at = None
        experiment.save()
        log(instance=experiment, action="wagtail_automation.experiment_restart", user=user)


def of_place(place: str) -> Experiment | None:
    """One query, the winner with it."""
    return Experiment.objects.select_related("winner").filter(place=place).first()


def divide(experiment: Experiment, leads: Iterable[int]) -> dict[str, list[int]]:
    """``{key of the variant: [ids]}`` of these leads (ids); nothing is written.

    The winner's once it is decided; else what they saw before; else by ``Lead.bucket``, always the same. Who
    does not take part, and ids that do not exist, are in none. At most three queries for any number.
    """
    leads = list(leads)
    if experiment.is_decided and experiment.winner is not None:
        return {experiment.winner.key: leads}
    offered = experiment.offered()
    if not offered or not leads:
        return {}
    keys = {one.pk: one.key for one in offered}
    rows = ExperimentExposure.objects.filter(experiment=experiment, lead__anyof=leads)
    seen = {lead: keys[variant] for lead, variant in rows.values_list("lead", "variant") if variant in keys}
    new = [lead for lead in leads if lead not in seen]
    for lead, place in _places(experiment, offered, new) if new else ():
        seen[lead] = offered[place].key
    groups: dict[str, list[int]] = {}
    for lead in leads:
        if lead in seen:
            groups.setdefault(seen[lead], []).append(lead)
    return groups


def _places(experiment, offered, leads):
    rows = Lead.objects.filter(pk__anyof=leads).order_by().values_list("pk", "bucket")
    if experiment.share < 100:
        everybody = list(rows)
        parts = shares.choose(
            [bucket for _pk, bucket in everybody],
            f"experiment:{experiment.uuid}:share",
            [experiment.share, 100 - experiment.share],
        )
        rows = [row for row, part in zip(everybody, parts, strict=True) if part == 0]
    pks, buckets = [pk for pk, _b in rows], [bucket for _pk, bucket in rows]
    chosen = shares.choose(buckets, f"experiment:{experiment.uuid}", [one.weight for one in offered])
    return zip(pks, chosen, strict=True)


def variant_of(experiment: Experiment, lead: Lead | None) -> str | None:
    """The key of what this one sees; nothing is written. None: they do not take part, or there is no lead –
    without consent nothing is remembered, so show the first variant and count nothing."""
    if experiment.is_decided and experiment.winner is not None:
        return experiment.winner.key
    if lead is None:
        return None
    return next(iter(divide(experiment, [lead.pk])), None)


def expose(*, experiment: Experiment, leads: Iterable[int], now: dt.datetime) -> dict[str, list[int]]:
    """Divide these leads and note that each is shown its variant now. Only the first time counts; a repeat
    writes nothing. After the decision nobody is counted."""
    groups = divide(experiment, leads)
    if experiment.is_decided:
        return groups
    variants = {one.key: one.pk for one in experiment.offered()}
    for key, ids in groups.items():
        sql.insert_select(
            ExperimentExposure,
            {
                "experiment": experiment.pk,
                "variant": variants[key],
                "lead": F("pk"),
                "at": now,
                "is_mixed": False,
            },
            Lead.objects.filter(pk__anyof=ids),
            ignore_conflicts=True,
            keep=True,
        )
    return groups


def withdraw(*, experiment: Experiment, leads: QuerySet) -> int:
    """These (a query for ids) were to be shown a variant and were not: they count for none. Returns how many
    did until now; once it is decided nothing changes."""
    if experiment.is_decided:
        return 0
    ExperimentOutcome.objects.filter(experiment=experiment, lead__in=leads).erase()
    return ExperimentExposure.objects.filter(experiment=experiment, lead__in=leads).erase()


def date_exposures(*, experiment: Experiment, moments: QuerySet) -> int:
    """What was on its way reached people later than it was noted. ``moments``: rows with ``lead`` and ``at``,
    one for each lead; only later moments are taken. Returns how many; once it is decided nothing changes."""
    if experiment.is_decided:
        return 0
    at = Subquery(moments.filter(lead=OuterRef("lead")).order_by().values("at")[:1])
    rows = ExperimentExposure.objects.filter(experiment=experiment).annotate(reached_at=at)
    return rows.filter(reached_at__gt=F("at")).update(at=at)


def convert(
    *, experiment: Experiment, leads: Iterable[int], now: dt.datetime, metric: str = "", value: int = 0
) -> int:
    """Those of these leads who saw a variant did what ``metric`` names (default: what the experiment counts).

    Returns for how many it was the first time. Goals need no call: they are counted where they are reached.
    """
    if experiment.is_decided:
        return 0
    seen = ExperimentExposure.objects.filter(experiment=experiment, lead__anyof=list(leads), at__lte=now)
    return sql.insert_select(
        ExperimentOutcome,
        {
            "experiment": F("experiment_id"),
            "lead": F("lead_id"),
            "metric": metric or experiment.metric,
            "value": value,
            "at": now,
        },
        seen,
        ignore_conflicts=True,
    )


def decide(*, experiment: Experiment, key: str, now: dt.datetime, user=None) -> bool:
    """From now on everybody gets the variant ``key``. ``user``: who said so; None: the figures did. False: it
    was decided already. Raises ExperimentVariant.DoesNotExist for a key that is not offered."""
    with transaction.atomic():
        stored = Experiment.objects.select_for_update().get(pk=experiment.pk)
        if stored.is_decided:
            return False
        winner = stored.variants.get(key=key, weight__gt=0)
        stored.outcome = results(stored).as_dict() | {"by": "user" if user else "figures"}
        stored.winner, stored.decided_at = winner, now
        stored.save(update_fields=["winner", "decided_at", "outcome"])
        log(
            instance=stored,
            action="wagtail_automation.experiment_decide",
            user=user,
            data={"variant": winner.name},
        )
        experiment.winner, experiment.decided_at, experiment.outcome = winner, now, stored.outcome
        signals.experiment_decided.send(sender=Experiment, experiment=stored, now=now)
    return True


def decide_due(*, now: dt.datetime) -> int:
    """Take the winner wherever one is proved or the time is over; returns how many were decided."""
    number = 0
    for experiment in Experiment.objects.running().select_related("goal").order_by("pk"):
        is_over = experiment.ends_at is not None and experiment.ends_at <= now
        if not (experiment.is_automatic or is_over):
            continue
        result = results(experiment)
        key = ""
        if result.verdict == Verdict.WINNER and experiment.is_automatic:
            key = result.leader.key
        elif is_over:
            is_best = result.leader and (
                result.verdict == Verdict.WINNER or experiment.at_end == Experiment.AtEnd.LEADER
            )
            key = result.leader.key if is_best else next((v.key for v in experiment.offered()), "")
        if key and decide(experiment=experiment, key=key, now=now):
            number += 1
    return number


def beat() -> str:
    """The beat: every few minutes."""
    last, now = jobs.last_heartbeat(HEARTBEAT), clock.now()
    due = Experiment.objects.running().filter(ends_at__lte=now).exists()
    if not due and last is not None and last <= now and now - last < EVERY:
        return "not due"
    number = decide_due(now=now)
    jobs.heartbeat(HEARTBEAT)
    return f"{number} decided"


def merge_experiments(source: Lead, target: Lead) -> None:
    """Merge handler: what the merged lead was shown, the survivor was shown. Who saw two variants goes on
    seeing the survivor's and counts for none."""
    theirs = list(ExperimentExposure.objects.filter(lead_id=source.pk))
    mine = {
        row.experiment_id: row
        for row in ExperimentExposure.objects.filter(
            lead_id=target.pk, experiment_id__in=[row.experiment_id for row in theirs]
        )
    }
    moved, changed = [], []
    for row in theirs:
        twin = mine.get(row.experiment_id)
        if twin is None:
            moved.append(row.pk)
        else:
            twin.is_mixed = twin.is_mixed or row.is_mixed or twin.variant_id != row.variant_id
            twin.at = min(twin.at, row.at)
            changed.append(twin)
    ExperimentExposure.objects.bulk_update(changed, ["is_mixed", "at"])
    ExperimentExposure.objects.filter(pk__anyof=moved).update(lead_id=target.pk)
    ExperimentExposure.objects.filter(lead_id=source.pk).erase()
    done = set(ExperimentOutcome.objects.filter(lead_id=target.pk).values_list("experiment", "metric"))
    rows = ExperimentOutcome.objects.filter(lead_id=source.pk).values_list("pk", "experiment", "metric")
    free = [pk for pk, experiment, metric in rows if (experiment, metric) not in done]
    ExperimentOutcome.objects.filter(pk__anyof=free).update(lead_id=target.pk)
    ExperimentOutcome.objects.filter(lead_id=source.pk).erase()
