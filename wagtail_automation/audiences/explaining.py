"""Why is this person in that segment, or not: the rule, each condition's answer, and the facts behind it."""

import datetime as dt
from dataclasses import dataclass, field

from django.db.models import Count, Max
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from wagtail_automation import clock
from wagtail_automation.leads import sources
from wagtail_automation.leads.fields import lead_fields
from wagtail_automation.leads.models import ConsentState, Lead
from wagtail_automation.leads.panels import moment
from wagtail_automation.rules.explaining import Asked, Explanation, explain
from wagtail_automation.tracking import events
from wagtail_automation.tracking.models import Event

from .dependencies import find_cycle
from .models import LeadList, ListMembership, Segment, SegmentMembership, SegmentState


@dataclass
class Reason:
    """The explanation with what is stored of the membership, and what else there is to say."""

    segment: Segment
    explanation: Explanation
    member_since: dt.datetime | None
    refreshed_at: dt.datetime | None
    notes: list[str] = field(default_factory=list)


def why(segment: Segment, lead: Lead) -> Reason:
    """A constant number of queries, whatever the rule's size and the person's past."""
    now = clock.now()
    explanation = explain(segment.rule, Lead, lead.pk, now)
    membership = SegmentMembership.objects.filter(segment=segment, lead=lead).first()
    state = SegmentState.objects.filter(segment=segment).first()
    _tell_facts(list(explanation.whole.walk()), lead)
    reason = Reason(
        segment,
        explanation,
        membership.joined_at if membership else None,
        state.refreshed_at if state else None,
    )
    if not segment.live:
        reason.notes.append(_("The segment is not published: it has no members."))
    elif find_cycle(segment):
        reason.notes.append(_("The segment asks about itself in a circle: it has no members."))
    elif (membership is not None) != explanation.matches:
        reason.notes.append(
            _("The stored members are those of the last evaluation; this person is looked at again soon.")
        )
    return reason


def _tell_facts(asked: list[Asked], lead: Lead) -> None:
    """Put ``lines`` (what is known of this person) and ``segments`` on every condition."""
    names = {name for one in asked for name in one.facts.names}
    known = _Known(lead, names)
    for one in asked:
        one.lines = [line for name in sorted(one.facts.names) for line in known.lines(name, one.refs)]
        one.segments = [(ref.pk, known.segments.get(ref.pk, "")) for ref in one.refs if ref.model is Segment]


class _Known:
    """What is stored of one person, read once for all conditions: at most one query per kind of fact."""

    def __init__(self, lead: Lead, names: set[str]):
        self.lead = lead
        keys = {name.removeprefix("field:") for name in names if name.startswith("field:")}
        self.fields = lead_fields(keys)
        origins = {key: lead.field_sources.get(key) or {} for key in keys}
        words = sources.labels(origin.get("source", "") for origin in origins.values())
        self.origins = {
            key: (words.get(origin.get("source", ""), ""), moment(origin.get("at")))
            for key, origin in origins.items()
        }
        wanted = {name.removeprefix("event:") for name in names if name.startswith("event:")}
        self.events: dict[tuple, tuple[int, dt.datetime]] = {}
        if wanted:
            rows = Event.objects.filter(lead=lead, human=True, name__in=wanted).order_by()
            for row in rows.values("name", "object_key").annotate(count=Count("pk"), last=Max("at")):
                self.events[(row["name"], row["object_key"])] = (row["count"], row["last"])
        subjects = {name.removeprefix("consent:") for name in names if name.startswith("consent:")}
        states = ConsentState.objects.filter(lead=lead, subject__in=subjects) if subjects else []
        self.consents = {state.subject: state for state in states}
        self.lists, self.segments, self.since = {}, {}, {}
        if "list" in names or any(name.startswith("list:") for name in names):
            rows = ListMembership.objects.filter(lead=lead).values_list("list_id", "list__name", "added_at")
            for pk, name, at in rows:
                self.lists[pk] = name
                self.since[LeadList, pk] = at
        if "segment" in names or any(name.startswith("segment:") for name in names):
            self.segments = dict(Segment.objects.values_list("pk", "name"))
            rows = SegmentMembership.objects.filter(lead=lead, segment__live=True)
            self.since |= {(Segment, pk): at for pk, at in rows.values_list("segment_id", "joined_at")}

    def lines(self, name: str, refs) -> list[str]:
        kind, _colon, rest = name.partition(":")
        if kind == "field":
            return [self._field(rest)]
        if kind == "event":
            return [self._event(rest, {ref.key for ref in refs})]
        if kind == "consent":
            return [self._consent(rest)]
        if kind in {"list", "segment"}:
            model = LeadList if kind == "list" else Segment
            return [
                self._membership(model, ref)
                for ref in refs
                if ref.model is model and rest in ("", str(ref.pk))
            ]
        return []

    def _field(self, key: str) -> str:
        field = self.fields.get(key)
        if field is None:
            value = getattr(self.lead, key, None)
            return f"{key}: {value}" if isinstance(value, str | int) and value != "" else ""
        text = field.display(self.lead) or _("empty")
        source, at = self.origins.get(key, ("", None))
        about = " · ".join(filter(None, (source, _day(at) if at else "")))
        said = _("%(field)s: %(value)s") % {"field": field.label, "value": text}
        return f"{said} ({about})" if about else said

    def _event(self, name: str, keys: set) -> str:
        found = [
            counted
            for (event, key), counted in self.events.items()
            if event == name and (not keys or key in keys)
        ]
        label = events.get(name).label
        if not found:
            return _("%(event)s: never") % {"event": label}
        count = sum(number for number, _last in found)
        last = date_format(localtime(max(last for _number, last in found)), "SHORT_DATETIME_FORMAT")
        said = ngettext("%(event)s: once, on %(last)s", "%(event)s: %(count)d times, last on %(last)s", count)
        return said % {"event": label, "count": count, "last": last}

    def _consent(self, subject: str) -> str:
        state = self.consents.get(subject)
        if state is None:
            return _("Was not asked for consent.")
        said = _("Consent granted on %(day)s") if state.granted else _("Consent refused on %(day)s")
        return said % {"day": _day(state.at)}

    def _membership(self, model, ref) -> str:
        names = self.lists if model is LeadList else self.segments
        at = self.since.get((model, ref.pk))
        name = names.get(ref.pk) or str(ref)
        if at is None:
            return _("Not in “%(name)s”") % {"name": name}
        return _("In “%(name)s” since %(day)s") % {"name": name, "day": _day(at)}


def _day(at: dt.datetime) -> str:
    return date_format(localtime(at), "SHORT_DATE_FORMAT")
