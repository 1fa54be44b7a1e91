"""Writing the suppression list: by a bounce or complaint, by hand, by an import; and taking off it."""

import csv
import datetime as dt
import io
from dataclasses import dataclass, field

from django.db import transaction
from django.utils.translation import gettext as _
from wagtail.log_actions import log

from wagtail_automation import clock
from wagtail_automation.messaging import addresses
from wagtail_automation.messaging.models import Message, Suppression

ADD_LOG_ACTION = "wagtail_automation.suppression.add"
REMOVE_LOG_ACTION = "wagtail_automation.suppression.remove"
IMPORT_LOG_ACTION = "wagtail_automation.suppression.import"

#: As many at once; more come in several files.
MAX_IMPORT = 100_000
_STRONGER = (Suppression.Reason.COMPLAINT, Suppression.Reason.ERASED)


def suppress(address: str, reason: str, *, detail: str = "", now: dt.datetime | None = None) -> bool:
    """Never write to this address again. Returns whether it is new; a repeat keeps the first reason, except
    that a complaint counts more than a bounce."""
    return _write(addresses.hashes(address), addresses.normalise(address)[:254], reason, detail, now)


def suppress_recipient(message, reason: str, *, detail: str = "", now: dt.datetime | None = None) -> bool:
    """Suppress the address that a message was really sent to, also when the person has another one now."""
    address = message.lead.email if isinstance(message, Message) else message.to
    hashes = addresses.hashes(address) if address else []
    if isinstance(message, Message) and message.sent_to and message.sent_to not in hashes:
        return _write([message.sent_to], "", reason, detail, now)
    return _write(hashes, addresses.normalise(address)[:254], reason, detail, now) if hashes else False


def _write(hashes: list[str], address: str, reason: str, detail: str, now: dt.datetime | None) -> bool:
    now = now or clock.now()
    found = Suppression.objects.filter(address_hash__in=hashes).first()
    if found is None:
        values = {"reason": reason, "at": now, "address": address, "detail": detail[:255]}
        _row, created = Suppression.objects.get_or_create(address_hash=hashes[0], defaults=values)
        return created
    if reason in _STRONGER and found.reason not in _STRONGER:
        Suppression.objects.filter(pk=found.pk).update(reason=reason, detail=detail[:255])
    return False


def add_by_hand(*, address: str, user, note: str = "") -> Suppression:
    """Somebody of the team puts an address on the list; logged. A repeat returns the entry there is."""
    with transaction.atomic():
        created = suppress(address, Suppression.Reason.MANUAL, detail=note)
        row = Suppression.objects.filter(address_hash__in=addresses.hashes(address)).get()
        if created:
            log(instance=row, action=ADD_LOG_ACTION, user=user, title=_shown(row))
    return row


def remove(*, suppression: Suppression, user, why: str) -> None:
    """Take an address off the list; the log keeps who did it and why, but not the address.

    Raises PermissionError for an erased person: only their own new consent opens it again.
    """
    if suppression.reason == Suppression.Reason.ERASED:
        raise PermissionError("The address of an erased person.")
    with transaction.atomic():
        data = {"reason": suppression.reason, "since": suppression.at.isoformat(), "why": why[:500]}
        log(instance=suppression, action=REMOVE_LOG_ACTION, user=user, title=_shown(suppression), data=data)
        suppression.delete()


def _shown(row: Suppression) -> str:
    """What the log calls an entry: never the address."""
    return f"{row.address_hash[:12]}…"


@dataclass
class Imported:
    """What an import did; ``refused``: ``(line, text)`` of what is no address, the first hundred."""

    added: int = 0
    known: int = 0
    refused_count: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)


def read_addresses(text: str) -> list[tuple[int, str]]:
    """``(line, address)`` of a pasted list or CSV file: in each line the first cell with an ``@``, else the
    first; a first line without any is taken for a heading. Raises ValueError for too many."""
    text = text.lstrip("\ufeff")
    sample = text[:4000]
    delimiter = max(",;\t", key=sample.count)
    found: list[tuple[int, str]] = []
    for number, cells in enumerate(csv.reader(io.StringIO(text.replace("\0", "")), delimiter=delimiter), 1):
        cells = [cell.strip() for cell in cells if cell.strip()]
        if not cells:
            continue
        address = next((cell for cell in cells if "@" in cell), "")
        if not address and number == 1:
            continue
        found.append((number, (address or cells[0]).strip("<>\"' ")))
        if len(found) > MAX_IMPORT:
            raise ValueError(_("At most %(count)d addresses at once.") % {"count": MAX_IMPORT})
    return found


def import_addresses(*, text: str, reason: str, user, now: dt.datetime | None = None) -> Imported:
    """Put all addresses of a text on the list, in one transaction; those there already stay as they are.

    Raises ValueError for more than ``MAX_IMPORT`` lines, csv.Error for what is no text.
    """
    now, report = now or clock.now(), Imported()
    wanted: dict[str, str] = {}
    for line, given in read_addresses(text):
        address = addresses.normalise(given)
        if not addresses.is_valid(address):
            report.refused_count += 1
            if len(report.refused) < 100:
                report.refused.append((line, given[:80]))
            continue
        wanted[address] = given
    rows = list(wanted)
    with transaction.atomic():
        for start in range(0, len(rows), 500):
            part = {address: addresses.hashes(address) for address in rows[start : start + 500]}
            every = [digest for hashes in part.values() for digest in hashes]
            there = set(
                Suppression.objects.filter(address_hash__in=every).values_list("address_hash", flat=True)
            )
            new = [a for a, hashes in part.items() if not there.intersection(hashes)]
            Suppression.objects.bulk_create(
                (Suppression(address_hash=part[a][0], address=a, reason=reason, at=now) for a in new),
                ignore_conflicts=True,
            )
            report.added += len(new)
            report.known += len(part) - len(new)
        if report.added:
            first = Suppression.objects.order_by("-pk").first()
            data = {"added": report.added, "reason": reason}
            log(instance=first, action=IMPORT_LOG_ACTION, user=user, title=_shown(first), data=data)
    return report
