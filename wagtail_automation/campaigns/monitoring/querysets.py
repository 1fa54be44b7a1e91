"""What the log asks the database: the newest rows of three tables, however many they hold.

No question counts, skips (OFFSET) or sorts a table. Rows come in the order of a key that no two share, and
the next page begins after the last key seen.
"""

import datetime as dt
from dataclasses import dataclass, field

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db import connections, models, router
from django.db.models import Q
from wagtail.models import ModelLogEntry

from wagtail_automation.campaigns.models import Enrollment, Step, StepIdentity, StepLog
from wagtail_automation.campaigns.outcomes import Outcome
from wagtail_automation.leads.models import Lead
from wagtail_automation.leads.permissions import about_visible, sees_everybody
from wagtail_automation.sql import is_postgresql
from wagtail_automation.tracking import events
from wagtail_automation.tracking.models import Event

#: Leads or enrollments looked up by key for somebody who does not see everybody; with more than these the
#: newest rows of all are looked through, of which then enough are theirs.
FEW = 20_000
PAGE_VIEWED = events.PAGE_VIEWED
ABOUT_CAMPAIGNS = (events.CAMPAIGN_ENTERED, events.CAMPAIGN_LEFT)


@dataclass
class Narrowed:
    """Which rows. ``since`` and ``until``: aware, until excluded; ``steps`` and ``names``: None for all,
    else keys of step identities and names of events."""

    user: object
    since: dt.datetime | None = None
    until: dt.datetime | None = None
    campaign: object = None
    lead: int | None = None
    outcomes: tuple[int, ...] = ()
    steps: list[int] | None = None
    names: list[str] | None = None
    _few: dict = field(default_factory=dict)

    def within(self, column: str) -> Q:
        """The days asked for."""
        asked = Q()
        if self.since:
            asked &= Q(**{f"{column}__gte": self.since})
        if self.until:
            asked &= Q(**{f"{column}__lt": self.until})
        return asked

    def few(self, model: type[models.Model]) -> list[int] | None:
        """Keys of leads, or of enrollments, that a person with narrowed sight may see; None if too many."""
        if model not in self._few:
            rows = Lead.objects.visible_to(self.user)
            if model is Enrollment:
                rows = about_visible(Enrollment.objects.all(), self.user)
            found = list(rows.order_by().values_list("pk", flat=True)[: FEW + 1])
            self._few[model] = found if len(found) <= FEW else None
        return self._few[model]


def steps_of(campaign, prefix: str | None = None) -> list[int]:
    """Identities of a campaign, or of all; ``prefix``: of the types that begin so, "" for the rest."""
    if prefix is None:
        return list(StepIdentity.objects.filter(campaign=campaign).values_list("pk", flat=True))
    rows = Step.objects.order_by()
    if campaign is not None:
        rows = rows.filter(identity__campaign=campaign)
    if prefix:
        rows = rows.filter(type__startswith=prefix)
    else:
        rows = rows.exclude(Q(type__startswith="do_") | Q(type__startswith="decision"))
    return list(rows.values_list("identity_id", flat=True).distinct())


def step_log(asked: Narrowed, after: tuple | None, limit: int) -> list[StepLog]:
    """The newest entries of the step log; ``after``: ``(at, enrollment, visit)`` of the last one seen."""
    rows = StepLog.objects.filter(asked.within("at"), _older(after, "enrollment_id", "visit"))
    rows = rows.select_related("enrollment__lead", "enrollment__campaign").defer("enrollment__campaign__tree")
    rows = rows.order_by("-at", "-enrollment_id", "-visit")
    if asked.steps is not None:
        rows = rows.filter(step_id__anyof=asked.steps)
    if asked.outcomes:
        rows = rows.filter(outcome__in=asked.outcomes)
    if asked.lead is not None:
        mine = Enrollment.objects.filter(lead_id=asked.lead).values_list("pk", flat=True)
        return list(rows.filter(enrollment_id__anyof=list(mine))[:limit])
    if not sees_everybody(asked.user):
        few = asked.few(Enrollment)
        if few is not None:
            return list(rows.filter(enrollment_id__anyof=few)[:limit])
        return list(about_visible(rows, asked.user, "enrollment__lead")[:limit])
    if (asked.steps is None and not asked.outcomes) or not is_postgresql(rows.db):
        return list(rows[:limit])
    steps = asked.steps
    if steps is None:
        steps = list(StepIdentity.objects.values_list("pk", flat=True))
    groups = {
        "step_id": ("bigint[]", steps),
        "outcome": ("smallint[]", list(asked.outcomes or Outcome.values)),
    }
    keys = _newest(StepLog, groups, ("enrollment_id", "visit"), asked, after, limit)
    return list(rows.filter(pk__in=keys)) if keys else []


