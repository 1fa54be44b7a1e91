"""Two versions of a newsletter: some people get one or the other, the rest what most of them clicked.

The arithmetic is ``audiences.experiments``: it divides people, counts and keeps what was decided. Here is
what a version is, who waits for the result, and when it is looked at.
"""

import datetime as dt
from collections.abc import Collection

from django.db import transaction
from django.db.models import BigIntegerField, F, Q, Value
from django.db.models.functions import Cast, Mod
from django.db.models.lookups import LessThan
from django.utils.translation import gettext as _

from wagtail_automation.audiences.experiments import actions as experiments
from wagtail_automation.audiences.experiments.models import Experiment
from wagtail_automation.audiences.experiments.results import results
from wagtail_automation.leads import shares
from wagtail_automation.messaging.actions import queue_email
from wagtail_automation.messaging.models import EmailVersion
from wagtail_automation.objects import ref_of
from wagtail_automation.outbox import State

from .models import Newsletter
from .querysets import OPEN_MESSAGES, messages_of

FIRST, SECOND = "a", "b"
#: fewer people prove nothing; the one that leads is taken all the same when the time is over
LEAST = 10
CHUNK = 5_000
#: percent of people who take part where nobody waits for the result
EVERYBODY = 100


def begin(newsletter: Newsletter, now: dt.datetime) -> Experiment:
    """The experiment of a newsletter that starts now; a repeat returns the same."""
    second = newsletter.email_b.name if newsletter.email_b_id else newsletter.subject_b
    first = newsletter.email.name if newsletter.email_b_id else newsletter.email.subject
    return experiments.set_up(
        place=f"newsletter:{newsletter.uuid}",
        name=_("Newsletter: %(name)s") % {"name": newsletter.name},
        variants=[experiments.Variant(FIRST, first[:200]), experiments.Variant(SECOND, second[:200])],
        now=now,
        metric="click",
        goal=newsletter.goal,
        least=LEAST,
        share=newsletter.test_share,
        is_automatic=False,
        ends_at=now + dt.timedelta(hours=newsletter.test_hours),
        at_end=Experiment.AtEnd.LEADER,
    )


def takes_part(experiment: Experiment) -> Q | LessThan:
    """Whether a lead takes part, as ``experiments.divide`` says it, in SQL."""
    multiplier, offset = shares.multiplier_and_offset(f"experiment:{experiment.uuid}:share")
    place = Mod(Cast(F("bucket"), BigIntegerField()) * multiplier + offset, Value(shares.PRIME))
    return LessThan(place * Value(100), Value(shares.PRIME * experiment.share))


def is_open(newsletter: Newsletter) -> bool:
    """Whether only those who take part get it yet."""
    return newsletter.experiment is not None and not newsletter.experiment.is_decided


def earlier(newsletter: Newsletter) -> dt.timedelta:
    """By how much the others' turn comes earlier, because somebody decided before the time was over; below
    zero: later, because the comparison was paused."""
    experiment = newsletter.experiment
    if experiment is None or not experiment.is_decided or newsletter.test_ends_at is None:
        return dt.timedelta()
    if newsletter.test_share >= EVERYBODY:  # their turns never were counted from the result
        return dt.timedelta()
    return newsletter.test_ends_at - experiment.decided_at


def pause(newsletter: Newsletter, now: dt.datetime) -> None:
    """Stop the clock of a comparison: nobody gets either version meanwhile. Sets ``test_left``."""
    experiment = newsletter.experiment
    if experiment is not None and not experiment.is_decided and experiment.ends_at is not None:
        newsletter.test_left = max(dt.timedelta(), experiment.ends_at - now)
        experiment.ends_at = None
        experiment.save(update_fields=["ends_at"])


def go_on(newsletter: Newsletter, now: dt.datetime) -> None:
    """What was left of the time begins now, unless somebody decided meanwhile or gave it another end."""
    experiment, left = newsletter.experiment, newsletter.test_left
    newsletter.test_left = None
    if left is not None and not experiment.is_decided and experiment.ends_at is None:
        experiment.ends_at = now + left
        experiment.save(update_fields=["ends_at"])


