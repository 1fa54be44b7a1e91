"""What a write is about to change, told while the former values still stand: the history is made of it.

The values themselves are kept by whoever listens to ``signals.fields_changing`` (tracking writes one
``lead_updated`` event for each lead and act), so that timeline, triggers, merges, erasure and retention
need no store of their own.
"""

import datetime as dt
from dataclasses import dataclass, field

from wagtail_automation import signals

from .fields import LeadField
from .models import Lead

#: The only column that people change and that no LeadField describes.
OWNER = "owner"


@dataclass(frozen=True)
class Change:
    """One act on some leads. ``values``: ``{key: new value or None}``, the same for all of ``ids``; or
    ``each``: ``{lead id: {key: new value or None}}`` of the same keys; or ``pairs``:
    ``{lead id: {key: [former, new]}}`` where the former values are in hand.

    ``columns``: for each key the lead's column that holds it, None for a custom field. Leads made by the
    same act (``created_at == now``) are new, not changed.
    """

    ids: list[int]
    columns: dict[str, str | None]
    source: str
    now: dt.datetime
    values: dict = field(default_factory=dict)
    each: dict[int, dict] | None = None
    user: object = None
    pairs: dict[int, dict] | None = None


def tell(
    fields: dict[str, LeadField],
    *,
    source: str,
    now: dt.datetime,
    ids: list[int] | None = None,
    values: dict | None = None,
    each: dict[int, dict] | None = None,
    user=None,
) -> None:
    """Say what is about to be written. Call it in the writing transaction, before the write, with real
    changes only."""
    columns = {key: None if described.is_custom else key for key, described in fields.items()}
    _send(
        Change(
            ids=sorted(each) if each is not None else list(ids or ()),
            columns=columns,
            source=source[:100],
            now=now,
            values=values or {},
            each=each,
            user=user,
        )
    )


def tell_pairs(pairs: dict[int, dict], *, source: str, now: dt.datetime, user=None) -> None:
    """The same where former and new values are known: ``{lead id: {key: [former, new]}}``."""
    pairs = {pk: values for pk, values in pairs.items() if values}
    _send(Change(sorted(pairs), {}, source[:100], now, user=user, pairs=pairs))


def tell_owner(*, ids: list[int], owner, source: str, now: dt.datetime, user=None) -> None:
    """The same for the owner (a user or None) of some leads."""
    values = {OWNER: getattr(owner, "pk", None)}
    _send(Change(list(ids), {OWNER: "owner_id"}, source[:100], now, values, None, user))


def tell_owners(owners: dict[int, int], *, source: str, now: dt.datetime, user=None) -> None:
    """The same for another owner each: ``{lead id: user id}``."""
    each = {pk: {OWNER: owner} for pk, owner in owners.items()}
    _send(Change(sorted(each), {OWNER: "owner_id"}, source[:100], now, each=each, user=user))


def _send(change: Change) -> None:
    if change.ids:
        signals.fields_changing.send(sender=Lead, change=change)
