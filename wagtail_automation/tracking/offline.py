"""What happened away from the site – in a shop, on the phone – imported and attached to known people.

An event is recorded once: by the key that the file gives it, else by what its row says.
"""

import hashlib
import json
import uuid

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import BigIntegerField
from django.utils.formats import number_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from wagtail_automation import clock, objects, signals, sql
from wagtail_automation.leads.field_types import TYPES, clean_text
from wagtail_automation.leads.folding import fold
from wagtail_automation.leads.identifiers import identifier_kinds
from wagtail_automation.leads.imports import actions, querysets
from wagtail_automation.leads.imports.kinds import ImportKind, Prepared, Target, import_kinds
from wagtail_automation.leads.imports.moments import MomentCleaner, moment_fields
from wagtail_automation.leads.imports.people import identifier_targets
from wagtail_automation.leads.models import ImportedLead

from . import events
from .models import Event, EventKey
from .timeline import TimelineRenderer, renderers

events.GROUPS.setdefault("offline", _("Shop and phone"))
SHOP_VISITED = events.register(
    "shop_visited",
    _("Shop visited"),
    _("The person came to a shop or an office."),
    group="offline",
    icon="home",
)
CALL_MADE = events.register(
    "call_made",
    _("Phone call"),
    _("Somebody spoke with the person by phone."),
    group="offline",
    icon="comment",
)
OFFLINE_EVENT = events.register(
    "offline_event",
    _("Offline event"),
    _("Something away from the site, with a name of its own, was imported."),
    group="offline",
    icon="pick",
)
CHANNEL = "offline"
#: What files call the published names, folded.
NAMES = {
    "shop visited": SHOP_VISITED, "shop_visited": SHOP_VISITED, "shop visit": SHOP_VISITED,
    "store visit": SHOP_VISITED, "visit": SHOP_VISITED, "visite": SHOP_VISITED,
    "visite en magasin": SHOP_VISITED, "visite magasin": SHOP_VISITED, "magasin": SHOP_VISITED,
    "call": CALL_MADE, "call_made": CALL_MADE, "phone call": CALL_MADE, "phone": CALL_MADE,
    "appel": CALL_MADE, "appel telephonique": CALL_MADE, "telephone": CALL_MADE,
}  # fmt: skip
MAX_VALUE = BigIntegerField.MAX_BIGINT // 1000


def named(text: str) -> tuple[str, str]:
    """``(event name, own name or "")`` of what a file calls an event."""
    name = NAMES.get(" ".join(fold(text).split()))
    return (name, "") if name else (OFFLINE_EVENT, clean_text(text, max_length=80))


def offline_event_ref(own: str) -> objects.Ref:
    """What events of an own name are about, so that rules can ask for one of them."""
    return objects.Ref(Event, None, uuid.uuid5(objects.NAMESPACE, f"offline_event:{fold(own)}"), None, [own])


@import_kinds.register
class OfflineEvents(ImportKind):
    """Events of known people. Whoever is not known is refused, since nobody would be told of them."""

    key = "offline_events"
    label = _("Offline events")
    description = _("Shop visits, calls and the like, attached to people who are known already.")
    icon = "history"
    order = 20
    permissions = ("wagtail_automation_tracking.add_event",)
    counts = (
        ("recorded", _("Recorded")),
        ("known", _("Recorded before")),
        ("people", _("People")),
        ("refused", _("Rows refused")),
    )

    def targets(self, user):
        group = _("What happened")
        return [
            *identifier_targets(),
            Target(
                "event.name", _("Name of the event"), group,
                ("event", "event name", "evenement", "what", "type", "quoi", "action"),
            ),
            Target(
                "event.at", _("When (date and time)"), group,
                ("at", "when", "date", "time", "datetime", "timestamp", "moment", "quand", "horodatage"),
            ),
            Target(
                "event.value", _("Value"), group,
                ("value", "amount", "total", "valeur", "montant", "prix"),
            ),
            Target(
                "event.key", _("Key (counts an event once)"), group,
                ("key", "event key", "event id", "id", "ticket", "receipt", "cle", "numero"),
            ),
            Target("event.data", _("Kept with the event"), group, (), many=True),
        ]  # fmt: skip

    def option_fields(self, user, header):
        return {
            "name": forms.ChoiceField(
                label=_("What the rows are"),
                choices=[(name, events.get(name).label) for name in (SHOP_VISITED, CALL_MADE, OFFLINE_EVENT)],
                initial=SHOP_VISITED,
                help_text=_("Where no column says it."),
            ),
            **moment_fields(),
            "unit": forms.ChoiceField(
                label=_("Values"),
                choices=[
                    ("whole", _("Whole numbers")),
                    ("hundredths", _("Amounts with two decimals, kept in cents: 49.90 is 4990")),
                ],
                initial="whole",
            ),
            "wake": forms.BooleanField(
                label=_("Let these events start campaigns"),
                required=False,
                help_text=_("Leave it off for events of long ago. Segments count them in any case."),
            ),
        }

    def check(self, columns, options):
        chosen = {column["target"] for column in columns}
        if not any(target.startswith("id.") for target in chosen):
            raise ValidationError(
                gettext("Choose the column that says who it is, such as the email address.")
            )
        if "event.at" not in chosen:
            raise ValidationError(gettext("Choose the column that says when it happened."))

    def cleaner(self, run):
        return EventCleaner(run)

    def complete(self, run, rows):
        for entry in rows:
            if entry.refused:
                continue
            if not any(target.startswith("id.") for target in entry.values):
                entry.refuse(gettext("Nothing in this row says who it is."))
            elif "event.at" not in entry.values:
                entry.refuse(gettext("Nothing in this row says when it happened."))

    def value_of(self, entry, target, column):
        value = entry.values.get(target)
        return value.get(column) if target == "event.data" and value else value

    def shown(self, target, value):
        if target == "event.name":
            return value[1] or str(events.get(value[0]).label)
        if target == "event.at":
            return TYPES["datetime"].display(value, None)
        return number_format(value, force_grouping=True) if target == "event.value" else str(value)

    def apply(self, run, rows):
        return record_offline(run=run, rows=rows)


