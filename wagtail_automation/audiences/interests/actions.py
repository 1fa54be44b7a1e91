"""Changing interests: for a cohort, and from what people view and click."""

import datetime as dt
import re
from functools import lru_cache

from django.db import transaction

from wagtail_automation import clock, signals
from wagtail_automation.audiences.names import fold_name
from wagtail_automation.audiences.watching.querysets import lock_leads
from wagtail_automation.cohorts import Cohort
from wagtail_automation.leads.models import Lead
from wagtail_automation.tracking import events as names

from . import querysets
from .fading import LEAST, MOST, points_of, strength_of
from .models import Interest, InterestSection, LeadInterest

#: Events that feed interests.
VIEWS = (names.PAGE_VIEWED,)
CLICKS = (names.LINK_CLICKED, names.EMAIL_CLICKED)


def change_interest(*, interest, cohort: Cohort, operation: str, value: float) -> None:
    """``operation``: "add", "subtract" or "set", on what the interest is worth now; never below 0.

    A constant number of statements. Raises ValueError for another operation. Changes each time it is called.
    """
    if operation not in ("add", "subtract", "set"):
        raise ValueError(f"{operation!r} is no operation on an interest.")
    with transaction.atomic():
        half_life = Interest.objects.filter(pk=interest.pk).values_list("half_life_days", flat=True).get()
        ids = lock_leads(Lead.objects.filter(pk__in=cohort.lead_ids()).values_list("pk", flat=True))
        present = _worth({interest.pk: half_life}, ids, cohort.now)
        worth = {}
        for lead in ids:
            before = 0.0 if operation == "set" else present.get((interest.pk, lead), 0.0)
            worth[interest.pk, lead] = before - value if operation == "subtract" else before + value
        _store(worth, {interest.pk: half_life}, cohort.now)


def grow(*, points: dict[tuple[int, int], float], half_lives: dict[int, int], now: dt.datetime) -> None:
    """Add ``{(interest, lead): points}``. Call with the leads locked."""
    present = _worth(half_lives, sorted({lead for _interest, lead in points}), now)
    _store({key: present.get(key, 0.0) + more for key, more in points.items()}, half_lives, now)


def _worth(half_lives: dict[int, int], leads: list[int], now) -> dict[tuple[int, int], float]:
    rows = LeadInterest.objects.filter(interest_id__anyof=list(half_lives), lead_id__anyof=leads)
    return {
        (interest, lead): points_of(strength, now, half_lives[interest])
        for interest, lead, strength in rows.order_by().values_list("interest_id", "lead_id", "strength")
    }


def _store(worth: dict[tuple[int, int], float], half_lives: dict[int, int], now) -> None:
    kept, gone = [], {}
    for (interest, lead), points in sorted(worth.items()):
        if points < LEAST:
            gone.setdefault(interest, []).append(lead)
        else:
            kept.append((interest, lead, strength_of(min(points, MOST), now, half_lives[interest])))
    if kept:
        querysets.write(kept)
    for interest, leads in gone.items():
        LeadInterest.objects.filter(interest_id=interest, lead_id__anyof=leads).erase()
    facts = frozenset(f"interest:{interest}" for interest, _lead in worth)
    leads = sorted({lead for _interest, lead in worth})
    if leads:
        signals.facts_changed.send(sender=LeadInterest, leads=leads, facts=facts, now=now)


# -- what people view and click ------------------------------------------------------------------------


def learn(*, events: list, now: dt.datetime, interests: list[Interest]) -> None:
    """Grow ``interests`` by these events (``PendingEvent``). The number of statements does not grow with the
    events. Points count as of now: events are seconds old."""
    by_page = _interests_of_pages({event.object_key for event in events if event.name in VIEWS}, interests)
    patterns = {interest.pk: interest.address_patterns() for interest in interests}
    points: dict[tuple[int, int], float] = {}
    for event in events:
        is_view = event.name in VIEWS
        if not is_view and event.name not in CLICKS:
            continue
        for interest in interests:
            gained = interest.page_points if is_view else interest.click_points
            concerned = (is_view and interest.pk in by_page.get(event.object_key, ())) or any(
                address_matches(pattern, event.url) for pattern in patterns[interest.pk]
            )
            if concerned and gained:
                key = (interest.pk, event.lead_id)
                points[key] = points.get(key, 0) + gained
    if points:
        half_lives = {interest.pk: interest.half_life_days for interest in interests}
        grow(points=points, half_lives=half_lives, now=now)


def _interests_of_pages(keys: set, interests: list[Interest]) -> dict[object, set[int]]:
    """By translation key of a page: the interests it feeds, by its tags and by where it lies."""
    keys = keys - {None}
    if not keys:
        return {}
    pages = querysets.pages_of(keys)
    tags: dict[int, set[str]] = {}
    if any(interest.tag_names() for interest in interests):
        for pk, name in querysets.tags_of([pk for pk, _path, _key in pages]):
            tags.setdefault(pk, set()).add(fold_name(name))
    roots = _section_paths([interest.pk for interest in interests])
    found: dict[object, set[int]] = {}
    for interest in interests:
        wanted = interest.tag_names()
        for pk, path, key in pages:
            inside = any(path.startswith(root) for root in roots.get(interest.pk, ()))
            if inside or wanted & tags.get(pk, set()):
                found.setdefault(key, set()).add(interest.pk)
    return found


def _section_paths(pks: list[int]) -> dict[int, set[str]]:
    """The tree paths of each interest's sections, and of their translations."""
    rows = list(
        InterestSection.objects.filter(interest_id__in=pks).values_list(
            "interest_id", "page__translation_key"
        )
    )
    by_key: dict[object, set[str]] = {}
    for _pk, path, key in querysets.pages_of({key for _interest, key in rows}):
        by_key.setdefault(key, set()).add(path)
    found: dict[int, set[str]] = {}
    for interest, key in rows:
        found.setdefault(interest, set()).update(by_key.get(key, ()))
    return found


def address_matches(pattern: str, url: str) -> bool:
    """As ``tracking.querysets.url_matches`` does: ``*`` stands for any characters, case does not count, and
    without ``?`` the query of the address does not either."""
    return bool(url) and _compiled(pattern).match(url) is not None


@lru_cache(maxsize=500)
def _compiled(pattern: str) -> re.Pattern:
    body = ".*".join(re.escape(part) for part in re.sub(r"\*+", "*", pattern).split("*"))
    tail = "$" if "?" in pattern or pattern.endswith("*") else r"(\?.*)?$"
    return re.compile(f"^{body}{tail}", re.IGNORECASE | re.DOTALL)


def merge_interests(source: Lead, target: Lead) -> None:
    """Merge handler: what both are worth now adds up."""
    rows = list(LeadInterest.objects.filter(lead_id__in=[source.pk, target.pk]).select_related("interest"))
    if not any(row.lead_id == source.pk for row in rows):
        return
    now, worth, half_lives = clock.now(), {}, {}
    for row in rows:
        half_lives[row.interest_id] = row.interest.half_life_days
        key = (row.interest_id, target.pk)
        worth[key] = worth.get(key, 0.0) + points_of(row.strength, now, row.interest.half_life_days)
    LeadInterest.objects.filter(lead_id=source.pk).erase()
    _store(worth, half_lives, now)