def queue(
    newsletter: Newsletter,
    cohort_of,
    rows: list[tuple[int, int]],
    now: dt.datetime,
    withheld: Collection[int] = (),
) -> int:
    """Queue each version for those who get it and note who is shown which; returns how many.

    ``rows``: ``(recipient, lead)``; ``cohort_of``: makes a cohort of some recipients; ``withheld``: leads
    whose message is not sent, so that they take no part. Statements do not grow.
    """
    leads = [lead for _pk, lead in rows if lead not in withheld]
    groups = experiments.expose(experiment=newsletter.experiment, leads=leads, now=now)
    divided = {lead for ids in groups.values() for lead in ids}
    rest = [lead for _pk, lead in rows if lead not in divided]
    if rest:  # withheld, or the share was made smaller meanwhile: the first version, and they prove nothing
        groups[FIRST] = [*groups.get(FIRST, ()), *rest]
    number = 0
    for key, ids in groups.items():
        chosen = set(ids)
        cohort = cohort_of([pk for pk, lead in rows if lead in chosen])
        other = key == SECOND and newsletter.email_b_id
        number += queue_email(cohort=cohort, email=ref_of(newsletter.email_b if other else newsletter.email))
        if key == SECOND and not other:
            _use_second_subject(newsletter, ids, now)
    return number


def _use_second_subject(newsletter: Newsletter, leads: list[int], now: dt.datetime) -> None:
    """Give the messages of these people the version with the other subject. Translations keep theirs."""
    current = newsletter.email.versions.filter(is_current=True).first()
    mine = newsletter.version_b
    if mine is None or mine.revision_id != current.revision_id or mine.html != current.html:
        values = {f.name: getattr(current, f.name) for f in EmailVersion._meta.concrete_fields}
        values |= {"subject": newsletter.subject_b, "is_current": False, "created_at": now}
        values.pop("id")
        newsletter.version_b = EmailVersion.objects.create(**values)
        newsletter.save(update_fields=["version_b"])
    mails = messages_of(newsletter).filter(lead__anyof=leads, email_version=current)
    mails.update(email_version=newsletter.version_b)


def note_clicks(newsletter: Newsletter, now: dt.datetime) -> int:
    """Tell the experiment who clicked since; returns how many were new."""
    experiment = newsletter.experiment
    clicked = messages_of(newsletter).filter(clicked_at__isnull=False)
    new = clicked.exclude(lead__in=experiment.outcomes.filter(metric="click").values("lead"))
    number = 0
    ids = list(new.order_by("lead_id").values_list("lead_id", flat=True))
    for start in range(0, len(ids), CHUNK):
        number += experiments.convert(experiment=experiment, leads=ids[start : start + CHUNK], now=now)
    return number


def settle(newsletter: Newsletter, is_over: bool) -> None:
    """Who was refused at hand-over did not take part. When the time is over neither did those whose message
    still waits, such as for the end of quiet hours; the others took part from when theirs was sent."""
    experiment, messages = newsletter.experiment, messages_of(newsletter)
    states = [State.SKIPPED, State.CANCELLED, *(OPEN_MESSAGES if is_over else ())]
    experiments.withdraw(experiment=experiment, leads=messages.filter(state__in=states).values("lead"))
    if is_over:
        sent = messages.filter(state=State.SENT).annotate(at=F("sent_at"))
        experiments.date_exposures(experiment=experiment, moments=sent)


def look(*, newsletter: Newsletter, now: dt.datetime) -> bool:
    """Bring the figures up to date, and decide when the time is over: whichever leads, else the first. True:
    it was decided now."""
    if not is_open(newsletter):
        return False
    with transaction.atomic():
        experiment = newsletter.experiment
        is_over = experiment.ends_at is not None and experiment.ends_at <= now
        settle(newsletter, is_over)
        note_clicks(newsletter, now)
        if not is_over:
            return False
        leader = results(experiment).leader
        return experiments.decide(experiment=experiment, key=leader.key if leader else FIRST, now=now)
