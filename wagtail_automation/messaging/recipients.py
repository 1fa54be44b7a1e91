"""Who gets no marketing now, and what of people an email needs: asked for each batch of twenty messages."""

from functools import lru_cache

from django.db.models import Value

from wagtail_automation import clock, liquid
from wagtail_automation.compiled import CompiledQuery, Given
from wagtail_automation.leads import suppression
from wagtail_automation.leads.fields import columns_read
from wagtail_automation.leads.models import ConsentState, Lead, SuppressedAddress

from . import addresses
from .models import Pause, Suppression

#: codes of ``reasons``
REFUSED, PAUSED = "consent_withdrawn", "paused"


def suppressed(candidates) -> set[str]:
    """Of these addresses, those that must never get mail; one query."""
    by_hash = {digest: address for address in candidates for digest in addresses.hashes(address)}
    if not by_hash:
        return set()
    return {by_hash[digest] for digest in _SUPPRESSED(digests=by_hash)}


def closed_addresses(candidates) -> set[str]:
    """Of these addresses, those that get no marketing: suppressed ones, and those of erased people; one
    query."""
    hashed = {digest: address for address in candidates for digest in addresses.hashes(address)}
    if not hashed:
        return set()
    digested = suppression.by_digest("email", candidates)
    known = hashed | digested
    return {known[digest] for digest in _CLOSED(hashes=hashed, digests=digested)}


def paused_leads(leads) -> set[int]:
    """Of these leads, those who asked for a pause; one query."""
    return {pk for pk, reason in _UNWILLING(leads=leads, now=clock.now()) if reason == PAUSED}


def unwilling_leads(leads) -> dict[int, str]:
    """Of these leads, those who do not want emails, or none now: ``{pk: code of reasons}``; one query."""
    found = _UNWILLING(leads=leads, now=clock.now())
    return dict(sorted(found, key=lambda one: one[1] == REFUSED))  # who refuses and rests refuses


_SUPPRESSED = CompiledQuery(
    lambda: Suppression.objects.filter(address_hash__anyof=Given("digests")).values_list(
        "address_hash", flat=True
    )
)
_CLOSED = CompiledQuery(
    lambda: _either(
        Suppression.objects.filter(address_hash__anyof=Given("hashes")).values_list(
            "address_hash", flat=True
        ),
        SuppressedAddress.objects.filter(kind="email", digest__anyof=Given("digests")).values_list("digest"),
    )
)
_UNWILLING = CompiledQuery(
    lambda: _either(
        ConsentState.objects.filter(lead__anyof=Given("leads"), subject="email", granted=False).values_list(
            "lead_id", Value(REFUSED)
        ),
        Pause.objects.filter(lead__anyof=Given("leads"), until__gt=Given("now")).values_list(
            "lead_id", Value(PAUSED)
        ),
    )
)


def _either(one, other):
    """What either finds, in no order: Django 6.1 would give the union that of its first part."""
    return one.order_by().union(other.order_by(), all=True).order_by()


#: what the sender reads of everybody
_OF_LEADS = {"pk", "email", "time_zone", "country", "owner"}


def columns_of(names: set[str]) -> frozenset[str] | None:
    """What templates that read these names need of leads; None for any."""
    roots = {name.partition(".")[0].partition("[")[0] for name in names}
    if not roots.isdisjoint(liquid.object_names() - {"lead"}):
        return None  # what other objects look at is theirs to know
    read = columns_read(names)
    return None if read is None else frozenset(read)


@lru_cache(maxsize=64)
def leads_with(columns: frozenset[str] | None) -> CompiledQuery:
    """Leads with these columns and what the sender reads; None: with all that templates may read."""

    def make():
        leads = Lead.objects.filter(pk__anyof=Given("leads"))
        return leads.defer("folded", "field_sources") if columns is None else leads.only(*_OF_LEADS, *columns)

    return CompiledQuery(make)