class EventCleaner(MomentCleaner):
    """Cleans the columns of one run."""

    def __init__(self, run):
        functions = {
            "name": named,
            "value": self._value,
            "key": lambda text: clean_text(text, max_length=500),
            "data": lambda text: clean_text(text, max_length=1000),
        }
        super().__init__(run, functions, many=frozenset({"event.data"}))

    def _value(self, text: str) -> int:
        number = TYPES["number"].clean(text, None)
        if self.run.options.get("unit") == "hundredths":
            return round(number * 100)
        if not isinstance(number, int):
            raise ValidationError(gettext("Values are whole numbers, unless you choose amounts."))
        return number


def key_of(values: dict, name: str, own: str, who: tuple) -> str:
    """The key of one event, at most 200 characters."""
    told = values.get("event.key")
    said = (
        ["key", name, own, told]
        if told
        else ["row", name, own, *who, values["event.at"], values.get("event.value"), values.get("event.data")]
    )
    return f"offline:{hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()}"


def record_offline(*, run, rows: list[Prepared]) -> dict[str, int]:
    """Record these events in a constant number of statements. A repeat changes nothing."""
    now = clock.now()
    pairs = {entry.row.number: _pairs(entry) for entry in rows if not entry.refused}
    owners = querysets.owners(pair for given in pairs.values() for pair in given)
    found: dict[str, dict] = {}
    good = 0
    for entry in rows:
        if entry.refused:
            continue
        who = next((pair for pair in pairs[entry.row.number] if pair in owners), None)
        if who is None:
            entry.refuse(gettext("Nobody with this identifier is known."))
            continue
        good += 1
        name, own = entry.values.get("event.name") or (run.options.get("name") or OFFLINE_EVENT, "")
        key = key_of(entry.values, name, own, pairs[entry.row.number][0])
        found.setdefault(key, _event(entry, owners[who], name, own))
    new = sql.insert_rows(
        EventKey,
        [{"key": key} for key in found],
        shared={"at": now},
        ignore_conflicts=True,
        returning=("key",),
    )
    shared = {
        "visitor": None,
        "site": None,
        "url": "",
        "channel": CHANNEL,
        "human": True,
        "object_kind": None,
    }
    recorded = [found[key] for (key,) in new]
    ids = [pk for (pk,) in sql.insert_rows(Event, recorded, shared=shared, returning=("id",))]
    leads = sorted({row["lead"] for row in recorded})
    if ids and run.options.get("wake"):
        signals.events_recorded.send(sender=Event, events=list(Event.objects.filter(pk__anyof=ids)))
    if leads:
        facts = frozenset(f"event:{row['name']}" for row in recorded)
        signals.facts_changed.send(sender=Event, leads=leads, facts=facts, now=now)
    met = sql.insert_rows(
        ImportedLead,
        [{"lead": pk} for pk in leads],
        shared={"run": run.pk, "created": False},
        ignore_conflicts=True,
        returning=("lead",),
    )
    refused, noted = actions.note_problems(run, rows)
    return {
        "rows": len(rows),
        "recorded": len(ids),
        "known": good - len(ids),
        "people": len(met),
        "refused": refused,
        "noted": noted,
    }


def _pairs(entry: Prepared) -> list[tuple[str, str]]:
    found = [
        (target.removeprefix("id."), value)
        for target, value in entry.values.items()
        if target.startswith("id.")
    ]
    return sorted(found, key=lambda pair: -identifier_kinds[pair[0]].strength)


def _event(entry: Prepared, lead: int, name: str, own: str) -> dict:
    data = dict(entry.values.get("event.data") or {})
    return {
        "lead": lead,
        "name": name,
        "object_key": offline_event_ref(own).key if own else None,
        "value": entry.values.get("event.value"),
        "data": {"event": own, "data": data} if own else {"data": data},
        "at": TYPES["datetime"].to_python(entry.values["event.at"]),
    }


class OfflineRenderer(TimelineRenderer):
    """The own name as the title, what the file kept with it as the detail."""

    def title(self, event):
        return str(event.data.get("event", "")) or super().title(event)

    def subject(self, event, label):
        return "" if event.value is None else number_format(event.value, force_grouping=True)

    def detail(self, event):
        return ", ".join(f"{name}: {value}" for name, value in (event.data.get("data") or {}).items())


for _name in (SHOP_VISITED, CALL_MADE, OFFLINE_EVENT):
    renderers.register(type(f"{_name}_renderer", (OfflineRenderer,), {"key": _name}))
