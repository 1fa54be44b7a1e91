"""Finding leads that may be one person: two statements for each kind of likeness, whatever their number.

Only small groups are compared: a phone number that 50 people share is a switchboard, not a person.
"""

import datetime as dt
import re
from collections.abc import Iterable
from difflib import SequenceMatcher
from itertools import combinations

from django.db.models import Count, Q, TextField
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast

from wagtail_automation import clock, jobs

from .merging import merge_handlers
from .models import Lead, MergeSuggestion
from .personal_data import PersonalRows, register

#: more leads alike than this are not compared with each other
SHARED_BY = 20
COMPANY_SIZE = 200
#: how alike two folded names must be, from 0 to 1
SIMILAR = 0.86
#: leads read in one pass; whoever remains comes with the next
LIMIT = 20_000
EVERY = dt.timedelta(hours=6)
HEARTBEAT = "duplicates"

#: what people write for short, without its dot
STREETS = {
    "all": "allee", "av": "avenue", "ave": "avenue", "bd": "boulevard", "bld": "boulevard",
    "blvd": "boulevard", "ch": "chemin", "imp": "impasse", "ln": "lane", "pl": "place", "r": "rue",
    "rd": "road", "rte": "route", "sq": "square", "st": "street",
}  # fmt: skip

Reason = MergeSuggestion.Reason


def _folded(key: str):
    return Cast(KeyTextTransform(key, "folded"), TextField())


def groups(columns: dict, largest: int) -> Iterable[list]:
    """Groups of known leads with the same, not empty, values in all of these expressions."""
    known = Lead.objects.known().annotate(**columns)
    for name in columns:
        known = known.exclude(**{f"{name}__isnull": True}).exclude(**{name: ""})
    shared = known.order_by().values(*columns).annotate(_size=Count("pk"))
    wanted = shared.filter(_size__gt=1, _size__lte=largest).values_list(*columns)
    first = next(iter(columns))
    values = {row[0] for row in wanted[:LIMIT]}
    if not values:
        return []
    rows = known.filter(**{f"{first}__in": sorted(values)[:LIMIT]}).order_by("pk")
    found: dict[tuple, list] = {}
    for lead in rows.only("pk", "folded", "phone"):
        found.setdefault(tuple(getattr(lead, name) for name in columns), []).append(lead)
    return [leads for leads in found.values() if 1 < len(leads) <= largest]


def same_phone() -> Iterable[tuple[int, int]]:
    for leads in groups({"_phone": _folded("phone")}, SHARED_BY):
        yield from combinations((lead.pk for lead in leads), 2)


def same_name_and_address() -> Iterable[tuple[int, int]]:
    """The same name and postal code; a country or a street that both have must be the same too."""
    keys = ("postal_code", "last_name", "first_name")
    for leads in groups({f"_{key}": _folded(key) for key in keys}, SHARED_BY):
        for one, other in combinations(leads, 2):
            countries = {one.folded.get("country"), other.folded.get("country")} - {None}
            streets = {street_words(lead.folded.get("street", "")) for lead in (one, other)} - {()}
            if len(countries) < 2 and len(streets) < 2:
                yield one.pk, other.pk


def street_words(folded: str) -> tuple[str, ...]:
    """What a folded street and number says, in whatever order, with or without commas, dots and
    abbreviations: ``12, bd. Hugo`` is ``12 boulevard hugo``. Empty when it says nothing."""
    return tuple(sorted(STREETS.get(word, word) for word in re.findall(r"\w+", folded)))


def similar_name_and_company() -> Iterable[tuple[int, int]]:
    for leads in groups({"_company": _folded("company")}, COMPANY_SIZE):
        named = [(lead.pk, _name(lead)) for lead in leads if lead.folded.get("last_name")]
        for (one, name), (other, other_name) in combinations(named, 2):
            if is_similar(name, other_name):
                yield one, other


def _name(lead: Lead) -> str:
    return f"{lead.folded.get('first_name', '')} {lead.folded['last_name']}".strip()


def is_similar(name: str, other: str) -> bool:
    """Folded names alike but for a letter or two, or with first and last name exchanged."""
    if name == other or sorted(name.split()) == sorted(other.split()):
        return True
    matcher = SequenceMatcher(None, name, other, autojunk=False)
    return (
        matcher.real_quick_ratio() >= SIMILAR
        and matcher.quick_ratio() >= SIMILAR
        and matcher.ratio() >= SIMILAR
    )


KINDS = {
    Reason.PHONE: same_phone,
    Reason.ADDRESS: same_name_and_address,
    Reason.COMPANY: similar_name_and_company,
}


def find(now: dt.datetime | None = None) -> int:
    """Look for pairs and note the new ones; returns how many. Known pairs, dismissed ones too, stay as they
    are; those that are no longer alike and not dismissed go."""
    now = now or clock.now()
    pairs: dict[tuple[int, int], str] = {}
    for reason, kind in KINDS.items():
        for one, other in kind():
            pairs.setdefault((min(one, other), max(one, other)), reason)
    before = {(row.first_id, row.second_id): row for row in MergeSuggestion.objects.all()}
    new = [pair for pair in pairs if pair not in before]
    gone = [row.pk for pair, row in before.items() if pair not in pairs and row.dismissed_at is None]
    MergeSuggestion.objects.filter(pk__anyof=gone).delete()
    MergeSuggestion.objects.bulk_create(
        [
            MergeSuggestion(first_id=one, second_id=other, reason=pairs[one, other], found_at=now)
            for one, other in new
        ],
        ignore_conflicts=True,
    )
    return len(new)


def beat() -> str:
    """Every few hours."""
    last = jobs.last_heartbeat(HEARTBEAT)
    if last is not None and clock.now() - last < EVERY:
        return "not yet"
    with jobs.lease(HEARTBEAT, 600) as mine:
        if not mine:
            return "busy"
        number = find()
        jobs.heartbeat(HEARTBEAT)
        return f"{number} new"


@merge_handlers.register
def merge_suggestions(source: Lead, target: Lead) -> None:
    """What was suggested about the one that goes is looked for anew with the survivor's values."""
    if source.is_known:
        MergeSuggestion.objects.filter(first=source.pk).delete()
        MergeSuggestion.objects.filter(second=source.pk).delete()


class Suggestions(PersonalRows):
    """A pair goes with either of its leads; it says nothing that the leads themselves do not."""

    def rows(self, ids):
        ids = list(ids)
        return MergeSuggestion.objects.filter(Q(first__in=ids) | Q(second__in=ids))


register(
    Suggestions(
        MergeSuggestion._meta.label,
        heading=MergeSuggestion._meta.verbose_name_plural,
        lead="first",
        is_exported=False,
    )
)
jobs.register_beat(beat)
