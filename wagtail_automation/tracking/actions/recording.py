"""Recording facts: one, or one for each of a cohort, in one transaction with their key and their signals."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial, wraps

from django.db import OperationalError, connection, models, transaction
from django.db.models import Exists, F, OuterRef, Value
from django.db.models.functions import Concat
from django.utils import timezone

from wagtail_automation import clock, objects, signals, sql
from wagtail_automation.tracking import events
from wagtail_automation.tracking.models import Event, EventKey, Visitor


class UnknownEventError(ValueError):
    """The name is not in the published vocabulary."""


#: SQLSTATEs of deadlock and serialisation failure: somebody else went first, nothing is wrong.
TRY_AGAIN = ("40P01", "40001")


def again_after_deadlock(function):
    """Decorator: up to three attempts, unless an outer transaction must decide."""

    @wraps(function)
    def attempt(*args, **kwargs):
        for left in (2, 1, 0):
            try:
                return function(*args, **kwargs)
            except OperationalError as error:
                state = getattr(error.__cause__, "sqlstate", None)
                if not left or state not in TRY_AGAIN or connection.in_atomic_block:
                    raise
        raise AssertionError("unreachable")

    return attempt


class CohortEvents(Sequence):
    """The events of a cohort as ``events_recorded`` hands them over: read only if somebody looks.

    They are all about one thing at one moment: ``name``, ``object_key`` and ``at`` tell a receiver whether
    it needs to look, and ``leads()`` whose they are, so that a hundred thousand of them are one statement.
    """

    def __init__(self, name: str, read, *, leads, object_key=None, at: datetime | None = None):
        self.name, self.names = name, frozenset({name})
        self.leads, self.object_key, self.at = leads, object_key, at
        self._read = read
        self._rows: list | None = None

    def _all(self):
        if self._rows is None:
            self._rows = self._read()
        return self._rows

    def __getitem__(self, index):
        return self._all()[index]

    def __len__(self):
        return len(self._all())


@again_after_deadlock
def record_event(
    *,
    name: str,
    lead=None,
    visitor=None,
    site=None,
    about=None,
    url: str = "",
    value: int | None = None,
    data: dict | None = None,
    channel: str = "",
    human: bool = True,
    at: datetime | None = None,
    key: str = "",
) -> Event | None:
    """Store one past fact and tell those who listen, in one transaction.

    ``about`` is an object or its Ref; ``at`` (aware) is now unless told; ``key`` (at most 200 characters)
    makes a repeat change nothing and return None. A visitor's event belongs to the visitor's lead of this
    moment; if ``lead`` is given and is another one, the fact is the lead's and the browser is left out. A
    lead merged meanwhile is replaced by its survivor. With neither, or of somebody erased meanwhile, it is
    nobody's fact: it counts where those of its object are counted, is on nobody's page and starts nothing.
    Raises UnknownEventError for a name that nobody published, ValueError for a key too long, a moment without
    zone and values of another type.
    """
    _check(name)
    _check_types(lead, visitor, value, data)
    moment = at or clock.now()
    if timezone.is_naive(moment):
        raise ValueError("The moment of an event has a time zone.")
    with transaction.atomic():
        if key and not EventKey.objects.claim(_key(key), moment):
            return None
        lead_id, visitor_id = current_owner(lead, visitor)
        event = Event.objects.create(
            lead_id=lead_id,
            visitor_id=visitor_id,
            site=site,
            name=name,
            url=url,
            value=value,
            data=data or {},
            channel=channel,
            human=human,
            at=moment,
            **about_columns(about),
        )
        announce([event])
    return event


@again_after_deadlock
def record_visitor_events(*, visitor, site, facts: list[dict], at: datetime) -> int:
    """Store several facts of one browser at one moment and tell those who listen once; returns how many.

    Each fact has ``name`` and what else ``record_event`` takes of ``about``, ``url``, ``data`` and ``key``. A
    constant number of statements; nothing for a visitor who was erased meanwhile. A repeat stores those
    again that have no key.
    """
    keys = [_key(fact["key"]) for fact in facts if fact.get("key")]
    for fact in facts:
        _check(fact["name"])
    with transaction.atomic():
        new = EventKey.objects.claim_all(keys, at) if keys else set()
        lead_id, visitor_id = current_owner(None, visitor)
        if visitor_id is None:
            return 0
        rows = [
            Event(
                lead_id=lead_id,
                visitor_id=visitor_id,
                site=site,
                name=fact["name"],
                url=fact.get("url", ""),
                data=fact.get("data") or {},
                channel="web",
                human=True,
                at=at,
                **about_columns(fact.get("about")),
            )
            for fact in facts
            if not fact.get("key") or _take(new, fact["key"])
        ]
        if rows:
            Event.objects.bulk_create(rows)
            announce(rows)
    return len(rows)


def _take(keys: set[str], key: str) -> bool:
    """Whether the key is among them; it is not any more."""
    present = key in keys
    keys.discard(key)
    return present


def announce(recorded: list[Event]) -> None:
    """Tell the receivers about events just inserted; machine traffic is told to nobody."""
    human = [event for event in recorded if event.human]
    if not human:
        return
    signals.events_recorded.send(sender=Event, events=human)
    leads = sorted({event.lead_id for event in human if event.lead_id})
    if leads:
        facts = frozenset(f"event:{event.name}" for event in human)
        signals.facts_changed.send(sender=Event, leads=leads, facts=facts, now=clock.now())


def current_owner(lead, visitor) -> tuple[int | None, int | None]:
    """``(lead_id, visitor_id)`` to store, locked against a merge until the end of the transaction."""
    lead_pk = getattr(lead, "pk", lead)
    visitor_pk = getattr(visitor, "pk", visitor)
    if visitor_pk is not None:
        owner = Visitor.objects.lock_lead_id(visitor_pk, share=True)
        if owner is not None and lead_pk in (None, owner, getattr(visitor, "lead_id", None)):
            return owner, visitor_pk
        if lead_pk is None:
            return None, None
    if lead_pk is None:
        return None, None
    return surviving_lead(lead_pk), None


def surviving_lead(lead_pk: int) -> int | None:
    """The lead itself, its survivor if it was merged, None if it was erased."""
    from wagtail_automation.leads.models import Lead, MergedLead

    if Lead.objects.filter(pk=lead_pk).exists():
        return lead_pk
    return MergedLead.objects.filter(old_pk=lead_pk).values_list("lead_id", flat=True).first()


def record_events_for(
    cohort,
    name: str,
    *,
    about=None,
    value=None,
    data: dict | None = None,
    channel: str = "",
    site=None,
    once: str = "",
    at: datetime | None = None,
) -> int:
    """Store one fact for each lead of a cohort, in a constant number of statements; returns how many.

    ``value`` may be an expression over the cohort's rows. With ``once`` (a prefix) each cohort key records at
    most one event ever; without it the caller answers for repeats, as activities do by the step log.
    """
    _check(name)
    moment = at or cohort.now
    rows = cohort.rows()
    columns = about_columns(about)
    source = site or cohort.site
    with transaction.atomic():
        if once:
            full_key = Concat(Value(f"{once}:"), F("cohort_key"), output_field=models.CharField())
            rows = rows.annotate(_event_key=full_key)
            rows = rows.filter(~Exists(EventKey.objects.filter(key=OuterRef("_event_key"))))
        count = sql.insert_select(
            Event,
            {
                "lead": F("cohort_lead"),
                "visitor": None,
                "site": getattr(source, "pk", None),
                "name": name,
                **columns,
                "url": "",
                "value": value,
                "data": data or {},
                "channel": channel,
                "human": True,
                "at": moment,
            },
            rows,
        )
        if once and count:
            sql.insert_select(EventKey, {"key": F("_event_key"), "at": moment}, rows)
        if count:
            _announce_cohort(cohort, name, columns, value, data, channel, source, moment)
    return count


def record_events_by_key(
    keys: dict[str, int], name: str, *, about=None, channel: str = "", site=None, at: datetime
) -> int:
    """Store one fact for each ``{event key: lead's id}``, at most one event ever for a key; returns how many.

    Two statements, in the caller's transaction, which has read and locked whose the keys are: nobody can
    merge these leads meanwhile.
    """
    _check(name)
    rows = [{"key": _key(key)} for key in keys]
    new = sql.insert_rows(EventKey, rows, shared={"at": at}, ignore_conflicts=True, returning=("key",))
    if not new:
        return 0
    leads = [keys[key] for (key,) in new]
    columns = about_columns(about)
    shared = {
        "visitor": None,
        "site": getattr(site, "pk", None),
        "name": name,
        **columns,
        "url": "",
        "value": None,
        "data": {},
        "channel": channel,
        "human": True,
        "at": at,
    }
    sql.insert_rows(Event, [{"lead": lead} for lead in leads], shared=shared)
    read = partial(_copies, lambda: leads, name, columns, None, {}, channel, site, at)
    people = sorted(set(leads))
    together = CohortEvents(name, read, leads=lambda: people, object_key=columns["object_key"], at=at)
    _announce_together(together, people, at)
    return len(leads)


def _announce_cohort(cohort, name, columns, value, data, channel, site, moment) -> None:
    def leads():
        return cohort.rows().values_list("cohort_lead", flat=True)

    read = partial(_copies, leads, name, columns, value, data, channel, site, moment)
    together = CohortEvents(name, read, leads=cohort.lead_ids, object_key=columns["object_key"], at=moment)
    _announce_together(together, cohort.lead_ids(), cohort.now)


def _copies(leads, name, columns, value, data, channel, site, moment) -> list[Event]:
    """The events as receivers may read them, without their ids."""
    shared = {
        "name": name,
        "value": value if isinstance(value, int) else None,
        "data": data or {},
        "channel": channel,
        "at": moment,
        **columns,
    }
    site_pk = getattr(site, "pk", None)
    return [Event(lead_id=lead, site_id=site_pk, human=True, **shared) for lead in leads()]


def _announce_together(together: CohortEvents, leads, now: datetime) -> None:
    signals.events_recorded.send(sender=Event, events=together)
    signals.facts_changed.send(
        sender=Event, leads=leads, facts=frozenset({f"event:{together.name}"}), now=now
    )


def about_columns(about) -> dict:
    """The two columns that say what an event is about."""
    if about is None:
        return {"object_kind": None, "object_key": None}
    ref = about if isinstance(about, objects.Ref) else objects.ref_of(about)
    return {"object_kind": ref.kind, "object_key": ref.key}


def _check(name: str) -> None:
    if not events.is_registered(name):
        raise UnknownEventError(f"{name!r} is no published event name; see tracking.events.register.")


def _check_types(lead, visitor, value, data) -> None:
    """The id of another object would be somebody else's."""
    from wagtail_automation.leads.models import Lead

    for given, model in ((lead, Lead), (visitor, Visitor)):
        pk = given.pk if isinstance(given, model) else given
        if given is not None and (isinstance(pk, bool) or not isinstance(pk, int)):
            raise ValueError(f"A {model.__name__.lower()} is given by itself or by its id.")
    if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
        raise ValueError("The value of an event is a whole number.")
    if data is not None and not isinstance(data, dict):
        raise ValueError("The data of an event are values by name.")


def _key(key: str) -> str:
    limit = EventKey._meta.pk.max_length
    if len(key) > limit:
        raise ValueError(f"An event key has at most {limit} characters.")
    return key
