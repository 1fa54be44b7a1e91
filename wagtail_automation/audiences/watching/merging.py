"""What happens to matches and waiting events when two leads become one."""

from django.db.models import Exists, OuterRef

from .models import PendingEvent, WatchDirty, WatchFact, WatchMatch
from .rules import mark_dirty


def merge_watching(source, target) -> None:
    """Merge handler: what either was told of is not told again; whether the survivor matches is computed
    soon. Events still waiting become the survivor's."""
    PendingEvent.objects.filter(lead_id=source.pk).update(lead_id=target.pk)
    WatchDirty.objects.filter(lead_id=source.pk).erase()
    theirs = WatchMatch.objects.filter(lead_id=source.pk)
    if theirs.exists():
        both = WatchMatch.objects.filter(lead_id=source.pk, watch=OuterRef("watch"), matches=True)
        WatchMatch.objects.filter(lead_id=target.pk, matches=False).filter(Exists(both)).update(matches=True)
        mine = WatchMatch.objects.filter(lead_id=target.pk).values("watch_id")
        theirs.filter(watch_id__in=list(mine.values_list("watch_id", flat=True))).erase()
        WatchMatch.objects.filter(lead_id=source.pk).update(lead_id=target.pk)
    facts = WatchFact.objects.values_list("fact", flat=True).distinct()
    mark_dirty(leads=[target.pk], facts=frozenset(facts))
