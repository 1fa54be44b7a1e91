"""Erasing people: asked for in a statement, done by a job in two stages that may stop and go on anywhere.

First, in one transaction per batch, everything that refers to the leads goes and the HMACs of their
addresses are suppressed. Then the traces that only name them – log entries, revisions, jobs, files – are
swept. Between the two the texts to look for stand in ``Erasure``; the row goes when nothing is left.
"""

import datetime as dt
import logging
import time
from collections import Counter
from collections.abc import Iterable

from django.core.files.storage import default_storage
from django.db import models, transaction
from django.db.models import F

from wagtail_automation import clock, jobs, signals, sql

from . import suppression, traces
from .merging import lock
from .models import ConsentConfirmation, Erasure, Identifier, Lead, LeadMerge, MergedLead, PrivacyAct
from .own_data import LEAD
from .personal_data import Matcher, personal_data

logger = logging.getLogger("wagtail_automation")

BATCH = 100
BUDGET_SECONDS = 15
PATIENCE_SECONDS = 600
NOT_YET = "0 erased"
LEASE = "erasure"
JOB = "wagtail_automation.leads.erasure.work"
ERASE, ANONYMISE = Erasure.Mode.ERASE, Erasure.Mode.ANONYMISE
KINDS = {ERASE: PrivacyAct.Kind.ERASURE, ANONYMISE: PrivacyAct.Kind.ANONYMISATION}


def request(
    *, leads: models.QuerySet | Iterable[int], mode: str, origin: str, now: dt.datetime, reason="", user=None
) -> int:
    """Have leads erased or anonymised soon after the commit; returns how many were not waiting for it yet.

    ``leads``: ids, or a queryset that selects leads or their ids. One statement for any number. A lead
    that waits to be anonymised and is now to be erased will be.
    """
    if isinstance(leads, models.QuerySet):
        chosen = Lead.objects.filter(pk__in=leads.order_by())
    else:
        chosen = Lead.objects.filter(pk__anyof=list(leads))
    if mode == ANONYMISE:
        chosen = chosen.filter(anonymised_at__isnull=True)
    with transaction.atomic():
        if mode == ERASE:
            waiting = Erasure.objects.filter(mode=ANONYMISE, stage=Erasure.Stage.WAITING)
            waiting.filter(lead_pk__in=chosen.values("pk")).update(mode=ERASE, origin=origin[:100])
        count = sql.insert_select(
            Erasure,
            {
                "lead_pk": F("pk"),
                "mode": mode,
                "stage": Erasure.Stage.WAITING,
                "user": getattr(user, "pk", None),
                "origin": origin[:100],
                "reason": reason,
                "texts": [],
                "files": [],
                "act": None,
                "requested_at": now,
            },
            chosen,
            ignore_conflicts=True,
        )
        if count:
            jobs.enqueue(JOB)
    return count


def erase_now(*, leads, mode: str = ERASE, origin: str, reason: str = "", user=None) -> list[PrivacyAct]:
    """Erase and do not return before nothing is left; for commands and the site's own code. Returns the acts.

    Gives up after ten minutes when an import is using a file that names them; the beat then goes on.

    Call it outside a transaction.
    """
    ids = list(leads.values_list("pk", flat=True)) if isinstance(leads, models.QuerySet) else list(leads)
    now = clock.now()
    request(leads=ids, mode=mode, origin=origin, reason=reason, user=user, now=now)
    until = time.monotonic() + PATIENCE_SECONDS
    while Erasure.objects.filter(lead_pk__in=ids).exists() and time.monotonic() < until:
        if work(budget=3600) in ("busy", NOT_YET):
            time.sleep(0.2)
    acts = PrivacyAct.objects.filter(lead_pk__in=ids, kind=KINDS[mode], at__gte=now)
    return list(acts.order_by("pk"))


def work(budget: float = BUDGET_SECONDS) -> str:
    """Job and beat: go on with whatever is under way; queues itself again after about ``budget`` seconds."""
    if not Erasure.objects.exists():
        return "nothing"
    started, done, is_over = time.monotonic(), 0, False
    with jobs.lease(LEASE, 300) as mine:
        if not mine:
            return "busy"
        with sql.secure_delete():
            while not is_over and time.monotonic() - started < budget:
                jobs.extend_lease(LEASE, 300)
                waiting = Erasure.objects.filter(stage=Erasure.Stage.WAITING).order_by("pk")
                ids = list(waiting.values_list("pk", flat=True)[:BATCH])
                if ids:
                    _take(ids)
                else:
                    is_over, done = True, _sweep()
    if not is_over:
        jobs.enqueue(JOB)
        return "goes on"
    sql.forget_log()
    return f"{done} erased"


def counts(leads: list[int]) -> dict[str, int]:
    """How many rows each model holds about these leads."""
    found = {}
    for handler in personal_data.handlers():
        number = sum(handler.rows(leads[start : start + 100]).count() for start in range(0, len(leads), 100))
        if number:
            found[str(handler.model._meta.verbose_name_plural)] = number
    return found


# -- first stage -------------------------------------------------------------------------------------------


def _take(pks: list[int]) -> None:
    """Erase one batch, in one transaction with the suppression and what the second stage needs to know."""
    now = clock.now()
    with transaction.atomic():
        rows = {
            row.lead_pk: row
            for row in Erasure.objects.select_for_update().filter(pk__in=pks, stage=Erasure.Stage.WAITING)
        }
        leads = lock(rows)
        for mode in (ERASE, ANONYMISE):
            ids = [pk for pk in leads if rows[pk].mode == mode]
            if ids:
                _take_mode(mode, ids, rows, now)
        # merged or deleted since it was asked for: whoever has become of them was not meant
        Erasure.objects.filter(lead_pk__in=set(rows) - set(leads)).delete()