def recorded_events(asked: Narrowed, after: tuple | None, limit: int) -> list[Event]:
    """The newest events of people, machine traffic apart; page views only of a single lead.

    ``after``: ``(at, id)`` of the last one seen.
    """
    rows = Event.objects.human().filter(asked.within("at"), _older(after, "pk"), lead__isnull=False)
    rows = rows.select_related("lead").order_by("-at", "-pk")
    names = asked.names if asked.names is not None else [entry.name for entry in events.all_names()]
    if asked.campaign is not None:
        names = [name for name in names if name in ABOUT_CAMPAIGNS]
        rows = rows.filter(object_key=asked.campaign.uuid)
    if not names:
        return []
    if asked.lead is not None:
        return list(rows.filter(lead_id=asked.lead, name__in=names)[:limit])
    names = [name for name in names if name != PAGE_VIEWED]
    rows = rows.filter(name__in=names)
    if not sees_everybody(asked.user):
        few = asked.few(Lead)
        if few is not None:
            return list(rows.filter(lead_id__anyof=few)[:limit])
        return list(about_visible(rows, asked.user)[:limit])
    if asked.campaign is not None or not is_postgresql(rows.db):
        return list(rows[:limit])
    # page views stand in no index of time: the condition of the index is repeated
    always = f"name <> '{PAGE_VIEWED}' AND human AND lead_id IS NOT NULL"
    keys = _newest(Event, {"name": ("text[]", names)}, ("id",), asked, after, limit, always)
    return list(rows.filter(pk__in=[key for (key,) in keys])) if keys else []


def acts_of_people(asked: Narrowed, after: tuple | None, limit: int) -> list[ModelLogEntry]:
    """What people of the team did to what they write and to leads, from Wagtail's own log."""
    kinds = _kinds_shown(asked.user)
    rows = ModelLogEntry.objects.filter(asked.within("timestamp"), _older(after, "pk", at="timestamp"))
    leads = kinds.pop(Lead, None)
    wanted = Q(content_type__in=[kind.pk for kind in kinds.values()])
    if asked.campaign is not None:
        wanted = Q(content_type=kinds.get(type(asked.campaign)), object_id=str(asked.campaign.pk))
        if asked.lead is not None:
            return []
    elif asked.lead is not None:
        wanted = Q(content_type=leads, object_id=str(asked.lead))
    elif leads is not None and sees_everybody(asked.user):
        wanted |= Q(content_type=leads)
    elif leads is not None:
        few = asked.few(Lead)
        if few is not None:
            wanted |= Q(content_type=leads, object_id__in=[str(pk) for pk in few])
    rows = rows.filter(wanted).select_related("user", "content_type").order_by("-timestamp", "-pk")
    return list(rows[:limit])


def _kinds_shown(user) -> dict[type, ContentType]:
    """What people write and this person may look at; of records about leads only leads themselves."""
    found = {}
    for model, kind in ContentType.objects.get_for_models(*_written()).items():
        verbs = ("view", "change", "add")
        names = (f"{model._meta.app_label}.{verb}_{model._meta.model_name}" for verb in verbs)
        if any(user.has_perm(name) for name in names):
            found[model] = kind
    return found


def _written() -> list[type[models.Model]]:
    ours = [model for model in apps.get_models() if model._meta.app_label.startswith("wagtail_automation")]
    return [model for model in ours if not any(field.related_model is Lead for field in model._meta.fields)]


def _older(after: tuple | None, *keys: str, at: str = "at") -> Q:
    """Behind this key, in descending order; the plain bound is what the index can use."""
    if after is None:
        return Q()
    moment, *values = after
    first, value = keys[0], values[0]
    behind = Q(**{f"{first}__lt": value})
    if len(keys) > 1:
        behind |= Q(**{first: value, f"{keys[1]}__lt": values[1]})
    return Q(**{f"{at}__lte": moment}) & (Q(**{f"{at}__lt": moment}) | behind)


def _newest(model, groups, keys, asked, after, limit, always: str = "TRUE") -> list[tuple]:
    """Keys of the newest rows of some groups (PostgreSQL): ``{column: (array type, values)}``.

    The index holds (columns…, at). First the moment of the last row wanted, by so many rows of each group;
    then all rows of the groups from that moment on, which are few, in the full order. A plain ORDER BY at
    over ``= ANY`` would read and sort every row of the groups.
    """
    connection = connections[router.db_for_read(model)]
    quote = connection.ops.quote_name
    bounds, values = [always], []
    if asked.since:
        bounds.append("at >= %s")
        values.append(asked.since)
    if asked.until:
        bounds.append("at < %s")
        values.append(asked.until)
    if after is not None:
        row = f"({', '.join(keys)}) < ({', '.join(['%s'] * len(keys))})"
        bounds.append(f"at <= %s AND (at < %s OR {row})")
        values += [after[0], after[0], *after[1:]]
    names = list(groups)
    sources = " CROSS JOIN ".join(
        f"unnest(%s::{kind}) AS g_{name}({name})" for name, (kind, _v) in groups.items()
    )
    arrays = [found for _kind, found in groups.values()]
    same = " AND ".join(f"t.{name} = g_{name}.{name}" for name in names)
    rows = f"FROM {quote(model._meta.db_table)} t WHERE {same} AND {' AND '.join(bounds)}"
    columns = ", ".join(keys)
    last = (
        f"SELECT r.at FROM {sources} CROSS JOIN LATERAL (SELECT t.at {rows} ORDER BY t.at DESC LIMIT %s) r "
        "ORDER BY r.at DESC OFFSET %s LIMIT 1"
    )
    order = ", ".join(f"r.{name} DESC" for name in ("at", *keys))
    enough = "t.at >= COALESCE((SELECT at FROM last), '-infinity')"
    statement = (
        f"WITH last AS MATERIALIZED ({last}) SELECT {columns} FROM {sources} CROSS JOIN LATERAL "
        f"(SELECT t.at, {columns} {rows} AND {enough} OFFSET 0) r ORDER BY {order} LIMIT %s"
    )
    params = [*arrays, *values, limit, limit - 1, *arrays, *values, limit]
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return cursor.fetchall()