def _take_mode(mode: str, ids: list[int], rows: dict[int, Erasure], now: dt.datetime) -> None:
    texts = _texts(ids)
    suppression.suppress((pair for pairs in texts.values() for pair in pairs), now=now)
    former = dict(MergedLead.objects.filter(lead__in=ids).values_list("old_pk", "lead"))
    every = [*ids, *former]
    counts, files = Counter(), []
    for handler in reversed(personal_data.handlers()):
        files += [(handler.label, name, stored) for name, stored in handler.stored_files(ids)]
        if handler is LEAD:
            continue
        if handler.is_traced:
            counts.update(traces.forget_rows(handler, ids))
        act = handler.erase if mode == ERASE else handler.anonymise
        counts[handler.label] += act(every if handler.loose else ids)
    counts.update(traces.forget_objects(Lead, [str(pk) for pk in every]))
    if mode == ERASE:
        LEAD.erase(ids)
    else:
        LEAD.anonymise(ids)
        signals.facts_changed.send(
            sender=Lead, leads=ids, facts=frozenset({"field:status", "field:email"}), now=now
        )
    acts = PrivacyAct.objects.bulk_create(
        PrivacyAct(
            kind=KINDS[mode],
            lead_pk=pk,
            user_id=rows[pk].user_id,
            origin=rows[pk].origin,
            reason=rows[pk].reason,
            details={"rows": {name: count for name, count in sorted(counts.items()) if count}}
            if len(ids) == 1
            else {"together_with": len(ids) - 1},
            at=now,
        )
        for pk in ids
    )
    for position, (pk, act) in enumerate(zip(ids, acts, strict=True)):
        row = rows[pk]
        row.stage, row.act, row.reason = Erasure.Stage.SWEEPING, act, ""
        row.texts = sorted({value for _kind, value in texts.get(pk, ())})
        row.files = files if position == 0 else []
    Erasure.objects.bulk_update([rows[pk] for pk in ids], ["stage", "act", "reason", "texts", "files"])
    for pk in ids:
        signals.lead_erased.send(sender=Lead, lead_pk=pk, now=now)


def _texts(ids: list[int]) -> dict[int, set[tuple[str, str]]]:
    """``{lead: {(kind, address or number)}}`` of all that ever named them unmistakably; four queries."""
    kinds = tuple(suppression.CHANNELS)
    found: dict[int, set[tuple[str, str]]] = {}
    for lead, kind, value in Identifier.objects.filter(lead__in=ids, kind__in=kinds).values_list(
        "lead", "kind", "value"
    ):
        found.setdefault(lead, set()).add((kind, value))
    for lead, email, phone in Lead.objects.filter(pk__in=ids).values_list("pk", "email", "phone"):
        found.setdefault(lead, set()).update(
            (kind, value) for kind, value in (("email", email), ("phone", phone)) if value
        )
    for lead, values in LeadMerge.objects.filter(lead__in=ids).values_list("lead", "not_kept"):
        found.setdefault(lead, set()).update(
            (kind, str(values[kind])) for kind in kinds if isinstance(values, dict) and values.get(kind)
        )
    for lead, address in ConsentConfirmation.objects.filter(lead__in=ids).values_list("lead", "address"):
        found.setdefault(lead, set()).add(("email", address))
    return found


# -- second stage ------------------------------------------------------------------------------------------


def _sweep() -> int:
    """Sweep for all who wait for it at once; returns how many are done with. A repeat finds nothing."""
    rows = list(Erasure.objects.filter(stage=Erasure.Stage.SWEEPING).order_by("pk"))
    if not rows:
        return 0
    erased = [row.lead_pk for row in rows if row.mode == ERASE]
    for start in range(0, len(erased), BATCH):
        for handler in personal_data.handlers():
            if handler.loose:  # written by a request that began before
                handler.erase(erased[start : start + BATCH])
    for row in rows:
        _delete_files(row.files)
    matcher, swept = Matcher({text for row in rows for text in row.texts}), Counter()
    left: list[traces.Standing] = []
    if matcher:
        for function in personal_data.sweeps():
            swept.update(function(matcher))
            jobs.extend_lease(LEASE, 300)
        if swept.pop("waiting", 0):
            return 0  # a file is in use: the beat comes back for it
        left = traces.standing(matcher)
    _complete(rows, {name: count for name, count in sorted(swept.items()) if count}, left)
    return len(rows)


def _complete(rows: list[Erasure], swept: dict[str, int], left: list) -> None:
    """Note what was done and what an editor has to look at; from now on nobody knows who it was."""
    now = clock.now()
    by_act = {row.act_id: row for row in rows if row.act_id}
    with transaction.atomic():
        acts = list(PrivacyAct.objects.filter(pk__in=list(by_act)))
        for act in acts:
            mine = set(by_act[act.pk].texts)
            standing = [[found.model, found.pk] for found in left if found.texts & mine]
            act.completed_at = now
            act.details |= {"traces": swept} | ({"standing": standing} if standing else {})
        PrivacyAct.objects.bulk_update(acts, ["completed_at", "details"], batch_size=200)
        Erasure.objects.filter(pk__in=[row.pk for row in rows]).delete()


def _delete_files(files: list) -> None:
    for label, name, stored in files:
        handler = next((h for h in personal_data.handlers() if h.label == label), None)
        storage = handler.model._meta.get_field(name).storage if handler is not None else default_storage
        storage.delete(stored)
